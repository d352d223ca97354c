-- Only customers that a search may show, with their names: ranking the many who begin with what was typed reads this index and no row.
-- (An index-only scan needs display_name itself beside the expression over it.)
DROP INDEX customers_name;
CREATE INDEX customers_name ON customers (lower(display_name) text_pattern_ops, id DESC) INCLUDE (display_name)
    WHERE trashed_at IS NULL AND merged_into IS NULL AND erased_at IS NULL;

-- Customers whose name may be meant by q with how well it matches (10000: called exactly so), most_rows of each kind at most: called so or
-- beginning so; with all the words, the last of them perhaps not finished; where few have those, with words that begin so, and then with words that
-- contain or resemble them. A name that one in ten has is answered by the first step, which reads as many entries of its index as it returns: the
-- others read all who have the word. A customer may come twice.
DROP FUNCTION customers_named(text, int);
CREATE FUNCTION customers_named(q text, most_rows int) RETURNS TABLE (id uuid, score int) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    words text[] := name_words_of(q);
    last int := cardinality(words);
    narrow tsquery;
    wide text;
    found_rows int;
BEGIN
    IF last = 0 THEN RETURN; END IF;
    RETURN QUERY SELECT id, name_likeness(q, display_name) FROM customers
        WHERE lower(display_name) ~>=~ lower(q) AND lower(display_name) ~<~ (lower(q) || U&'\+10FFFF') AND trashed_at IS NULL AND merged_into IS NULL AND erased_at IS NULL
        ORDER BY lower(display_name) USING ~<~, id DESC LIMIT most_rows;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows >= least(most_rows, 200) OR (last = 1 AND length(words[1]) < 3) THEN RETURN; END IF;

    SELECT string_agg(quote_literal(w) || CASE WHEN n = last AND length(w) >= 3 THEN ':*' ELSE '' END, ' & ')::tsquery INTO narrow FROM unnest(words) WITH ORDINALITY AS u (w, n);
    RETURN QUERY SELECT id, name_likeness(q, display_name) FROM customers
        WHERE name_vector(display_name) @@ narrow AND trashed_at IS NULL AND merged_into IS NULL AND erased_at IS NULL LIMIT most_rows;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows >= 50 THEN RETURN; END IF;

    IF last > 1 THEN
        SELECT string_agg(quote_literal(w) || CASE WHEN length(w) >= 3 THEN ':*' ELSE '' END, ' & ')::tsquery INTO narrow FROM unnest(words) w;
        RETURN QUERY SELECT id, name_likeness(q, display_name) FROM customers
            WHERE name_vector(display_name) @@ narrow AND trashed_at IS NULL AND merged_into IS NULL AND erased_at IS NULL LIMIT most_rows;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        IF found_rows >= 50 THEN RETURN; END IF;
    END IF;

    SELECT string_agg('(' || coalesce(alike.words, quote_literal(w)) || ')', ' & ') INTO wide
    FROM unnest(words) w
    LEFT JOIN LATERAL (
        SELECT string_agg(quote_literal(near.word), ' | ') AS words
        FROM (SELECT n.word FROM name_words n WHERE length(w) >= 3 AND (n.word LIKE '%' || w || '%' OR n.word % w)
              ORDER BY n.word LIKE '%' || w || '%' DESC, similarity(n.word, w) DESC, n.word LIMIT 20) near) alike ON true;
    RETURN QUERY SELECT id, name_likeness(q, display_name) FROM customers
        WHERE name_vector(display_name) @@ wide::tsquery AND trashed_at IS NULL AND merged_into IS NULL AND erased_at IS NULL LIMIT most_rows;
END $$;

CREATE FUNCTION name_likeness(q text, name text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (CASE WHEN lower(name) = lower(q) THEN 10000 ELSE 9000 * word_similarity(lower(q), lower(name)) END)::int
$$;
