-- As in 0170; where two hundred names begin with what was typed, those that only contain its words are not looked for: they would come behind.
CREATE OR REPLACE FUNCTION customers_named(q text, most_rows int) RETURNS SETOF uuid LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    words text[] := name_words_of(q);
    last int := cardinality(words);
    narrow tsquery;
    wide text;
    found_rows int;
BEGIN
    IF last = 0 THEN RETURN; END IF;
    RETURN QUERY SELECT id FROM customers WHERE lower(display_name) ~>=~ lower(q) AND lower(display_name) ~<~ (lower(q) || U&'\+10FFFF')
        ORDER BY lower(display_name) USING ~<~, id DESC LIMIT most_rows;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows >= least(most_rows, 200) OR (last = 1 AND length(words[1]) < 3) THEN RETURN; END IF;

    SELECT string_agg(quote_literal(w) || CASE WHEN n = last AND length(w) >= 3 THEN ':*' ELSE '' END, ' & ')::tsquery INTO narrow FROM unnest(words) WITH ORDINALITY AS u (w, n);
    RETURN QUERY SELECT id FROM customers WHERE name_vector(display_name) @@ narrow LIMIT most_rows;
    GET DIAGNOSTICS found_rows = ROW_COUNT;
    IF found_rows >= 50 THEN RETURN; END IF;

    IF last > 1 THEN
        SELECT string_agg(quote_literal(w) || CASE WHEN length(w) >= 3 THEN ':*' ELSE '' END, ' & ')::tsquery INTO narrow FROM unnest(words) w;
        RETURN QUERY SELECT id FROM customers WHERE name_vector(display_name) @@ narrow LIMIT most_rows;
        GET DIAGNOSTICS found_rows = ROW_COUNT;
        IF found_rows >= 50 THEN RETURN; END IF;
    END IF;

    SELECT string_agg('(' || coalesce(alike.words, quote_literal(w)) || ')', ' & ') INTO wide
    FROM unnest(words) w
    LEFT JOIN LATERAL (
        SELECT string_agg(quote_literal(near.word), ' | ') AS words
        FROM (SELECT n.word FROM name_words n WHERE length(w) >= 3 AND (n.word LIKE '%' || w || '%' OR n.word % w)
              ORDER BY n.word LIKE '%' || w || '%' DESC, similarity(n.word, w) DESC, n.word LIMIT 20) near) alike ON true;
    RETURN QUERY SELECT id FROM customers WHERE name_vector(display_name) @@ wide::tsquery LIMIT most_rows;
END $$;
