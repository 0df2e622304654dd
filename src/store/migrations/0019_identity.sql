-- What tells a document apart from others of its business number: the shipment of several for an order, the warehouse of several that
-- report; empty where it does not say that. As `canonical::identity` has it, of the objects that are on record; a document without one
-- has its business number alone, as before.
ALTER TABLE documents ADD COLUMN identity TEXT;
UPDATE documents SET identity = (
    SELECT CASE
        WHEN type IN ('shipment', 'stock_transfer') THEN json_extract(object, '$.shipment_number')
        ELSE coalesce(
            (SELECT group_concat(value, ' ') FROM json_each(object, '$.warehouse.identifiers')),
            json_extract(object, '$.warehouse.name'),
            (SELECT group_concat(value, ' ') FROM json_each(object, '$.ship_from.identifiers')),
            json_extract(object, '$.ship_from.name')
        ) END
    FROM (SELECT CAST(canonical AS TEXT) AS object FROM attempts WHERE document = documents.id AND canonical IS NOT NULL
        ORDER BY number DESC LIMIT 1)
    WHERE json_valid(object)
) WHERE type IN ('shipment', 'stock_transfer', 'inventory_report', 'inventory_adjustment');
-- Which event took the place of another one.
CREATE INDEX events_by_supersedes ON events (supersedes) WHERE supersedes IS NOT NULL;
