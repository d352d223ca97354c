-- A triggered campaign (a journey's step, a birthday greeting) writes to the same customer once per occasion: the journey's entry, the
-- birthday's year. For a broadcast the occasion is empty.
ALTER TABLE deliveries ADD COLUMN occasion text NOT NULL DEFAULT '';
ALTER TABLE deliveries DROP CONSTRAINT deliveries_pkey, ADD PRIMARY KEY (campaign_id, customer_id, channel, occasion);
ALTER TABLE deliveries ADD COLUMN provider text; -- who took the message, of the channel's providers

-- A broadcast is dispatched once and then finished; a triggered campaign goes on, and what triggers it appends recipients.
ALTER TABLE campaigns ADD COLUMN kind text NOT NULL DEFAULT 'broadcast' CHECK (kind IN ('broadcast', 'triggered'));
ALTER TABLE campaigns ALTER COLUMN segment_id DROP NOT NULL, ADD CHECK (kind = 'triggered' OR segment_id IS NOT NULL);
