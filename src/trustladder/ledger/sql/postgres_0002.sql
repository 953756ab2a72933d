-- A tenant's journal: which policies were in force, proposals and what became of them. Append-only, like the log.
CREATE TABLE journal (
    tenant text NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    at_ms bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (tenant, position)
);
CREATE TRIGGER journal_stays_as_written BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION events_stay_as_written();
