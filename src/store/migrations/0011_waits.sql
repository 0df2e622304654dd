-- Since when a delivery fails: the first failure since a person had it tried, let it go on, or let its partner go on.
ALTER TABLE deliveries ADD COLUMN failing_since INTEGER;
-- How long we wait for the acknowledgment of one that goes out, each time that it does.
ALTER TABLE deliveries ADD COLUMN answer_within INTEGER;
UPDATE deliveries SET answer_within = answer_due - created_at WHERE answer_due IS NOT NULL;
