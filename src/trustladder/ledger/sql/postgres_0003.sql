-- Who has which ticket open, as each process last said it: one short-lived row a process. No part of any record.
CREATE UNLOGGED TABLE presence (
    place text PRIMARY KEY,
    here bytea NOT NULL,
    until_ms bigint NOT NULL
);
