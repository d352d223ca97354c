-- Dates in custom fields by month and day, so that those who have theirs today are found without reading the audience. Kept by the triggers below, in the
-- transaction that changes the fields.
CREATE TABLE audience_custom_dates (
    customer_id uuid NOT NULL REFERENCES audience ON DELETE CASCADE,
    field       text NOT NULL,
    month_day   int NOT NULL,
    PRIMARY KEY (customer_id, field)
);
CREATE INDEX audience_custom_dates_day ON audience_custom_dates (field, month_day, customer_id);

CREATE FUNCTION custom_dates(fields jsonb) RETURNS TABLE (field text, month_day int) LANGUAGE sql IMMUTABLE AS $$
    SELECT f.key, extract(month FROM (f.value ->> 'date')::date)::int * 100 + extract(day FROM (f.value ->> 'date')::date)::int
    FROM jsonb_each(fields) f WHERE jsonb_typeof(f.value -> 'date') = 'string'
$$;

CREATE FUNCTION keep_custom_dates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM audience_custom_dates d WHERE d.customer_id = NEW.customer_id
        AND NOT EXISTS (SELECT FROM custom_dates(NEW.custom_fields) n WHERE n.field = d.field AND n.month_day = d.month_day);
    INSERT INTO audience_custom_dates (customer_id, field, month_day)
    SELECT NEW.customer_id, n.field, n.month_day FROM custom_dates(NEW.custom_fields) n ON CONFLICT (customer_id, field) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER custom_dates_added AFTER INSERT ON audience FOR EACH ROW WHEN (NEW.custom_fields IS NOT NULL AND NEW.custom_fields <> '{}') EXECUTE FUNCTION keep_custom_dates();
CREATE TRIGGER custom_dates_changed AFTER UPDATE OF custom_fields ON audience FOR EACH ROW
    WHEN (OLD.custom_fields IS DISTINCT FROM NEW.custom_fields) EXECUTE FUNCTION keep_custom_dates();

INSERT INTO audience_custom_dates (customer_id, field, month_day)
SELECT a.customer_id, n.field, n.month_day FROM audience a CROSS JOIN LATERAL custom_dates(a.custom_fields) n
WHERE jsonb_typeof(a.custom_fields) = 'object' AND a.custom_fields <> '{}';
