-- Raw responses with what was seen of each, so that whether a person did it can be decided, and decided anew by another rule.
ALTER TABLE responses DROP CONSTRAINT responses_kind_check;
ALTER TABLE responses ADD CONSTRAINT responses_kind_check CHECK (kind IN (
    'opened', 'clicked', 'unsubscribed',  -- what recipients do
    'probed', 'trapped',                  -- what only programs do: ask where a link leads (HEAD), follow the link that people do not see
    'bounced', 'complained', 'replied'));
ALTER TABLE responses ALTER COLUMN first SET DEFAULT false;
ALTER TABLE responses
    ADD COLUMN network          cidr,                          -- of whoever asked, too coarse to single out a device
    ADD COLUMN signals          text[] NOT NULL DEFAULT '{}',
    ADD COLUMN verdict          text CHECK (verdict IN ('human', 'machine', 'bot')),
    ADD COLUMN rule_version     int,                           -- of the rule that made the verdict of the signals
    ADD COLUMN judged_at        timestamptz,                   -- signals, verdict, firsts and counters are there
    ADD COLUMN first_human      boolean NOT NULL DEFAULT false,
    ADD COLUMN first_link       boolean NOT NULL DEFAULT false, -- of its kind for this delivery and link
    ADD COLUMN first_link_human boolean NOT NULL DEFAULT false;
CREATE INDEX responses_unjudged ON responses (occurred_at, id) WHERE judged_at IS NULL;
CREATE INDEX responses_firsts ON responses (delivery_id) WHERE first OR first_human OR first_link OR first_link_human;
CREATE INDEX responses_around ON responses (delivery_id, occurred_at);
CREATE INDEX responses_log ON responses (campaign_id, id);

ALTER TABLE deliveries
    ADD COLUMN IF NOT EXISTS provider text,  -- that accepted it
    ADD COLUMN IF NOT EXISTS variant text;   -- of the experiment; NULL: the campaign's own text

-- The ledger counted by everything that statistics ask for, in the transaction of the rows. Sharded by chunk: senders at work on
-- different chunks do not wait for each other's row.
CREATE TABLE delivery_counts (
    campaign_id uuid NOT NULL,
    shard       smallint NOT NULL,
    channel     text NOT NULL,
    provider    text NOT NULL,  -- '' as long as nobody has accepted it
    variant     text NOT NULL,  -- '' without one
    language    text NOT NULL,
    state       text NOT NULL,
    reason      text NOT NULL,  -- '' where there is none
    recipients  bigint NOT NULL,
    PRIMARY KEY (campaign_id, shard, channel, provider, variant, language, state, reason)
) WITH (fillfactor = 50);

CREATE FUNCTION count_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO delivery_counts AS c
        SELECT campaign_id, (chunk % 32)::smallint AS shard, channel, coalesce(provider, '') AS provider, coalesce(variant, '') AS variant, language, state,
            coalesce(reason, '') AS reason, count(*)
        FROM added GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (campaign_id, shard, channel, provider, variant, language, state, reason) DO UPDATE SET recipients = c.recipients + excluded.recipients;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO delivery_counts AS c
        SELECT campaign_id, (chunk % 32)::smallint AS shard, channel, coalesce(provider, '') AS provider, coalesce(variant, '') AS variant, language, state,
            coalesce(reason, '') AS reason, -count(*)
        FROM removed GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (campaign_id, shard, channel, provider, variant, language, state, reason) DO UPDATE SET recipients = c.recipients + excluded.recipients;
    ELSE
        INSERT INTO delivery_counts AS c
        SELECT campaign_id, (chunk % 32)::smallint AS shard, channel, coalesce(provider, '') AS provider, coalesce(variant, '') AS variant, language, state,
            coalesce(reason, '') AS reason, sum(change)
        FROM (
            SELECT campaign_id, chunk, channel, provider, variant, language, state, reason, 1 AS change FROM added
            UNION ALL
            SELECT campaign_id, chunk, channel, provider, variant, language, state, reason, -1 FROM removed) changes
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(change) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (campaign_id, shard, channel, provider, variant, language, state, reason) DO UPDATE SET recipients = c.recipients + excluded.recipients;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER deliveries_added AFTER INSERT ON deliveries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();
CREATE TRIGGER deliveries_changed AFTER UPDATE ON deliveries REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();
CREATE TRIGGER deliveries_removed AFTER DELETE ON deliveries REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();

INSERT INTO delivery_counts
SELECT campaign_id, (chunk % 32)::smallint, channel, coalesce(provider, ''), coalesce(variant, ''), language, state, coalesce(reason, ''), count(*)
FROM deliveries GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;

-- Judged responses, counted raw and filtered. "unique": recipients who did it at least once.
CREATE TABLE response_counts (
    campaign_id  uuid NOT NULL,
    channel      text NOT NULL,
    provider     text NOT NULL,
    variant      text NOT NULL,
    language     text NOT NULL,
    kind         text NOT NULL,
    raw          bigint NOT NULL,
    human        bigint NOT NULL,
    machine      bigint NOT NULL,
    unique_raw   bigint NOT NULL,
    unique_human bigint NOT NULL,
    PRIMARY KEY (campaign_id, channel, provider, variant, language, kind)
) WITH (fillfactor = 50);

CREATE TABLE response_links (
    campaign_id  uuid NOT NULL,
    variant      text NOT NULL,
    link         int NOT NULL,
    raw          bigint NOT NULL,
    human        bigint NOT NULL,
    machine      bigint NOT NULL,
    unique_raw   bigint NOT NULL,
    unique_human bigint NOT NULL,
    PRIMARY KEY (campaign_id, variant, link)
) WITH (fillfactor = 50);

-- By quarter of an hour: every zone's hours and days begin on one.
CREATE TABLE response_quarters (
    campaign_id  uuid NOT NULL,
    quarter      timestamptz NOT NULL,
    kind         text NOT NULL,
    raw          bigint NOT NULL,
    human        bigint NOT NULL,
    machine      bigint NOT NULL,
    unique_raw   bigint NOT NULL,
    unique_human bigint NOT NULL,
    PRIMARY KEY (campaign_id, quarter, kind)
) WITH (fillfactor = 70);
