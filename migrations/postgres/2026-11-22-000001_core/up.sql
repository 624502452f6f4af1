-- Partners: who reports sales and owes commission.
CREATE TABLE partners (
    id uuid NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    adapter text NOT NULL,
    settings text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'paused')),
    created_at timestamptz NOT NULL
);

-- Secrets that a partner's calls are checked with; several may be valid while one is rotated out.
CREATE TABLE partner_secrets (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    sealed text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);
CREATE INDEX partner_secrets_by_partner ON partner_secrets (partner_id);

-- The operator's own adapters, beside the presets in the binary.
CREATE TABLE adapters (
    name text NOT NULL PRIMARY KEY,
    body text NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE stores (
    id uuid NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    partner_id uuid NOT NULL REFERENCES partners (id),
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'paused')),
    home_url text NOT NULL,
    domains text NOT NULL,
    landing_url text NOT NULL,
    deep_link_url text,
    categories text NOT NULL,
    extension text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX stores_by_partner ON stores (partner_id);

-- One immutable version of a store's conditions.
CREATE TABLE terms (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    version bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (store_id, version)
);

CREATE TABLE shoppers (
    id uuid NOT NULL PRIMARY KEY,
    public_id text NOT NULL UNIQUE,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'blocked', 'erased')),
    language text NOT NULL CHECK (language IN ('en', 'ru')),
    email_confirmed_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX shoppers_unconfirmed ON shoppers (created_at) WHERE email_confirmed_at IS NULL AND status = 'active';

CREATE TABLE operators (
    id uuid NOT NULL PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'support', 'finance', 'viewer')),
    status text NOT NULL CHECK (status IN ('active', 'blocked')),
    created_at timestamptz NOT NULL,
    letters TEXT CHECK (letters IN ('en', 'ru'))
);

-- Sessions, API tokens and one-time codes: only the SHA-256 of each is kept.
CREATE TABLE tokens (
    id uuid NOT NULL PRIMARY KEY,
    digest text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('session', 'api', 'email_confirm', 'factor', 'extension', 'extension_code')),
    owner_kind text NOT NULL CHECK (owner_kind IN ('shopper', 'partner', 'operator', 'person')),
    owner_id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    sent_to text,
    tries bigint NOT NULL,
    used_at timestamptz
);
CREATE INDEX tokens_by_owner ON tokens (owner_id);

-- The ring that signs tracking links: one signs, several verify.
CREATE TABLE signing_keys (
    id text NOT NULL PRIMARY KEY,
    sealed text NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);

-- A partition for each month, made while the service runs: ids are UUIDv7, so a month is a range of ids. The default one
-- takes what has none yet.
CREATE TABLE clicks (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL,
    store_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    terms_id uuid NOT NULL,
    at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    landing_url text NOT NULL,
    referrer_host text,
    user_agent text,
    ip_prefix text,
    ip_hash text,
    sec_fetch text,
    bot text
) PARTITION BY RANGE (id);
CREATE TABLE clicks_default PARTITION OF clicks DEFAULT;
CREATE INDEX clicks_by_shopper ON clicks (shopper_id, id);

-- Old clicks that an order or a claim refers to: where they go when a month is dropped. The same columns in the same order.
CREATE TABLE clicks_kept (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL,
    store_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    terms_id uuid NOT NULL,
    at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    landing_url text NOT NULL,
    referrer_host text,
    user_agent text,
    ip_prefix text,
    ip_hash text,
    sec_fetch text,
    bot text
);

-- Partners are never deleted, and all calls and orders of one name the same row: a foreign key would lock that row for each
-- of them, in every lane at once.

-- Every inbound call of a known partner, word for word, with its verdict. One that holds a secret is kept in `sealed`, and
-- query, body and headers are empty then.
CREATE TABLE postbacks (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    method text NOT NULL,
    query text NOT NULL,
    body bytea NOT NULL,
    headers text NOT NULL,
    peer text,
    public_url text NOT NULL,
    sealed text,
    digest text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('applied', 'unchanged', 'superseded', 'ignored', 'held', 'refused')),
    reason text,
    detail text,
    reports text NOT NULL,
    conversion_id uuid,
    rerun_of uuid,
    resolved_by uuid
);
CREATE INDEX postbacks_by_partner ON postbacks (partner_id, id);
CREATE INDEX postbacks_by_conversion ON postbacks (conversion_id) WHERE conversion_id IS NOT NULL;
CREATE INDEX postbacks_waiting ON postbacks (id) WHERE verdict IN ('held', 'refused') AND resolved_by IS NULL;

