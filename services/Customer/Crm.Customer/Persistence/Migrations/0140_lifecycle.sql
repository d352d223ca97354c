-- From when on a customer counts as what; one row.
CREATE TABLE lifecycle_rules (
    single          boolean PRIMARY KEY DEFAULT true CHECK (single),
    version        bigint NOT NULL DEFAULT 1,
    loyal_purchases int NOT NULL,
    loyal_days      int NOT NULL,
    at_risk_days    int NOT NULL,
    lapsed_days     int NOT NULL,
    changed_by      text NOT NULL,
    changed_at      timestamptz NOT NULL
);
INSERT INTO lifecycle_rules (loyal_purchases, loyal_days, at_risk_days, lapsed_days, changed_by, changed_at) VALUES (5, 90, 90, 180, 'system', '2025-01-01Z');
CREATE INDEX customer_activity_last ON customer_activity (last_purchased_at);

-- The whole base's completeness, counted now and then.
CREATE TABLE base_quality (
    single      boolean PRIMARY KEY DEFAULT true CHECK (single),
    result      jsonb NOT NULL,
    computed_at timestamptz NOT NULL
);
