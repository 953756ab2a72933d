-- Statements in PostgreSQL's own words.

-- name: lock_ticket
-- The clock is read above the lock, so that it tells when the lock was taken and not when it was asked for.
WITH locked AS MATERIALIZED (
    SELECT position, lane, last_at_ms, head FROM tickets
    WHERE tenant = :tenant AND ticket_id = :ticket_id FOR UPDATE)
SELECT position, lane, last_at_ms, head,
       coalesce(:now_ms::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM locked

-- name: database
SELECT current_setting('server_encoding'), to_regclass('trustladder_schema')::text

-- name: schema_version
SELECT version FROM trustladder_schema

-- name: set_schema_version
INSERT INTO trustladder_schema (version) VALUES (:version)

-- name: now_ms
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_is_in_recovery()

-- name: draw_fence
SELECT nextval('fences')

-- name: feed_last
SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_seq

-- name: feed_held
SELECT min((classid::bigint << 32 | objid::bigint) - 6074229997415956480) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid::bigint >> 16 = 21580

-- name: claim_due
-- Scalar subqueries: an index can be searched by their value, and not by a clock that moves while it is searched.
WITH next AS MATERIALIZED (
    SELECT id FROM due
    WHERE state = 'waiting' AND kind = ANY(:kinds)
      AND visible_ms <= (SELECT coalesce(:now_ms::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint))
    ORDER BY visible_ms LIMIT :limit FOR UPDATE SKIP LOCKED)
UPDATE due SET fence = :fence, attempts = attempts + 1,
    visible_ms = :lease_ms
        + (SELECT coalesce(:now_ms::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint))
WHERE id IN (SELECT id FROM next)
RETURNING kind, tenant, ticket_id, due_ms, uniq, payload, attempts, fence, note
