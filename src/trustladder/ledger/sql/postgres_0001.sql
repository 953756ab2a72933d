-- One row a ticket: the lock, where its log stands, the lane that guards it, and what lists read.
CREATE TABLE tickets (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    ticket_id text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    lane smallint NOT NULL DEFAULT 0 CHECK (lane BETWEEN 0 AND 4),
    last_at_ms bigint NOT NULL DEFAULT 0,
    head bytea NOT NULL DEFAULT '',
    queue text NOT NULL DEFAULT '',
    account_id text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    summary text,
    UNIQUE (tenant, ticket_id)
) WITH (fillfactor = 80);
CREATE INDEX tickets_by_lane ON tickets (tenant, lane, ordinal);
CREATE INDEX tickets_by_account ON tickets (tenant, account_id, ordinal) WHERE account_id <> '';

-- The log. Nothing in it is ever changed or removed. Payloads are JSON in a text column: jsonb refuses NUL.
CREATE SEQUENCE events_seq AS bigint;
CREATE TABLE events (
    seq bigint PRIMARY KEY DEFAULT nextval('events_seq'),
    tenant text NOT NULL,
    ticket_id text NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    at_ms bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    released boolean NOT NULL,
    digest bytea NOT NULL,
    UNIQUE (tenant, ticket_id, position),
    CHECK (released OR type <> 'PermitRedeemed')
);
ALTER SEQUENCE events_seq OWNED BY events.seq;
CREATE INDEX events_by_tenant ON events (tenant, seq);

-- The feed must not pass an event that is numbered but not yet committed. So each writer holds, until it has
-- committed, a shared advisory lock whose key is the last number given before its own; the feed stops at the lowest
-- key held. 21580 << 48 ("TL") keeps the keys apart from other advisory locks.
CREATE FUNCTION events_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(
        6074229997415956480 + (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_seq));
    RETURN NULL;
END $$;
CREATE TRIGGER events_announce BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION events_announce();

-- Law 1, the second guard: no automated speech is let out of a ticket that people hold.
CREATE FUNCTION events_keep_silence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM tickets WHERE tenant = NEW.tenant AND ticket_id = NEW.ticket_id AND lane <= 1 FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'silence: automation may not speak on this ticket' USING ERRCODE = 'TL001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER events_keep_silence BEFORE INSERT ON events
    FOR EACH ROW WHEN (NEW.released) EXECUTE FUNCTION events_keep_silence();

CREATE FUNCTION events_stay_as_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'TL002';
END $$;
CREATE TRIGGER events_stay_as_written BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION events_stay_as_written();

CREATE TABLE idempotency (
    tenant text NOT NULL,
    ticket_id text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint text NOT NULL,
    response bytea NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (tenant, ticket_id, idempotency_key)
);

-- Timers and effects. `visible_ms` is when the row may be claimed: when due, and after a lease has run out.
CREATE TABLE due (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    ticket_id text NOT NULL,
    uniq text NOT NULL,
    kind text NOT NULL,
    due_ms bigint NOT NULL,
    visible_ms bigint NOT NULL,
    payload bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    fence bigint NOT NULL,
    note text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'dead'))
);
CREATE UNIQUE INDEX due_owed ON due (tenant, ticket_id, uniq) WHERE state <> 'done';
CREATE INDEX due_next ON due (visible_ms, kind) WHERE state = 'waiting';
CREATE INDEX due_by_state ON due (state, due_ms) WHERE state <> 'waiting';

CREATE SEQUENCE fences AS bigint;
