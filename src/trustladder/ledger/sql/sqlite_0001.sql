-- One row a ticket: the lock, where its log stands, the lane that guards it, and what lists read.
CREATE TABLE tickets (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    lane INTEGER NOT NULL DEFAULT 0 CHECK (lane BETWEEN 0 AND 4),
    last_at_ms INTEGER NOT NULL DEFAULT 0,
    head BLOB NOT NULL DEFAULT x'',
    queue TEXT NOT NULL DEFAULT '',
    account_id TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL DEFAULT '',
    summary TEXT,
    UNIQUE (tenant, ticket_id)
) STRICT;
CREATE INDEX tickets_by_lane ON tickets (tenant, lane, ordinal);
CREATE INDEX tickets_by_account ON tickets (tenant, account_id, ordinal) WHERE account_id <> '';

-- The log. Nothing in it is ever changed or removed.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    at_ms INTEGER NOT NULL,
    type TEXT NOT NULL,
    payload TEXT NOT NULL,
    released INTEGER NOT NULL,
    digest BLOB NOT NULL,
    UNIQUE (tenant, ticket_id, position),
    CHECK (released = 1 OR (released = 0 AND type <> 'PermitRedeemed'))
) STRICT;
CREATE INDEX events_by_tenant ON events (tenant, seq);

-- Law 1, the second guard: no automated speech is let out of a ticket that people hold.
CREATE TRIGGER events_keep_silence BEFORE INSERT ON events WHEN NEW.released <> 0
BEGIN
    SELECT RAISE(ABORT, 'silence: automation may not speak on this ticket')
    WHERE NOT EXISTS (
        SELECT 1 FROM tickets
        WHERE tenant = NEW.tenant AND ticket_id = NEW.ticket_id AND lane <= 1
    );
END;
CREATE TRIGGER events_stay_as_written BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TABLE idempotency (
    tenant TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    response BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, ticket_id, idempotency_key)
) STRICT, WITHOUT ROWID;

-- Timers and effects. `visible_ms` is when the row may be claimed: when due, and after a lease has run out.
CREATE TABLE due (
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    uniq TEXT NOT NULL,
    kind TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    visible_ms INTEGER NOT NULL,
    payload BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead'))
) STRICT;
CREATE UNIQUE INDEX due_owed ON due (tenant, ticket_id, uniq) WHERE state <> 'done';
CREATE INDEX due_next ON due (visible_ms, kind) WHERE state = 'waiting';
CREATE INDEX due_by_state ON due (state, due_ms) WHERE state <> 'waiting';

CREATE TABLE fences (last INTEGER NOT NULL) STRICT;
INSERT INTO fences (last) VALUES (0);
