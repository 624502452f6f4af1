//! Views: what is read as if it were a table.

diesel::table! {
    use super::super::sql::Uid;

    shopper_clicks (shopper_id, click_id) {
        shopper_id -> Uid,
        click_id -> Uid,
    }
}