-- One order or action, known by (partner, external id).
CREATE TABLE conversions (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL,
    external_id text NOT NULL,
    order_id text,
    store_id uuid NOT NULL,
    click_id uuid NOT NULL,
    shopper_id uuid NOT NULL,
    terms_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'confirmed', 'declined', 'reversed')),
    reason text,
    hold boolean NOT NULL,
    payable boolean NOT NULL,
    paid boolean NOT NULL,
    currency text NOT NULL,
    commission bigint NOT NULL CHECK (commission >= 0),
    cashback bigint NOT NULL CHECK (cashback >= 0),
    order_amount bigint,
    order_currency text,
    promise text NOT NULL,
    category text,
    event_at timestamptz,
    weight text NOT NULL,
    decided_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    available_at timestamptz,
    released boolean NOT NULL,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (partner_id, external_id)
);
CREATE INDEX conversions_by_shopper ON conversions (shopper_id, id);
CREATE INDEX conversions_by_store ON conversions (store_id, id);
CREATE INDEX conversions_by_click ON conversions (click_id);
CREATE INDEX conversions_to_release ON conversions (available_at) WHERE state = 'confirmed' AND NOT released;

-- What a conversion was after each change, and what caused it.
CREATE TABLE conversion_revisions (
    conversion_id uuid NOT NULL REFERENCES conversions (id),
    revision bigint NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL,
    hold boolean NOT NULL,
    commission bigint NOT NULL,
    cashback bigint NOT NULL,
    reason text,
    cause text NOT NULL,
    postback_id uuid,
    available_at timestamptz,
    PRIMARY KEY (conversion_id, revision)
);

CREATE TABLE ledger_transactions (
    id uuid NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    source text NOT NULL UNIQUE,
    shopper_id uuid,
    partner_id uuid,
    conversion_id uuid,
    payout_id uuid,
    note text
);
CREATE INDEX ledger_transactions_by_shopper ON ledger_transactions (shopper_id, id) WHERE shopper_id IS NOT NULL;
CREATE INDEX ledger_transactions_by_partner ON ledger_transactions (partner_id, id) WHERE partner_id IS NOT NULL;
CREATE INDEX ledger_transactions_by_conversion ON ledger_transactions (conversion_id) WHERE conversion_id IS NOT NULL;
CREATE INDEX ledger_transactions_by_payout ON ledger_transactions (payout_id) WHERE payout_id IS NOT NULL;

CREATE TABLE ledger_transfers (
    transaction_id uuid NOT NULL REFERENCES ledger_transactions (id),
    position bigint NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    PRIMARY KEY (transaction_id, position),
    CHECK (debit <> credit)
);

-- Transactions that the sealer has not taken yet.
CREATE TABLE ledger_unsealed (
    transaction_id uuid NOT NULL PRIMARY KEY
);

-- The hash chain: position n seals one transaction and position n-1.
CREATE TABLE ledger_seals (
    position bigint NOT NULL PRIMARY KEY,
    transaction_id uuid NOT NULL UNIQUE REFERENCES ledger_transactions (id),
    hash text NOT NULL
);

-- Balances of partners, banks and the house, folded from sealed transactions in batches. Credit is positive.
CREATE TABLE ledger_folded (
    account text NOT NULL,
    currency text NOT NULL,
    balance bigint NOT NULL,
    PRIMARY KEY (account, currency)
);

-- Live balances of shoppers, updated with the transaction that moves them.
CREATE TABLE shopper_balances (
    shopper_id uuid NOT NULL,
    currency text NOT NULL,
    pending bigint NOT NULL CHECK (pending >= 0),
    confirmed bigint NOT NULL CHECK (confirmed >= 0),
    available bigint NOT NULL CHECK (available >= 0),
    in_payout bigint NOT NULL CHECK (in_payout >= 0),
    debt bigint NOT NULL CHECK (debt <= 0),
    PRIMARY KEY (shopper_id, currency)
);

-- Saved destinations: a provider's token, sealed. Never a card number.
CREATE TABLE payout_methods (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    provider text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('card', 'wallet', 'sbp', 'yoomoney', 'paypal', 'iban', 'account')),
    masked text NOT NULL,
    sealed text NOT NULL,
    created_at timestamptz NOT NULL,
    usable_from timestamptz NOT NULL,
    removed_at timestamptz
);
CREATE INDEX payout_methods_by_shopper ON payout_methods (shopper_id);

