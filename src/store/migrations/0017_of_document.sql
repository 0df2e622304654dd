-- What refers to a document is looked up for each one that is dropped.
CREATE INDEX events_by_document ON events (document);
CREATE INDEX documents_by_answer ON documents (answered_by) WHERE answered_by IS NOT NULL;
CREATE INDEX sent_before_by_answer ON sent_before (answered_by) WHERE answered_by IS NOT NULL;
