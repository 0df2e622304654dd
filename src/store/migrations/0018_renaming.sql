-- Where the file of a delivery was written whole under a temporary name, before it is renamed there: when both names are gone at the
-- next attempt, its partner has taken it.
ALTER TABLE deliveries ADD COLUMN renaming TEXT;