CREATE TABLE payouts (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    method_id uuid NOT NULL REFERENCES payout_methods (id),
    provider text NOT NULL,
    kind text NOT NULL,
    masked text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    fee bigint NOT NULL CHECK (fee >= 0 AND fee < amount),
    state text NOT NULL CHECK (state IN ('requested', 'review', 'approved', 'submitting', 'submitted', 'unknown', 'paid', 'failed', 'cancelled', 'returned')),
    reason text,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    provider_key text NOT NULL UNIQUE,
    key_expires_at timestamptz,
    uncertain boolean NOT NULL,
    provider_ref text,
    sends bigint NOT NULL,
    polls bigint NOT NULL,
    attention text,
    revision bigint NOT NULL,
    requested_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (shopper_id, idempotency_key)
);
CREATE INDEX payouts_by_shopper ON payouts (shopper_id, id);
CREATE INDEX payouts_by_state ON payouts (state, id);
CREATE INDEX payouts_to_look_at ON payouts (id) WHERE attention IS NOT NULL;
CREATE INDEX payouts_by_provider_ref ON payouts (provider, provider_ref) WHERE provider_ref IS NOT NULL;

CREATE TABLE payout_events (
    payout_id uuid NOT NULL REFERENCES payouts (id),
    revision bigint NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL,
    cause text NOT NULL,
    detail text,
    PRIMARY KEY (payout_id, revision)
);

-- Providers' webhooks, kept before they are acted on; one that overtakes our own answer waits here.
CREATE TABLE provider_events (
    provider text NOT NULL,
    event_id text NOT NULL,
    received_at timestamptz NOT NULL,
    payout_id uuid,
    provider_key text,
    provider_ref text,
    status text NOT NULL,
    body text NOT NULL,
    applied boolean NOT NULL,
    problem text,
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX provider_events_waiting ON provider_events (received_at) WHERE NOT applied;

-- Work to be done later, written in the transaction that wants it done.
CREATE TABLE jobs (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    key text NOT NULL UNIQUE,
    payload text NOT NULL,
    run_at timestamptz NOT NULL,
    attempts bigint NOT NULL,
    leased_until timestamptz,
    last_error text,
    dead boolean NOT NULL
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE NOT dead;

-- "This order is missing."
CREATE TABLE claims (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    partner_id uuid NOT NULL REFERENCES partners (id),
    click_id uuid NOT NULL,
    order_number text NOT NULL,
    order_amount bigint,
    currency text,
    ordered_at timestamptz NOT NULL,
    note text,
    state text NOT NULL CHECK (state IN ('open', 'accepted', 'declined')),
    answer text,
    created_at timestamptz NOT NULL,
    answer_by timestamptz NOT NULL,
    answered_at timestamptz,
    answered_by text,
    UNIQUE (click_id, order_number)
);
CREATE INDEX claims_by_shopper ON claims (shopper_id, id);
CREATE INDEX claims_by_partner ON claims (partner_id, id);

-- What operators did, and what partners changed of their own.
CREATE TABLE audit (
    id uuid NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL
);
CREATE INDEX audit_by_subject ON audit (subject, id);

-- How many clicks a store had on a day (UTC), so that nobody counts them again.
CREATE TABLE click_days (
    day timestamptz NOT NULL,
    store_id uuid NOT NULL,
    clicks bigint NOT NULL,
    PRIMARY KEY (day, store_id)
);

-- What the service keeps in mind of its own work: how far clicks are counted and the ledger was told, what the last check of the ledger found.
CREATE TABLE marks (
    name text NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    body text NOT NULL
);

-- Corrections above what one operator may book alone: one asks, another decides.
CREATE TABLE adjustments (
    id uuid NOT NULL PRIMARY KEY,
    key text NOT NULL UNIQUE,
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    amount bigint NOT NULL CHECK (amount <> 0),
    currency text NOT NULL,
    fund text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'approved', 'declined', 'expired')),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    answer text,
    transaction_id uuid
);
CREATE INDEX adjustments_open ON adjustments (id) WHERE state = 'open';
CREATE INDEX adjustments_by_shopper ON adjustments (shopper_id, id);

-- What operators search by.
CREATE INDEX conversions_by_order ON conversions (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX claims_open ON claims (id) WHERE state = 'open';
CREATE INDEX claims_by_order ON claims (order_number, id);
CREATE INDEX audit_by_actor ON audit (actor, id);

-- History is only added to: the database itself refuses anything else.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: rows are only inserted, never changed', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER terms_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON terms
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER conversion_revisions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON conversion_revisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transactions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transfers_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_seals_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payout_events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
