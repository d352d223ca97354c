-- Forms on other sites by which people register themselves. A version is never changed: a submission says which one the person saw.
CREATE TABLE registration_forms (
    key       text PRIMARY KEY,
    version   bigint NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE registration_form_versions (
    form_key   text NOT NULL REFERENCES registration_forms (key),
    version    bigint NOT NULL,
    definition jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    PRIMARY KEY (form_key, version)
);

-- What somebody sent. Until the address is proven it is about nobody; then it is the proof of what was agreed to, and the answers are in the record.
CREATE TABLE form_submissions (
    id            uuid PRIMARY KEY,
    form_key      text NOT NULL,
    form_version  bigint NOT NULL,
    email         text NOT NULL,
    answers       jsonb NOT NULL,
    -- Ticked: channel.purpose.
    consents      text[] NOT NULL,
    received_at   timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    mail_attempts int NOT NULL DEFAULT 0,
    next_mail_at  timestamptz,
    mailed_at     timestamptz,
    confirmed_at  timestamptz,
    customer_id   uuid,
    -- Somebody who was known before.
    matched       boolean,
    FOREIGN KEY (form_key, form_version) REFERENCES registration_form_versions (form_key, version)
);
CREATE INDEX form_submissions_of_form ON form_submissions (form_key, received_at);
CREATE INDEX form_submissions_of_address ON form_submissions (lower(email), received_at);
CREATE INDEX form_submissions_to_mail ON form_submissions (next_mail_at) WHERE next_mail_at IS NOT NULL;
CREATE INDEX form_submissions_customer ON form_submissions (customer_id) WHERE customer_id IS NOT NULL;
SELECT follow_merges('form_submissions');
