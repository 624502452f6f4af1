-- Partners: who reports sales and owes commission.
CREATE TABLE partners (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    adapter TEXT NOT NULL,
    settings TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'paused')),
    created_at INTEGER NOT NULL
) STRICT;

-- Secrets that a partner's calls are checked with; several may be valid while one is rotated out.
CREATE TABLE partner_secrets (
    id BLOB NOT NULL PRIMARY KEY,
    partner_id BLOB NOT NULL REFERENCES partners (id),
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
CREATE INDEX partner_secrets_by_partner ON partner_secrets (partner_id);

-- The operator's own adapters, beside the presets in the binary.
CREATE TABLE adapters (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE stores (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    partner_id BLOB NOT NULL REFERENCES partners (id),
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'paused')),
    home_url TEXT NOT NULL,
    domains TEXT NOT NULL,
    landing_url TEXT NOT NULL,
    deep_link_url TEXT,
    categories TEXT NOT NULL,
    extension TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stores_by_partner ON stores (partner_id);

-- One immutable version of a store's conditions.
CREATE TABLE terms (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    version INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (store_id, version)
) STRICT;

CREATE TABLE shoppers (
    id BLOB NOT NULL PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'blocked', 'erased')),
    language TEXT NOT NULL CHECK (language IN ('en', 'ru')),
    email_confirmed_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX shoppers_unconfirmed ON shoppers (created_at) WHERE email_confirmed_at IS NULL AND status = 'active';

CREATE TABLE operators (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'support', 'finance', 'viewer')),
    status TEXT NOT NULL CHECK (status IN ('active', 'blocked')),
    created_at INTEGER NOT NULL,
    letters TEXT CHECK (letters IN ('en', 'ru'))
) STRICT;

-- Sessions, API tokens and one-time codes: only the SHA-256 of each is kept.
CREATE TABLE tokens (
    id BLOB NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'api', 'email_confirm', 'factor', 'extension', 'extension_code')),
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('shopper', 'partner', 'operator', 'person')),
    owner_id BLOB NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    sent_to TEXT,
    tries INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX tokens_by_owner ON tokens (owner_id);

-- The ring that signs tracking links: one signs, several verify.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

CREATE TABLE clicks (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL,
    store_id BLOB NOT NULL,
    partner_id BLOB NOT NULL,
    terms_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    landing_url TEXT NOT NULL,
    referrer_host TEXT,
    user_agent TEXT,
    ip_prefix TEXT,
    ip_hash TEXT,
    sec_fetch TEXT,
    bot TEXT
) STRICT;
CREATE INDEX clicks_by_shopper ON clicks (shopper_id, id);

-- Old clicks that an order or a claim refers to: where they go when the others of their time are deleted.
CREATE TABLE clicks_kept (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL,
    store_id BLOB NOT NULL,
    partner_id BLOB NOT NULL,
    terms_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    landing_url TEXT NOT NULL,
    referrer_host TEXT,
    user_agent TEXT,
    ip_prefix TEXT,
    ip_hash TEXT,
    sec_fetch TEXT,
    bot TEXT
) STRICT;

-- Partners are never deleted, and all calls and orders of one name the same row: a foreign key would lock that row for each
-- of them, in every lane at once.

-- Every inbound call of a known partner, word for word, with its verdict. One that holds a secret is kept in `sealed`, and
-- query, body and headers are empty then.
CREATE TABLE postbacks (
    id BLOB NOT NULL PRIMARY KEY,
    partner_id BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    method TEXT NOT NULL,
    query TEXT NOT NULL,
    body BLOB NOT NULL,
    headers TEXT NOT NULL,
    peer TEXT,
    public_url TEXT NOT NULL,
    sealed TEXT,
    digest TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('applied', 'unchanged', 'superseded', 'ignored', 'held', 'refused')),
    reason TEXT,
    detail TEXT,
    reports TEXT NOT NULL,
    conversion_id BLOB,
    rerun_of BLOB,
    resolved_by BLOB
) STRICT;
CREATE INDEX postbacks_by_partner ON postbacks (partner_id, id);
CREATE INDEX postbacks_by_conversion ON postbacks (conversion_id) WHERE conversion_id IS NOT NULL;
CREATE INDEX postbacks_waiting ON postbacks (id) WHERE verdict IN ('held', 'refused') AND resolved_by IS NULL;

