-- Our visits to partners' servers.

-- Files that lie on a partner's server, or lay there, and were picked up: one row for a name, of the file that had it last.
CREATE TABLE pick_ups (
    partner     TEXT    NOT NULL,
    folder      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,              -- as the server lists it
    modified    INTEGER NOT NULL,              -- seconds, by the server's own clock
    sha256      BLOB    NOT NULL,
    payload     INTEGER NOT NULL REFERENCES payloads (id),
    taken_at    INTEGER NOT NULL,
    disposed_at INTEGER,                       -- what was to become of it on the server has been done
    gone_at     INTEGER,                       -- since when it is not listed any more
    PRIMARY KEY (partner, folder, name)
) WITHOUT ROWID;

-- How visits went: one row for each folder that is looked through, and one without a folder for what we put there.
CREATE TABLE visits (
    partner      TEXT    NOT NULL,
    folder       TEXT    NOT NULL,
    last_at      INTEGER,                      -- the last one that went well
    failed_at    INTEGER,                      -- the last one that did not
    failures     INTEGER NOT NULL DEFAULT 0,   -- in a row
    next_at      INTEGER NOT NULL,
    needs_person INTEGER NOT NULL DEFAULT 0,   -- trying again soon cannot help
    diagnostics  TEXT,
    PRIMARY KEY (partner, folder)
) WITHOUT ROWID;
