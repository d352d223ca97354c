-- What all services hold about a person, gathered for them: a copy for a while.
CREATE TABLE access_packages (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL,
    request_id   uuid REFERENCES privacy_requests (id),
    requested_by text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX access_packages_customer ON access_packages (customer_id);
CREATE INDEX access_packages_request ON access_packages (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX access_packages_expiry ON access_packages (expires_at);

-- A service's part, which is there as a whole or not at all.
CREATE TABLE access_package_sources (
    package_id      uuid NOT NULL REFERENCES access_packages (id) ON DELETE CASCADE,
    service         text NOT NULL,
    attempts        int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    last_failure    text,
    gathered_at     timestamptz,
    rows            bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (package_id, service)
);
CREATE INDEX access_package_sources_due ON access_package_sources (next_attempt_at) WHERE gathered_at IS NULL;

CREATE TABLE access_package_rows (
    package_id uuid NOT NULL,
    service    text NOT NULL,
    position   bigint NOT NULL,
    part       text NOT NULL,
    row        jsonb NOT NULL,
    PRIMARY KEY (package_id, service, position),
    FOREIGN KEY (package_id, service) REFERENCES access_package_sources (package_id, service) ON DELETE CASCADE
);

-- Who took the copy out, when.
CREATE TABLE access_package_downloads (
    package_id    uuid NOT NULL REFERENCES access_packages (id) ON DELETE CASCADE,
    downloaded_by text NOT NULL,
    downloaded_at timestamptz NOT NULL,
    format        text NOT NULL
);
CREATE INDEX access_package_downloads_package ON access_package_downloads (package_id);
