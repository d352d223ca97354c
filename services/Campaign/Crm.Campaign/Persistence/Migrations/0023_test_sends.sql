-- Who may be sent tests: colleagues and seed addresses, by agreement.
CREATE TABLE test_recipients (
    id         uuid PRIMARY KEY,
    email      text NOT NULL,
    name       text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX test_recipients_email ON test_recipients (lower(email));

-- A message as it was written for a test. No delivery: nothing is counted, nothing tracked.
CREATE TABLE test_sends (
    id           uuid PRIMARY KEY,
    template_id  uuid NOT NULL REFERENCES templates,
    version      bigint NOT NULL,
    language     text NOT NULL,
    email        text NOT NULL,
    name         text NOT NULL,
    sender_name  text NOT NULL,
    from_address text NOT NULL,
    subject      text NOT NULL,
    html         text NOT NULL,
    body         text NOT NULL,
    state        text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'sending', 'sent', 'failed')),
    reply        text, -- the relay's
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL
);
CREATE INDEX test_sends_template ON test_sends (template_id, id DESC);
