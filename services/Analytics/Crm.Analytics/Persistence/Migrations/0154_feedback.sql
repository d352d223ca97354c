-- What customers said, with how it sounds.
CREATE TABLE feedback (
    id            uuid PRIMARY KEY,
    source        text NOT NULL,
    source_id     text NOT NULL,
    customer_id   uuid,
    channel       text NOT NULL,
    sku           text,
    day           date NOT NULL, -- of the business zone
    occurred_at   timestamptz NOT NULL,
    text          text NOT NULL,
    language      text NOT NULL,
    label         text NOT NULL,
    p_negative    double precision NOT NULL,
    p_neutral     double precision NOT NULL,
    p_positive    double precision NOT NULL,
    topics        text[] NOT NULL,
    model_version text NOT NULL,
    UNIQUE (source, source_id)
);
CREATE INDEX feedback_by_day ON feedback (day);
CREATE INDEX feedback_by_sku ON feedback (sku, day);
CREATE INDEX feedback_by_customer ON feedback (customer_id, day);
CREATE INDEX feedback_negative ON feedback (p_negative, id);
