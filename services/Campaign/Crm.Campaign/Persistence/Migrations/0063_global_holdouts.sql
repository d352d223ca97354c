-- Customers who get no campaign at all for a while, to measure what all of them together do. One period at a time.
CREATE TABLE global_holdouts (
    id         uuid PRIMARY KEY,
    percent    numeric(5,2) NOT NULL CHECK (percent > 0 AND percent <= 50),
    salt       text NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK (starts_at <= ends_at),
    EXCLUDE USING gist (tstzrange(starts_at, ends_at) WITH &&)
);
