-- Delivery receipts that were taken, so that one that comes again has no second effect.
CREATE TABLE provider_receipts (
    provider    text NOT NULL,
    receipt_id  text NOT NULL,
    delivery_id uuid NOT NULL,
    status      text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (provider, receipt_id)
);
CREATE INDEX provider_receipts_age ON provider_receipts (received_at);

-- Providers name a message by their own id.
CREATE INDEX deliveries_reference ON deliveries (provider, reply)
    WHERE channel IN ('sms', 'whatsapp', 'push', 'webhook') AND state = 'sent' AND reply IS NOT NULL;

-- How a campaign's calls are made; a list without a row has the defaults of this table.
CREATE TABLE call_lists (
    campaign_id      uuid PRIMARY KEY REFERENCES campaigns,
    version          bigint NOT NULL DEFAULT 1,
    max_attempts     int NOT NULL DEFAULT 3,
    no_answer_pause  interval NOT NULL DEFAULT '4 hours',
    busy_pause       interval NOT NULL DEFAULT '15 minutes',
    calls_from       time NOT NULL DEFAULT '09:00', -- in the customer's zone
    calls_until      time NOT NULL DEFAULT '20:00',
    weekdays         int[] NOT NULL DEFAULT '{1,2,3,4,5,6}', -- ISO: Monday is 1
    lease            interval NOT NULL DEFAULT '15 minutes'
);

-- A call to make: committed with its id, the delivery's, it is what makes the delivery sent.
CREATE TABLE call_tasks (
    id           uuid PRIMARY KEY, -- the delivery's
    campaign_id  uuid NOT NULL,
    customer_id  uuid NOT NULL,
    language     text NOT NULL,
    time_zone    text NOT NULL,    -- one that exists
    topic        text NOT NULL,
    script       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'claimed', 'done', 'closed')),
    call_back    boolean NOT NULL DEFAULT false, -- the customer asked for the time in due_at
    due_at       timestamptz NOT NULL,           -- not before; of a claimed one, until when it is the agent's
    attempts     int NOT NULL DEFAULT 0,
    agent        text,
    agent_name   text,
    outcome      text,             -- the last one; of a closed one, why nobody calls
    created_at   timestamptz NOT NULL,
    completed_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX call_tasks_due ON call_tasks (campaign_id, call_back DESC, due_at, id) WHERE state IN ('open', 'claimed');
CREATE INDEX call_tasks_zones ON call_tasks (campaign_id, time_zone) WHERE state IN ('open', 'claimed');
CREATE INDEX call_tasks_agent ON call_tasks (campaign_id, agent) WHERE state = 'claimed';
CREATE INDEX call_tasks_list ON call_tasks (campaign_id, id);

CREATE TABLE call_attempts (
    id           uuid PRIMARY KEY,
    task_id      uuid NOT NULL REFERENCES call_tasks,
    campaign_id  uuid NOT NULL,
    agent        text NOT NULL,
    agent_name   text NOT NULL,
    outcome      text NOT NULL,
    note         text,
    call_back_at timestamptz,
    occurred_at  timestamptz NOT NULL
);
CREATE INDEX call_attempts_task ON call_attempts (task_id, id);
CREATE INDEX call_attempts_agent ON call_attempts (campaign_id, agent, outcome);

-- Who took a file with people's data out of the platform.
CREATE TABLE file_downloads (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL,
    campaign_id uuid NOT NULL,
    file        text NOT NULL,
    actor       text NOT NULL,
    actor_name  text NOT NULL,
    occurred_at timestamptz NOT NULL
);
CREATE INDEX file_downloads_campaign ON file_downloads (campaign_id, id DESC);
