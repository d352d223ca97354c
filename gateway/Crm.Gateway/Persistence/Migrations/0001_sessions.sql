-- Who is signed in. The cookie holds 256 random bits; only their SHA-256 is here, so a copy of this table signs nobody in.
CREATE TABLE sessions (
    id           bytea PRIMARY KEY,
    issuer       text NOT NULL,
    subject      text NOT NULL,
    name         text NOT NULL,
    email        text,
    roles        text[] NOT NULL,
    unit         text,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX sessions_expires_at ON sessions (expires_at);
CREATE INDEX sessions_subject ON sessions (issuer, subject);

-- Key ring of data protection: every replica reads what any of them wrote into a sign-in's state.
CREATE TABLE data_protection_keys (
    name       text PRIMARY KEY,
    xml        text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
