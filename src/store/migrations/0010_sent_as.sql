-- Of a delivery with control numbers: our id and theirs in its envelope, and its usage (P, T). An acknowledgment names numbers, and
-- those of tests are others than those of what is meant. NULL where it was made before.
ALTER TABLE deliveries ADD COLUMN ours TEXT;
ALTER TABLE deliveries ADD COLUMN theirs TEXT;
ALTER TABLE deliveries ADD COLUMN usage TEXT;
