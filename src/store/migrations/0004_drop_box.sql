-- What was put into a partner's outbox is `placed` until the partner has taken it; it is found by its name there.
CREATE INDEX deliveries_to_take ON deliveries (partner, file_name) WHERE state IN ('placed', 'waiting');
