-- The words of a name as search sees them: letters and digits, lower case.
CREATE FUNCTION name_words_of(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_remove(regexp_split_to_array(lower(name), '[^[:alnum:]]+'), '')
$$;
CREATE FUNCTION name_vector(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(name_words_of(name))
$$;

-- A name has two or three words but twenty trigrams: search uses the trigrams of words (name_words), which it meets once each. Those of whole
-- names (customers_name_trigram) serve the look for duplicates.
CREATE INDEX customers_name_words ON customers USING gin (name_vector(display_name));
CREATE INDEX customers_name ON customers (lower(display_name) text_pattern_ops, id DESC);
CREATE INDEX customers_stage ON customers (lifecycle_stage, id DESC);
CREATE INDEX customers_city ON customers (city, id DESC) WHERE city IS NOT NULL;

-- Every word that occurs in a name: where misspelt words and parts of words are looked up.
CREATE TABLE name_words (word text PRIMARY KEY);
CREATE INDEX name_words_trigram ON name_words USING gin (word gin_trgm_ops);
INSERT INTO name_words SELECT DISTINCT unnest(name_words_of(display_name)) FROM customers;

CREATE FUNCTION learn_name_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO name_words
    SELECT DISTINCT w.word FROM changed c, unnest(name_words_of(c.display_name)) AS w (word)
    WHERE NOT EXISTS (SELECT FROM name_words n WHERE n.word = w.word) ORDER BY 1
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER customers_words_inserted AFTER INSERT ON customers REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION learn_name_words();
CREATE TRIGGER customers_words_updated AFTER UPDATE ON customers REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION learn_name_words();

-- A word that nobody is called by any more is forgotten, so that an erased name is nowhere.
CREATE FUNCTION forget_name_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM name_words n WHERE n.word = ANY (name_words_of(OLD.display_name))
        AND NOT EXISTS (SELECT FROM customers c WHERE name_vector(c.display_name) @@ (quote_literal(n.word))::tsquery);
    RETURN NULL;
END $$;
CREATE TRIGGER customers_words_renamed AFTER UPDATE ON customers
    FOR EACH ROW WHEN (OLD.display_name IS DISTINCT FROM NEW.display_name) EXECUTE FUNCTION forget_name_words();
CREATE TRIGGER customers_words_deleted AFTER DELETE ON customers FOR EACH ROW EXECUTE FUNCTION forget_name_words();

-- Customers whose name may be meant by q, most_rows of each kind at most: called exactly so; with all the words or their beginnings; and where
-- few have those, with words that contain or resemble them. The caller ranks.
CREATE FUNCTION customers_named(q text, most_rows int) RETURNS SETOF uuid LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    words text[] := name_words_of(q);
    narrow tsquery;
    wide text;
    found_rows int;
BEGIN
    IF cardinality(words) = 0 THEN RETURN; END IF;
    RETURN QUERY SELECT id FROM customers WHERE lower(display_name) = lower(q) ORDER BY id DESC LIMIT most_rows;
    IF cardinality(words) = 1 AND length(words[1]) < 3 THEN
        RETURN QUERY SELECT id FROM customers WHERE lower(display_name) LIKE words[1] || '%' LIMIT most_rows;
        RETURN;
    END IF;

    SELECT string_agg(quote_literal(w) || CASE WHEN length(w) >= 3 THEN ':*' ELSE '' END, ' & ')::tsquery INTO narrow FROM unnest(words) w;
    RETURN QUERY SELECT id FROM customers WHERE name_vector(display_name) @@ narrow LIMIT most_rows;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows >= 50 THEN RETURN; END IF;

    SELECT string_agg('(' || coalesce(alike.words, quote_literal(w)) || ')', ' & ') INTO wide
    FROM unnest(words) w
    LEFT JOIN LATERAL (
        SELECT string_agg(quote_literal(near.word), ' | ') AS words
        FROM (SELECT n.word FROM name_words n WHERE length(w) >= 3 AND (n.word LIKE '%' || w || '%' OR n.word % w)
              ORDER BY n.word LIKE '%' || w || '%' DESC, similarity(n.word, w) DESC, n.word LIMIT 20) near) alike ON true;
    RETURN QUERY SELECT id FROM customers WHERE name_vector(display_name) @@ wide::tsquery LIMIT most_rows;
END $$;

CREATE TABLE views (
    id          uuid PRIMARY KEY,
    version     bigint NOT NULL DEFAULT 1,
    name        text NOT NULL,
    owner       text NOT NULL,
    owner_name  text NOT NULL,
    -- Whom it is shown to besides its owner: a unit, or everyone ('*'); null: nobody.
    shared_with text,
    query       text,
    filter      jsonb,
    columns     text[] NOT NULL DEFAULT '{}',
    changed_at  timestamptz NOT NULL
);
CREATE INDEX views_owner ON views (owner);
CREATE INDEX views_shared ON views (shared_with) WHERE shared_with IS NOT NULL;

CREATE TABLE view_pins (
    view_id uuid NOT NULL REFERENCES views (id) ON DELETE CASCADE,
    subject text NOT NULL,
    PRIMARY KEY (subject, view_id)
);
