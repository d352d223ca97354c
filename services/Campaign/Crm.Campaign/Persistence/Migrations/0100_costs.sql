-- What it costs that somebody redeems a code of the pool; NULL: nobody has told.
ALTER TABLE coupon_pools ADD COLUMN cost numeric(19,4) CHECK (cost >= 0), ADD COLUMN cost_currency char(3);
ALTER TABLE coupon_pools ADD CHECK ((cost IS NULL) = (cost_currency IS NULL));
CREATE INDEX coupon_codes_redeemed ON coupon_codes (campaign_id, pool_id) WHERE redeemed_at IS NOT NULL;

-- What a loyalty point costs that the campaign gives, in the currency of its plan.
ALTER TABLE campaign_plans ADD COLUMN point_cost numeric(19,4) CHECK (point_cost >= 0);

-- Points that an action of a journey asked Loyalty for, and what Loyalty posted: members only get any.
CREATE TABLE journey_awards (
    award_id    uuid PRIMARY KEY,  -- Loyalty's key of the journal
    journey_id  uuid NOT NULL REFERENCES journeys,
    entry_id    uuid NOT NULL,
    step        int NOT NULL,
    campaign_id uuid REFERENCES campaigns, -- whose cost they are
    customer_id uuid NOT NULL,
    points      bigint NOT NULL CHECK (points > 0),
    asked_at    timestamptz NOT NULL,
    posted_at   timestamptz,
    UNIQUE (entry_id, step)
);
CREATE INDEX journey_awards_campaign ON journey_awards (campaign_id) WHERE campaign_id IS NOT NULL;
CREATE INDEX journey_awards_journey ON journey_awards (journey_id);
