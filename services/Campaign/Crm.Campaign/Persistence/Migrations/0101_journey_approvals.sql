ALTER TABLE journeys ADD COLUMN changed_by text;
UPDATE journeys SET changed_by = created_by;
ALTER TABLE journeys ALTER COLUMN changed_by SET NOT NULL;

-- Every request for approval of a journey with what came of it; as for campaigns, the content is what it was about.
CREATE TABLE journey_approvals (
    id           uuid PRIMARY KEY,
    journey_id   uuid NOT NULL REFERENCES journeys,
    state        text NOT NULL CHECK (state IN ('requested', 'approved', 'rejected', 'superseded')),
    contacts     bigint NOT NULL,
    content      jsonb NOT NULL,
    comment      text,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    decided_by   text,
    decided_at   timestamptz,
    reason       text,
    CHECK (decided_by <> requested_by)
);
CREATE INDEX journey_approvals_journey ON journey_approvals (journey_id, id DESC);
CREATE UNIQUE INDEX journey_approvals_current ON journey_approvals (journey_id) WHERE state <> 'superseded';
CREATE INDEX journey_approvals_open ON journey_approvals (id DESC) WHERE state = 'requested';
