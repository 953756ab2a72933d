-- Statements in SQLite's own words.

-- name: lock_ticket
SELECT position, lane, last_at_ms, head, :now_ms FROM tickets WHERE tenant = :tenant AND ticket_id = :ticket_id

-- name: draw_fence
UPDATE fences SET last = last + 1 RETURNING last

-- name: any_due
SELECT 1 FROM due
WHERE state = 'waiting' AND visible_ms <= :now_ms AND kind IN (SELECT value FROM json_each(:kinds)) LIMIT 1

-- name: claim_due
UPDATE due SET fence = :fence, visible_ms = :now_ms + :lease_ms, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM due
    WHERE state = 'waiting' AND visible_ms <= :now_ms AND kind IN (SELECT value FROM json_each(:kinds))
    ORDER BY visible_ms LIMIT :limit)
RETURNING kind, tenant, ticket_id, due_ms, uniq, payload, attempts, fence, note
