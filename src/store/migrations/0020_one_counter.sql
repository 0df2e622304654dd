-- Live interchanges and tests have one counter: it goes on behind the greater of both numbers, so that none is given twice.
CREATE TABLE counters (
    ours   TEXT    NOT NULL,
    theirs TEXT    NOT NULL,
    kind   TEXT    NOT NULL,             -- interchange or group; the same of acknowledgments
    next   INTEGER NOT NULL,
    PRIMARY KEY (ours, theirs, kind)
) WITHOUT ROWID;
INSERT INTO counters (ours, theirs, kind, next)
    SELECT ours, theirs, kind, max(next) FROM control_numbers GROUP BY ours, theirs, kind;
DROP TABLE control_numbers;
ALTER TABLE counters RENAME TO control_numbers;
