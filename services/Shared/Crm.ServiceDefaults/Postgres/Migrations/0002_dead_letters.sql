-- Messages that a consumer could not handle, as they came; one row per queue and message, however often it fails.
CREATE TABLE dead_letters (
    id           uuid PRIMARY KEY,
    queue        text NOT NULL,
    message_id   uuid NOT NULL,
    message_type text NOT NULL,
    content_type text,
    body         bytea NOT NULL,
    error_type   text NOT NULL,
    error        text NOT NULL,
    stack        text NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'replayed', 'discarded')),
    failures     int NOT NULL DEFAULT 1,
    first_failed_at timestamptz NOT NULL,
    failed_at    timestamptz NOT NULL,
    UNIQUE (queue, message_id)
);
CREATE INDEX dead_letters_by_state ON dead_letters (state, failed_at DESC, id DESC);

-- Who sent a dead letter back to its queue, or gave it up, and why.
CREATE TABLE dead_letter_decisions (
    id             uuid PRIMARY KEY,
    dead_letter_id uuid NOT NULL REFERENCES dead_letters ON DELETE CASCADE,
    action         text NOT NULL CHECK (action IN ('replayed', 'discarded')),
    reason         text,
    decided_by     text NOT NULL,
    decided_at     timestamptz NOT NULL
);
CREATE INDEX dead_letter_decisions_of ON dead_letter_decisions (dead_letter_id, decided_at);
