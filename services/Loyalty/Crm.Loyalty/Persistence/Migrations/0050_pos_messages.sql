-- Campaign messages for members, until a till shows them.
CREATE TABLE pos_messages (
    delivery_id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    language    text NOT NULL,
    title       text NOT NULL,
    text        text NOT NULL,
    valid_until timestamptz NOT NULL,
    shown_at    timestamptz,
    shown_till  text
);
CREATE INDEX pos_messages_waiting ON pos_messages (customer_id, delivery_id) WHERE shown_at IS NULL;
