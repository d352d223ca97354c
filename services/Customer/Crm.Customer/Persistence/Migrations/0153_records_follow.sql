-- Children of a customer that follow through merges.
SELECT follow_merges(relation) FROM unnest(ARRAY['activities', 'agreements', 'assets', 'contact_points', 'contact_roles', 'customer_files', 'followers', 'mentions']) AS relation;

-- What else describes a person: children, former versions, the profile. Runs after the record itself was emptied, because emptying it makes a
-- former version.
CREATE FUNCTION erase_children(customers uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['activities', 'agreements', 'assets', 'contact_points', 'contact_roles', 'customer_files', 'customer_history', 'followers', 'mentions'] LOOP
        EXECUTE format('DELETE FROM %I WHERE customer_id = ANY($1)', child) USING erase_children.customers;
    END LOOP;
    DELETE FROM customer_relationships r WHERE r.from_customer_id = ANY(erase_children.customers) OR r.to_customer_id = ANY(erase_children.customers);
    DELETE FROM team_members t WHERE t.record_type = 'customer' AND t.record_id = ANY(erase_children.customers);
    UPDATE customers c SET competitor = NULL, marital_status = NULL, occupation = NULL, education = NULL, income_band = NULL, interests = '{}'
    WHERE c.id = ANY(erase_children.customers);
END $$;
