-- Lines of purchases and of returns, each once, for what is bought together, offers, margins and rates of return.
CREATE TABLE basket_lines (
    purchase_id  uuid NOT NULL,
    line         int NOT NULL,
    customer_id  uuid NOT NULL,
    currency     text NOT NULL,
    day          date NOT NULL, -- of the business zone
    source       text NOT NULL,
    sku          text NOT NULL,
    product_name text NOT NULL,
    category     text NOT NULL,
    lot          text,
    quantity     numeric(19,4) NOT NULL,
    net          numeric(19,4) NOT NULL,
    cost         numeric(19,4),
    PRIMARY KEY (purchase_id, line)
);
CREATE INDEX basket_lines_by_customer ON basket_lines (customer_id, day);
CREATE INDEX basket_lines_by_day ON basket_lines (currency, day);
CREATE INDEX basket_lines_by_sku ON basket_lines (sku, day);

CREATE TABLE returned_lines (
    return_id   uuid NOT NULL,
    line        int NOT NULL,
    purchase_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    day         date NOT NULL,
    sku         text NOT NULL,
    quantity    numeric(19,4) NOT NULL,
    amount      numeric(19,4) NOT NULL,
    reason      text NOT NULL,
    PRIMARY KEY (return_id, line)
);
CREATE INDEX returned_lines_by_sku ON returned_lines (sku, day);
CREATE INDEX returned_lines_by_purchase ON returned_lines (purchase_id, line);
