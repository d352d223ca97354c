-- A date's day and month come again in a year; who was born on 29 February celebrates on the 28th where there is none. The day itself
-- is not its own anniversary.
CREATE FUNCTION anniversary_within(d date, today date, days int) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(year FROM today) > extract(year FROM d)
            AND (d + make_interval(years => (extract(year FROM today) - extract(year FROM d))::int))::date BETWEEN today AND today + days)
        OR (extract(year FROM today) + 1 > extract(year FROM d)
            AND (d + make_interval(years => (extract(year FROM today) + 1 - extract(year FROM d))::int))::date BETWEEN today AND today + days)
$$;

-- As asked by machines: the criteria with those of the segments that they name beside each name. NULL: names none.
ALTER TABLE segments ADD COLUMN expanded jsonb;

CREATE TABLE segment_references (
    segment_id uuid NOT NULL REFERENCES segments,
    uses_id    uuid NOT NULL REFERENCES segments,
    PRIMARY KEY (segment_id, uses_id)
);
CREATE INDEX segment_references_uses ON segment_references (uses_id);

CREATE TABLE segment_versions (
    segment_id uuid NOT NULL REFERENCES segments,
    version    bigint NOT NULL,
    name       text NOT NULL,
    criteria   jsonb NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (segment_id, version)
);
INSERT INTO segment_versions SELECT id, version, name, criteria, created_by, changed_at FROM segments;

-- Who was in a segment when it was last measured; joined and departed are the difference to it.
CREATE TABLE segment_members (
    segment_id  uuid NOT NULL REFERENCES segments,
    customer_id uuid NOT NULL,
    PRIMARY KEY (segment_id, customer_id)
);

CREATE TABLE segment_sizes (
    segment_id  uuid NOT NULL REFERENCES segments,
    day         date NOT NULL, -- UTC
    size        bigint NOT NULL,
    joined      bigint NOT NULL, -- since it was measured on an earlier day
    departed    bigint NOT NULL,
    measured_at timestamptz NOT NULL,
    PRIMARY KEY (segment_id, day)
);

CREATE TABLE lists (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('default', 'seed', 'test')),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE list_members (
    list_id     uuid NOT NULL REFERENCES lists,
    customer_id uuid NOT NULL,
    added_by    text NOT NULL,
    added_at    timestamptz NOT NULL,
    PRIMARY KEY (list_id, customer_id)
);

CREATE INDEX audience_email ON audience (lower(email));
CREATE INDEX audience_phone ON audience (phone);

-- Who took whom off the suppression list, when and why.
CREATE TABLE suppression_removals (
    id          uuid PRIMARY KEY,
    customer_id uuid,
    address     text,
    channel     text NOT NULL,
    reason      text NOT NULL,
    note        text,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL,
    removed_by  text NOT NULL,
    removed_at  timestamptz NOT NULL,
    why         text NOT NULL,
    CHECK ((customer_id IS NULL) <> (address IS NULL))
);
