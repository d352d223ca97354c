-- Reports that are asked again and again. next_due_at is null without a schedule.
CREATE TABLE saved_reports (
    id          uuid PRIMARY KEY,
    name        text NOT NULL,
    owner       text NOT NULL,
    definition  jsonb NOT NULL,
    schedule    jsonb,
    next_due_at timestamptz,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint NOT NULL DEFAULT 1
);
CREATE INDEX saved_reports_due ON saved_reports (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX saved_reports_by_owner ON saved_reports (owner, id DESC);

-- What runs produced; when, of what and as of when is in their job.
CREATE TABLE report_outputs (
    run_id    uuid PRIMARY KEY,
    report_id uuid NOT NULL REFERENCES saved_reports ON DELETE CASCADE,
    csv       text NOT NULL
);
CREATE INDEX report_outputs_by_report ON report_outputs (report_id, run_id DESC);
CREATE INDEX jobs_of_report ON jobs ((params->>'reportId'), id DESC) WHERE kind = 'report';
