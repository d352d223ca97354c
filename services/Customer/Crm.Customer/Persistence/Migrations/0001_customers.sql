CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SEQUENCE customer_numbers;

-- CUST-000123; longer from the millionth on (lpad alone would cut).
CREATE FUNCTION next_customer_number() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    n text := nextval('customer_numbers')::text;
BEGIN
    RETURN 'CUST-' || lpad(n, greatest(6, length(n)), '0');
END $$;

CREATE TABLE customers (
    id                    uuid PRIMARY KEY,
    number                text NOT NULL CONSTRAINT customers_number_key UNIQUE,
    version               bigint NOT NULL DEFAULT 1,
    source                text,
    source_id             text,
    -- SHA-256 of what the source said last: the same row again changes nothing, even if somebody has edited the record since.
    source_hash           bytea,
    display_name          text NOT NULL,
    given_name            text,
    family_name           text,
    email                 text,
    phone                 text,
    language              text NOT NULL,
    time_zone             text NOT NULL,
    street                text,
    city                  text,
    province              text,
    postal_code           text,
    country               text,
    birth_date            date,
    gender                text,
    tags                  text[] NOT NULL DEFAULT '{}',
    lifecycle_stage       text NOT NULL DEFAULT 'Prospect',
    referred_by           uuid REFERENCES customers (id),
    -- Key, at the same source, of a referrer that may not have arrived yet.
    referred_by_source_id text,
    registered_at         timestamptz NOT NULL,
    changed_at            timestamptz NOT NULL,
    CONSTRAINT customers_source_key UNIQUE (source, source_id),
    CHECK ((source IS NULL) = (source_id IS NULL)),
    CHECK (referred_by <> id)
) WITH (fillfactor = 90);
CREATE INDEX customers_name_trigram ON customers USING gin (lower(display_name) gin_trgm_ops);
CREATE INDEX customers_phone ON customers (phone text_pattern_ops);
CREATE INDEX customers_email ON customers (lower(email) text_pattern_ops);
CREATE INDEX customers_referred_by ON customers (referred_by) WHERE referred_by IS NOT NULL;
CREATE INDEX customers_pending_referral ON customers (source, referred_by_source_id)
    WHERE referred_by IS NULL AND referred_by_source_id IS NOT NULL;

-- What the lifecycle rules count, apart from the record so that a purchase does not rewrite it.
CREATE TABLE customer_activity (
    customer_id        uuid PRIMARY KEY,
    purchase_count     int NOT NULL,
    first_purchased_at timestamptz NOT NULL,
    last_purchased_at  timestamptz NOT NULL
) WITH (fillfactor = 80);

-- Every decision ever made, with the text that was seen; consents is the view of it that is in force.
CREATE TABLE consent_decisions (
    id             uuid PRIMARY KEY,
    customer_id    uuid NOT NULL REFERENCES customers (id),
    channel        text NOT NULL,
    purpose        text NOT NULL,
    granted        boolean NOT NULL,
    notice_version text NOT NULL,
    capture_source text NOT NULL,
    effective_at   timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    recorded_by    text NOT NULL
);
CREATE INDEX consent_decisions_customer ON consent_decisions (customer_id, effective_at DESC, id DESC);

CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER consent_decisions_append_only BEFORE UPDATE OR DELETE ON consent_decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_ledger();

CREATE TABLE consents (
    customer_id  uuid NOT NULL REFERENCES customers (id),
    channel      text NOT NULL,
    purpose      text NOT NULL,
    granted      boolean NOT NULL,
    effective_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, channel, purpose)
);

-- Append-only. The key is the reading order, and holds an id made from the fact: the same fact again is the same row.
CREATE TABLE timeline_entries (
    customer_id    uuid NOT NULL,
    occurred_at    timestamptz NOT NULL,
    entry_id       uuid NOT NULL,
    kind           text NOT NULL,
    source_service text NOT NULL,
    subject_ref    text NOT NULL,
    args           jsonb NOT NULL,
    PRIMARY KEY (customer_id, occurred_at, entry_id)
);

CREATE TABLE customer_imports (
    id          uuid PRIMARY KEY,
    source      text NOT NULL,
    dry_run     boolean NOT NULL,
    received    bigint NOT NULL,
    created     bigint NOT NULL,
    updated     bigint NOT NULL,
    unchanged   bigint NOT NULL,
    rejected    bigint NOT NULL,
    problems    jsonb NOT NULL,
    imported_by text NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL
);
