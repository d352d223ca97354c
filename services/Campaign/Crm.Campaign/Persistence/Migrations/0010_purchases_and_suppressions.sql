ALTER TABLE audience
    ADD COLUMN street        text,
    ADD COLUMN postal_code   text,
    ADD COLUMN country       text,
    ADD COLUMN preferences   jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN custom_fields jsonb NOT NULL DEFAULT '{}',
    -- Purchases that are in purchase_total, for the average: the others are in another currency.
    ADD COLUMN purchase_total_count bigint NOT NULL DEFAULT 0;
UPDATE audience SET purchase_total_count = purchase_count WHERE purchase_count > 0;

-- Every purchase of a customer. The key begins with the customer, so that a walk over the audience is bounded here too. A return may come
-- before its purchase: the row then waits with purchased_at NULL, and nothing that is asked about purchases counts it.
CREATE TABLE audience_purchases (
    customer_id  uuid NOT NULL,
    purchase_id  uuid NOT NULL,
    purchased_at timestamptz,
    currency     char(3),
    gross        numeric(19,4) NOT NULL DEFAULT 0, -- as bought, before tax
    returned     numeric(19,4) NOT NULL DEFAULT 0,
    total        numeric(19,4) NOT NULL GENERATED ALWAYS AS (gross - returned) STORED,
    skus         text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (customer_id, purchase_id)
);

CREATE TABLE audience_purchase_lines (
    customer_id       uuid NOT NULL,
    purchase_id       uuid NOT NULL,
    line              int NOT NULL,
    purchased_at      timestamptz,
    sku               text NOT NULL,
    category          text,
    currency          char(3),
    bought            numeric(19,4) NOT NULL DEFAULT 0,
    bought_total      numeric(19,4) NOT NULL DEFAULT 0,
    returned          numeric(19,4) NOT NULL DEFAULT 0,
    returned_total    numeric(19,4) NOT NULL DEFAULT 0,
    quantity          numeric(19,4) NOT NULL GENERATED ALWAYS AS (bought - returned) STORED,
    total             numeric(19,4) NOT NULL GENERATED ALWAYS AS (bought_total - returned_total) STORED,
    PRIMARY KEY (customer_id, purchase_id, line)
);

-- What a customer has bought of each product, net of returns; a row for each currency.
CREATE VIEW audience_products AS
SELECT customer_id, sku, (array_agg(category ORDER BY purchased_at DESC, line))[1] AS category, currency,
    sum(quantity) AS quantity, sum(total) AS total, min(purchased_at) AS first_at, max(purchased_at) AS last_at
FROM audience_purchase_lines WHERE purchased_at IS NOT NULL GROUP BY customer_id, sku, currency;

-- By contact. The channel may be 'all'.
ALTER TABLE suppressions
    ADD COLUMN id         uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN note       text,
    ADD COLUMN created_by text NOT NULL DEFAULT 'system';
CREATE UNIQUE INDEX suppressions_id ON suppressions (created_at, id);

-- By what a message would go to, whoever has it: an e-mail address (lower case), a phone number (E.164), or the domain of e-mail addresses
-- (lower case, without @). The three cannot be mistaken for each other. The channel may be 'all'.
CREATE TABLE suppressed_addresses (
    address     text NOT NULL,
    channel     text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('email', 'phone', 'domain')),
    reason      text NOT NULL,
    campaign_id uuid,
    note        text,
    created_by  text NOT NULL DEFAULT 'system',
    created_at  timestamptz NOT NULL,
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (address, channel)
);
CREATE UNIQUE INDEX suppressed_addresses_id ON suppressed_addresses (created_at, id);
