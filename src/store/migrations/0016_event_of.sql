-- Whose an event is, of which object, and its business number, as they were when it was published: its document may be corrected
-- since, which is another event.
ALTER TABLE events ADD COLUMN partner TEXT;
ALTER TABLE events ADD COLUMN type TEXT;
ALTER TABLE events ADD COLUMN business_number TEXT;
UPDATE events SET partner = documents.partner, type = documents.type, business_number = documents.business_number
    FROM documents WHERE documents.id = events.document;

-- The name of a file without an envelope, which is known by its bytes: the latest of a partner and layout is looked up.
ALTER TABLE interchanges ADD COLUMN file_name TEXT;
UPDATE interchanges SET file_name = payloads.file_name FROM payloads
    WHERE payloads.id = interchanges.payload AND length(interchanges.control_number) = 64;
CREATE INDEX interchanges_of_files ON interchanges (sender, receiver, usage, id) WHERE file_name IS NOT NULL;
