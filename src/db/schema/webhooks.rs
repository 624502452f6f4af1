//! The tables of outgoing webhooks.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    hooks (id) {
        id -> Uid,
        partner_id -> Nullable<Uid>,
        name -> Text,
        url -> Text,
        events -> Text,
        sealed -> Text,
        old_sealed -> Nullable<Text>,
        old_until -> Nullable<Moment>,
        state -> Text,
        reason -> Nullable<Text>,
        since -> Moment,
        failures -> BigInt,
        delivered_at -> Nullable<Moment>,
        paused_until -> Nullable<Moment>,
        leased_until -> Nullable<Moment>,
        made_by -> Text,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    hook_messages (id) {
        id -> Uid,
        hook_id -> Uid,
        event -> Text,
        kind -> Text,
        body -> Text,
        state -> Text,
        created_at -> Moment,
        attempts -> BigInt,
        first_at -> Nullable<Moment>,
        tried_at -> Nullable<Moment>,
        next_at -> Moment,
        status -> Nullable<BigInt>,
        said -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    hook_notes (id) {
        id -> Uid,
        kind -> Text,
        subject -> Uid,
        at -> Moment,
    }
}

diesel::allow_tables_to_appear_in_same_query!(hooks, hook_messages);
