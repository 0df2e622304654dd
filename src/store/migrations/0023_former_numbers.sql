-- Business numbers that documents had before they were corrected or translated anew. What was published says those of before.
CREATE TABLE former_numbers (
    business_number TEXT    NOT NULL,
    document        INTEGER NOT NULL,
    PRIMARY KEY (business_number, document)
) WITHOUT ROWID;
INSERT OR IGNORE INTO former_numbers (business_number, document)
    SELECT e.business_number, e.document FROM events AS e JOIN documents AS d ON d.id = e.document
    WHERE e.business_number <> d.business_number;
