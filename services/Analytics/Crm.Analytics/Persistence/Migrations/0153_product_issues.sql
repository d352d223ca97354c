-- Products whose returns or complaints have risen. While one is open, the product is offered to nobody.
CREATE TABLE product_issues (
    id              uuid PRIMARY KEY,
    sku             text NOT NULL,
    signal          text NOT NULL CHECK (signal IN ('returns', 'complaints')),
    state           text NOT NULL CHECK (state IN ('open', 'closed')),
    began_on        date NOT NULL, -- first change: the week after the chart's last zero
    events          bigint NOT NULL,
    expected        double precision NOT NULL,
    rate_ratio      double precision NOT NULL,
    ratio_low       double precision NOT NULL,
    ratio_high      double precision NOT NULL,
    score           double precision NOT NULL,
    score_limit     double precision NOT NULL,
    p               double precision NOT NULL,
    lot             text,
    lot_p           double precision,
    reasons         text[] NOT NULL,
    formula_version text NOT NULL,
    scan_id         uuid NOT NULL,
    raised_at       timestamptz NOT NULL,
    closed_at       timestamptz,
    closed_by       text,
    closed_reason   text
);
CREATE UNIQUE INDEX product_issues_open_once ON product_issues (sku, signal) WHERE state = 'open';
