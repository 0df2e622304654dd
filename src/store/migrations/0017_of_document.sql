-- What refers to a document is looked up for each one that is dropped.
CREATE INDEX events_by_document ON events (document);
CREATE INDEX documents_by_answer ON documents (answered_by) WHERE answered_by IS NOT NULL;
