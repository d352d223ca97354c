-- Which customer is now part of which, as Customer tells. Rows of an absorbed customer follow to the survivor and come back when the merge is undone: where
-- a row belongs is a function of whom it was recorded for and of the merges in force, so that it does not matter in what order things arrive.
CREATE TABLE customer_merges (
    merge_id    uuid PRIMARY KEY,
    survivor_id uuid NOT NULL,
    absorbed_id uuid NOT NULL,
    undone      boolean NOT NULL DEFAULT false,
    CHECK (survivor_id <> absorbed_id)
);
CREATE INDEX customer_merges_absorbed ON customer_merges (absorbed_id) WHERE NOT undone;
CREATE INDEX customer_merges_survivor ON customer_merges (survivor_id) WHERE NOT undone;

-- Who the customer is by now.
CREATE FUNCTION current_customer(customer uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
    next uuid;
BEGIN
    FOR step IN 1..64 LOOP
        SELECT survivor_id INTO next FROM customer_merges WHERE absorbed_id = customer AND NOT undone ORDER BY merge_id DESC LIMIT 1;
        IF NOT FOUND THEN RETURN customer; END IF;
        customer := next;
    END LOOP;
    RETURN customer;
END $$;

-- The customer and all who are part of them now.
CREATE FUNCTION customer_with_absorbed(customer uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE part AS (
        SELECT customer AS id
        UNION
        SELECT m.absorbed_id FROM part JOIN customer_merges m ON m.survivor_id = part.id AND NOT m.undone)
    SELECT id FROM part
$$;

CREATE TABLE merge_followers (relation text PRIMARY KEY);

CREATE FUNCTION wait_for_merges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('customer merges', 0));
    RETURN NULL;
END $$;

CREATE FUNCTION record_for_survivor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM customer_merges WHERE absorbed_id = NEW.customer_id AND NOT undone) THEN
        NEW.recorded_for := NEW.customer_id;
        NEW.customer_id := current_customer(NEW.customer_id);
    END IF;
    RETURN NEW;
END $$;

