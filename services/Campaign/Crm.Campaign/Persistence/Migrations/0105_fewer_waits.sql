-- Planning takes seconds for a slice: it counts in shards of its own, so that no sender, whatever its connection, waits for it.
CREATE OR REPLACE FUNCTION count_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own smallint := (pg_backend_pid() % 64 + CASE WHEN TG_OP = 'INSERT' THEN 64 ELSE 0 END)::smallint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO delivery_counts AS c
        SELECT campaign_id, own, channel, coalesce(provider, '') AS provider, coalesce(variant, '') AS variant, language, state, coalesce(reason, '') AS reason, count(*)
        FROM added GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (campaign_id, shard, channel, provider, variant, language, state, reason) DO UPDATE SET recipients = c.recipients + excluded.recipients;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO delivery_counts AS c
        SELECT campaign_id, own, channel, coalesce(provider, '') AS provider, coalesce(variant, '') AS variant, language, state, coalesce(reason, '') AS reason, -count(*)
        FROM removed GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (campaign_id, shard, channel, provider, variant, language, state, reason) DO UPDATE SET recipients = c.recipients + excluded.recipients;
    ELSE
        INSERT INTO delivery_counts AS c
        SELECT campaign_id, own, channel, coalesce(provider, '') AS provider, coalesce(variant, '') AS variant, language, state, coalesce(reason, '') AS reason, sum(change)
        FROM (
            SELECT campaign_id, channel, provider, variant, language, state, reason, 1 AS change FROM added
            UNION ALL
            SELECT campaign_id, channel, provider, variant, language, state, reason, -1 FROM removed) changes
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(change) <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT (campaign_id, shard, channel, provider, variant, language, state, reason) DO UPDATE SET recipients = c.recipients + excluded.recipients;
    END IF;
    RETURN NULL;
END $$;

-- What somebody was written to lately is found by the customer: a person has few deliveries, and two index entries a message cost more.
DROP INDEX deliveries_contacts;
