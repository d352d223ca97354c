CREATE TABLE products (
    id         uuid PRIMARY KEY,
    sku        text COLLATE "C" NOT NULL CONSTRAINT products_sku_key UNIQUE,
    name       text NOT NULL,
    category   text NOT NULL,
    price      numeric(19,4) NOT NULL CHECK (price >= 0),
    currency   char(3) NOT NULL,
    -- Cost of goods of one unit, in the same currency.
    cost       numeric(19,4) CHECK (cost >= 0),
    active     boolean NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Which customers exist, as Customer has told by event or answer. The record itself is Customer's.
CREATE TABLE customers (
    customer_id uuid PRIMARY KEY,
    source      text COLLATE "C",
    source_id   text COLLATE "C"
);
CREATE INDEX customers_source ON customers (source, source_id) WHERE source IS NOT NULL;

CREATE TABLE purchases (
    id             uuid PRIMARY KEY,
    source         text COLLATE "C" NOT NULL,
    source_id      text COLLATE "C" NOT NULL,
    -- First half of the SHA-256 of what was reported: tells the same purchase again from another one under the same key.
    content_hash   bytea NOT NULL,
    customer_id    uuid NOT NULL,
    purchased_at   timestamptz NOT NULL,
    currency       char(3) NOT NULL,
    -- Sum of the lines' net amounts, and how much of it was given back since.
    total          numeric(19,4) NOT NULL,
    returned_total numeric(19,4) NOT NULL DEFAULT 0,
    line_count     int NOT NULL,
    recorded_at    timestamptz NOT NULL,
    recorded_by    text NOT NULL,
    CONSTRAINT purchases_source_key UNIQUE (source, source_id),
    CHECK (returned_total BETWEEN 0 AND total)
);
CREATE INDEX purchases_of_customer ON purchases (customer_id, purchased_at, id);

-- Name, category and cost as the catalogue had them at the time.
CREATE TABLE purchase_lines (
    purchase_id       uuid NOT NULL REFERENCES purchases (id),
    line              int NOT NULL,
    sku               text NOT NULL,
    product_name      text NOT NULL,
    category          text NOT NULL,
    quantity          numeric(12,3) NOT NULL CHECK (quantity > 0),
    unit_price        numeric(19,4) NOT NULL,
    discount          numeric(19,4) NOT NULL,
    tax               numeric(19,4) NOT NULL,
    net               numeric(19,4) NOT NULL,
    cost              numeric(19,4),
    lot               text,
    returned_quantity numeric(12,3) NOT NULL DEFAULT 0,
    returned_amount   numeric(19,4) NOT NULL DEFAULT 0,
    PRIMARY KEY (purchase_id, line),
    CHECK (returned_quantity BETWEEN 0 AND quantity),
    CHECK (returned_amount BETWEEN 0 AND net)
);

CREATE TABLE returns (
    id          uuid PRIMARY KEY,
    purchase_id uuid NOT NULL REFERENCES purchases (id),
    returned_at timestamptz NOT NULL,
    total       numeric(19,4) NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL
);
CREATE INDEX returns_of_purchase ON returns (purchase_id);

CREATE TABLE return_lines (
    return_id uuid NOT NULL REFERENCES returns (id),
    line      int NOT NULL,
    quantity  numeric(12,3) NOT NULL CHECK (quantity > 0),
    amount    numeric(19,4) NOT NULL CHECK (amount >= 0),
    reason    text NOT NULL,
    PRIMARY KEY (return_id, line)
);
