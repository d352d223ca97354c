-- What was promised to customers and when people work, by version. A version never changes: a case keeps those it was opened under.
CREATE TABLE business_calendars (
    version    bigint PRIMARY KEY,
    definition jsonb NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE TABLE sla_policies (
    version    bigint PRIMARY KEY,
    definition jsonb NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);

-- To begin with: the office hours of a week, holidays for the department to add, and targets in open hours.
INSERT INTO business_calendars (version, definition, changed_by, changed_at)
SELECT 1, jsonb_build_object('timeZone', 'Asia/Jakarta', 'holidays', '[]'::jsonb, 'spans', jsonb_agg(jsonb_build_object('day', day, 'from', span[1], 'until', span[2]) ORDER BY n, span)), 'system', now()
FROM unnest('{monday,tuesday,wednesday,thursday,friday}'::text[]) WITH ORDINALITY AS d (day, n), (VALUES (ARRAY['08:00', '12:00']), (ARRAY['13:00', '17:00'])) AS s (span);
INSERT INTO sla_policies (version, definition, changed_by, changed_at) VALUES (1, '{
    "warnPercent": 75,
    "targets": [
        { "priority": "urgent", "firstResponseMinutes": 30,  "resolutionMinutes": 240 },
        { "priority": "high",   "firstResponseMinutes": 60,  "resolutionMinutes": 480 },
        { "priority": "normal", "firstResponseMinutes": 240, "resolutionMinutes": 1440 },
        { "priority": "low",    "firstResponseMinutes": 480, "resolutionMinutes": 2400 }
    ]
}', 'system', now());

-- Whether the change was an answer to the customer: with the status after each change, all that clocks are read from.
ALTER TABLE case_history ADD COLUMN is_response boolean NOT NULL DEFAULT false;

-- Cases from before have no clocks. The instants are an index over what the history says, written anew at every change of the case.
ALTER TABLE cases
    ADD COLUMN sla_policy_version bigint REFERENCES sla_policies,
    ADD COLUMN calendar_version   bigint REFERENCES business_calendars,
    ADD COLUMN next_step_at       timestamptz,
    ADD COLUMN next_due_at        timestamptz,
    ADD COLUMN is_breached        boolean NOT NULL DEFAULT false;
CREATE INDEX cases_by_next_step ON cases (next_step_at) WHERE next_step_at IS NOT NULL;
CREATE INDEX cases_by_next_due ON cases (next_due_at, id) WHERE next_due_at IS NOT NULL;
CREATE INDEX cases_breached ON cases (id DESC) WHERE is_breached;

-- What a clock has come to, once each, with its event in the same transaction.
CREATE TABLE case_clock_steps (
    case_id     uuid NOT NULL REFERENCES cases,
    clock       text NOT NULL,
    step        text NOT NULL,
    cycle       int NOT NULL,
    due_at      timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    is_late     boolean NOT NULL,
    PRIMARY KEY (case_id, clock, step, cycle)
);
