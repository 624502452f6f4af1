//! The tables of files of payouts for a bank.

diesel::table! {
    use diesel::sql_types::*;
    use super::super::sql::{Moment, Uid};

    payout_files (id) {
        id -> Uid,
        provider -> Text,
        currency -> Text,
        payouts -> BigInt,
        total -> BigInt,
        created_by -> Text,
        created_at -> Moment,
        csv -> Text,
        pain -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::super::sql::Uid;

    payout_file_lines (payout_id) {
        payout_id -> Uid,
        file_id -> Uid,
    }
}
