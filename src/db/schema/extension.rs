//! Tables of the browser extension.

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::Moment;

    list_keys (id) {
        id -> Text,
        public_key -> Text,
        sealed -> Text,
        vouched -> Nullable<Text>,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::Moment;

    standdown_packs (id) {
        id -> Text,
        body -> Text,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::schema::sql::{Moment, Uid};

    activations (id) {
        id -> Uid,
        shopper_id -> Uid,
        store_id -> Uid,
        issued_at -> Moment,
        expires_at -> Moment,
    }
}