-- One order or action, known by (partner, external id).
CREATE TABLE conversions (
    id BLOB NOT NULL PRIMARY KEY,
    partner_id BLOB NOT NULL,
    external_id TEXT NOT NULL,
    order_id TEXT,
    store_id BLOB NOT NULL,
    click_id BLOB NOT NULL,
    shopper_id BLOB NOT NULL,
    terms_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'declined', 'reversed')),
    reason TEXT,
    hold INTEGER NOT NULL,
    payable INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    currency TEXT NOT NULL,
    commission INTEGER NOT NULL CHECK (commission >= 0),
    cashback INTEGER NOT NULL CHECK (cashback >= 0),
    order_amount INTEGER,
    order_currency TEXT,
    promise TEXT NOT NULL,
    category TEXT,
    event_at INTEGER,
    weight TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    available_at INTEGER,
    released INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (partner_id, external_id)
) STRICT;
CREATE INDEX conversions_by_shopper ON conversions (shopper_id, id);
CREATE INDEX conversions_by_store ON conversions (store_id, id);
CREATE INDEX conversions_by_click ON conversions (click_id);
CREATE INDEX conversions_to_release ON conversions (available_at) WHERE state = 'confirmed' AND NOT released;

-- What a conversion was after each change, and what caused it.
CREATE TABLE conversion_revisions (
    conversion_id BLOB NOT NULL REFERENCES conversions (id),
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    hold INTEGER NOT NULL,
    commission INTEGER NOT NULL,
    cashback INTEGER NOT NULL,
    reason TEXT,
    cause TEXT NOT NULL,
    postback_id BLOB,
    available_at INTEGER,
    PRIMARY KEY (conversion_id, revision)
) STRICT;

CREATE TABLE ledger_transactions (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL UNIQUE,
    shopper_id BLOB,
    partner_id BLOB,
    conversion_id BLOB,
    payout_id BLOB,
    note TEXT
) STRICT;
CREATE INDEX ledger_transactions_by_shopper ON ledger_transactions (shopper_id, id) WHERE shopper_id IS NOT NULL;
CREATE INDEX ledger_transactions_by_partner ON ledger_transactions (partner_id, id) WHERE partner_id IS NOT NULL;
CREATE INDEX ledger_transactions_by_conversion ON ledger_transactions (conversion_id) WHERE conversion_id IS NOT NULL;
CREATE INDEX ledger_transactions_by_payout ON ledger_transactions (payout_id) WHERE payout_id IS NOT NULL;

CREATE TABLE ledger_transfers (
    transaction_id BLOB NOT NULL REFERENCES ledger_transactions (id),
    position INTEGER NOT NULL,
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    PRIMARY KEY (transaction_id, position),
    CHECK (debit <> credit)
) STRICT;

-- Transactions that the sealer has not taken yet.
CREATE TABLE ledger_unsealed (
    transaction_id BLOB NOT NULL PRIMARY KEY
) STRICT;

-- The hash chain: position n seals one transaction and position n-1.
CREATE TABLE ledger_seals (
    position INTEGER NOT NULL PRIMARY KEY,
    transaction_id BLOB NOT NULL UNIQUE REFERENCES ledger_transactions (id),
    hash TEXT NOT NULL
) STRICT;

-- Balances of partners, banks and the house, folded from sealed transactions in batches. Credit is positive.
CREATE TABLE ledger_folded (
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    balance INTEGER NOT NULL,
    PRIMARY KEY (account, currency)
) STRICT;

-- Live balances of shoppers, updated with the transaction that moves them.
CREATE TABLE shopper_balances (
    shopper_id BLOB NOT NULL,
    currency TEXT NOT NULL,
    pending INTEGER NOT NULL CHECK (pending >= 0),
    confirmed INTEGER NOT NULL CHECK (confirmed >= 0),
    available INTEGER NOT NULL CHECK (available >= 0),
    in_payout INTEGER NOT NULL CHECK (in_payout >= 0),
    debt INTEGER NOT NULL CHECK (debt <= 0),
    PRIMARY KEY (shopper_id, currency)
) STRICT;

