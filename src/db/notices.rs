//! Which news shoppers do not want, and how far the ledger was told.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{cursors, notices_off};
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

/// How far a reader of the sealed ledger has come; 0 at the beginning.
///
/// # Errors
/// [`DbError`].
pub fn cursor_find(conn: &mut Conn, name: &str) -> Result<i64, DbError> {
    let found = cursors::table.find(name).select(cursors::position).first(conn).optional()?;
    Ok(found.unwrap_or_default())
}

/// Moves a reader on; false when it does not stand at `from` any more.
///
/// # Errors
/// [`DbError::Taken`] when another made it meanwhile.
pub fn cursor_move(conn: &mut Conn, name: &str, from: i64, to: i64) -> Result<bool, DbError> {
    let there = cursors::table.find(name).filter(cursors::position.eq(from));
    if diesel::update(there).set(cursors::position.eq(to)).execute(conn)? == 1 {
        return Ok(true);
    }
    if from != 0 {
        return Ok(false);
    }
    diesel::insert_into(cursors::table).values((cursors::name.eq(name), cursors::position.eq(to))).execute(conn)?;
    Ok(true)
}
