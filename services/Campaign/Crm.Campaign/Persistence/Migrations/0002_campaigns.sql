CREATE TABLE segments (
    id         uuid PRIMARY KEY,
    version    bigint NOT NULL,
    name       text NOT NULL,
    criteria   jsonb NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE templates (
    id         uuid PRIMARY KEY,
    version    bigint NOT NULL,
    name       text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);

-- Every text that was ever saved, so that a launched campaign keeps the one it was launched with.
CREATE TABLE template_versions (
    template_id uuid NOT NULL REFERENCES templates,
    version     bigint NOT NULL,
    contents    jsonb NOT NULL, -- as written, by language
    prepared    jsonb NOT NULL, -- as sent: links numbered, plain text and footer added
    links       text[] NOT NULL, -- targets of the tracked links, by number
    PRIMARY KEY (template_id, version)
);

CREATE TABLE campaigns (
    id                uuid PRIMARY KEY,
    version           bigint NOT NULL,
    name              text NOT NULL,
    segment_id        uuid NOT NULL REFERENCES segments,
    template_id       uuid NOT NULL REFERENCES templates,
    channel           text NOT NULL,
    sender_name       text NOT NULL,
    from_address      text NOT NULL,
    holdout_percent   numeric(5,2) NOT NULL,
    state             text NOT NULL CHECK (state IN ('draft', 'sending', 'paused', 'cancelled', 'finished')),
    epoch             int NOT NULL DEFAULT 0, -- grows with every launch, pause, resume and cancel; older chunk messages are void
    criteria          jsonb,                  -- as launched
    template_version  bigint,                 -- as launched
    dispatched_up_to  uuid,                   -- the audience up to this customer is in the ledger
    dispatched_at     timestamptz,            -- the whole audience is
    created_by        text NOT NULL,
    created_at        timestamptz NOT NULL,
    launched_at       timestamptz,
    finished_at       timestamptz
);
CREATE INDEX campaigns_sending ON campaigns (id) WHERE state = 'sending';

-- Five hundred recipients that travel as one message. The counters change in the transaction of the rows they count.
CREATE TABLE chunks (
    campaign_id uuid NOT NULL REFERENCES campaigns,
    seq         int NOT NULL,
    recipients  int NOT NULL,
    sent        int NOT NULL DEFAULT 0,
    failed      int NOT NULL DEFAULT 0,
    skipped     int NOT NULL DEFAULT 0,
    unknown     int NOT NULL DEFAULT 0,
    epoch       int NOT NULL,          -- of the message that was last sent for it
    enqueued_at timestamptz NOT NULL,
    PRIMARY KEY (campaign_id, seq)
) WITH (fillfactor = 70);
CREATE INDEX chunks_open ON chunks (campaign_id, seq) WHERE recipients > sent + failed + skipped + unknown;

-- The ledger: one row per campaign, customer and channel; nobody can be sent the same campaign twice.
CREATE TABLE deliveries (
    campaign_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel     text NOT NULL,
    delivery_id uuid NOT NULL,
    chunk       int NOT NULL,
    state       text NOT NULL CHECK (state IN ('planned', 'sending', 'sent', 'failed', 'skipped', 'unknown')),
    reason      text,               -- why skipped, failed or unknown
    language    text NOT NULL,
    email       text,               -- the address it went to
    attempts    int NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL,
    worker      uuid,               -- registration of the sender that claimed it: a sender that was given up has another one
    reply       text,               -- the relay's answer
    sent_at     timestamptz,
    opened_at   timestamptz,
    clicked_at  timestamptz,
    PRIMARY KEY (campaign_id, customer_id, channel)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX deliveries_id ON deliveries (delivery_id);
CREATE INDEX deliveries_planned ON deliveries (campaign_id, chunk, customer_id) WHERE state = 'planned';
CREATE INDEX deliveries_sending ON deliveries (worker) WHERE state = 'sending';
CREATE INDEX deliveries_reasons ON deliveries (campaign_id, state, reason) WHERE state IN ('failed', 'skipped', 'unknown');
CREATE INDEX deliveries_customer ON deliveries (customer_id, delivery_id DESC);

-- Senders that live: what one holds is given up (unknown) when its lease has run out.
CREATE TABLE sender_leases (
    worker      uuid PRIMARY KEY,
    host        text NOT NULL,
    lease_until timestamptz NOT NULL
);

CREATE TABLE responses (
    id          uuid PRIMARY KEY,
    delivery_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('opened', 'clicked', 'unsubscribed')),
    link        int,
    first       boolean NOT NULL, -- of its kind for this delivery
    occurred_at timestamptz NOT NULL,
    user_agent  text
);
CREATE INDEX responses_delivery ON responses (delivery_id, kind, link);
CREATE INDEX responses_campaign ON responses (campaign_id, kind, occurred_at);