-- Saved destinations: a provider's token, sealed. Never a card number.
CREATE TABLE payout_methods (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    provider TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('card', 'wallet', 'sbp', 'yoomoney', 'paypal', 'iban', 'account')),
    masked TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    usable_from INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE INDEX payout_methods_by_shopper ON payout_methods (shopper_id);

CREATE TABLE payouts (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    method_id BLOB NOT NULL REFERENCES payout_methods (id),
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    masked TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    fee INTEGER NOT NULL CHECK (fee >= 0 AND fee < amount),
    state TEXT NOT NULL CHECK (state IN ('requested', 'review', 'approved', 'submitting', 'submitted', 'unknown', 'paid', 'failed', 'cancelled', 'returned')),
    reason TEXT,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    provider_key TEXT NOT NULL UNIQUE,
    key_expires_at INTEGER,
    uncertain INTEGER NOT NULL,
    provider_ref TEXT,
    sends INTEGER NOT NULL,
    polls INTEGER NOT NULL,
    attention TEXT,
    revision INTEGER NOT NULL,
    requested_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (shopper_id, idempotency_key)
) STRICT;
CREATE INDEX payouts_by_shopper ON payouts (shopper_id, id);
CREATE INDEX payouts_by_state ON payouts (state, id);
CREATE INDEX payouts_to_look_at ON payouts (id) WHERE attention IS NOT NULL;
CREATE INDEX payouts_by_provider_ref ON payouts (provider, provider_ref) WHERE provider_ref IS NOT NULL;

CREATE TABLE payout_events (
    payout_id BLOB NOT NULL REFERENCES payouts (id),
    revision INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    cause TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (payout_id, revision)
) STRICT;

-- Providers' webhooks, kept before they are acted on; one that overtakes our own answer waits here.
CREATE TABLE provider_events (
    provider TEXT NOT NULL,
    event_id TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    payout_id BLOB,
    provider_key TEXT,
    provider_ref TEXT,
    status TEXT NOT NULL,
    body TEXT NOT NULL,
    applied INTEGER NOT NULL,
    problem TEXT,
    PRIMARY KEY (provider, event_id)
) STRICT;
CREATE INDEX provider_events_waiting ON provider_events (received_at) WHERE NOT applied;

-- Work to be done later, written in the transaction that wants it done.
CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    leased_until INTEGER,
    last_error TEXT,
    dead INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (run_at) WHERE NOT dead;

-- "This order is missing."
CREATE TABLE claims (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    store_id BLOB NOT NULL REFERENCES stores (id),
    partner_id BLOB NOT NULL REFERENCES partners (id),
    click_id BLOB NOT NULL,
    order_number TEXT NOT NULL,
    order_amount INTEGER,
    currency TEXT,
    ordered_at INTEGER NOT NULL,
    note TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined')),
    answer TEXT,
    created_at INTEGER NOT NULL,
    answer_by INTEGER NOT NULL,
    answered_at INTEGER,
    answered_by TEXT,
    UNIQUE (click_id, order_number)
) STRICT;
CREATE INDEX claims_by_shopper ON claims (shopper_id, id);
CREATE INDEX claims_by_partner ON claims (partner_id, id);

-- What operators did, and what partners changed of their own.
CREATE TABLE audit (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, id);

-- How many clicks a store had on a day (UTC), so that nobody counts them again.
CREATE TABLE click_days (
    day INTEGER NOT NULL,
    store_id BLOB NOT NULL,
    clicks INTEGER NOT NULL,
    PRIMARY KEY (day, store_id)
) STRICT;

-- What the service keeps in mind of its own work: how far clicks are counted and the ledger was told, what the last check of the ledger found.
CREATE TABLE marks (
    name TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- Corrections above what one operator may book alone: one asks, another decides.
CREATE TABLE adjustments (
    id BLOB NOT NULL PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    amount INTEGER NOT NULL CHECK (amount <> 0),
    currency TEXT NOT NULL,
    fund TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'declined', 'expired')),
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    answer TEXT,
    transaction_id BLOB
) STRICT;
CREATE INDEX adjustments_open ON adjustments (id) WHERE state = 'open';
CREATE INDEX adjustments_by_shopper ON adjustments (shopper_id, id);

