-- What is asked for by a number, and is not on a document any more, or never was.

-- Interchanges that were read and of which nothing went on: of payloads that are held, and those that came before.
CREATE TABLE interchanges_read (
    control_number TEXT    NOT NULL,           -- ISA13 without leading zeros
    sender         TEXT    NOT NULL,           -- qualifier and id
    payload        INTEGER NOT NULL REFERENCES payloads (id),
    PRIMARY KEY (control_number, sender, payload)
) WITHOUT ROWID;
CREATE INDEX interchanges_read_by_payload ON interchanges_read (payload);
-- Those from before are named by what was found of them.
INSERT OR IGNORE INTO interchanges_read (control_number, sender, payload)
    SELECT ltrim(json_extract(one.value, '$.where.interchange'), '0'), '', payloads.id
    FROM payloads, json_each(payloads.diagnostics) AS one
    WHERE payloads.state <> 'translated' AND json_extract(one.value, '$.where.interchange') IS NOT NULL;

-- In what documents from the ERP stood before they were written anew, and what the partner said of that.
CREATE TABLE sent_before (
    document           INTEGER NOT NULL REFERENCES documents (id),
    delivery           INTEGER NOT NULL REFERENCES deliveries (id),
    attempt            INTEGER NOT NULL,       -- which was sent so
    interchange_number TEXT,
    group_number       TEXT,
    set_number         TEXT,
    answer             TEXT,
    answered_by        INTEGER REFERENCES documents (id),
    answer_diagnostics TEXT,                   -- JSON array
    PRIMARY KEY (delivery, document)
) WITHOUT ROWID;
CREATE INDEX sent_before_by_document ON sent_before (document);
