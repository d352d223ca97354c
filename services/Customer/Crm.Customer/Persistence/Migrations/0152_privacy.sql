-- A consent that was asked for and waits for its confirmation (double opt-in).
CREATE TABLE consent_requests (
    id             uuid PRIMARY KEY,
    customer_id    uuid NOT NULL,
    channel        text NOT NULL,
    purpose        text NOT NULL,
    notice_version text NOT NULL,
    requested_at   timestamptz NOT NULL,
    confirmed_at   timestamptz
);

-- What people ask for by right, each with its clock (UU PDP articles 30 to 34 and 41: three times 24 hours).
CREATE TABLE privacy_requests (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('access', 'correction', 'restriction', 'objection', 'portability', 'erasure')),
    state        text NOT NULL CHECK (state IN ('open', 'running', 'done', 'refused')),
    -- How the person's identity was checked; no copy of a document.
    verified_by  text NOT NULL,
    note         text,
    received_at  timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    handled_by   text NOT NULL,
    finished_at  timestamptz,
    outcome      text,
    certificate  text,
    signature    text
);
CREATE INDEX privacy_requests_due ON privacy_requests (due_at, id) WHERE state IN ('open', 'running');
CREATE INDEX privacy_requests_customer ON privacy_requests (customer_id);
CREATE UNIQUE INDEX privacy_requests_one_erasure ON privacy_requests (customer_id) WHERE kind = 'erasure' AND state = 'running';

-- Who has confirmed an erasure; complete when all services have.
CREATE TABLE erasure_confirmations (
    request_id   uuid NOT NULL REFERENCES privacy_requests (id),
    service      text NOT NULL,
    rows         bigint NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (request_id, service)
);

CREATE TABLE legal_holds (
    id          uuid PRIMARY KEY,
    customer_id uuid NOT NULL,
    reason      text NOT NULL,
    placed_at   timestamptz NOT NULL,
    placed_by   text NOT NULL,
    released_at timestamptz,
    released_by text
);
CREATE INDEX legal_holds_customer ON legal_holds (customer_id) WHERE released_at IS NULL;

-- Keyed hashes of what an erased person was reached by and known as: recognises them when they come again, and tells nobody who they were.
CREATE TABLE erasure_tombstones (
    hash      bytea PRIMARY KEY,
    erased_at timestamptz NOT NULL
);

ALTER TABLE customers ADD COLUMN erased_at timestamptz;

-- Takes what describes a person out of an event, and leaves what it counts. Snapshots name their customers in an array.
CREATE FUNCTION without_person(payload jsonb, customers uuid[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN jsonb_typeof(payload -> 'customers') = 'array' THEN jsonb_set(payload, '{customers}', (
            SELECT coalesce(jsonb_agg(CASE WHEN (c ->> 'customerId')::uuid = ANY(customers)
                THEN c - ARRAY['givenName', 'familyName', 'email', 'phone', 'street', 'postalCode', 'city', 'province', 'birthDate', 'gender', 'source', 'sourceId']
                    || '{"displayName": "", "tags": [], "preferences": [], "customFields": []}'
                ELSE c END ORDER BY n), '[]') FROM jsonb_array_elements(payload -> 'customers') WITH ORDINALITY AS e (c, n)))
        ELSE payload - ARRAY['subject', 'comment', 'resolution', 'description', 'detail', 'linkUrl', 'noticeVersion'] END
$$;
