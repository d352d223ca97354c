-- What comes back for messages: bounces, complaints, replies.
ALTER TABLE responses DROP CONSTRAINT responses_kind_check;
ALTER TABLE responses ADD CONSTRAINT responses_kind_check
    CHECK (kind IN ('opened', 'clicked', 'unsubscribed', 'probed', 'trapped', 'bounced', 'complained', 'replied'));
ALTER TABLE responses ADD COLUMN bounce text CHECK (bounce IN ('hard', 'soft'));
ALTER TABLE responses ADD COLUMN detail text; -- status code and what the mail system said
CREATE INDEX responses_soft_bounces ON responses (customer_id, occurred_at) WHERE bounce = 'soft';

-- Every mail that came in, once: without its text, which is nobody's business here.
CREATE TABLE inbound_mail (
    id          uuid PRIMARY KEY,
    digest      bytea NOT NULL UNIQUE, -- of the mail and whom it was for: the same mail again changes nothing
    source      text NOT NULL,
    kind        text NOT NULL,
    delivery_id uuid,
    status      text,
    detail      text,
    received_at timestamptz NOT NULL
);
CREATE INDEX inbound_mail_received ON inbound_mail (received_at);

-- What could not be read or belongs to no delivery, as it came, for people to look at; forgotten after a while.
CREATE TABLE inbound_quarantine (
    id          uuid PRIMARY KEY REFERENCES inbound_mail ON DELETE CASCADE,
    reason      text NOT NULL,
    raw         bytea NOT NULL,
    received_at timestamptz NOT NULL
);

-- Webhooks of providers that were taken, so that one that is sent again has no second effect.
CREATE TABLE provider_webhooks (
    provider    text NOT NULL,
    webhook_id  text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (provider, webhook_id)
);
CREATE INDEX provider_webhooks_received ON provider_webhooks (received_at);
