-- A campaign that sends several texts to find the better one.
CREATE TABLE campaign_experiments (
    campaign_id     uuid PRIMARY KEY REFERENCES campaigns,
    salt            text NOT NULL,           -- with the customer's id decides who gets what
    metric          text NOT NULL CHECK (metric IN ('clicked', 'converted')), -- filtered clicks, or customers who bought
    alpha           double precision NOT NULL,
    test_percent    numeric(5,2),            -- who takes part in the test phase; NULL: everybody, and nobody waits for its outcome
    horizon_minutes int NOT NULL,            -- after the launch; fixed beforehand, so that looking earlier decides nothing
    minimum_sample  bigint NOT NULL,         -- sent per variant
    default_variant text NOT NULL,           -- for those who waited, where nothing can be said
    decided_at      timestamptz,
    outcome         text CHECK (outcome IN ('winner', 'inconclusive')),
    chosen          text,                    -- what those who waited get
    result          jsonb,                   -- the figures that it was decided on
    released_at     timestamptz              -- all of them are handed to the senders
);
CREATE INDEX campaign_experiments_open ON campaign_experiments (campaign_id) WHERE released_at IS NULL;

CREATE TABLE campaign_variants (
    campaign_id uuid NOT NULL REFERENCES campaigns,
    name        text NOT NULL,
    position    int NOT NULL,
    weight      int NOT NULL,
    template_id uuid NOT NULL REFERENCES templates,
    subjects    jsonb NOT NULL,  -- by language, in the place of the template's
    prepared    jsonb,           -- as launched
    needs       jsonb,           -- as launched
    links       text[],          -- as launched
    PRIMARY KEY (campaign_id, name)
);

-- Recipients who wait for the outcome of a test phase.
ALTER TABLE chunks ADD COLUMN held boolean NOT NULL DEFAULT false;
CREATE INDEX chunks_held ON chunks (campaign_id, seq) WHERE held;
