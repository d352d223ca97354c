-- Departments' and partners' systems: what each may call, and how often.
CREATE TABLE api_clients (
    subject    text PRIMARY KEY,
    version    bigint NOT NULL DEFAULT 1,
    name       text NOT NULL,
    department text NOT NULL,
    scopes     text[] NOT NULL,
    per_minute int NOT NULL CHECK (per_minute > 0),
    per_day    int NOT NULL CHECK (per_day > 0),
    is_active  boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);

-- Calls by client and day (UTC); replicas add what they counted every few seconds.
CREATE TABLE api_client_usage (
    subject text NOT NULL,
    day     date NOT NULL,
    calls   bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (subject, day)
);