-- What operators search by.
CREATE INDEX conversions_by_order ON conversions (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX claims_open ON claims (id) WHERE state = 'open';
CREATE INDEX claims_by_order ON claims (order_number, id);
CREATE INDEX audit_by_actor ON audit (actor, id);

-- History is only added to: the database itself refuses anything else.
CREATE TRIGGER terms_no_update BEFORE UPDATE ON terms
BEGIN SELECT RAISE(ABORT, 'terms: rows are only inserted, never changed'); END;
CREATE TRIGGER terms_no_delete BEFORE DELETE ON terms
BEGIN SELECT RAISE(ABORT, 'terms: rows are only inserted, never changed'); END;
CREATE TRIGGER conversion_revisions_no_update BEFORE UPDATE ON conversion_revisions
BEGIN SELECT RAISE(ABORT, 'conversion_revisions: rows are only inserted, never changed'); END;
CREATE TRIGGER conversion_revisions_no_delete BEFORE DELETE ON conversion_revisions
BEGIN SELECT RAISE(ABORT, 'conversion_revisions: rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_transactions_no_update BEFORE UPDATE ON ledger_transactions
BEGIN SELECT RAISE(ABORT, 'ledger_transactions: rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_transactions_no_delete BEFORE DELETE ON ledger_transactions
BEGIN SELECT RAISE(ABORT, 'ledger_transactions: rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_transfers_no_update BEFORE UPDATE ON ledger_transfers
BEGIN SELECT RAISE(ABORT, 'ledger_transfers: rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_transfers_no_delete BEFORE DELETE ON ledger_transfers
BEGIN SELECT RAISE(ABORT, 'ledger_transfers: rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_seals_no_update BEFORE UPDATE ON ledger_seals
BEGIN SELECT RAISE(ABORT, 'ledger_seals: rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_seals_no_delete BEFORE DELETE ON ledger_seals
BEGIN SELECT RAISE(ABORT, 'ledger_seals: rows are only inserted, never changed'); END;
CREATE TRIGGER payout_events_no_update BEFORE UPDATE ON payout_events
BEGIN SELECT RAISE(ABORT, 'payout_events: rows are only inserted, never changed'); END;
CREATE TRIGGER payout_events_no_delete BEFORE DELETE ON payout_events
BEGIN SELECT RAISE(ABORT, 'payout_events: rows are only inserted, never changed'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit: rows are only inserted, never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit: rows are only inserted, never changed'); END;
-- INSERT OR REPLACE takes a row's place without the triggers on DELETE: an insert that meets a row is refused before.
CREATE TRIGGER terms_no_replace BEFORE INSERT ON terms
WHEN EXISTS (SELECT 1 FROM terms WHERE id = NEW.id OR (store_id = NEW.store_id AND version = NEW.version) OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'terms: already there, rows are only inserted, never changed'); END;
CREATE TRIGGER conversion_revisions_no_replace BEFORE INSERT ON conversion_revisions
WHEN EXISTS (SELECT 1 FROM conversion_revisions WHERE (conversion_id = NEW.conversion_id AND revision = NEW.revision) OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'conversion_revisions: already there, rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_transactions_no_replace BEFORE INSERT ON ledger_transactions
WHEN EXISTS (SELECT 1 FROM ledger_transactions WHERE id = NEW.id OR source = NEW.source OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'ledger_transactions: already there, rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_transfers_no_replace BEFORE INSERT ON ledger_transfers
WHEN EXISTS (SELECT 1 FROM ledger_transfers WHERE (transaction_id = NEW.transaction_id AND position = NEW.position) OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'ledger_transfers: already there, rows are only inserted, never changed'); END;
CREATE TRIGGER ledger_seals_no_replace BEFORE INSERT ON ledger_seals
WHEN EXISTS (SELECT 1 FROM ledger_seals WHERE position = NEW.position OR transaction_id = NEW.transaction_id)
BEGIN SELECT RAISE(ABORT, 'ledger_seals: already there, rows are only inserted, never changed'); END;
CREATE TRIGGER payout_events_no_replace BEFORE INSERT ON payout_events
WHEN EXISTS (SELECT 1 FROM payout_events WHERE (payout_id = NEW.payout_id AND revision = NEW.revision) OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'payout_events: already there, rows are only inserted, never changed'); END;
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'audit: already there, rows are only inserted, never changed'); END;
