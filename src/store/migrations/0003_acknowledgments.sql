-- Acknowledgments: those we send, and what partners say of what we sent.

-- What an interchange was answered with: sent again when the interchange is.
ALTER TABLE interchanges ADD COLUMN acknowledgment INTEGER REFERENCES deliveries (id);

-- Of a document from the ERP: what the partner says of it (waiting, accepted, accepted_with_errors, rejected), and the
-- document that says so.
ALTER TABLE documents ADD COLUMN answer TEXT;
ALTER TABLE documents ADD COLUMN answered_by INTEGER REFERENCES documents (id);
ALTER TABLE documents ADD COLUMN answer_diagnostics TEXT;   -- JSON array
-- Of an acknowledgment from a partner `answer` says that it was matched.
CREATE INDEX documents_unmatched ON documents (id) WHERE state = 'kept' AND answer IS NULL;
CREATE INDEX documents_rejected ON documents (received_at) WHERE state = 'rejected' AND direction = 'in';
CREATE INDEX documents_not_taken ON documents (partner) WHERE state = 'rejected' AND direction = 'out';
