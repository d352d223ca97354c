-- How long after a message a purchase counts for it. No row: fourteen days.
CREATE TABLE campaign_attributions (
    campaign_id uuid PRIMARY KEY REFERENCES campaigns,
    window_days int NOT NULL CHECK (window_days BETWEEN 1 AND 365)
);

-- Purchases within the window of a campaign's message: each at most once per campaign. A purchase may be in the windows of several
-- campaigns; one of them is credited with it: the last click before it, else the message sent last.
CREATE TABLE conversions (
    campaign_id  uuid NOT NULL,
    purchase_id  uuid NOT NULL,
    customer_id  uuid NOT NULL,
    delivery_id  uuid NOT NULL,
    channel      text NOT NULL,
    variant      text NOT NULL,
    basis        text NOT NULL CHECK (basis IN ('clicked', 'sent')),
    purchased_at timestamptz NOT NULL,
    currency     char(3) NOT NULL,
    revenue      numeric(19,4) NOT NULL, -- less returns
    credited     boolean NOT NULL,
    first        boolean NOT NULL,       -- of this customer in this campaign
    PRIMARY KEY (campaign_id, purchase_id)
);
CREATE INDEX conversions_customer ON conversions (customer_id);

-- Customers whose purchases, clicks or deliveries have changed: their conversions are worked out anew, whatever came first.
CREATE TABLE conversion_queue (
    customer_id uuid PRIMARY KEY,
    due_at      timestamptz NOT NULL
);
CREATE INDEX conversion_queue_due ON conversion_queue (due_at);

CREATE FUNCTION queue_conversions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO conversion_queue (customer_id, due_at)
    SELECT DISTINCT p.customer_id, now() FROM touched p
    WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.customer_id = p.customer_id) ORDER BY p.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET due_at = excluded.due_at;
    RETURN NULL;
END $$;
CREATE TRIGGER purchases_added AFTER INSERT ON audience_purchases REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION queue_conversions();
CREATE TRIGGER purchases_changed AFTER UPDATE ON audience_purchases REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION queue_conversions();

CREATE TABLE conversion_counts (
    campaign_id uuid NOT NULL,
    channel     text NOT NULL,
    variant     text NOT NULL,
    basis       text NOT NULL,
    currency    text NOT NULL,
    customers   bigint NOT NULL,
    purchases   bigint NOT NULL,
    revenue     numeric(24,4) NOT NULL,
    credited    bigint NOT NULL,
    credited_revenue numeric(24,4) NOT NULL,
    PRIMARY KEY (campaign_id, channel, variant, basis, currency)
) WITH (fillfactor = 50);

CREATE FUNCTION count_conversions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO conversion_counts AS c
        SELECT campaign_id, channel, variant, basis, currency, count(*) FILTER (WHERE first), count(*), sum(revenue),
            count(*) FILTER (WHERE credited), coalesce(sum(revenue) FILTER (WHERE credited), 0)
        FROM added GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (campaign_id, channel, variant, basis, currency) DO UPDATE SET customers = c.customers + excluded.customers,
            purchases = c.purchases + excluded.purchases, revenue = c.revenue + excluded.revenue, credited = c.credited + excluded.credited,
            credited_revenue = c.credited_revenue + excluded.credited_revenue;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO conversion_counts AS c
        SELECT campaign_id, channel, variant, basis, currency, -count(*) FILTER (WHERE first), -count(*), -sum(revenue),
            -count(*) FILTER (WHERE credited), -coalesce(sum(revenue) FILTER (WHERE credited), 0)
        FROM removed GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (campaign_id, channel, variant, basis, currency) DO UPDATE SET customers = c.customers + excluded.customers,
            purchases = c.purchases + excluded.purchases, revenue = c.revenue + excluded.revenue, credited = c.credited + excluded.credited,
            credited_revenue = c.credited_revenue + excluded.credited_revenue;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER conversions_added AFTER INSERT ON conversions REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_conversions();
CREATE TRIGGER conversions_changed AFTER UPDATE ON conversions REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_conversions();
CREATE TRIGGER conversions_removed AFTER DELETE ON conversions REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_conversions();
