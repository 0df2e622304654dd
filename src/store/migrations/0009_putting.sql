-- The file of a delivery that waits is being put: it may lie where it belongs though nothing says so yet.
ALTER TABLE deliveries ADD COLUMN putting INTEGER NOT NULL DEFAULT 0;
