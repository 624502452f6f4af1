-- Differences between what others say of our money and what we know, each until a person, or what comes to be known, closes it.
CREATE TABLE recon_cases (
    id BLOB NOT NULL PRIMARY KEY,
    rail TEXT NOT NULL,
    key TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN
        ('ours_only', 'theirs_only', 'amount', 'currency', 'status', 'duplicate', 'fee', 'late_return', 'ledger')),
    payout_id BLOB REFERENCES payouts (id),
    partner_id BLOB REFERENCES partners (id),
    reference TEXT,
    ours INTEGER,
    ours_currency TEXT,
    theirs INTEGER,
    theirs_currency TEXT,
    said TEXT,
    found_in TEXT NOT NULL,
    happened_at INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by TEXT,
    reason TEXT,
    UNIQUE (rail, key)
) STRICT;
CREATE INDEX recon_cases_open ON recon_cases (class, rail) WHERE closed_at IS NULL;

-- Statements of providers and banks that were brought in: looked at first, then carried out once.
CREATE TABLE statements (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('provider', 'bank')),
    rail TEXT NOT NULL,
    mapping TEXT NOT NULL,
    body TEXT NOT NULL,
    lines INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    applied_at INTEGER,
    result TEXT
) STRICT;
