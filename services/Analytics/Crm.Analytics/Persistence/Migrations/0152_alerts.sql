-- What the sales desk should look at. Of one subject and kind at most one alert is open.
CREATE TABLE alerts (
    id              uuid PRIMARY KEY,
    kind            text NOT NULL,
    subject_type    text NOT NULL CHECK (subject_type IN ('customer', 'unit')),
    subject_id      text NOT NULL,
    dedup_key       text NOT NULL,
    currency        text NOT NULL,
    money_at_stake  numeric(19,4) NOT NULL,
    reason_code     text NOT NULL,
    reason_id       text NOT NULL,
    reason_en       text NOT NULL,
    evidence        jsonb NOT NULL,
    formula_version text NOT NULL,
    scan_id         uuid NOT NULL,
    held_out        boolean NOT NULL, -- not shown, to measure what acting on the others brings
    state           text NOT NULL CHECK (state IN ('open', 'acted', 'dismissed', 'expired')),
    raised_at       timestamptz NOT NULL,
    raised_day      date NOT NULL,
    expires_at      timestamptz NOT NULL,
    decided_at      timestamptz,
    decided_by      text,
    decision_reason text,
    version         bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX alerts_open_once ON alerts (dedup_key) WHERE state = 'open';
CREATE INDEX alerts_by_money ON alerts (state, money_at_stake, id) WHERE NOT held_out;
CREATE INDEX alerts_by_subject ON alerts (subject_id, raised_at);
CREATE INDEX alerts_by_kind ON alerts (kind, raised_at);

-- How a customer is served, 1 lowest to 5 highest; customer alignment compares it with their value.
CREATE TABLE service_tiers (
    customer_id uuid PRIMARY KEY,
    tier        int NOT NULL CHECK (tier BETWEEN 1 AND 5),
    set_at      timestamptz NOT NULL,
    set_by      text NOT NULL
);

-- Targets of units. "source" says which purchases are the unit's own (null: all).
CREATE TABLE targets (
    id          uuid PRIMARY KEY,
    unit        text NOT NULL,
    measure     text NOT NULL CHECK (measure IN ('net_revenue', 'satisfaction', 'new_customers')),
    source      text,
    currency    text NOT NULL,
    period_from date NOT NULL,
    period_to   date NOT NULL, -- first day after
    amount      numeric(19,4) NOT NULL,
    owner       text NOT NULL,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    UNIQUE (unit, measure, period_from, period_to)
);
