//! The tables of reconciliation: differences, and the statements that were brought in.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    recon_cases (id) {
        id -> Uid,
        rail -> Text,
        key -> Text,
        class -> Text,
        payout_id -> Nullable<Uid>,
        partner_id -> Nullable<Uid>,
        reference -> Nullable<Text>,
        ours -> Nullable<BigInt>,
        ours_currency -> Nullable<Text>,
        theirs -> Nullable<BigInt>,
        theirs_currency -> Nullable<Text>,
        said -> Nullable<Text>,
        found_in -> Text,
        happened_at -> Moment,
        opened_at -> Moment,
        seen_at -> Moment,
        closed_at -> Nullable<Moment>,
        closed_by -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    statements (id) {
        id -> Uid,
        kind -> Text,
        rail -> Text,
        mapping -> Text,
        body -> Text,
        lines -> BigInt,
        made_by -> Text,
        created_at -> Moment,
        applied_at -> Nullable<Moment>,
        result -> Nullable<Text>,
    }
}
