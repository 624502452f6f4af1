//! Tables that protect payouts: what destinations are, why payouts are held, who froze them.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::Uid;

    destination_hashes (method_id) {
        method_id -> Uid,
        shopper_id -> Uid,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    payout_networks (payout_id) {
        payout_id -> Uid,
        shopper_id -> Uid,
        network -> Text,
        at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::Uid;

    payout_reviews (payout_id, rule) {
        payout_id -> Uid,
        rule -> Text,
        seen -> Text,
        allowed -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    payout_approvals (payout_id, revision, actor) {
        payout_id -> Uid,
        revision -> BigInt,
        actor -> Text,
        at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    payout_freezes (shopper_id) {
        shopper_id -> Uid,
        at -> Moment,
        actor -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    past_addresses (id) {
        id -> Uid,
        shopper_id -> Uid,
        sealed -> Text,
        until -> Moment,
    }
}
