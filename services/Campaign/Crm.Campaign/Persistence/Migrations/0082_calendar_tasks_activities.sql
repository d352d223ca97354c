ALTER TABLE campaigns ADD COLUMN archived_at timestamptz;

-- Days that a calendar shows and warns about: national holidays, and days on which nothing should be sent.
CREATE TABLE calendar_days (
    id         uuid PRIMARY KEY,
    version    bigint NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('holiday', 'blackout')),
    name       text NOT NULL,
    first_day  date NOT NULL,
    last_day   date NOT NULL,
    created_by text NOT NULL,
    CHECK (last_day >= first_day)
);
CREATE INDEX calendar_days_first ON calendar_days (first_day);

-- The holidays of Indonesia with a fixed date; those of the moon are decreed each year and entered by hand.
INSERT INTO calendar_days (id, version, kind, name, first_day, last_day, created_by)
SELECT gen_random_uuid(), 1, 'holiday', h.name, make_date(y, h.month, h.day), make_date(y, h.month, h.day), 'system'
FROM generate_series(2026, 2030) AS y, (VALUES (1, 1, 'Tahun Baru'), (5, 1, 'Hari Buruh'), (6, 1, 'Hari Lahir Pancasila'), (8, 17, 'Hari Kemerdekaan'), (12, 25, 'Natal'))
    AS h (month, day, name);

-- A person's own address of the calendar; a new one makes the old void.
CREATE TABLE calendar_feeds (
    id         uuid PRIMARY KEY,
    subject    text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);

-- Advertisements, events and whatever else is done outside and costs money.
CREATE TABLE activities (
    id           uuid PRIMARY KEY,
    version      bigint NOT NULL,
    campaign_id  uuid REFERENCES campaigns,
    name         text NOT NULL,
    channel      text NOT NULL,
    first_day    date NOT NULL,
    last_day     date NOT NULL,
    currency     char(3) NOT NULL,
    planned_cost numeric(19,4) NOT NULL,
    note         text,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    CHECK (last_day >= first_day)
);
CREATE INDEX activities_campaign ON activities (campaign_id);
CREATE INDEX activities_first ON activities (first_day);

-- As reported by whoever ran them; a later report of a day replaces the earlier one.
CREATE TABLE activity_results (
    activity_id uuid NOT NULL REFERENCES activities,
    day         date NOT NULL,
    impressions bigint NOT NULL,
    clicks      bigint NOT NULL,
    leads       bigint NOT NULL,
    cost        numeric(19,4) NOT NULL,
    PRIMARY KEY (activity_id, day)
);

CREATE TABLE campaign_tasks (
    id          uuid PRIMARY KEY,
    version     bigint NOT NULL,
    campaign_id uuid NOT NULL REFERENCES campaigns,
    title       text NOT NULL,
    assignee    text,
    due_on      date,
    state       text NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    closed_by   text,
    closed_at   timestamptz,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX campaign_tasks_campaign ON campaign_tasks (campaign_id, id);
CREATE INDEX campaign_tasks_due ON campaign_tasks (due_on, id) WHERE state = 'open';

-- Checklists that campaigns begin with.
CREATE TABLE task_checklists (
    id         uuid PRIMARY KEY,
    version    bigint NOT NULL,
    name       text NOT NULL,
    items      jsonb NOT NULL, -- [{title, assignee, daysBeforeLaunch}]
    created_by text NOT NULL
);

CREATE TABLE campaign_comments (
    id          uuid PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaigns,
    task_id     uuid REFERENCES campaign_tasks,
    text        text NOT NULL,
    author      text NOT NULL,
    author_name text NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX campaign_comments_campaign ON campaign_comments (campaign_id, id DESC);
