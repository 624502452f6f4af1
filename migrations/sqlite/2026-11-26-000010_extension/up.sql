-- The keys that sign the extension's list: the newest one signs, and each but the first is vouched for by the one before it.
CREATE TABLE list_keys (
    id TEXT NOT NULL PRIMARY KEY,
    public_key TEXT NOT NULL,
    sealed TEXT NOT NULL,
    vouched TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- The operator's own stand-down packs, and what they add to those in the binary.
CREATE TABLE standdown_packs (
    id TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- Links that shoppers asked for through the extension. The click that follows one has its shopper, store and time of issue.
CREATE TABLE activations (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    store_id BLOB NOT NULL REFERENCES stores (id),
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX activations_by_shopper ON activations (shopper_id, id);
