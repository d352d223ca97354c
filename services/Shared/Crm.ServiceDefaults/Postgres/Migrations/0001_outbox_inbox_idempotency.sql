-- Events wait here, written in the transaction of the change that caused them, until the broker has confirmed them.
CREATE TABLE outbox (
    id              uuid PRIMARY KEY,
    seq             bigint GENERATED ALWAYS AS IDENTITY,
    type            text NOT NULL,
    payload         text NOT NULL,
    headers         text NOT NULL,
    occurred_at     timestamptz NOT NULL,
    attempts        int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    last_error      text
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
CREATE INDEX outbox_due ON outbox (next_attempt_at, seq);

-- One row per message and consumer, written in the transaction of the message's effect: the effect happens once.
CREATE TABLE inbox (
    consumer     text NOT NULL,
    message_id   uuid NOT NULL,
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
);
CREATE INDEX inbox_processed_at ON inbox (processed_at);

-- The answer to a request, written in the transaction of the request's effect and replayed to whoever sends it again.
CREATE TABLE idempotency (
    actor        text NOT NULL,
    route        text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status       int NOT NULL,
    location     text,
    etag         text,
    body         text,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (actor, route, key)
);
CREATE INDEX idempotency_created_at ON idempotency (created_at);
