CREATE TABLE journeys (
    id           uuid PRIMARY KEY,
    version      bigint NOT NULL,
    name         text NOT NULL,
    state        text NOT NULL CHECK (state IN ('draft', 'active', 'paused', 'ended')),
    definition   jsonb NOT NULL,               -- as last saved
    published    int,                          -- version that new contacts follow
    trigger_on   text,                         -- of that version
    listens      text[] NOT NULL DEFAULT '{}', -- events that mean anything to one of its versions
    owner        text,                         -- the sales rep whom it belongs to; NULL: marketing's
    audience_tag text,                         -- a rep's journey is over the contacts with it
    daily_limit  int,                          -- messages of it per day
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    activated_at timestamptz,
    ended_at     timestamptz,
    CHECK ((owner IS NULL) = (audience_tag IS NULL))
);
CREATE INDEX journeys_running ON journeys (id) WHERE state IN ('active', 'paused');

-- Never changes: contacts finish on the version that they entered with, unless they are migrated.
CREATE TABLE journey_versions (
    journey_id   uuid NOT NULL REFERENCES journeys,
    version      int NOT NULL,
    definition   jsonb NOT NULL,
    goals        text[] NOT NULL,
    published_by text NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (journey_id, version)
);

-- The triggered campaign that a node sends through.
CREATE TABLE journey_sends (
    journey_id  uuid NOT NULL,
    version     int NOT NULL,
    node        text NOT NULL,
    campaign_id uuid NOT NULL REFERENCES campaigns,
    PRIMARY KEY (journey_id, version, node),
    FOREIGN KEY (journey_id, version) REFERENCES journey_versions
);
CREATE INDEX journey_sends_campaign ON journey_sends (campaign_id);

-- A contact in a journey. The key is what keeps an occasion from entering twice: '' where nobody ever re-enters, else the event's id, the
-- year of a date, the round of a segment.
CREATE TABLE journey_entries (
    journey_id  uuid NOT NULL,
    customer_id uuid NOT NULL,
    occasion    text NOT NULL,
    entry_id    uuid NOT NULL,
    version     int NOT NULL,
    state       text NOT NULL CHECK (state IN ('waiting', 'goal', 'exited', 'ended')),
    node        text NOT NULL,         -- '': before the first
    step        int NOT NULL,          -- steps taken: the number of the last log row
    node_since  timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,  -- when the worker takes it next; when it left
    waits_for   text,                  -- the event that would wake it, or 'criteria': any
    heard       text[] NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL,  -- of what made it enter: goals are later
    PRIMARY KEY (journey_id, customer_id, occasion)
);
CREATE INDEX journey_entries_due ON journey_entries (journey_id, due_at) WHERE state = 'waiting';
CREATE INDEX journey_entries_customer ON journey_entries (customer_id) WHERE state = 'waiting';

-- What happened to an entry, step by step; only added to. A step that was taken twice would violate the key.
CREATE TABLE journey_log (
    entry_id uuid NOT NULL,
    step     int NOT NULL,
    node     text NOT NULL,
    outcome  text NOT NULL, -- entered, passed, branch:N, path:NODE, happened, timed_out, planned, not_sent, goal, exit, ...
    at       timestamptz NOT NULL,
    PRIMARY KEY (entry_id, step)
);

-- Per node, in shards so that workers do not wait for each other; the figure is the sum. Changes with the rows that it counts.
CREATE TABLE journey_counts (
    journey_id uuid NOT NULL,
    version    int NOT NULL,
    node       text NOT NULL,
    shard      smallint NOT NULL,
    waiting    bigint NOT NULL,
    passed     bigint NOT NULL,
    left_here  bigint NOT NULL,
    PRIMARY KEY (journey_id, version, node, shard)
) WITH (fillfactor = 50);

-- Last entry per contact, where a journey may be entered again after some days.
CREATE TABLE journey_contacts (
    journey_id      uuid NOT NULL,
    customer_id     uuid NOT NULL,
    last_entered_at timestamptz NOT NULL,
    PRIMARY KEY (journey_id, customer_id)
);

-- Events of customers whose profile has not arrived yet: whether they fit is asked when it has.
CREATE TABLE journey_pending (
    journey_id  uuid NOT NULL,
    customer_id uuid NOT NULL,
    occasion    text NOT NULL,
    occurred_at timestamptz NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (journey_id, customer_id, occasion)
);

-- How far the looking around for dates and segments has come.
CREATE TABLE journey_sweeps (
    journey_id uuid PRIMARY KEY REFERENCES journeys,
    swept_to   timestamptz,           -- dates that became due until then were looked for
    whole_at   timestamptz,           -- all open dates were looked for
    round      int NOT NULL DEFAULT 0,-- of the segment
    round_at   timestamptz,
    position   uuid                   -- of the round that is going on
);

-- Who was in the segment at the last round.
CREATE TABLE journey_segment_members (
    journey_id  uuid NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (journey_id, customer_id)
);

-- Messages that a rep's journeys have sent on a day.
CREATE TABLE journey_daily (
    owner text NOT NULL,
    day   date NOT NULL,
    used  int NOT NULL,
    PRIMARY KEY (owner, day)
);

-- What a sales manager or marketing lets a rep automate.
CREATE TABLE journey_grants (
    owner       text PRIMARY KEY,
    version     bigint NOT NULL,
    tags        text[] NOT NULL,
    templates   uuid[] NOT NULL,
    daily_limit int NOT NULL,
    granted_by  text NOT NULL,
    granted_at  timestamptz NOT NULL
);

-- Dates that come round, by month and day (in UTC where they are instants); see DateField.
CREATE INDEX audience_zones ON audience (time_zone);
CREATE INDEX audience_birthdays ON audience ((extract(month FROM birth_date)::int * 100 + extract(day FROM birth_date)::int)) WHERE birth_date IS NOT NULL;
CREATE INDEX audience_registration_days ON audience
    ((extract(month FROM (registered_at AT TIME ZONE 'UTC'))::int * 100 + extract(day FROM (registered_at AT TIME ZONE 'UTC'))::int));
CREATE INDEX audience_first_purchase_days ON audience
    ((extract(month FROM (first_purchased_at AT TIME ZONE 'UTC'))::int * 100 + extract(day FROM (first_purchased_at AT TIME ZONE 'UTC'))::int))
    WHERE first_purchased_at IS NOT NULL;
CREATE INDEX audience_last_purchase_days ON audience
    ((extract(month FROM (last_purchased_at AT TIME ZONE 'UTC'))::int * 100 + extract(day FROM (last_purchased_at AT TIME ZONE 'UTC'))::int))
    WHERE last_purchased_at IS NOT NULL;
