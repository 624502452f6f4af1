-- A keyed hash of each saved destination, so that the same one is known again on another account. Never the value.
CREATE TABLE destination_hashes (
    method_id uuid NOT NULL PRIMARY KEY REFERENCES payout_methods (id),
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    hash text NOT NULL
);
CREATE INDEX destination_hashes_by_hash ON destination_hashes (hash);

-- A keyed hash of the network that a payout was asked from.
CREATE TABLE payout_networks (
    payout_id uuid NOT NULL PRIMARY KEY REFERENCES payouts (id),
    shopper_id uuid NOT NULL,
    network text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX payout_networks_by_network ON payout_networks (network, at);
CREATE INDEX payout_networks_by_time ON payout_networks (at);

-- Why a payout was held for an operator: every rule that spoke, with what it saw.
CREATE TABLE payout_reviews (
    payout_id uuid NOT NULL REFERENCES payouts (id),
    rule text NOT NULL,
    seen text NOT NULL,
    allowed text NOT NULL,
    PRIMARY KEY (payout_id, rule)
);

-- The approvals of payouts that take two operators. One counts for the revision that it was given to.
CREATE TABLE payout_approvals (
    payout_id uuid NOT NULL REFERENCES payouts (id),
    revision bigint NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (payout_id, revision, actor)
);

CREATE INDEX payouts_by_time ON payouts (requested_at);

-- Shoppers whose payouts are frozen, and by whom.
CREATE TABLE payout_freezes (
    shopper_id uuid NOT NULL PRIMARY KEY REFERENCES shoppers (id),
    at timestamptz NOT NULL,
    actor text NOT NULL
);

-- The addresses that accounts had before, sealed, for as long as they are told of new destinations.
CREATE TABLE past_addresses (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    sealed text NOT NULL,
    until timestamptz NOT NULL
);
CREATE INDEX past_addresses_by_shopper ON past_addresses (shopper_id);
CREATE INDEX past_addresses_by_time ON past_addresses (until);
