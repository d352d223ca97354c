-- Who sees an entry: everybody who may read customers (null), one unit (unit:NAME), or one person (user:SUBJECT).
ALTER TABLE timeline_entries ADD COLUMN visibility text;

CREATE TABLE activities (
    id          uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers (id),
    version     bigint NOT NULL DEFAULT 1,
    kind        text NOT NULL,
    status      text NOT NULL,
    subject     text NOT NULL,
    body        text,
    direction   text,
    starts_at   timestamptz NOT NULL,
    parties     jsonb NOT NULL DEFAULT '[]',
    visibility  text,
    owner       text NOT NULL,
    owner_name  text NOT NULL,
    changed_at  timestamptz NOT NULL
);
CREATE INDEX activities_customer ON activities (customer_id, id DESC);

CREATE TABLE customer_files (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (id),
    name         text NOT NULL,
    content_type text NOT NULL,
    size         int NOT NULL,
    sha256       bytea NOT NULL,
    content      bytea NOT NULL,
    visibility   text,
    uploaded_by  text NOT NULL,
    uploaded_at  timestamptz NOT NULL
);
ALTER TABLE customer_files ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX customer_files_customer ON customer_files (customer_id, id DESC);

-- Who was named in a note or an activity, and has read it or not.
CREATE TABLE mentions (
    subject     text NOT NULL,
    entry_id    uuid NOT NULL,
    customer_id uuid NOT NULL,
    text        text NOT NULL,
    mentioned_by text NOT NULL,
    mentioned_at timestamptz NOT NULL,
    read_at     timestamptz,
    PRIMARY KEY (subject, entry_id)
);
CREATE INDEX mentions_newest ON mentions (subject, mentioned_at DESC, entry_id DESC);

CREATE TABLE followers (
    customer_id uuid NOT NULL REFERENCES customers (id),
    subject     text NOT NULL,
    name        text NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (customer_id, subject)
);
CREATE INDEX followers_subject ON followers (subject);

-- What was agreed with a customer, with a task for each department that has a part in it.
CREATE TABLE agreements (
    id          uuid PRIMARY KEY,
    customer_id uuid NOT NULL REFERENCES customers (id),
    title       text NOT NULL,
    body        text,
    state       text NOT NULL,
    agreed_by   text NOT NULL,
    agreed_at   timestamptz NOT NULL
);
CREATE INDEX agreements_customer ON agreements (customer_id, id DESC);

CREATE TABLE agreement_tasks (
    id           uuid PRIMARY KEY,
    agreement_id uuid NOT NULL REFERENCES agreements (id) ON DELETE CASCADE,
    version      bigint NOT NULL DEFAULT 1,
    unit         text NOT NULL,
    title        text NOT NULL,
    assignee     text,
    due_on       date,
    state        text NOT NULL,
    closed_by    text,
    closed_at    timestamptz
);
CREATE INDEX agreement_tasks_agreement ON agreement_tasks (agreement_id);
CREATE INDEX agreement_tasks_open ON agreement_tasks (unit, due_on, id) WHERE state = 'open';
