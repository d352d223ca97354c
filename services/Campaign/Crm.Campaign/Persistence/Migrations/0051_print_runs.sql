-- What goes to the printer together: a campaign's letters of one epoch, until somebody closes it.
CREATE TABLE print_runs (
    id          uuid PRIMARY KEY,
    campaign_id uuid NOT NULL REFERENCES campaigns,
    seq         int NOT NULL,
    epoch       int NOT NULL,
    created_at  timestamptz NOT NULL,
    closed_at   timestamptz,
    UNIQUE (campaign_id, seq)
);
CREATE UNIQUE INDEX print_runs_open ON print_runs (campaign_id) WHERE closed_at IS NULL;

-- Files of a run, written whole or not at all: the letters in them are sent when this row is there.
CREATE TABLE print_volumes (
    run_id     uuid NOT NULL REFERENCES print_runs,
    seq        int NOT NULL,
    letters    int NOT NULL,
    pages      int NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, seq)
);

CREATE TABLE print_files (
    run_id       uuid NOT NULL,
    volume       int NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('pdf', 'csv')),
    sha256       text NOT NULL,
    bytes        bigint NOT NULL,
    large_object oid,   -- or, with Print:Directory,
    path         text,  -- relative to it
    PRIMARY KEY (run_id, volume, kind),
    FOREIGN KEY (run_id, volume) REFERENCES print_volumes (run_id, seq),
    CHECK (num_nonnulls(large_object, path) = 1)
);

CREATE TABLE print_letters (
    delivery_id uuid PRIMARY KEY,
    run_id      uuid NOT NULL,
    volume      int NOT NULL,
    position    int NOT NULL, -- in the volume, from 1
    customer_id uuid NOT NULL,
    pages       int NOT NULL,
    FOREIGN KEY (run_id, volume) REFERENCES print_volumes (run_id, seq)
);
CREATE INDEX print_letters_volume ON print_letters (run_id, volume, position);
