-- Which import made a customer, and since when it is in the trash: hidden, until somebody restores it.
ALTER TABLE customers
    ADD COLUMN import_job uuid,
    ADD COLUMN trashed_at timestamptz;
CREATE INDEX customers_import_job ON customers (import_job, id) WHERE import_job IS NOT NULL;

-- A file on its way in. Whoever works on it holds the advisory lock of the job; progress is committed with the rows.
CREATE TABLE import_jobs (
    id            uuid PRIMARY KEY,
    source        text NOT NULL,
    file_name     text,
    dry_run       boolean NOT NULL,
    state         text NOT NULL,
    size          bigint NOT NULL,
    sha256        bytea NOT NULL,
    same_file_as  uuid,
    mapping       jsonb,
    rows_read     bigint NOT NULL DEFAULT 0,
    bytes_read    bigint NOT NULL DEFAULT 0,
    received      bigint NOT NULL DEFAULT 0,
    created       bigint NOT NULL DEFAULT 0,
    updated       bigint NOT NULL DEFAULT 0,
    unchanged     bigint NOT NULL DEFAULT 0,
    rejected      bigint NOT NULL DEFAULT 0,
    undone        bigint NOT NULL DEFAULT 0,
    undo_kept     bigint NOT NULL DEFAULT 0,
    undo_position uuid,
    error_code    text,
    error_field   text,
    started_by    text NOT NULL,
    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    finished_at   timestamptz
);
CREATE INDEX import_jobs_open ON import_jobs (created_at) WHERE state IN ('waiting', 'running', 'undoing');
CREATE INDEX import_jobs_file ON import_jobs (source, sha256);

CREATE TABLE import_chunks (
    job_id  uuid NOT NULL REFERENCES import_jobs (id) ON DELETE CASCADE,
    n       int NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (job_id, n)
);
ALTER TABLE import_chunks ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE import_problems (
    job_id    uuid NOT NULL REFERENCES import_jobs (id) ON DELETE CASCADE,
    row       bigint NOT NULL,
    source_id text,
    code      text NOT NULL,
    field     text,
    message   text NOT NULL,
    PRIMARY KEY (job_id, row)
);

-- What a source's headers mean, as it was said last: {"Nama": "displayName", "Gaji": null}; null: not taken in.
CREATE TABLE import_mappings (
    source     text PRIMARY KEY,
    mapping    jsonb NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE TABLE customer_exports (
    id          uuid PRIMARY KEY,
    format      text NOT NULL,
    filter      text,
    exported_by text NOT NULL,
    started_at  timestamptz NOT NULL
);
