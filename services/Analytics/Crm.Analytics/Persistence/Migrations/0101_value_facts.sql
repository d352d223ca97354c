-- Lines as sold; what came back waits apart, whatever order they arrive in. A line without cost has none known.
CREATE TABLE order_lines (
    purchase_id uuid NOT NULL,
    line        int NOT NULL,
    customer_id uuid NOT NULL,
    currency    text NOT NULL,
    day         date NOT NULL,
    source      text NOT NULL,
    sku         text NOT NULL,
    category    text NOT NULL,
    quantity    numeric(19,4) NOT NULL,
    net         numeric(19,4) NOT NULL,
    cost        numeric(19,4),
    PRIMARY KEY (purchase_id, line)
);
CREATE INDEX order_lines_by_customer ON order_lines (customer_id, day);
CREATE INDEX order_lines_by_day ON order_lines (currency, day);

CREATE TABLE returned_order_lines (
    return_id   uuid NOT NULL,
    line        int NOT NULL,
    purchase_id uuid NOT NULL,
    quantity    numeric(19,4) NOT NULL,
    amount      numeric(19,4) NOT NULL,
    PRIMARY KEY (return_id, line)
);
CREATE INDEX returned_order_lines_by_purchase ON returned_order_lines (purchase_id, line);

-- Sold less returned, at the original values; a part of a cost is rounded as money is stored.
CREATE VIEW net_lines AS
    SELECT l.purchase_id, l.line, l.customer_id, l.currency, l.day, l.source, l.sku, l.category, l.quantity - r.quantity AS quantity,
        l.net - r.amount AS net, CASE WHEN l.quantity <> 0 THEN round(l.cost * (l.quantity - r.quantity) / l.quantity, 4) ELSE l.cost END AS cost
    FROM order_lines l
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(quantity), 0) AS quantity, coalesce(sum(amount), 0) AS amount FROM returned_order_lines r WHERE r.purchase_id = l.purchase_id AND r.line = l.line) r;

CREATE TABLE survey_answers (
    answer_id   uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('nps', 'csat', 'ces')),
    wave        text NOT NULL,
    score       int NOT NULL,
    answered_at timestamptz NOT NULL
);
CREATE INDEX survey_answers_by_wave ON survey_answers (kind, wave, customer_id, answered_at DESC, answer_id DESC);

CREATE TABLE customer_costs (
    cost_id     uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    currency    text NOT NULL,
    day         date NOT NULL,
    kind        text NOT NULL,
    amount      numeric(19,4) NOT NULL CHECK (amount >= 0)
);
CREATE INDEX customer_costs_by_customer ON customer_costs (customer_id, day);

-- would_have_bought: what the referee answered to "would you have bought without the recommendation?".
CREATE TABLE referrals (
    referral_id       uuid PRIMARY KEY,
    referrer_id       uuid NOT NULL,
    referee_id        uuid NOT NULL,
    programme         text NOT NULL,
    accepted_at       timestamptz NOT NULL,
    would_have_bought boolean,
    saved_acquisition numeric(19,4) NOT NULL,
    marketing_cost    numeric(19,4) NOT NULL,
    reward            numeric(19,4) NOT NULL,
    currency          text NOT NULL
);
CREATE INDEX referrals_by_referrer ON referrals (referrer_id);
CREATE INDEX referrals_by_referee ON referrals (referee_id, accepted_at DESC);

CREATE TABLE feedback_items (
    item_id     uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    topic       text NOT NULL,
    quality     numeric(3,1) NOT NULL CHECK (quality IN (0.5, 1, 2)),
    reported_at timestamptz NOT NULL,
    cost        numeric(19,4) NOT NULL,
    currency    text NOT NULL
);
CREATE INDEX feedback_items_by_customer ON feedback_items (customer_id);
CREATE INDEX feedback_items_by_topic ON feedback_items (topic, reported_at, item_id);

CREATE TABLE feedback_benefits (
    topic       text PRIMARY KEY,
    benefit     numeric(19,4) NOT NULL CHECK (benefit >= 0),
    currency    text NOT NULL,
    accepted_at timestamptz NOT NULL,
    evidence    text NOT NULL
);

CREATE TABLE registered_customers (
    customer_id   uuid PRIMARY KEY,
    registered_on date NOT NULL
);
CREATE INDEX registered_customers_by_day ON registered_customers (registered_on);
