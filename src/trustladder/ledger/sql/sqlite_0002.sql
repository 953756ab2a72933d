-- A tenant's journal: which policies were in force, proposals and what became of them. Append-only, like the log.
CREATE TABLE journal (
    tenant TEXT NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    at_ms INTEGER NOT NULL,
    type TEXT NOT NULL,
    payload TEXT NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (tenant, position)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER journal_stays_as_written BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER journal_stays BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
