-- Who looks after a customer, what sort of customer it is, and demographics that imports do not carry.
ALTER TABLE customers
    ADD COLUMN owner_id       text,
    ADD COLUMN owner_name     text,
    ADD COLUMN owner_unit     text,
    ADD COLUMN is_internal    boolean NOT NULL DEFAULT false,
    ADD COLUMN competitor     text,
    ADD COLUMN marital_status text,
    ADD COLUMN occupation     text,
    ADD COLUMN education      text,
    ADD COLUMN income_band    text,
    ADD COLUMN interests      text[] NOT NULL DEFAULT '{}';
CREATE INDEX customers_owner ON customers (owner_id, id DESC) WHERE owner_id IS NOT NULL;
CREATE INDEX customers_tags ON customers USING gin (tags) WHERE cardinality(tags) > 0;
CREATE INDEX customers_custom_fields ON customers USING gin (custom_fields jsonb_path_ops) WHERE custom_fields <> '[]';

-- Versions of a record that are no longer in force. The one in force is the row of customers itself, so registering costs nothing here.
CREATE TABLE customer_history (
    customer_id  uuid NOT NULL,
    version      bigint NOT NULL,
    valid_from   timestamptz NOT NULL,
    valid_to     timestamptz NOT NULL,
    -- Who made the next version, and which system told it; null: the platform's own rules.
    ended_by     text,
    ended_source text,
    record       jsonb NOT NULL,
    PRIMARY KEY (customer_id, version)
);
CREATE INDEX customer_history_import ON customer_history (ended_by, customer_id) WHERE ended_by LIKE 'import:%';

CREATE FUNCTION keep_customer_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO customer_history (customer_id, version, valid_from, valid_to, ended_by, ended_source, record)
    VALUES (OLD.id, OLD.version,
            CASE WHEN OLD.version = 1 THEN least(OLD.registered_at, OLD.changed_at) ELSE OLD.changed_at END, NEW.changed_at,
            nullif(current_setting('crm.changed_by', true), ''), nullif(current_setting('crm.change_source', true), ''),
            to_jsonb(OLD) - 'source_hash')
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER customers_history AFTER UPDATE ON customers
    FOR EACH ROW WHEN (OLD.version IS DISTINCT FROM NEW.version) EXECUTE FUNCTION keep_customer_history();

CREATE SEQUENCE account_numbers;

-- ACC-000123; longer from the millionth on (lpad alone would cut).
CREATE FUNCTION next_account_number() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    n text := nextval('account_numbers')::text;
BEGIN
    RETURN 'ACC-' || lpad(n, greatest(6, length(n)), '0');
END $$;

CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    number        text NOT NULL CONSTRAINT accounts_number_key UNIQUE,
    version       bigint NOT NULL DEFAULT 1,
    kind          text NOT NULL,
    display_name  text NOT NULL,
    parent_id     uuid REFERENCES accounts (id),
    email         text,
    phone         text,
    website       text,
    industry      text,
    street        text,
    city          text,
    province      text,
    postal_code   text,
    country       text,
    tags          text[] NOT NULL DEFAULT '{}',
    custom_fields jsonb NOT NULL DEFAULT '[]',
    owner_id      text,
    owner_name    text,
    owner_unit    text,
    is_internal   boolean NOT NULL DEFAULT false,
    registered_at timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    CHECK (parent_id <> id)
);
CREATE INDEX accounts_parent ON accounts (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX accounts_name ON accounts USING gin (lower(display_name) gin_trgm_ops);

-- A person may play several roles at several accounts; a role that ended stays for the record.
CREATE TABLE contact_roles (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES accounts (id),
    customer_id uuid NOT NULL REFERENCES customers (id),
    role        text NOT NULL,
    is_primary  boolean NOT NULL,
    since       date,
    ended_on    date,
    created_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX contact_roles_active ON contact_roles (account_id, customer_id, role) WHERE ended_on IS NULL;
CREATE UNIQUE INDEX contact_roles_primary ON contact_roles (account_id) WHERE is_primary AND ended_on IS NULL;
CREATE INDEX contact_roles_customer ON contact_roles (customer_id);

-- Ways to reach a customer beyond the record's own e-mail, phone and address, and what is known of any of them.
CREATE TABLE contact_points (
    id            uuid PRIMARY KEY,
    customer_id   uuid NOT NULL REFERENCES customers (id),
    version       bigint NOT NULL DEFAULT 1,
    kind          text NOT NULL,
    value         text NOT NULL,
    normalised    text NOT NULL,
    label         text,
    verified_at   timestamptz,
    bounced_at    timestamptz,
    bounce_reason text,
    source        text NOT NULL,
    created_at    timestamptz NOT NULL,
    CONSTRAINT contact_points_key UNIQUE (customer_id, kind, normalised)
);
CREATE INDEX contact_points_value ON contact_points (kind, normalised text_pattern_ops);

CREATE TABLE customer_relationships (
    id               uuid PRIMARY KEY,
    from_customer_id uuid NOT NULL REFERENCES customers (id),
    to_customer_id   uuid NOT NULL REFERENCES customers (id),
    kind             text NOT NULL,
    created_at       timestamptz NOT NULL,
    CONSTRAINT customer_relationships_key UNIQUE (from_customer_id, to_customer_id, kind),
    CHECK (from_customer_id <> to_customer_id)
);
CREATE INDEX customer_relationships_to ON customer_relationships (to_customer_id);

-- The people of several units who look after a customer or an account.
CREATE TABLE team_members (
    record_type text NOT NULL,
    record_id   uuid NOT NULL,
    user_id     text NOT NULL,
    user_name   text NOT NULL,
    unit        text NOT NULL,
    role        text NOT NULL,
    PRIMARY KEY (record_type, record_id, user_id)
);
CREATE INDEX team_members_user ON team_members (user_id);

CREATE TABLE assets (
    id             uuid PRIMARY KEY,
    customer_id    uuid NOT NULL REFERENCES customers (id),
    version        bigint NOT NULL DEFAULT 1,
    product_code   text NOT NULL,
    product_name   text NOT NULL,
    serial_number  text,
    lot            text,
    purchased_on   date,
    warranty_until date,
    status         text NOT NULL,
    created_at     timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL
);
CREATE INDEX assets_customer ON assets (customer_id, id DESC);
CREATE INDEX assets_lot ON assets (product_code, lot) WHERE lot IS NOT NULL;
CREATE UNIQUE INDEX assets_serial ON assets (product_code, serial_number) WHERE serial_number IS NOT NULL AND status <> 'disposed';

-- What the enterprise's own fields mean. A record may also carry fields that nobody has defined.
CREATE TABLE custom_field_definitions (
    record_type   text NOT NULL,
    name          text NOT NULL,
    version       bigint NOT NULL DEFAULT 1,
    type          text NOT NULL,
    label_id      text NOT NULL,
    label_en      text NOT NULL,
    options       text[] NOT NULL DEFAULT '{}',
    is_required   boolean NOT NULL,
    is_searchable boolean NOT NULL,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (record_type, name)
);
