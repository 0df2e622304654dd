-- Who is banned from the drop box by the gateway that runs.
CREATE TABLE bans (
    origin    TEXT    NOT NULL PRIMARY KEY,  -- an address; of IPv6 the network
    until     INTEGER NOT NULL,
    failures  INTEGER NOT NULL,
    users     TEXT    NOT NULL,              -- JSON: the names under which it failed last, the newest first
    lifted_at INTEGER                        -- by a person; the gateway removes the row when it lets them in
) WITHOUT ROWID;
