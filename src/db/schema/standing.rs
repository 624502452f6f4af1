//! The tables of what operators look at and decide: days, marks, corrections that wait for a second person.

diesel::table! {
    use diesel::sql_types::*;
    use super::super::sql::{Moment, Uid};

    click_days (day, store_id) {
        day -> Moment,
        store_id -> Uid,
        clicks -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::super::sql::Moment;

    marks (name) {
        name -> Text,
        at -> Moment,
        body -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::super::sql::{Moment, Uid};

    adjustments (id) {
        id -> Uid,
        key -> Text,
        shopper_id -> Uid,
        amount -> BigInt,
        currency -> Text,
        fund -> Text,
        reason -> Text,
        state -> Text,
        asked_by -> Text,
        asked_at -> Moment,
        expires_at -> Moment,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Moment>,
        answer -> Nullable<Text>,
        transaction_id -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::super::sql::{Moment, Uid};

    audit (id) {
        id -> Uid,
        at -> Moment,
        actor -> Text,
        action -> Text,
        subject -> Text,
        detail -> Text,
    }
}
