-- Which customer is now part of which. Rows of an absorbed customer follow to the survivor and come back when the merge is undone: where a row
-- belongs is a function of whom it was recorded for and of the merges in force, so that it does not matter in what order things arrive.
CREATE TABLE customer_merges (
    merge_id    uuid PRIMARY KEY,
    survivor_id uuid NOT NULL,
    absorbed_id uuid NOT NULL,
    undone      boolean NOT NULL DEFAULT false,
    merged_at   timestamptz NOT NULL DEFAULT now(),
    merged_by   text NOT NULL DEFAULT 'system',
    undone_at   timestamptz,
    undone_by   text,
    -- Of the survivor, by column: before the merge, and as the plan made them.
    before      jsonb NOT NULL DEFAULT '{}',
    after       jsonb NOT NULL DEFAULT '{}',
    CHECK (survivor_id <> absorbed_id)
);
CREATE UNIQUE INDEX customer_merges_absorbed ON customer_merges (absorbed_id) WHERE NOT undone;
CREATE INDEX customer_merges_survivor ON customer_merges (survivor_id) WHERE NOT undone;

ALTER TABLE customers ADD COLUMN merged_into uuid REFERENCES customers (id);
CREATE INDEX customers_merged_into ON customers (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX customers_birth_date ON customers (birth_date) WHERE birth_date IS NOT NULL;

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

SELECT follow_merges('timeline_entries');
