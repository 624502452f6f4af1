//! The tables of those who act for partners, and of what they keep here.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    partner_people (id) {
        id -> Uid,
        partner_id -> Nullable<Uid>,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        status -> Text,
        language -> Text,
        email_confirmed_at -> Nullable<Moment>,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    partner_applications (id) {
        id -> Uid,
        person_id -> Uid,
        partner_id -> Nullable<Uid>,
        name -> Text,
        site -> Text,
        adapter -> Text,
        note -> Nullable<Text>,
        state -> Text,
        created_at -> Moment,
        decided_at -> Nullable<Moment>,
        decided_by -> Nullable<Text>,
        answer -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    bench_reports (id) {
        id -> Uid,
        partner_id -> Uid,
        digest -> Text,
        body -> Text,
        made_by -> Text,
        created_at -> Moment,
        expires_at -> Moment,
        revoked_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    order_changes (id) {
        id -> Uid,
        partner_id -> Uid,
        made_by -> Text,
        body -> Text,
        lines -> BigInt,
        created_at -> Moment,
        applied_at -> Nullable<Moment>,
        result -> Nullable<Text>,
    }
}
