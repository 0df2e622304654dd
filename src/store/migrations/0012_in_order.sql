-- What came before a document under its business number is looked up in the order in which it came: by payload and position.
DROP INDEX documents_by_business_number;
CREATE INDEX documents_by_business_number ON documents (business_number, partner, type, payload, position);
