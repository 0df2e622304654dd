-- The transfer of the file broke off, as far as anybody can tell: its sender never heard that it was received.
ALTER TABLE payloads ADD COLUMN broken_off INTEGER NOT NULL DEFAULT 0;
