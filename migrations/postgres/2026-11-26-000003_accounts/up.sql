-- News by letter that shoppers turned off.
CREATE TABLE notices_off (
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    kind text NOT NULL,
    PRIMARY KEY (shopper_id, kind)
);

-- The second factor of whoever signs in: the secret of a program that makes codes, sealed. It counts once a code has come
-- back; `last_step` is that of the last code that was taken, so that none is taken twice.
CREATE TABLE second_factors (
    owner_id uuid NOT NULL PRIMARY KEY,
    sealed text NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL
);

-- Codes for whoever lost that program, each good once: only the SHA-256 of each is kept.
CREATE TABLE recovery_codes (
    owner_id uuid NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (owner_id, digest)
);

-- Receipts that shoppers laid beside their claims.
CREATE TABLE claim_files (
    id uuid NOT NULL PRIMARY KEY,
    claim_id uuid NOT NULL REFERENCES claims (id),
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('pdf', 'jpeg', 'png', 'webp')),
    size bigint NOT NULL CHECK (size > 0),
    bytes bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX claim_files_by_claim ON claim_files (claim_id, id);
