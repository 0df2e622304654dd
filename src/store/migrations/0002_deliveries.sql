-- no-transaction
-- A delivery may now be an acknowledgment, or a report in plain words beside one; and it knows what the partner says of it.
-- The table is made anew with the same ids, which needs that nothing looks at what refers to them meanwhile: so this stands
-- outside the transaction that migrations have, in one of its own, and can be done again after a stop.
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS deliveries_new;
CREATE TABLE deliveries_new (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    kind               TEXT    NOT NULL CHECK (kind IN ('interchange', 'refusal', 'acknowledgment', 'report')),
    partner            TEXT    NOT NULL,
    payload            INTEGER NOT NULL REFERENCES payloads (id),
    file_name          TEXT    NOT NULL,
    done_file          TEXT,
    content            INTEGER NOT NULL REFERENCES contents (id),
    interchange_number INTEGER,
    group_number       INTEGER,                -- of the first group of what is sent
    state              TEXT    NOT NULL,
    attempts           INTEGER NOT NULL DEFAULT 0,
    due_at             INTEGER NOT NULL,
    delivered_at       INTEGER,
    created_at         INTEGER NOT NULL,
    diagnostics        TEXT,
    answer             TEXT,                   -- what the partner says of its groups; NULL where nothing is expected
    answer_due         INTEGER,                -- when its acknowledgment should be here
    interchange_answer TEXT,                   -- what a TA1 says of it: code and note
    version            INTEGER NOT NULL DEFAULT 1
);
INSERT INTO deliveries_new (id, kind, partner, payload, file_name, done_file, content, interchange_number, state, attempts,
    due_at, delivered_at, created_at, diagnostics, version)
    SELECT id, kind, partner, payload, file_name, done_file, content, interchange_number, state, attempts,
    due_at, delivered_at, created_at, diagnostics, version FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_new RENAME TO deliveries;
CREATE INDEX deliveries_waiting ON deliveries (due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_by_payload ON deliveries (payload);
CREATE INDEX deliveries_unanswered ON deliveries (answer_due) WHERE answer = 'waiting';
CREATE INDEX deliveries_by_group ON deliveries (partner, group_number) WHERE kind = 'interchange';
CREATE INDEX deliveries_by_number ON deliveries (partner, interchange_number) WHERE kind = 'interchange';
COMMIT;
PRAGMA foreign_keys = ON;
