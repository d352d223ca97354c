-- A unit may have a target of a measure in each currency, and targets of margin and purchases.
ALTER TABLE targets DROP CONSTRAINT targets_unit_measure_period_from_period_to_key;
ALTER TABLE targets ADD CONSTRAINT targets_one_each UNIQUE (unit, measure, currency, period_from, period_to);
ALTER TABLE targets DROP CONSTRAINT targets_measure_check;
ALTER TABLE targets ADD CONSTRAINT targets_measure_check CHECK (measure IN ('net_revenue', 'margin', 'purchases', 'satisfaction', 'new_customers'));
