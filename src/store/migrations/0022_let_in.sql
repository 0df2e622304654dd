-- The last visit failed before the server had let us in: as soon as it does on another way, this one is open again.
ALTER TABLE visits ADD COLUMN not_let_in INTEGER NOT NULL DEFAULT 0;
