-- As in 0100, in PL/pgSQL: its plans are kept with the connection, where those of an SQL function are made at every call.
CREATE OR REPLACE FUNCTION refresh_features(changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH fresh AS (
        SELECT c.customer_id, c.currency, count(d.day)::int AS purchase_days, min(d.day) AS first_day, max(d.day) AS last_day,
            (array_agg(d.net_revenue ORDER BY d.day))[1] AS first_net, sum(d.net_revenue) AS net_total
        FROM customers c JOIN purchase_days d ON d.customer_id = c.customer_id AND d.currency = c.currency AND d.orders > 0
        WHERE c.customer_id = ANY(changed) GROUP BY c.customer_id
    ), old AS (
        SELECT * FROM customer_features WHERE customer_id = ANY(changed)
    ), gone AS (
        DELETE FROM customer_features WHERE customer_id = ANY(changed) AND customer_id NOT IN (SELECT customer_id FROM fresh)
    ), written AS (
        INSERT INTO customer_features AS f (customer_id, currency, purchase_days, first_day, last_day, first_net, net_total)
        SELECT customer_id, currency, purchase_days, first_day, last_day, first_net, net_total FROM fresh ORDER BY customer_id
        ON CONFLICT (customer_id) DO UPDATE SET currency = excluded.currency, purchase_days = excluded.purchase_days, first_day = excluded.first_day,
            last_day = excluded.last_day, first_net = excluded.first_net, net_total = excluded.net_total
    ), moved AS (
        SELECT currency, purchase_days - 1 AS frequency, first_day, last_day, (uuid_hash(customer_id) & 7)::smallint AS shard, -1 AS customers FROM old
        UNION ALL
        SELECT currency, purchase_days - 1, first_day, last_day, (uuid_hash(customer_id) & 7)::smallint, 1 FROM fresh
    )
    INSERT INTO purchase_histogram AS h (currency, frequency, first_day, last_day, shard, customers)
    SELECT currency, frequency, first_day, last_day, shard, sum(customers) FROM moved
    GROUP BY currency, frequency, first_day, last_day, shard HAVING sum(customers) <> 0
    ORDER BY currency, frequency, first_day, last_day, shard
    ON CONFLICT (currency, frequency, first_day, last_day, shard) DO UPDATE SET customers = h.customers + excluded.customers;
END $$;

-- The statistics of whoever these customers are by now, one event of a customer after the other: a statement after the locks sees what others
-- committed while it waited for them.
CREATE FUNCTION refresh_features_of(recorded uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owners uuid[] := recorded;
BEGIN
    IF EXISTS (SELECT FROM customer_merges m WHERE m.absorbed_id = ANY(recorded) AND NOT m.undone) THEN
        owners := ARRAY(SELECT DISTINCT current_customer(r.id) FROM unnest(recorded) AS r (id));
    END IF;
    PERFORM 1 FROM customers c WHERE c.customer_id = ANY(owners) ORDER BY c.customer_id FOR UPDATE;
    PERFORM refresh_features(owners);
END $$;

-- Events of hundreds of customers are long; lz4 takes a fraction of the time, where the server has it.
DO $$
DECLARE
    part regclass;
BEGIN
    ALTER TABLE event_log ALTER COLUMN payload SET COMPRESSION lz4;
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'event_log'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN payload SET COMPRESSION lz4', part);
    END LOOP;
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
    NULL;
END $$;
