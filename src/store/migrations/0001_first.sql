-- The record of a gateway. Times are microseconds since 1970 in UTC. Ids are given once and never again.
-- `version` of a row counts its changes: a change that was made of an older version does not take.

-- Bytes that were received or sent, written once.
CREATE TABLE contents (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    place    TEXT    NOT NULL CHECK (place IN ('inline', 'file')),
    bytes    INTEGER NOT NULL,
    sha256   BLOB    NOT NULL,
    deflated BLOB,                       -- inline
    path     TEXT                        -- file, below the data folder
);

CREATE TABLE payloads (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    direction    TEXT    NOT NULL CHECK (direction IN ('in', 'out')),   -- in: from a partner; out: from the ERP
    mailbox      TEXT    NOT NULL,       -- where it came from: a partner's short name, or the ERP's
    partner      TEXT,                   -- whose it is, once that is known
    file_name    TEXT    NOT NULL,
    spool_name   TEXT    UNIQUE,
    content      INTEGER NOT NULL REFERENCES contents (id),
    received_at  INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    override     INTEGER NOT NULL DEFAULT 0,   -- a person said to go on in spite of what held it
    duplicate_of INTEGER REFERENCES payloads (id),
    diagnostics  TEXT,                   -- JSON array
    version      INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX payloads_waiting ON payloads (mailbox, id) WHERE state = 'received';
CREATE INDEX payloads_by_state ON payloads (state, id) WHERE state <> 'translated';
CREATE INDEX payloads_by_file ON payloads (file_name);

-- Interchanges of which documents went on.
CREATE TABLE interchanges (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    payload        INTEGER NOT NULL REFERENCES payloads (id),
    sender         TEXT    NOT NULL,
    receiver       TEXT    NOT NULL,
    control_number TEXT    NOT NULL,
    usage          TEXT    NOT NULL,
    digest         BLOB    NOT NULL,     -- SHA-256 of its transaction sets
    received_at    INTEGER NOT NULL
);
CREATE INDEX interchanges_by_number ON interchanges (control_number, sender, receiver, usage);

CREATE TABLE documents (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    payload             INTEGER NOT NULL REFERENCES payloads (id),
    position            INTEGER NOT NULL,      -- 1-based within the payload
    first_byte          INTEGER NOT NULL,      -- its bytes within the payload
    end_byte            INTEGER NOT NULL,
    direction           TEXT    NOT NULL,
    lane                TEXT    NOT NULL CHECK (lane IN ('live', 'test')),
    partner             TEXT,
    type                TEXT,                  -- canonical object
    document            TEXT    NOT NULL,      -- such as x12/004010/945
    business_number     TEXT,
    interchange_number  TEXT,
    group_number        TEXT,
    set_number          TEXT,
    replaces            INTEGER NOT NULL DEFAULT 0,   -- it says that it changes or cancels an earlier one
    state               TEXT    NOT NULL,
    attempt             INTEGER NOT NULL DEFAULT 1,   -- the attempt in force
    event               TEXT,                  -- id of the event that says the attempt in force
    delivery            INTEGER REFERENCES deliveries (id),
    received_at         INTEGER NOT NULL,
    version             INTEGER NOT NULL DEFAULT 1,
    UNIQUE (payload, position)
);
CREATE INDEX documents_by_state ON documents (state, id) WHERE state IN ('staged', 'held', 'refused', 'queued');
CREATE INDEX documents_by_business_number ON documents (business_number, partner, type);
CREATE INDEX documents_by_event ON documents (event) WHERE direction = 'out';
CREATE INDEX documents_by_delivery ON documents (delivery) WHERE delivery IS NOT NULL;

-- Each time a document was translated or corrected, with what it was done by.
CREATE TABLE attempts (
    document    INTEGER NOT NULL REFERENCES documents (id),
    number      INTEGER NOT NULL,             -- 1-based
    at          INTEGER NOT NULL,
    by          TEXT    NOT NULL,             -- gateway, or who ordered it
    why         TEXT,
    engine      TEXT    NOT NULL,             -- version of Crossdock
    mapping     TEXT,
    plan        BLOB,                         -- hash of the mapping as it was in force
    canonical   BLOB,                         -- the object as JSON
    correction  INTEGER REFERENCES contents (id),   -- the set's bytes as a person corrected them
    diagnostics TEXT,                         -- JSON array
    PRIMARY KEY (document, number)
) WITHOUT ROWID;

-- Codes of errors and warnings, to be found by.
CREATE TABLE findings (
    code     TEXT    NOT NULL,
    payload  INTEGER NOT NULL,
    document INTEGER NOT NULL,                -- 0: of the payload as a whole
    PRIMARY KEY (code, payload, document)
) WITHOUT ROWID;
CREATE INDEX findings_by_payload ON findings (payload, document);

-- What was published, in order; everything that leaves follows this log.
CREATE TABLE events (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    document   INTEGER NOT NULL REFERENCES documents (id),
    attempt    INTEGER NOT NULL,
    lane       TEXT    NOT NULL,
    supersedes TEXT,
    at         INTEGER NOT NULL
);

CREATE TABLE cursors (
    subscriber TEXT    PRIMARY KEY,
    sequence   INTEGER NOT NULL,
    repeated   INTEGER NOT NULL DEFAULT 0     -- how many effects were found done already after a stop
) WITHOUT ROWID;

-- What goes out: an interchange to a partner, or a refused object back to the ERP.
CREATE TABLE deliveries (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    kind               TEXT    NOT NULL CHECK (kind IN ('interchange', 'refusal')),
    partner            TEXT    NOT NULL,
    payload            INTEGER NOT NULL REFERENCES payloads (id),
    file_name          TEXT    NOT NULL,
    done_file          TEXT,
    content            INTEGER NOT NULL REFERENCES contents (id),
    interchange_number INTEGER,
    state              TEXT    NOT NULL,
    attempts           INTEGER NOT NULL DEFAULT 0,
    due_at             INTEGER NOT NULL,
    delivered_at       INTEGER,
    created_at         INTEGER NOT NULL,
    diagnostics        TEXT,
    version            INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX deliveries_waiting ON deliveries (due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_by_payload ON deliveries (payload);

-- The number to give next, for each pair of ids, kind (interchange, group) and usage (P, T).
CREATE TABLE control_numbers (
    ours   TEXT    NOT NULL,
    theirs TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    usage  TEXT    NOT NULL,
    next   INTEGER NOT NULL,
    PRIMARY KEY (ours, theirs, kind, usage)
) WITHOUT ROWID;

CREATE TABLE partners (
    name      TEXT    PRIMARY KEY,
    paused_at INTEGER,
    paused_by TEXT,
    why       TEXT
) WITHOUT ROWID;

-- Every command that changed something.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    by      TEXT    NOT NULL,
    command TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    why     TEXT
);
