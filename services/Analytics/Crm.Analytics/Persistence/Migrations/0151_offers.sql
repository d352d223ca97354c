-- What offers rest on, per currency: made anew by the job "offer-rules", whose id they carry.
CREATE TABLE association_rules (
    run_id           uuid NOT NULL,
    currency         text NOT NULL,
    antecedent       text[] NOT NULL,
    consequent       text NOT NULL,
    baskets          int NOT NULL,
    antecedent_count int NOT NULL,
    consequent_count int NOT NULL,
    both_count       int NOT NULL,
    confidence       double precision NOT NULL,
    lift             double precision NOT NULL,
    p                double precision NOT NULL,
    PRIMARY KEY (currency, antecedent, consequent)
);
CREATE INDEX association_rules_by_lift ON association_rules (currency, lift, antecedent, consequent);

CREATE TABLE product_statistics (
    run_id   uuid NOT NULL,
    currency text NOT NULL,
    sku      text NOT NULL,
    name     text NOT NULL,
    category text NOT NULL,
    buyers   int NOT NULL,
    baskets  int NOT NULL,
    price    numeric(19,4) NOT NULL, -- mean net price of a piece
    margin   numeric(19,4),          -- mean net less cost of a basket's lines of it; null where no cost is known
    revenue  numeric(19,4) NOT NULL, -- mean net of a basket's lines of it
    PRIMARY KEY (currency, sku)
);

-- Of those who bought "from_sku", how many went over to "to_sku" of the same category and did not come back.
CREATE TABLE substitutions (
    run_id    uuid NOT NULL,
    currency  text NOT NULL,
    from_sku  text NOT NULL,
    to_sku    text NOT NULL,
    switchers int NOT NULL,
    PRIMARY KEY (currency, from_sku, to_sku)
);

CREATE TABLE offer_outcomes (
    id          uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    sku         text NOT NULL,
    kind        text NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('offered', 'accepted', 'declined')),
    reason      text,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL
);
CREATE INDEX offer_outcomes_by_sku ON offer_outcomes (sku);
CREATE INDEX offer_outcomes_by_customer ON offer_outcomes (customer_id, recorded_at);

-- The latest decision for each channel and purpose.
CREATE TABLE consents (
    customer_id  uuid NOT NULL,
    channel      text NOT NULL,
    purpose      text NOT NULL,
    granted      boolean NOT NULL,
    effective_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, channel, purpose)
);

CREATE TABLE messages_sent (
    delivery_id uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    channel     text NOT NULL,
    sent_at     timestamptz NOT NULL
);
CREATE INDEX messages_sent_by_customer ON messages_sent (customer_id, sent_at);
