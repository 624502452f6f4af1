//! Tables of accounts: letters, second factors, files beside claims.

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
