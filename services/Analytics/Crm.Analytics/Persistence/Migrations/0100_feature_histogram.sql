-- The models' sufficient statistics, kept up with every event. T is counted to any later date, so it is not stored: a fit reads
-- (x, first day, last day, customers) and no purchase.
CREATE TABLE customer_features (
    customer_id   uuid PRIMARY KEY,
    currency      text NOT NULL,
    purchase_days int NOT NULL,
    first_day     date NOT NULL,
    last_day      date NOT NULL,
    first_net     numeric(19,4) NOT NULL,
    net_total     numeric(19,4) NOT NULL
);
CREATE INDEX customer_features_repeat_buyers ON customer_features (currency) INCLUDE (purchase_days, first_net, net_total) WHERE purchase_days > 1;

-- shard spreads the busy cells (bought today for the first time) over eight rows.
CREATE TABLE purchase_histogram (
    currency  text NOT NULL,
    frequency int NOT NULL,
    first_day date NOT NULL,
    last_day  date NOT NULL,
    shard     smallint NOT NULL,
    customers bigint NOT NULL,
    PRIMARY KEY (currency, frequency, first_day, last_day, shard)
);

-- Recomputes what these customers' own days add up to, and moves them to their cell of the histogram. The caller holds the locks of
-- their rows in "customers", so that two events of one customer come one after the other.
CREATE FUNCTION refresh_features(changed uuid[]) RETURNS void LANGUAGE sql AS $$
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
    ON CONFLICT (currency, frequency, first_day, last_day, shard) DO UPDATE SET customers = h.customers + excluded.customers
$$;

SELECT refresh_features(array_agg(customer_id)) FROM customers HAVING count(*) > 0;
