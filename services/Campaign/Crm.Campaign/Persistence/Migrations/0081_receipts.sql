-- Why a message was planned, as it was when that was decided: the live rows change, a receipt does not.
CREATE TABLE delivery_evidence (
    delivery_id uuid PRIMARY KEY,
    taken_at    timestamptz NOT NULL,
    facts       jsonb NOT NULL,  -- the customer's value of each field that the criteria ask about; absent: unknown
    consent_at  timestamptz      -- of the consent to the channel that counted
);

-- What a customer was shown when they decided about marketing by a channel.
CREATE TABLE consent_notices (
    customer_id  uuid NOT NULL,
    channel      text NOT NULL,
    effective_at timestamptz NOT NULL,
    granted      boolean NOT NULL,
    notice       text NOT NULL,
    source       text NOT NULL,
    PRIMARY KEY (customer_id, channel, effective_at)
);
