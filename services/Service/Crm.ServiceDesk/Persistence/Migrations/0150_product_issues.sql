-- Products whose returns or complaints have risen, as analytics suspects.
CREATE TABLE product_issues (
    id           uuid PRIMARY KEY,
    sku          text NOT NULL,
    product_name text NOT NULL DEFAULT '',
    signal       text NOT NULL DEFAULT '',
    began_on     date,
    events       bigint NOT NULL DEFAULT 0,
    expected     double precision NOT NULL DEFAULT 0,
    rate_ratio   double precision NOT NULL DEFAULT 0,
    lot          text,
    reasons      text[] NOT NULL DEFAULT '{}',
    raised_at    timestamptz,
    closed_at    timestamptz,
    close_reason text
);
CREATE INDEX product_issues_open ON product_issues (id) WHERE closed_at IS NULL;
