-- Who was erased does not come back by a message that was under way.
CREATE TABLE erased_customers (customer_id uuid PRIMARY KEY);

CREATE FUNCTION leave_erased_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.profile_version IS NOT NULL AND EXISTS (SELECT FROM erased_customers WHERE customer_id = NEW.customer_id) THEN
        NEW.profile_version := NULL;
        NEW.display_name := NULL; NEW.given_name := NULL; NEW.email := NULL; NEW.phone := NULL; NEW.language := NULL; NEW.time_zone := NULL; NEW.street := NULL;
        NEW.postal_code := NULL; NEW.city := NULL; NEW.province := NULL; NEW.country := NULL; NEW.gender := NULL; NEW.birth_date := NULL;
        NEW.tags := '{}'; NEW.preferences := '{}'; NEW.custom_fields := '{}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audience_leave_erased_out BEFORE INSERT OR UPDATE OF profile_version ON audience FOR EACH ROW EXECUTE FUNCTION leave_erased_out();

-- Nor in what journeys are told.
CREATE FUNCTION ignore_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE WHEN EXISTS (SELECT FROM erased_customers WHERE customer_id = NEW.customer_id) THEN NULL ELSE NEW END;
END $$;
CREATE TRIGGER journey_facts_ignore_erased BEFORE INSERT ON journey_facts FOR EACH ROW EXECUTE FUNCTION ignore_erased();
