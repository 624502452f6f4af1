-- News by letter that shoppers turned off.
CREATE TABLE notices_off (
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    kind TEXT NOT NULL,
    PRIMARY KEY (shopper_id, kind)
) STRICT;

-- The second factor of whoever signs in: the secret of a program that makes codes, sealed. It counts once a code has come
-- back; `last_step` is that of the last code that was taken, so that none is taken twice.
CREATE TABLE second_factors (
    owner_id BLOB NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL
) STRICT;

-- Codes for whoever lost that program, each good once: only the SHA-256 of each is kept.
CREATE TABLE recovery_codes (
    owner_id BLOB NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (owner_id, digest)
) STRICT;

-- Receipts that shoppers laid beside their claims.
CREATE TABLE claim_files (
    id BLOB NOT NULL PRIMARY KEY,
    claim_id BLOB NOT NULL REFERENCES claims (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('pdf', 'jpeg', 'png', 'webp')),
    size INTEGER NOT NULL CHECK (size > 0),
    bytes BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_files_by_claim ON claim_files (claim_id, id);
