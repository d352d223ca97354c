-- Customer Scenarios: what a customer wants to reach, step by step, and what of ours helps.
CREATE TABLE scenarios (
    id         uuid PRIMARY KEY,
    version    bigint NOT NULL,
    name       text NOT NULL,
    state      text NOT NULL CHECK (state IN ('active', 'archived')),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);

-- Every version that was ever saved.
CREATE TABLE scenario_versions (
    scenario_id uuid NOT NULL REFERENCES scenarios,
    version     bigint NOT NULL,
    name        text NOT NULL,
    content     jsonb NOT NULL,
    changed_by  text NOT NULL,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (scenario_id, version)
);
