-- Customers that may have cases: a projection of the customer service, filled by its events and by what it answers when asked.
CREATE TABLE customers (
    customer_id uuid PRIMARY KEY
);

CREATE TABLE case_numbers (
    year int PRIMARY KEY,
    last bigint NOT NULL
);

CREATE TABLE cases (
    id          uuid PRIMARY KEY,
    number      text NOT NULL UNIQUE,
    customer_id uuid NOT NULL,
    type        text NOT NULL,
    priority    text NOT NULL,
    status      text NOT NULL,
    channel     text NOT NULL,
    subject     text NOT NULL,
    description text NOT NULL,
    assignee    text,
    resolution  text,
    opened_at   timestamptz NOT NULL,
    resolved_at timestamptz,
    version     bigint NOT NULL
);
CREATE INDEX cases_by_customer ON cases (customer_id, id DESC);
CREATE INDEX cases_by_status ON cases (status, id DESC);

CREATE TABLE case_comments (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL REFERENCES cases,
    author      text NOT NULL,
    is_internal boolean NOT NULL,
    text        text NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX case_comments_by_case ON case_comments (case_id, id);

-- Every change with who made it; append-only.
CREATE TABLE case_history (
    case_id    uuid NOT NULL REFERENCES cases,
    version    bigint NOT NULL,
    change     text NOT NULL,
    status     text NOT NULL,
    assignee   text,
    actor      text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);
