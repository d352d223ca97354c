-- What a campaign is meant to do, when and for how much. Part of what an approval is about; no row, no plan.
CREATE TABLE campaign_plans (
    campaign_id      uuid PRIMARY KEY REFERENCES campaigns,
    launch_at        timestamptz,
    launch_local     text,              -- as the marketer said it, with launch_zone; launch_at is what it means
    launch_zone      text,
    ends_at          timestamptz,
    currency         char(3),           -- of all amounts of the plan
    budget           numeric(19,4),
    expected_revenue numeric(19,4),
    message_costs    jsonb NOT NULL DEFAULT '{}', -- by channel, for one message
    owner            text,
    goal             text,
    tags             text[] NOT NULL DEFAULT '{}',
    changed_by       text NOT NULL,
    changed_at       timestamptz NOT NULL
);
CREATE INDEX campaign_plans_launch ON campaign_plans (launch_at) WHERE launch_at IS NOT NULL;
CREATE INDEX campaign_plans_tags ON campaign_plans USING gin (tags);
CREATE INDEX campaign_plans_ends ON campaign_plans (ends_at) WHERE ends_at IS NOT NULL;

ALTER TABLE campaigns DROP CONSTRAINT campaigns_state_check;
ALTER TABLE campaigns ADD CONSTRAINT campaigns_state_check CHECK (state IN ('draft', 'scheduled', 'sending', 'paused', 'cancelled', 'finished'));

-- A row while the campaign is scheduled: what became of the attempts to launch it.
CREATE TABLE campaign_schedules (
    campaign_id     uuid PRIMARY KEY REFERENCES campaigns,
    launch_at       timestamptz NOT NULL,
    next_attempt_at timestamptz,        -- NULL: waits for a person's decision
    hold_code       text,               -- why the last attempt did not launch it
    hold_message    text,
    scheduled_by    text NOT NULL,
    scheduled_at    timestamptz NOT NULL
);
CREATE INDEX campaign_schedules_due ON campaign_schedules (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- Every request for approval with what came of it. The content is what it was about; anything else is not approved.
CREATE TABLE campaign_approvals (
    id           uuid PRIMARY KEY,
    campaign_id  uuid NOT NULL REFERENCES campaigns,
    state        text NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'superseded')),
    recipients   bigint NOT NULL,
    content      jsonb NOT NULL,
    comment      text,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_by   text,
    decided_at   timestamptz,
    reason       text,
    CHECK (decided_by <> requested_by)
);
CREATE INDEX campaign_approvals_campaign ON campaign_approvals (campaign_id, id DESC);
-- One that counts per campaign: a new request takes the place of what was before.
CREATE UNIQUE INDEX campaign_approvals_current ON campaign_approvals (campaign_id) WHERE state <> 'superseded';
CREATE INDEX campaign_approvals_open ON campaign_approvals (id DESC) WHERE state = 'requested';
