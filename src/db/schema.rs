//! The tables, as diesel sees them on both databases. Kept by hand beside the migrations; a test selects
//! every column on both.
#![expect(missing_docs, reason = "the table! macro writes modules without docs")]

pub mod accounts;
pub mod extension;
pub mod people;
pub mod protection;
pub mod rails;
pub mod reconciliation;
pub mod sql;
pub mod standing;
pub mod views;
pub mod webhooks;

pub use accounts::*;
pub use extension::*;
pub use people::{bench_reports, order_changes, partner_applications, partner_people};
pub use protection::*;
pub use rails::{payout_file_lines, payout_files};
pub use reconciliation::{recon_cases, statements};
pub use standing::{adjustments, audit, click_days, marks};
pub use views::shopper_clicks;
pub use webhooks::{hook_messages, hook_notes, hooks};

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    partners (id) {
        id -> Uid,
        slug -> Text,
        name -> Text,
        adapter -> Text,
        settings -> Text,
        status -> Text,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    partner_secrets (id) {
        id -> Uid,
        partner_id -> Uid,
        sealed -> Text,
        created_at -> Moment,
        retired_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    adapters (name) {
        name -> Text,
        body -> Text,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    stores (id) {
        id -> Uid,
        slug -> Text,
        partner_id -> Uid,
        name -> Text,
        status -> Text,
        home_url -> Text,
        domains -> Text,
        landing_url -> Text,
        deep_link_url -> Nullable<Text>,
        categories -> Text,
        extension -> Text,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    terms (id) {
        id -> Uid,
        store_id -> Uid,
        version -> BigInt,
        valid_from -> Moment,
        body -> Text,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    shoppers (id) {
        id -> Uid,
        public_id -> Text,
        email -> Text,
        password_hash -> Text,
        status -> Text,
        language -> Text,
        email_confirmed_at -> Nullable<Moment>,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    operators (id) {
        id -> Uid,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        role -> Text,
        status -> Text,
        created_at -> Moment,
        letters -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    tokens (id) {
        id -> Uid,
        digest -> Text,
        kind -> Text,
        owner_kind -> Text,
        owner_id -> Uid,
        name -> Text,
        created_at -> Moment,
        expires_at -> Nullable<Moment>,
        revoked_at -> Nullable<Moment>,
        sent_to -> Nullable<Text>,
        tries -> BigInt,
        used_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    signing_keys (id) {
        id -> Text,
        sealed -> Text,
        created_at -> Moment,
        retired_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    clicks (id) {
        id -> Uid,
        shopper_id -> Uid,
        store_id -> Uid,
        partner_id -> Uid,
        terms_id -> Uid,
        at -> Moment,
        issued_at -> Moment,
        landing_url -> Text,
        referrer_host -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        ip_prefix -> Nullable<Text>,
        ip_hash -> Nullable<Text>,
        sec_fetch -> Nullable<Text>,
        bot -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    clicks_kept (id) {
        id -> Uid,
        shopper_id -> Uid,
        store_id -> Uid,
        partner_id -> Uid,
        terms_id -> Uid,
        at -> Moment,
        issued_at -> Moment,
        landing_url -> Text,
        referrer_host -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        ip_prefix -> Nullable<Text>,
        ip_hash -> Nullable<Text>,
        sec_fetch -> Nullable<Text>,
        bot -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    postbacks (id) {
        id -> Uid,
        partner_id -> Uid,
        received_at -> Moment,
        method -> Text,
        query -> Text,
        body -> Binary,
        headers -> Text,
        peer -> Nullable<Text>,
        public_url -> Text,
        sealed -> Nullable<Text>,
        digest -> Text,
        verdict -> Text,
        reason -> Nullable<Text>,
        detail -> Nullable<Text>,
        reports -> Text,
        conversion_id -> Nullable<Uid>,
        rerun_of -> Nullable<Uid>,
        resolved_by -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    conversions (id) {
        id -> Uid,
        partner_id -> Uid,
        external_id -> Text,
        order_id -> Nullable<Text>,
        store_id -> Uid,
        click_id -> Uid,
        shopper_id -> Uid,
        terms_id -> Uid,
        state -> Text,
        reason -> Nullable<Text>,
        hold -> Bool,
        payable -> Bool,
        paid -> Bool,
        currency -> Text,
        commission -> BigInt,
        cashback -> BigInt,
        order_amount -> Nullable<BigInt>,
        order_currency -> Nullable<Text>,
        promise -> Text,
        category -> Nullable<Text>,
        event_at -> Nullable<Moment>,
        weight -> Text,
        decided_at -> Moment,
        occurred_at -> Moment,
        confirmed_at -> Nullable<Moment>,
        available_at -> Nullable<Moment>,
        released -> Bool,
        revision -> BigInt,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    conversion_revisions (conversion_id, revision) {
        conversion_id -> Uid,
        revision -> BigInt,
        at -> Moment,
        state -> Text,
        hold -> Bool,
        commission -> BigInt,
        cashback -> BigInt,
        reason -> Nullable<Text>,
        cause -> Text,
        postback_id -> Nullable<Uid>,
        available_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    ledger_transactions (id) {
        id -> Uid,
        at -> Moment,
        kind -> Text,
        source -> Text,
        shopper_id -> Nullable<Uid>,
        partner_id -> Nullable<Uid>,
        conversion_id -> Nullable<Uid>,
        payout_id -> Nullable<Uid>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    ledger_transfers (transaction_id, position) {
        transaction_id -> Uid,
        position -> BigInt,
        debit -> Text,
        credit -> Text,
        amount -> BigInt,
        currency -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    ledger_unsealed (transaction_id) {
        transaction_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    ledger_seals (position) {
        position -> BigInt,
        transaction_id -> Uid,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    ledger_folded (account, currency) {
        account -> Text,
        currency -> Text,
        balance -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    shopper_balances (shopper_id, currency) {
        shopper_id -> Uid,
        currency -> Text,
        pending -> BigInt,
        confirmed -> BigInt,
        available -> BigInt,
        in_payout -> BigInt,
        debt -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    payout_methods (id) {
        id -> Uid,
        shopper_id -> Uid,
        provider -> Text,
        kind -> Text,
        masked -> Text,
        sealed -> Text,
        created_at -> Moment,
        usable_from -> Moment,
        removed_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    payouts (id) {
        id -> Uid,
        shopper_id -> Uid,
        method_id -> Uid,
        provider -> Text,
        kind -> Text,
        masked -> Text,
        currency -> Text,
        amount -> BigInt,
        fee -> BigInt,
        state -> Text,
        reason -> Nullable<Text>,
        idempotency_key -> Text,
        request_hash -> Text,
        provider_key -> Text,
        key_expires_at -> Nullable<Moment>,
        uncertain -> Bool,
        provider_ref -> Nullable<Text>,
        sends -> BigInt,
        polls -> BigInt,
        attention -> Nullable<Text>,
        revision -> BigInt,
        requested_at -> Moment,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    payout_events (payout_id, revision) {
        payout_id -> Uid,
        revision -> BigInt,
        at -> Moment,
        state -> Text,
        cause -> Text,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    provider_events (provider, event_id) {
        provider -> Text,
        event_id -> Text,
        received_at -> Moment,
        payout_id -> Nullable<Uid>,
        provider_key -> Nullable<Text>,
        provider_ref -> Nullable<Text>,
        status -> Text,
        body -> Text,
        applied -> Bool,
        problem -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    jobs (id) {
        id -> Uid,
        kind -> Text,
        key -> Text,
        payload -> Text,
        run_at -> Moment,
        attempts -> BigInt,
        leased_until -> Nullable<Moment>,
        last_error -> Nullable<Text>,
        dead -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql::{Moment, Uid};

    claims (id) {
        id -> Uid,
        shopper_id -> Uid,
        store_id -> Uid,
        partner_id -> Uid,
        click_id -> Uid,
        order_number -> Text,
        order_amount -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        ordered_at -> Moment,
        note -> Nullable<Text>,
        state -> Text,
        answer -> Nullable<Text>,
        created_at -> Moment,
        answer_by -> Moment,
        answered_at -> Nullable<Moment>,
        answered_by -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query! {
    partners, partner_secrets, adapters, stores, terms, shoppers, operators, tokens, signing_keys, clicks,
    clicks_kept, postbacks, conversions, conversion_revisions, ledger_transactions, ledger_transfers, ledger_unsealed,
    ledger_seals, ledger_folded, shopper_balances, payout_methods, payouts, payout_events, provider_events, jobs,
    claims, audit,
}
diesel::allow_tables_to_appear_in_same_query!(payout_file_lines, payouts);
diesel::allow_tables_to_appear_in_same_query!(shoppers, payout_freezes, second_factors);
diesel::allow_tables_to_appear_in_same_query!(clicks, shopper_clicks);
diesel::allow_tables_to_appear_in_same_query!(shoppers, shopper_clicks);
