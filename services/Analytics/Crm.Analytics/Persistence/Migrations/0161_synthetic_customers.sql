-- Customers of the correctness probe: they are in the event log and in no figure. Who was marked once stays marked.
CREATE TABLE synthetic_customers (customer_id uuid PRIMARY KEY);

-- As in 0150, and nothing is recorded for a synthetic customer.
CREATE OR REPLACE FUNCTION record_for_survivor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM synthetic_customers WHERE customer_id = NEW.customer_id) THEN RETURN NULL; END IF;
    IF EXISTS (SELECT FROM customer_merges WHERE absorbed_id = NEW.customer_id AND NOT undone) THEN
        NEW.recorded_for := NEW.customer_id;
        NEW.customer_id := current_customer(NEW.customer_id);
    END IF;
    RETURN NEW;
END $$;

-- The same for tables whose rows do not follow merges.
CREATE FUNCTION leave_synthetic_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM synthetic_customers WHERE customer_id = NEW.customer_id) THEN RETURN NULL; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_wait_for_merges BEFORE INSERT ON registered_customers FOR EACH STATEMENT EXECUTE FUNCTION wait_for_merges();
CREATE TRIGGER a_leave_synthetic_out BEFORE INSERT ON registered_customers FOR EACH ROW EXECUTE FUNCTION leave_synthetic_out();
CREATE TRIGGER a_wait_for_merges BEFORE INSERT ON campaign_assignments FOR EACH STATEMENT EXECUTE FUNCTION wait_for_merges();
CREATE TRIGGER a_leave_synthetic_out BEFORE INSERT ON campaign_assignments FOR EACH ROW EXECUTE FUNCTION leave_synthetic_out();

-- Marks customers and takes out what is counted of them already. Inserts hold the lock shared, so none slips in between.
CREATE FUNCTION mark_synthetic(marked uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    affected text;
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(marked) AS m (id) WHERE NOT EXISTS (SELECT FROM synthetic_customers s WHERE s.customer_id = m.id)) THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('customer merges', 0));
    INSERT INTO synthetic_customers (customer_id) SELECT DISTINCT id FROM unnest(marked) AS m (id) ON CONFLICT DO NOTHING;
    FOR affected IN
        SELECT relation FROM merge_followers
        UNION SELECT unnest(ARRAY['registered_customers', 'campaign_assignments', 'purchase_days', 'customers', 'customer_scores', 'unranked_scores', 'rescoring_queue', 'machine_segment_members'])
    LOOP
        EXECUTE format('DELETE FROM %I WHERE customer_id = ANY($1)', affected) USING marked;
    END LOOP;
    PERFORM refresh_features(marked);
    DELETE FROM alerts WHERE subject_type = 'customer' AND subject_id = ANY(marked::text[]);
END $$;

SELECT mark_synthetic(ARRAY(SELECT DISTINCT customer_id FROM basket_lines WHERE source = 'crm-probe'));
