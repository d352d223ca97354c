-- Children of a customer that follow through merges, as far as this installation has them.
SELECT follow_merges(relation) FROM unnest(ARRAY['assets', 'contact_points', 'contact_roles']) AS relation WHERE to_regclass(relation) IS NOT NULL;

-- What else describes a person: children, former versions, and columns that only some installations have. Runs after the record itself was emptied,
-- because emptying it makes a former version.
CREATE FUNCTION erase_children(customers uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT relation, condition FROM (VALUES
        ('assets', 'customer_id = ANY($1)'), ('contact_points', 'customer_id = ANY($1)'), ('contact_roles', 'customer_id = ANY($1)'),
        ('customer_history', 'customer_id = ANY($1)'), ('customer_relationships', 'from_customer_id = ANY($1) OR to_customer_id = ANY($1)')) AS p (relation, condition)
    LOOP
        IF to_regclass(part.relation) IS NOT NULL THEN EXECUTE format('DELETE FROM %I WHERE ' || part.condition, part.relation) USING customers; END IF;
    END LOOP;
    FOR part IN
        SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'customers'
            AND column_name IN ('competitor', 'marital_status', 'occupation', 'education', 'income_band', 'interests')
    LOOP
        EXECUTE format('UPDATE customers SET %I = %s WHERE id = ANY($1)', part.column_name, CASE part.data_type WHEN 'ARRAY' THEN '''{}''' ELSE 'NULL' END) USING customers;
    END LOOP;
END $$;
