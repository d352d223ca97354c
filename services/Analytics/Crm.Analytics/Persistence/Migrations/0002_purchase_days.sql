-- What the purchase events add up to, whatever order they arrive in. A return that comes before its purchase waits in "returned".
CREATE TABLE purchases (
    purchase_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    currency    text NOT NULL,
    day         date,
    total       numeric(19,4),
    returned    numeric(19,4) NOT NULL DEFAULT 0
);

CREATE TABLE purchase_returns (
    return_id   uuid PRIMARY KEY,
    purchase_id uuid NOT NULL
);

-- Customers who have bought. A customer is valued in the currency of the first purchase.
CREATE TABLE customers (
    customer_id        uuid PRIMARY KEY,
    currency           text NOT NULL,
    first_purchase_day date NOT NULL
);
CREATE INDEX customers_by_currency ON customers (currency, customer_id);

-- One row per customer and business day: the models' (x, t_x, T, z) as of any date is a GROUP BY over it. orders counts those that
-- were not returned whole; net_revenue is less returns, on the day of the purchase.
CREATE TABLE purchase_days (
    customer_id uuid NOT NULL,
    currency    text NOT NULL,
    day         date NOT NULL,
    net_revenue numeric(19,4) NOT NULL,
    orders      int NOT NULL,
    PRIMARY KEY (customer_id, currency, day)
);
CREATE INDEX purchase_days_by_day ON purchase_days (currency, day);

-- Customers whose scores are behind their purchases.
CREATE TABLE rescoring_queue (
    customer_id uuid PRIMARY KEY,
    marked_at   timestamptz NOT NULL
);
CREATE INDEX rescoring_queue_by_age ON rescoring_queue (marked_at);
