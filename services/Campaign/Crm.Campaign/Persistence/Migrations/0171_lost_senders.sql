-- Senders that no longer renewed their lease, and how many of their deliveries are unknown since.
CREATE TABLE lost_senders (
    worker  uuid PRIMARY KEY,
    host    text NOT NULL,
    lost_at timestamptz NOT NULL,
    unknown bigint NOT NULL DEFAULT 0
);
