-- What segments may ask about a customer, fed by the events of the other services. A row is made by whichever event comes first; only
-- rows with a profile (profile_version) belong to the audience.
CREATE TABLE audience (
    customer_id         uuid PRIMARY KEY,

    -- Customer; newest version wins.
    profile_version     bigint,
    display_name        text,
    given_name          text,
    email               text,
    phone               text,
    language            text,
    time_zone           text,
    city                text,
    province            text,
    gender              text,
    birth_date          date,
    tags                text[] NOT NULL DEFAULT '{}',
    lifecycle_stage     text,
    registered_at       timestamptz,

    -- Customer; consent to marketing, per channel the latest decision wins.
    consent_email       boolean NOT NULL DEFAULT false,
    consent_email_at    timestamptz,
    consent_sms         boolean NOT NULL DEFAULT false,
    consent_sms_at      timestamptz,
    consent_phone       boolean NOT NULL DEFAULT false,
    consent_phone_at    timestamptz,
    consent_post        boolean NOT NULL DEFAULT false,
    consent_post_at     timestamptz,
    consent_push        boolean NOT NULL DEFAULT false,
    consent_push_at     timestamptz,

    -- Sales; sums, so the order of arrival does not matter. The total is in the currency of the customer's first purchase to arrive.
    purchase_count      bigint NOT NULL DEFAULT 0,
    purchase_total      numeric(19,4) NOT NULL DEFAULT 0,
    purchase_currency   char(3),
    first_purchased_at  timestamptz,
    last_purchased_at   timestamptz,

    -- Analytics; the latest computation wins.
    scored_at           timestamptz,
    recency_score       int,
    frequency_score     int,
    monetary_score      int,
    p_alive             double precision,
    expected_purchases  double precision,
    clv                 numeric(19,4),
    clv_currency        char(3),
    clv_percentile      double precision,

    -- Loyalty; the highest version of the account wins.
    is_member           boolean NOT NULL DEFAULT false,
    member_version      bigint NOT NULL DEFAULT 0,
    points              bigint NOT NULL DEFAULT 0,

    -- Service; counted from audience_cases.
    open_cases          bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 80);

CREATE TABLE audience_cases (
    case_id     uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    version     bigint NOT NULL,
    is_open     boolean NOT NULL
);
CREATE INDEX audience_cases_open ON audience_cases (customer_id) WHERE is_open;

-- Who must not be written to on a channel, whatever their consent says.
CREATE TABLE suppressions (
    customer_id uuid NOT NULL,
    channel     text NOT NULL,
    reason      text NOT NULL,
    campaign_id uuid,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (customer_id, channel)
);
