-- Groups of customers that the machine found, by the newest run of a currency; replaced whole when a run ends.
CREATE TABLE machine_segments (
    run_id     uuid NOT NULL,
    currency   text NOT NULL,
    segment    int NOT NULL,
    customers  int NOT NULL,
    name_id    text NOT NULL,
    name_en    text NOT NULL,
    profile_id text NOT NULL,
    profile_en text NOT NULL,
    centre     double precision[] NOT NULL,
    PRIMARY KEY (currency, segment)
);

CREATE TABLE machine_segment_members (
    customer_id uuid PRIMARY KEY,
    currency    text NOT NULL,
    segment     int NOT NULL,
    run_id      uuid NOT NULL
);
CREATE INDEX machine_segment_members_by_segment ON machine_segment_members (currency, segment, customer_id);
