//! Which news shoppers do not want.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::notices_off;
use crate::base::id::ShopperId;
use crate::domain::notice::NoticeKind;

/// What these shoppers turned off, in no order.
///
/// # Errors
/// [`DbError`].
pub fn notice_list_off(conn: &mut Conn, shoppers: Vec<ShopperId>) -> Result<Vec<(ShopperId, NoticeKind)>, DbError> {
    let of_these = notices_off::table.filter(notices_off::shopper_id.eq_any(shoppers));
    Ok(of_these.select((notices_off::shopper_id, notices_off::kind)).load(conn)?)
}

/// Turns these kinds off and all others on.
///
/// # Errors
/// [`DbError`].
pub fn notice_set_off(conn: &mut Conn, shopper: ShopperId, off: &[NoticeKind]) -> Result<(), DbError> {
    diesel::delete(notices_off::table.filter(notices_off::shopper_id.eq(shopper))).execute(conn)?;
    for kind in off {
        let row = (notices_off::shopper_id.eq(shopper), notices_off::kind.eq(*kind));
        diesel::insert_into(notices_off::table).values(row).execute(conn)?;
    }
    Ok(())
}
