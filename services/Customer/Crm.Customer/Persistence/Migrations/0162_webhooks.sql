-- Who is told of which events, at which address. Secrets are derived of the installation's key and not stored; a rotation counts the generation up.
CREATE TABLE webhook_subscriptions (
    id                uuid PRIMARY KEY,
    version           bigint NOT NULL DEFAULT 1,
    url               text NOT NULL,
    description       text,
    event_types       text[] NOT NULL,
    is_active         boolean NOT NULL DEFAULT true,
    secret_generation int NOT NULL DEFAULT 1,
    -- Until then what is sent is signed with the secret before as well.
    previous_until    timestamptz,
    created_by        text NOT NULL,
    created_at        timestamptz NOT NULL
);

-- What is to be delivered, and what became of it. A row that is being sent is leased; the lease of a process that died runs out.
CREATE TABLE webhook_deliveries (
    id              uuid PRIMARY KEY,
    subscription_id uuid NOT NULL REFERENCES webhook_subscriptions (id) ON DELETE CASCADE,
    event_id        uuid NOT NULL,
    type            text NOT NULL,
    body            text NOT NULL,
    state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts        int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    leased_until    timestamptz,
    last_status     int,
    last_failure    text,
    created_at      timestamptz NOT NULL,
    delivered_at    timestamptz,
    UNIQUE (subscription_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (subscription_id, next_attempt_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (subscription_id, id DESC);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);

-- Systems that tell us of customers by signed webhooks.
CREATE TABLE webhook_sources (
    source            text PRIMARY KEY,
    is_active         boolean NOT NULL,
    secret_generation int NOT NULL DEFAULT 1,
    previous_until    timestamptz
);

CREATE TABLE webhook_receipts (
    source      text NOT NULL,
    message_id  text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (source, message_id)
);
CREATE INDEX webhook_receipts_age ON webhook_receipts (received_at);
