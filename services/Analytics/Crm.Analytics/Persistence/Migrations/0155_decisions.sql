-- An insight ends in a decision: what will be done, by whom, and when it is looked at again.
CREATE TABLE decisions (
    id           uuid PRIMARY KEY,
    insight_type text NOT NULL,
    insight_ref  text NOT NULL,
    title        text NOT NULL,
    decision     text NOT NULL,
    owner        text NOT NULL,
    review_on    date NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'reviewed')),
    outcome      text,
    verdict      text CHECK (verdict IN ('worked', 'did_not_work', 'unclear')),
    decided_at   timestamptz NOT NULL,
    decided_by   text NOT NULL,
    reviewed_at  timestamptz,
    reviewed_by  text,
    version      bigint NOT NULL DEFAULT 1
);
CREATE INDEX decisions_by_review ON decisions (state, review_on, id);
