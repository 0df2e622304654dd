-- Deliveries that collect documents until they go out as one, numbers of our own, and documents that wait for what they recall.

-- Of a delivery that collects: the document, such as x12/004010/940, how many it has, and their bytes as they were written.
ALTER TABLE deliveries ADD COLUMN collects TEXT;
ALTER TABLE deliveries ADD COLUMN collected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN collected_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN written_bytes INTEGER;
CREATE INDEX deliveries_collecting ON deliveries (due_at, id) WHERE state = 'collecting';
DROP INDEX deliveries_open;
CREATE INDEX deliveries_open ON deliveries (state, id) WHERE state IN ('collecting', 'waiting', 'placed', 'held');

-- The number to give next, for each partner and sequence that a mapping names.
CREATE TABLE sequences (
    partner TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    next    INTEGER NOT NULL,
    PRIMARY KEY (partner, name)
) WITHOUT ROWID;

-- The numbers that a document was given: it keeps them, however often it is written.
CREATE TABLE own_numbers (
    document INTEGER NOT NULL REFERENCES documents (id),
    sequence TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (document, sequence)
) WITHOUT ROWID;

-- What a document that is held recalls, and was not on record: the canonical object, and its business number.
CREATE TABLE awaited (
    document INTEGER NOT NULL REFERENCES documents (id),
    type     TEXT    NOT NULL,
    number   TEXT    NOT NULL,
    PRIMARY KEY (document, type, number)
) WITHOUT ROWID;
