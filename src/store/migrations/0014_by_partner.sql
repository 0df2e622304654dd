-- What is due to a partner is looked up by it, in the order in which it was made, whatever else is on record.
CREATE INDEX deliveries_to_partner ON deliveries (partner, id, due_at) WHERE state = 'waiting';
-- What came before is answered again: the interchanges of a payload are asked for.
CREATE INDEX interchanges_by_payload ON interchanges (payload);
-- Whose a group is that an acknowledgment names is also asked of all partners.
DROP INDEX deliveries_by_group;
CREATE INDEX deliveries_by_group ON deliveries (group_number, partner) WHERE kind = 'interchange';
