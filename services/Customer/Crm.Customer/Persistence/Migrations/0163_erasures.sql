-- Every erasure with everybody it was about, kept for ever: what is to be done again when a database comes back from a backup that is older.
CREATE TABLE erasures (
    request_id   uuid PRIMARY KEY,
    customer_ids uuid[] NOT NULL,
    requested_at timestamptz NOT NULL
);
CREATE INDEX erasures_by_time ON erasures (requested_at, request_id);
INSERT INTO erasures SELECT id, ARRAY(SELECT customer_with_absorbed(customer_id)), received_at FROM privacy_requests WHERE kind = 'erasure';
