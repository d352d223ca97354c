CREATE TABLE coupon_pools (
    id          uuid PRIMARY KEY,
    version     bigint NOT NULL,
    name        text NOT NULL UNIQUE,  -- what templates say: {{coupon "name"}}
    worth_id    text NOT NULL,         -- what a code is worth, for the till and for people
    worth_en    text NOT NULL,
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until > valid_from),
    when_empty  text NOT NULL CHECK (when_empty IN ('skip', 'wait')), -- for a delivery, when no code is left
    patterns    text[] NOT NULL DEFAULT '{}',                         -- that codes were generated from
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL
);

-- A code belongs to one delivery for ever; a delivery has one code of a pool.
CREATE TABLE coupon_codes (
    code        text PRIMARY KEY,     -- upper case; unique in all pools, so that a till needs the code only
    pool_id     uuid NOT NULL REFERENCES coupon_pools,
    delivery_id uuid,
    customer_id uuid,
    campaign_id uuid,
    assigned_at timestamptz,
    redeemed_at timestamptz,
    redeemed_by text,
    reference   text,                 -- the till's own number of the sale
    CHECK ((delivery_id IS NULL) = (assigned_at IS NULL)),
    CHECK (redeemed_at IS NULL OR delivery_id IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX coupon_codes_free ON coupon_codes (pool_id, code) WHERE delivery_id IS NULL;
CREATE UNIQUE INDEX coupon_codes_delivery ON coupon_codes (delivery_id, pool_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX coupon_codes_pool ON coupon_codes (pool_id);

-- What a product is called, by the sale that came last.
CREATE TABLE products (
    sku      text PRIMARY KEY,
    name     text NOT NULL,
    category text NOT NULL,
    sold_at  timestamptz NOT NULL
);

-- How many customers of a sample have bought both; rebuilt from time to time. Only the strongest pairs of a product are kept.
CREATE TABLE product_pairs (
    sku     text NOT NULL,
    other   text NOT NULL,
    buyers  int NOT NULL,
    PRIMARY KEY (sku, other)
);

CREATE TABLE product_popularity (
    sku    text PRIMARY KEY,
    buyers int NOT NULL
);
