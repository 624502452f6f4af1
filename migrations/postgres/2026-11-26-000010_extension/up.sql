-- The keys that sign the extension's list: the newest one signs, and each but the first is vouched for by the one before it.
CREATE TABLE list_keys (
    id text NOT NULL PRIMARY KEY,
    public_key text NOT NULL,
    sealed text NOT NULL,
    vouched text,
    created_at timestamptz NOT NULL
);

-- The operator's own stand-down packs, and what they add to those in the binary.
CREATE TABLE standdown_packs (
    id text NOT NULL PRIMARY KEY,
    body text NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Links that shoppers asked for through the extension. The click that follows one has its shopper, store and time of issue.
CREATE TABLE activations (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX activations_by_shopper ON activations (shopper_id, id);
