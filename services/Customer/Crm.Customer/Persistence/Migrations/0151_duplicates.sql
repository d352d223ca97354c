-- Pairs that may be one person. What a person has decided stays decided, however often the pair is found again.
CREATE TABLE duplicate_pairs (
    id          uuid PRIMARY KEY,
    low_id      uuid NOT NULL,
    high_id     uuid NOT NULL,
    weight      double precision NOT NULL, -- bits of evidence
    reasons     jsonb NOT NULL,
    model       text NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'rejected', 'merged')),
    found_at    timestamptz NOT NULL,
    decided_at  timestamptz,
    decided_by  text,
    CONSTRAINT duplicate_pairs_key UNIQUE (low_id, high_id),
    CHECK (low_id < high_id)
);
CREATE INDEX duplicate_pairs_open ON duplicate_pairs (weight DESC, id) WHERE state = 'open';
CREATE INDEX duplicate_pairs_high ON duplicate_pairs (high_id);

-- A scan of the whole base. Each step is one transaction that locks the row, writes its part and moves the cursor: a crash loses one step.
CREATE TABLE duplicate_scans (
    id           uuid PRIMARY KEY,
    phase        text NOT NULL CHECK (phase IN ('keys', 'pairs', 'done')),
    cursor_id    uuid,
    cursor_key   bigint,
    customers    bigint NOT NULL DEFAULT 0,
    total        bigint NOT NULL DEFAULT 0,
    compared     bigint NOT NULL DEFAULT 0,
    found        bigint NOT NULL DEFAULT 0,
    -- Blocks with more customers than are compared with each other: keys that say too little.
    oversized    bigint NOT NULL DEFAULT 0,
    requested_by text NOT NULL,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz
);
CREATE UNIQUE INDEX duplicate_scans_running ON duplicate_scans ((true)) WHERE phase <> 'done';

CREATE TABLE duplicate_scan_keys (
    key         bigint NOT NULL,
    customer_id uuid NOT NULL
);
CREATE INDEX duplicate_scan_keys_key ON duplicate_scan_keys (key, customer_id);
