-- A keyed hash of each saved destination, so that the same one is known again on another account. Never the value.
CREATE TABLE destination_hashes (
    method_id BLOB NOT NULL PRIMARY KEY REFERENCES payout_methods (id),
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX destination_hashes_by_hash ON destination_hashes (hash);

-- A keyed hash of the network that a payout was asked from.
CREATE TABLE payout_networks (
    payout_id BLOB NOT NULL PRIMARY KEY REFERENCES payouts (id),
    shopper_id BLOB NOT NULL,
    network TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX payout_networks_by_network ON payout_networks (network, at);
CREATE INDEX payout_networks_by_time ON payout_networks (at);

-- Why a payout was held for an operator: every rule that spoke, with what it saw.
CREATE TABLE payout_reviews (
    payout_id BLOB NOT NULL REFERENCES payouts (id),
    rule TEXT NOT NULL,
    seen TEXT NOT NULL,
    allowed TEXT NOT NULL,
    PRIMARY KEY (payout_id, rule)
) STRICT;

-- The approvals of payouts that take two operators. One counts for the revision that it was given to.
CREATE TABLE payout_approvals (
    payout_id BLOB NOT NULL REFERENCES payouts (id),
    revision INTEGER NOT NULL,
    actor TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (payout_id, revision, actor)
) STRICT;

CREATE INDEX payouts_by_time ON payouts (requested_at);

-- Shoppers whose payouts are frozen, and by whom.
CREATE TABLE payout_freezes (
    shopper_id BLOB NOT NULL PRIMARY KEY REFERENCES shoppers (id),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL
) STRICT;

-- The addresses that accounts had before, sealed, for as long as they are told of new destinations.
CREATE TABLE past_addresses (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    sealed TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX past_addresses_by_shopper ON past_addresses (shopper_id);
CREATE INDEX past_addresses_by_time ON past_addresses (until);
