-- Why messages were planned, a row a chunk: a row a message costs more than the message's place in the ledger. The arrays have one order.
-- delivery_evidence stays for what releases before this one wrote.
CREATE TABLE chunk_evidence (
    campaign_id uuid NOT NULL,
    chunk       int NOT NULL,
    taken_at    timestamptz NOT NULL,
    deliveries  uuid[] NOT NULL,
    facts       jsonb[] NOT NULL,        -- the customer's value of each field that the criteria ask about; NULL: erased
    consents    timestamptz[] NOT NULL,  -- of the consent to the channel that counted
    PRIMARY KEY (campaign_id, chunk)
);

-- A person's own, for the right of access.
CREATE VIEW delivery_reasons AS
SELECT d.delivery_id, k.taken_at, k.facts[place] AS facts, k.consents[place] AS consent_at
FROM deliveries d JOIN chunk_evidence k ON k.campaign_id = d.campaign_id AND k.chunk = d.chunk, array_position(k.deliveries, d.delivery_id) AS place
WHERE place IS NOT NULL;
COMMENT ON VIEW delivery_reasons IS 'personal data: rows that lie in arrays of many people';

-- lz4 takes a fraction of the time, where the server has it.
DO $$
BEGIN
    ALTER TABLE chunk_evidence ALTER COLUMN deliveries SET COMPRESSION lz4, ALTER COLUMN facts SET COMPRESSION lz4, ALTER COLUMN consents SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
    NULL;
END $$;
