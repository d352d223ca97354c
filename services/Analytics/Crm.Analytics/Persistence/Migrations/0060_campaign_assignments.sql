-- Who was assigned to what, as campaigns tell. The first assignment counts: what a customer did afterwards must not move them.
CREATE TABLE campaigns (
    campaign_id uuid PRIMARY KEY,
    name        text NOT NULL,
    channel     text NOT NULL
);

CREATE TABLE campaign_assignments (
    campaign_id  uuid NOT NULL,
    customer_id  uuid NOT NULL,
    arm          text NOT NULL CHECK (arm IN ('treated', 'holdout', 'global_holdout')),
    variant      text,
    assigned_day date NOT NULL, -- of the business zone, as the days of purchases are
    PRIMARY KEY (campaign_id, customer_id)
);
