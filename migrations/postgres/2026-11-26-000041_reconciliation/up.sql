-- Differences between what others say of our money and what we know, each until a person, or what comes to be known, closes it.
CREATE TABLE recon_cases (
    id uuid NOT NULL PRIMARY KEY,
    rail text NOT NULL,
    key text NOT NULL,
    class text NOT NULL CHECK (class IN
        ('ours_only', 'theirs_only', 'amount', 'currency', 'status', 'duplicate', 'fee', 'late_return', 'ledger')),
    payout_id uuid REFERENCES payouts (id),
    partner_id uuid REFERENCES partners (id),
    reference text,
    ours bigint,
    ours_currency text,
    theirs bigint,
    theirs_currency text,
    said text,
    found_in text NOT NULL,
    happened_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text,
    reason text,
    UNIQUE (rail, key)
);
CREATE INDEX recon_cases_open ON recon_cases (class, rail) WHERE closed_at IS NULL;

-- Statements of providers and banks that were brought in: looked at first, then carried out once.
CREATE TABLE statements (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('provider', 'bank')),
    rail text NOT NULL,
    mapping text NOT NULL,
    body text NOT NULL,
    lines bigint NOT NULL,
    made_by text NOT NULL,
    created_at timestamptz NOT NULL,
    applied_at timestamptz,
    result text
);
