-- Who caused an event: a person, a client of a department, or the platform itself. Events from before do not tell.
ALTER TABLE event_log ADD COLUMN actor text;
CREATE INDEX event_log_by_actor ON event_log (actor, recorded_at, event_id) WHERE actor IS NOT NULL;
