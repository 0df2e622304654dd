-- Who held or discarded a document is looked up when it is shown, among all that partners do in the drop box.
CREATE INDEX audit_subject ON audit (subject);