-- Makes the rows of a table follow their customer_id through merges.
CREATE FUNCTION follow_merges(relation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ADD COLUMN recorded_for uuid', relation);
    EXECUTE format('CREATE INDEX %I ON %I (recorded_for) WHERE recorded_for IS NOT NULL', relation || '_recorded_for', relation);
    EXECUTE format('CREATE TRIGGER a_wait_for_merges BEFORE INSERT ON %I FOR EACH STATEMENT EXECUTE FUNCTION wait_for_merges()', relation);
    EXECUTE format('CREATE TRIGGER a_record_for_survivor BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION record_for_survivor()', relation);
    INSERT INTO merge_followers VALUES (relation);
END $$;

-- Remembers a merge, or that it was undone, and moves what it concerns. The same again, or the undoing first, ends the same.
CREATE FUNCTION apply_merge(merge uuid, survivor uuid, absorbed uuid, is_undone boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid[];
    follower  text;
    place     tid;
    move      text := 'UPDATE %I SET customer_id = current_customer(coalesce(recorded_for, customer_id)),
        recorded_for = nullif(coalesce(recorded_for, customer_id), current_customer(coalesce(recorded_for, customer_id))) WHERE ';
    astray    text := '(recorded_for = ANY($1) OR (recorded_for IS NULL AND customer_id = ANY($1))) AND customer_id <> current_customer(coalesce(recorded_for, customer_id))';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('customer merges', 0));
    INSERT INTO customer_merges AS m (merge_id, survivor_id, absorbed_id, undone) VALUES (merge, survivor, absorbed, is_undone)
    ON CONFLICT (merge_id) DO UPDATE SET undone = m.undone OR excluded.undone;
    concerned := ARRAY(SELECT customer_with_absorbed(absorbed));
    FOR follower IN SELECT relation FROM merge_followers ORDER BY relation LOOP
        BEGIN
            EXECUTE format(move || astray, follower) USING concerned;
        EXCEPTION WHEN unique_violation THEN
            -- What both have (the same phone number) the survivor has already: that row stays where it was recorded.
            FOR place IN EXECUTE format('SELECT ctid FROM %I WHERE ' || astray, follower) USING concerned LOOP
                BEGIN
                    EXECUTE format(move || 'ctid = $1', follower) USING place;
                EXCEPTION WHEN unique_violation THEN
                    NULL;
                END;
            END LOOP;
        END;
    END LOOP;
END $$;

SELECT follow_merges(relation) FROM unnest(ARRAY['audience_purchases', 'audience_purchase_lines', 'audience_cases', 'responses']) AS relation;

-- A customer who was merged into another is not written to any more, whatever arrives late about him: the version of the profile is put
-- aside, and back when the merge is undone, whichever of the profile and the undoing comes first.
ALTER TABLE audience ADD COLUMN absorbed_version bigint;
CREATE FUNCTION leave_absorbed_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.profile_version IS NOT NULL AND EXISTS (SELECT FROM customer_merges WHERE absorbed_id = NEW.customer_id AND NOT undone) THEN
        NEW.absorbed_version := greatest(NEW.absorbed_version, NEW.profile_version);
        NEW.profile_version := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audience_leave_absorbed_out BEFORE INSERT OR UPDATE OF profile_version ON audience FOR EACH ROW EXECUTE FUNCTION leave_absorbed_out();

-- The ledger of messages follows too, except where both had the same campaign: then each keeps what they were sent.
ALTER TABLE deliveries ADD COLUMN recorded_for uuid;
CREATE INDEX deliveries_recorded_for ON deliveries (recorded_for) WHERE recorded_for IS NOT NULL;

-- What is summed up in the audience, anew from what it sums up. For customers who never had to do with a merge nothing is done.
CREATE FUNCTION refresh_merged_audience(customers uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid[] := ARRAY(
        SELECT DISTINCT id FROM (
            SELECT m.absorbed_id AS id FROM customer_merges m WHERE m.absorbed_id = ANY(customers) OR m.survivor_id = ANY(customers)
            UNION ALL SELECT m.survivor_id FROM customer_merges m WHERE m.absorbed_id = ANY(customers) OR m.survivor_id = ANY(customers)
            UNION ALL SELECT current_customer(m.absorbed_id) FROM customer_merges m WHERE m.absorbed_id = ANY(customers)) c
        ORDER BY id);
BEGIN
    IF cardinality(concerned) = 0 THEN RETURN; END IF;
    INSERT INTO audience (customer_id) SELECT unnest(concerned) ON CONFLICT DO NOTHING;
    PERFORM FROM audience WHERE customer_id = ANY(concerned) ORDER BY customer_id FOR UPDATE;
    UPDATE audience a SET purchase_count = s.purchases, purchase_total = s.total, purchase_total_count = s.in_total, purchase_currency = s.currency,
        first_purchased_at = s.first_at, last_purchased_at = s.last_at,
        open_cases = (SELECT count(*) FROM audience_cases k WHERE k.customer_id = a.customer_id AND k.is_open)
    FROM (
        SELECT c.id, count(p.purchased_at) AS purchases, c.currency, min(p.purchased_at) AS first_at, max(p.purchased_at) AS last_at,
            coalesce(sum(p.total) FILTER (WHERE coalesce(p.currency, c.currency) = c.currency), 0) AS total,
            count(p.purchased_at) FILTER (WHERE p.currency = c.currency) AS in_total
        FROM (
            SELECT i.id, (SELECT f.currency FROM audience_purchases f WHERE f.customer_id = i.id AND f.purchased_at IS NOT NULL ORDER BY f.purchased_at, f.purchase_id LIMIT 1) AS currency
            FROM unnest(concerned) AS i (id)) c
        LEFT JOIN audience_purchases p ON p.customer_id = c.id GROUP BY c.id, c.currency) s
    WHERE a.customer_id = s.id;
END $$;

CREATE FUNCTION settle_merge(survivor uuid, absorbed uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid[] := ARRAY(SELECT customer_with_absorbed(absorbed));
BEGIN
    -- Out of the audience while absorbed, in it again afterwards: the trigger decides.
    UPDATE audience SET profile_version = greatest(profile_version, absorbed_version), absorbed_version = NULL WHERE customer_id = ANY(concerned);
    -- Who must not be written to under one id must not be under the other; that stays when the merge is undone.
    INSERT INTO suppressions (customer_id, channel, reason, campaign_id, created_at)
    SELECT current_customer(absorbed), s.channel, s.reason, s.campaign_id, s.created_at FROM suppressions s
    WHERE s.customer_id = absorbed AND current_customer(absorbed) <> absorbed ON CONFLICT DO NOTHING;
    UPDATE deliveries d SET customer_id = current_customer(coalesce(d.recorded_for, d.customer_id)),
        recorded_for = nullif(coalesce(d.recorded_for, d.customer_id), current_customer(coalesce(d.recorded_for, d.customer_id)))
    WHERE (d.recorded_for = ANY(concerned) OR (d.recorded_for IS NULL AND d.customer_id = ANY(concerned)))
        AND d.state IN ('sent', 'failed', 'skipped', 'unknown') AND d.customer_id <> current_customer(coalesce(d.recorded_for, d.customer_id))
        AND NOT EXISTS (
            SELECT FROM deliveries o WHERE o.campaign_id = d.campaign_id AND o.customer_id = current_customer(coalesce(d.recorded_for, d.customer_id))
                AND o.channel = d.channel AND o.occasion = d.occasion);
    PERFORM refresh_merged_audience(ARRAY[survivor, absorbed]);
    INSERT INTO conversion_queue (customer_id, due_at) SELECT id, now() FROM unnest(ARRAY[survivor, absorbed]) AS c (id) ORDER BY id
    ON CONFLICT (customer_id) DO UPDATE SET due_at = excluded.due_at;
END $$;
