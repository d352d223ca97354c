-- The log is append-only but for one thing: what describes a person is taken out when that person is to be forgotten. Only this function does that.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('crm.erasing', true) = 'on' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'event_log is append-only' USING ERRCODE = 'restrict_violation';
END $$;

-- Takes what describes a person out of an event, and leaves what it counts. Snapshots name their customers in an array.
CREATE FUNCTION without_person(payload jsonb, customers uuid[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN jsonb_typeof(payload -> 'customers') = 'array' THEN jsonb_set(payload, '{customers}', (
            SELECT coalesce(jsonb_agg(CASE WHEN (c ->> 'customerId')::uuid = ANY(customers)
                THEN c - ARRAY['givenName', 'familyName', 'email', 'phone', 'street', 'postalCode', 'city', 'province', 'birthDate', 'gender', 'source', 'sourceId']
                    || '{"displayName": "", "tags": [], "preferences": [], "customFields": []}'
                ELSE c END ORDER BY n), '[]') FROM jsonb_array_elements(payload -> 'customers') WITH ORDINALITY AS e (c, n)))
        ELSE payload - ARRAY['subject', 'comment', 'resolution', 'description', 'detail', 'linkUrl', 'noticeVersion'] END
$$;

CREATE FUNCTION erase_from_event_log(customers uuid[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM set_config('crm.erasing', 'on', true);
    UPDATE event_log e SET payload = without_person(e.payload, customers)
    WHERE EXISTS (SELECT FROM unnest(customers) AS c (id) WHERE strpos(e.payload::text, c.id::text) > 0) AND e.payload <> without_person(e.payload, customers);
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM set_config('crm.erasing', 'off', true);
    RETURN changed;
END $$;
