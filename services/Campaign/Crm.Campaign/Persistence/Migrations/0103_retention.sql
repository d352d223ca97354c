-- What is forgotten after a while is found by when it happened; both tables grow in that order, so that a summary by blocks is enough.
CREATE INDEX journey_log_at ON journey_log USING brin (at);
CREATE INDEX journey_facts_occurred ON journey_facts USING brin (occurred_at);
CREATE INDEX test_sends_created ON test_sends (created_at);
