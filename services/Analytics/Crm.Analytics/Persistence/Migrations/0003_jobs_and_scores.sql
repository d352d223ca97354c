-- Long work. A running job belongs to the worker that claimed it last, until lease_until; a lapsed lease lets another one resume it
-- from phase and cursor.
CREATE TABLE jobs (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    state         text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    currency      text NOT NULL,
    params        jsonb NOT NULL,
    schedule_key  text UNIQUE,
    phase         text,
    done          bigint NOT NULL DEFAULT 0,
    total         bigint NOT NULL DEFAULT 0,
    cursor        text,
    result        jsonb,
    error_code    text,
    error_message text,
    worker        text,
    attempts      int NOT NULL DEFAULT 0,
    lease_until   timestamptz,
    run_after     timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    started_at    timestamptz,
    finished_at   timestamptz
);
CREATE INDEX jobs_open ON jobs (run_after) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_by_kind ON jobs (kind, id DESC);

-- Scores of a scoring run before the population is ranked.
CREATE TABLE unranked_scores (
    run_id                 uuid NOT NULL,
    customer_id            uuid NOT NULL,
    days_since_last        int NOT NULL,
    purchase_days          int NOT NULL,
    net_spend              numeric(19,4) NOT NULL,
    frequency              int NOT NULL,
    recency_weeks          double precision NOT NULL,
    age_weeks              double precision NOT NULL,
    mean_repeat_value      double precision NOT NULL,
    p_alive                double precision NOT NULL,
    p_alive_bg_nbd         double precision NOT NULL,
    p_alive_mbg_nbd        double precision NOT NULL,
    expected_purchases     double precision NOT NULL,
    p_no_purchase_90d      double precision NOT NULL,
    overdue                double precision NOT NULL,
    expected_value         double precision NOT NULL,
    clv                    numeric(19,4) NOT NULL,
    PRIMARY KEY (run_id, customer_id)
);

CREATE TABLE customer_scores (
    customer_id            uuid PRIMARY KEY,
    currency               text NOT NULL,
    recency_score          int NOT NULL,
    frequency_score        int NOT NULL,
    monetary_score         int NOT NULL,
    rfm                    int NOT NULL GENERATED ALWAYS AS (100 * recency_score + 10 * frequency_score + monetary_score) STORED,
    days_since_last        int NOT NULL,
    purchase_days          int NOT NULL,
    net_spend              numeric(19,4) NOT NULL,
    frequency              int NOT NULL,
    recency_weeks          double precision NOT NULL,
    age_weeks              double precision NOT NULL,
    mean_repeat_value      double precision NOT NULL,
    p_alive                double precision NOT NULL,
    p_alive_bg_nbd         double precision NOT NULL,
    p_alive_mbg_nbd        double precision NOT NULL,
    expected_purchases     double precision NOT NULL,
    p_no_purchase_90d      double precision NOT NULL,
    overdue                double precision NOT NULL,
    expected_value         double precision NOT NULL,
    clv                    numeric(19,4) NOT NULL,
    clv_percentile         double precision NOT NULL,
    horizon_days           int NOT NULL,
    model_version          text NOT NULL,
    scoring_run_id         uuid NOT NULL,
    inputs_as_of           timestamptz NOT NULL,
    computed_at            timestamptz NOT NULL
);
CREATE INDEX customer_scores_by_clv ON customer_scores ((clv::float8), customer_id);
CREATE INDEX customer_scores_by_p_alive ON customer_scores (p_alive, customer_id);
CREATE INDEX customer_scores_by_expected_purchases ON customer_scores (expected_purchases, customer_id);
CREATE INDEX customer_scores_by_rfm ON customer_scores ((rfm::float8), customer_id);
CREATE INDEX customer_scores_by_run ON customer_scores (scoring_run_id, customer_id);
