-- Every integration event of the platform, as published; projections can be rebuilt from it. Partitions by month are created on demand.
CREATE TABLE event_log (
    event_id    uuid NOT NULL,
    type        text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    payload     jsonb NOT NULL,
    PRIMARY KEY (recorded_at, event_id)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX event_log_by_type ON event_log (type, recorded_at, event_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'event_log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_log_append_only BEFORE UPDATE OR DELETE ON event_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_log_no_truncate BEFORE TRUNCATE ON event_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Makes the partition of the month that holds the instant (UTC). The lock lets any number of replicas ask at once.
CREATE FUNCTION create_event_log_partition(instant timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    month timestamp := date_trunc('month', instant AT TIME ZONE 'UTC');
    name  text := 'event_log_' || to_char(month, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('event_log_partition', 0));
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF event_log FOR VALUES FROM (%L) TO (%L)',
        name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
END $$;
