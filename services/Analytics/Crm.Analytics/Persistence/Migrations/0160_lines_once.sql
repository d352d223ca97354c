-- Lines are kept once, in the baskets. Sold less returned, at the original values; a part of a cost is rounded as money is stored. A
-- negative cost is none: goods are not paid for by their supplier.
DROP VIEW net_lines;
DROP TABLE order_lines, returned_order_lines;
CREATE VIEW net_lines AS
    SELECT l.purchase_id, l.line, l.customer_id, l.currency, l.day, l.source, l.sku, l.category, l.quantity - r.quantity AS quantity, l.net - r.amount AS net,
        CASE WHEN l.cost < 0 THEN NULL WHEN l.quantity <> 0 THEN round(l.cost * (l.quantity - r.quantity) / l.quantity, 4) ELSE l.cost END AS cost
    FROM basket_lines l
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity), 0) AS quantity, coalesce(sum(amount), 0) AS amount FROM returned_lines r WHERE r.purchase_id = l.purchase_id AND r.line = l.line) r;

-- What else is recorded for a customer follows a merge too. Scores, alerts and machine segments are results: the next run makes them of
-- what is theirs then. Assignments to campaigns and registrations stay as they were: they count people as they were asked.
SELECT follow_merges(relation) FROM unnest(ARRAY[
    'basket_lines', 'returned_lines', 'survey_answers', 'customer_costs', 'feedback_items', 'feedback', 'offer_outcomes', 'messages_sent', 'service_tiers']) AS r (relation);
SELECT apply_merge(merge_id, survivor_id, absorbed_id, undone) FROM customer_merges ORDER BY merge_id;

-- As in 0150, and the models' statistics are kept up.
CREATE OR REPLACE FUNCTION sum_purchases_up(customers uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM purchase_days d WHERE d.customer_id = ANY(customers);
    INSERT INTO purchase_days (customer_id, currency, day, net_revenue, orders)
    SELECT p.customer_id, p.currency, p.day, sum(p.total - p.returned), count(*) FILTER (WHERE p.returned = 0 OR p.returned < p.total)
    FROM purchases p WHERE p.customer_id = ANY(customers) AND p.day IS NOT NULL GROUP BY p.customer_id, p.currency, p.day;
    DELETE FROM customers c WHERE c.customer_id = ANY(customers);
    INSERT INTO customers (customer_id, currency, first_purchase_day)
    SELECT DISTINCT ON (p.customer_id) p.customer_id, p.currency, p.day FROM purchases p
    WHERE p.customer_id = ANY(customers) AND p.day IS NOT NULL ORDER BY p.customer_id, p.day, p.currency;
    PERFORM refresh_features(customers);
    DELETE FROM customer_scores s WHERE s.customer_id = ANY(customers) AND NOT EXISTS (SELECT FROM customers c WHERE c.customer_id = s.customer_id);
    INSERT INTO rescoring_queue (customer_id, marked_at)
    SELECT c.customer_id, now() FROM customers c WHERE c.customer_id = ANY(customers) ORDER BY c.customer_id ON CONFLICT DO NOTHING;
END $$;

-- Purchases of before these tables: the projections are made anew of the log, once, by whichever replica takes the job.
INSERT INTO jobs (id, kind, state, currency, params, schedule_key, run_after, created_at, created_by)
SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '7000' || substr(md5(random()::text), 1, 16))::uuid,
    'projection-rebuild', 'queued', '*', '{}', 'migration-0160', now(), now(), 'migration'
WHERE EXISTS (SELECT FROM event_log);
