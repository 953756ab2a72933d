-- Statements that both stores run. Values are bound by name; no text is ever pasted into a statement.

-- name: start_ticket
INSERT INTO tickets (tenant, ticket_id) VALUES (:tenant, :ticket_id)
ON CONFLICT (tenant, ticket_id) DO NOTHING

-- name: append_event
INSERT INTO events (tenant, ticket_id, position, at_ms, type, payload, released, digest)
VALUES (:tenant, :ticket_id, :position, :at_ms, :type, :payload, :released, :digest)

-- name: move_ticket
UPDATE tickets SET position = :position, lane = :lane, last_at_ms = :last_at_ms, head = :head
WHERE tenant = :tenant AND ticket_id = :ticket_id

-- name: project_ticket
UPDATE tickets SET queue = :queue, account_id = :account_id, owner = :owner, summary = :summary
WHERE tenant = :tenant AND ticket_id = :ticket_id

-- name: history
SELECT position, at_ms, type, payload FROM events
WHERE tenant = :tenant AND ticket_id = :ticket_id AND position > :after ORDER BY position

-- name: chain
SELECT t.position, t.head, e.position, e.at_ms, e.type, e.payload, e.digest
FROM tickets t LEFT JOIN events e ON e.tenant = t.tenant AND e.ticket_id = t.ticket_id
WHERE t.tenant = :tenant AND t.ticket_id = :ticket_id ORDER BY e.position

-- name: remembered
SELECT fingerprint, response FROM idempotency
WHERE tenant = :tenant AND ticket_id = :ticket_id AND idempotency_key = :idempotency_key

-- name: remember
INSERT INTO idempotency (tenant, ticket_id, idempotency_key, fingerprint, response, at_ms)
VALUES (:tenant, :ticket_id, :idempotency_key, :fingerprint, :response, :at_ms)
ON CONFLICT (tenant, ticket_id, idempotency_key) DO NOTHING

-- name: summary
SELECT summary FROM tickets WHERE tenant = :tenant AND ticket_id = :ticket_id AND summary IS NOT NULL

-- name: summaries
SELECT ordinal, summary FROM tickets WHERE tenant = :tenant AND summary IS NOT NULL {filters}
ORDER BY ordinal DESC LIMIT :limit

-- name: counts
SELECT lane, count(*) FROM tickets WHERE tenant = :tenant AND position > 0 GROUP BY lane

-- name: keys
SELECT ordinal, tenant, ticket_id FROM tickets WHERE ordinal > :after AND position > 0 {filters}
ORDER BY ordinal LIMIT :limit

-- name: feed
SELECT seq, tenant, ticket_id, position, at_ms, type, payload FROM events
WHERE seq > :after AND seq <= :horizon {filters} ORDER BY seq LIMIT :limit

-- name: schedule
INSERT INTO due (tenant, ticket_id, uniq, kind, due_ms, visible_ms, payload, fence)
VALUES (:tenant, :ticket_id, :uniq, :kind, :due_ms, :due_ms, :payload, :fence)
ON CONFLICT (tenant, ticket_id, uniq) WHERE state <> 'done' DO UPDATE SET
    kind = excluded.kind, due_ms = excluded.due_ms, visible_ms = excluded.visible_ms, payload = excluded.payload,
    fence = excluded.fence, attempts = 0, note = '', state = 'waiting'

-- name: withdraw
DELETE FROM due
WHERE tenant = :tenant AND ticket_id = :ticket_id AND state <> 'done'
  AND substr(uniq, 1, length(:uniq_prefix)) = :uniq_prefix

-- name: finish_due
UPDATE due SET state = 'done'
WHERE tenant = :tenant AND ticket_id = :ticket_id AND uniq = :uniq AND fence = :fence AND state = 'waiting'

-- name: retry_due
-- A dead row begins anew; one that is only put back has had its attempts.
UPDATE due SET state = 'waiting', visible_ms = :at_ms, note = :note, fence = :next_fence,
    attempts = CASE WHEN state = 'dead' THEN 0 ELSE attempts END
WHERE tenant = :tenant AND ticket_id = :ticket_id AND uniq = :uniq AND fence = :fence AND state <> 'done'

-- name: dead_due
UPDATE due SET state = 'dead', note = :note
WHERE tenant = :tenant AND ticket_id = :ticket_id AND uniq = :uniq AND fence = :fence AND state = 'waiting'

-- name: list_due
SELECT kind, tenant, ticket_id, due_ms, uniq, payload, attempts, fence, note FROM due
WHERE state = :state {filters} ORDER BY due_ms, id LIMIT :limit

-- name: without_due
SELECT tenant, ticket_id FROM tickets t
WHERE position > 0 {filters} AND NOT EXISTS (
    SELECT 1 FROM due d
    WHERE d.tenant = t.tenant AND d.ticket_id = t.ticket_id AND d.kind = :kind AND d.state = 'waiting')
ORDER BY ordinal LIMIT :limit

-- name: journal
SELECT position, at_ms, type, payload, digest FROM journal
WHERE tenant = :tenant AND position > :after ORDER BY position

-- name: journal_last
SELECT position, at_ms, digest FROM journal WHERE tenant = :tenant ORDER BY position DESC LIMIT 1

-- name: append_journal
INSERT INTO journal (tenant, position, at_ms, type, payload, digest)
VALUES (:tenant, :position, :at_ms, :type, :payload, :digest)
ON CONFLICT (tenant, position) DO NOTHING

-- name: prune_due
DELETE FROM due WHERE id IN (
    SELECT id FROM due WHERE state = 'done' AND due_ms < :before_ms ORDER BY due_ms LIMIT :limit)

-- name: say_here
INSERT INTO presence (place, here, until_ms) VALUES (:place, :here, :until_ms)
ON CONFLICT (place) DO UPDATE SET here = excluded.here, until_ms = excluded.until_ms

-- name: forget_gone
DELETE FROM presence WHERE until_ms <= :now_ms

-- name: elsewhere
SELECT here FROM presence WHERE place <> :place AND until_ms > :now_ms ORDER BY place
