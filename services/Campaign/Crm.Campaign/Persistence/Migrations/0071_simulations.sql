-- What happened to customers and no projection keeps with its time: what a simulation replays. Purchases, registrations and messages have
-- tables of their own.
CREATE TABLE journey_facts (
    customer_id uuid NOT NULL,
    kind        text NOT NULL,
    occasion    text NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, kind, occasion)
);

CREATE TABLE journey_simulations (
    id          uuid PRIMARY KEY,
    journey_id  uuid NOT NULL REFERENCES journeys,
    definition  jsonb NOT NULL,       -- as it was saved when the simulation was asked for
    audience_tag text,
    since       timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    cap_messages int NOT NULL,
    cap_days    int NOT NULL,
    state       text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed')),
    position    uuid,                 -- contacts up to it are in the report
    report      jsonb NOT NULL,       -- grows slice by slice, in the transaction that moves the position
    total       bigint NOT NULL,
    attempts    int NOT NULL DEFAULT 0,
    error       text,
    run_after   timestamptz NOT NULL,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX journey_simulations_open ON journey_simulations (run_after) WHERE state IN ('queued', 'running');
CREATE INDEX journey_simulations_journey ON journey_simulations (journey_id, id DESC);
