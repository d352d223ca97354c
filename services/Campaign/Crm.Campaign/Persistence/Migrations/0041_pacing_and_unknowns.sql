-- When each recipient was last claimed: what frequency caps count, and how old an unknown delivery is.
ALTER TABLE deliveries ADD COLUMN claimed_at timestamptz;
ALTER TABLE deliveries ADD COLUMN timed boolean NOT NULL DEFAULT false; -- its send time was chosen; only quiet hours may move it further
CREATE INDEX deliveries_contacts ON deliveries (customer_id, claimed_at) WHERE state IN ('sending', 'sent', 'unknown');
CREATE INDEX deliveries_unknown ON deliveries (campaign_id, delivery_id) WHERE state = 'unknown';

-- When the next recipient of a chunk becomes due whose message has been used up; NULL while one is under way.
ALTER TABLE chunks ADD COLUMN due_at timestamptz;
CREATE INDEX chunks_due ON chunks (campaign_id, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE campaign_pacing (
    campaign_id      uuid PRIMARY KEY REFERENCES campaigns,
    default_zone     text NOT NULL,        -- IANA; of recipients whose zone is not known
    quiet_from       int CHECK (quiet_from BETWEEN 0 AND 1439), -- minute of the recipient's day; may be later than quiet_to
    quiet_to         int CHECK (quiet_to BETWEEN 0 AND 1439),
    send_time        text NOT NULL CHECK (send_time IN ('soon', 'local_hour', 'usual_hour')),
    local_hour       int CHECK (local_hour BETWEEN 0 AND 23),
    warm_up_first    int,                  -- messages in the first 24 hours after the launch
    warm_up_growth   double precision,     -- factor from day to day
    warm_up_max      int,                  -- never more on any day
    over_cap         text NOT NULL CHECK (over_cap IN ('defer', 'skip', 'exempt')),
    on_unknown       text NOT NULL CHECK (on_unknown IN ('hold', 'resend')),
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL)),
    CHECK ((send_time = 'local_hour') = (local_hour IS NOT NULL)),
    CHECK ((warm_up_first IS NULL) = (warm_up_growth IS NULL) AND (warm_up_first IS NULL) = (warm_up_max IS NULL))
);

-- What a campaign in warm-up has claimed on each of its days.
CREATE TABLE campaign_days (
    campaign_id uuid NOT NULL REFERENCES campaigns,
    day         int NOT NULL, -- from 0: whole 24 hours since the launch
    claimed     int NOT NULL,
    PRIMARY KEY (campaign_id, day)
);

-- The usual hour of a recipient is looked up by these.
CREATE INDEX responses_customer ON responses (customer_id, occurred_at DESC);
