-- Deliveries that are not at their end are few at any time, and are counted and listed often.
CREATE INDEX deliveries_open ON deliveries (state, id) WHERE state IN ('waiting', 'placed', 'held');
