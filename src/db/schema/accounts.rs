//! Tables of accounts: letters, second factors, files beside claims, orders that are awaited.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::Uid;

    notices_off (shopper_id, kind) {
        shopper_id -> Uid,
        kind -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    second_factors (owner_id) {
        owner_id -> Uid,
        sealed -> Text,
        created_at -> Moment,
        confirmed_at -> Nullable<Moment>,
        last_step -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::Uid;

    recovery_codes (owner_id, digest) {
        owner_id -> Uid,
        digest -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    claim_files (id) {
        id -> Uid,
        claim_id -> Uid,
        name -> Text,
        kind -> Text,
        size -> BigInt,
        bytes -> Binary,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    awaited_orders (id) {
        id -> Uid,
        shopper_id -> Uid,
        store_id -> Uid,
        click_id -> Uid,
        order_number -> Text,
        order_amount -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        ordered_at -> Moment,
        note -> Nullable<Text>,
        told_at -> Moment,
        opens_at -> Moment,
    }
}
