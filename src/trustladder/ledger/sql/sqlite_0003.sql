-- Who has which ticket open, as each process last said it: one short-lived row a process. No part of any record.
CREATE TABLE presence (
    place TEXT NOT NULL PRIMARY KEY,
    here BLOB NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
