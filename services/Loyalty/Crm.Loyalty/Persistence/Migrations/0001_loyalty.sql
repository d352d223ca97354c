-- Customers that may become members: a projection of the customer service, filled by its events and by what it answers when asked.
CREATE TABLE customers (
    customer_id uuid PRIMARY KEY
);

CREATE SEQUENCE member_numbers;

-- A member with the cached state of their points account. The row is the lock under which every decision about their points is made.
CREATE TABLE members (
    id              uuid PRIMARY KEY,
    customer_id     uuid NOT NULL UNIQUE,
    number          text NOT NULL UNIQUE DEFAULT 'MBR-' || lpad(nextval('member_numbers')::text, 10, '0'),
    enrolled_at     timestamptz NOT NULL,
    available       bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    debt            bigint NOT NULL DEFAULT 0 CHECK (debt >= 0),
    lifetime_points bigint NOT NULL DEFAULT 0,
    version         bigint NOT NULL DEFAULT 1,
    -- What is owed is taken from what is there: nobody can spend while they owe.
    CHECK (available = 0 OR debt = 0)
) WITH (fillfactor = 80);

CREATE TABLE cards (
    id         uuid PRIMARY KEY,
    member_id  uuid NOT NULL REFERENCES members,
    number     text NOT NULL UNIQUE CHECK (number ~ '^[0-9]{16}$'),
    status     text NOT NULL CHECK (status IN ('active', 'blocked', 'replaced')),
    issued_at  timestamptz NOT NULL,
    replaces   uuid UNIQUE REFERENCES cards,
    blocked_at timestamptz,
    block_reason text
);
CREATE INDEX cards_by_member ON cards (member_id, id);

-- What a point costs, by currency and from when on. A version is never changed: a new rule is a new version.
CREATE TABLE earning_rules (
    currency         char(3) NOT NULL,
    version          int NOT NULL,
    amount_per_point numeric(19,4) NOT NULL CHECK (amount_per_point > 0),
    effective_from   timestamptz NOT NULL,
    PRIMARY KEY (currency, version),
    UNIQUE (currency, effective_from)
);
INSERT INTO earning_rules (currency, version, amount_per_point, effective_from) VALUES
    ('IDR', 1, 10000, '1900-01-01T00:00:00Z'),
    ('USD', 1, 1, '1900-01-01T00:00:00Z'),
    ('EUR', 1, 1, '1900-01-01T00:00:00Z');

-- Purchases of members as far as points are concerned. points = rule(net) at all times.
CREATE TABLE baskets (
    purchase_id  uuid PRIMARY KEY,
    member_id    uuid NOT NULL REFERENCES members,
    source       text NOT NULL,
    source_id    text NOT NULL,
    purchased_at timestamptz NOT NULL,
    currency     char(3) NOT NULL,
    -- Of the rule that was in force at the purchase; null where the currency had none.
    rule_version int,
    net          numeric(19,4) NOT NULL,
    points       bigint NOT NULL CHECK (points >= 0),
    UNIQUE (source, source_id)
);

-- Returns whose purchase is not known here (yet).
CREATE TABLE parked_returns (
    return_id   uuid PRIMARY KEY,
    purchase_id uuid NOT NULL,
    returned_at timestamptz NOT NULL,
    total_after numeric(19,4) NOT NULL,
    lines       int[] NOT NULL
);
CREATE INDEX parked_returns_by_purchase ON parked_returns (purchase_id);

-- A business fact that moved points of one member. Its key makes it happen once, whichever way it arrives.
CREATE TABLE journals (
    id              uuid PRIMARY KEY,
    member_id       uuid NOT NULL REFERENCES members,
    kind            text NOT NULL CHECK (kind IN ('earn', 'reverse', 'redeem', 'adjust')),
    source          text NOT NULL,
    source_id       text NOT NULL,
    -- 0: the fact as a whole.
    line            int NOT NULL DEFAULT 0,
    -- Change of the available balance.
    points          bigint NOT NULL,
    available_after bigint NOT NULL,
    member_version  bigint NOT NULL,
    rule_version    int,
    occurred_at     timestamptz NOT NULL,
    posted_at       timestamptz NOT NULL,
    UNIQUE (source, source_id, line, kind),
    UNIQUE (member_id, member_version)
);

-- The double entry. Accounts: issuance, redeemed and reversed are the programme's, available and debt the member's.
CREATE TABLE postings (
    journal_id uuid NOT NULL REFERENCES journals,
    account    text NOT NULL CHECK (account IN ('issuance', 'available', 'redeemed', 'reversed', 'debt')),
    member_id  uuid NOT NULL,
    points     bigint NOT NULL CHECK (points <> 0),
    PRIMARY KEY (journal_id, account)
);

-- What was earned by a line, and how much of it is left to spend.
CREATE TABLE lots (
    id           uuid PRIMARY KEY,
    member_id    uuid NOT NULL REFERENCES members,
    journal_id   uuid NOT NULL REFERENCES journals,
    source       text NOT NULL,
    source_id    text NOT NULL,
    line         int NOT NULL,
    points       bigint NOT NULL CHECK (points > 0),
    -- The part that paid a debt when it was earned.
    settled      bigint NOT NULL CHECK (settled >= 0),
    remaining    bigint NOT NULL CHECK (remaining >= 0 AND remaining <= points - settled),
    earned_at    timestamptz NOT NULL,
    expires_at   timestamptz,
    rule_version int NOT NULL,
    UNIQUE (source, source_id, line)
) WITH (fillfactor = 90);
CREATE INDEX lots_to_spend ON lots (member_id, expires_at, earned_at, id) WHERE remaining > 0;

-- Which lots a journal took its points from.
CREATE TABLE lot_spendings (
    journal_id uuid NOT NULL REFERENCES journals,
    lot_id     uuid NOT NULL REFERENCES lots,
    points     bigint NOT NULL CHECK (points > 0),
    PRIMARY KEY (journal_id, lot_id)
);
CREATE INDEX lot_spendings_by_lot ON lot_spendings (lot_id);

-- All postings of a journal are written by one statement, so it is enough that every statement's part of a journal sums to zero.
CREATE FUNCTION postings_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unbalanced uuid;
BEGIN
    SELECT journal_id INTO unbalanced FROM written GROUP BY journal_id HAVING sum(points) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'The postings of journal % do not sum to zero.', unbalanced USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_balance AFTER INSERT ON postings REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION postings_balance();

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct it with another journal.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journals FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON postings FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER lot_spendings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_spendings FOR EACH STATEMENT EXECUTE FUNCTION append_only();
