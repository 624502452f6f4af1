//! Payout methods: saved destinations, their tokens sealed.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::payout_methods;
use crate::base::Timestamp;
use crate::base::id::{MethodId, ShopperId};
use crate::domain::payout::MethodKind;

/// A row of `payout_methods`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_methods)]
pub struct MethodRow {
    /// Its id.
    pub id: MethodId,
    /// Whose it is.
    pub shopper_id: ShopperId,
    /// The provider whose token it is.
    pub provider: String,
    /// Card or wallet.
    pub kind: MethodKind,
    /// What people recognise it by: its last digits.
    pub masked: String,
    /// The provider's token, sealed for [`method_context`].
    pub sealed: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its cool-off ends.
    pub usable_from: Timestamp,
    /// When it was removed; the row stays, since payouts name it.
    pub removed_at: Option<Timestamp>,
}

/// What a method's sealed token is bound to.
#[must_use]
pub fn method_context(id: MethodId) -> String {
    format!("payout_method/{id}")
}

/// Adds a method.
///
/// # Errors
/// [`DbError`].
pub fn method_insert(conn: &mut Conn, row: &MethodRow) -> Result<(), DbError> {
    diesel::insert_into(payout_methods::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// One method, removed or not.
///
/// # Errors
/// [`DbError`].
pub fn method_find(conn: &mut Conn, id: MethodId) -> Result<Option<MethodRow>, DbError> {
    Ok(payout_methods::table.find(id).select(MethodRow::as_select()).first(conn).optional()?)
}

/// Methods by id, removed or not, in no order.
///
/// # Errors
/// [`DbError`].
pub fn method_list_by_ids(conn: &mut Conn, ids: Vec<MethodId>) -> Result<Vec<MethodRow>, DbError> {
    Ok(payout_methods::table.filter(payout_methods::id.eq_any(ids)).select(MethodRow::as_select()).load(conn)?)
}

/// Whose these methods are, removed or not.
///
/// # Errors
/// [`DbError`].
pub fn method_owners(conn: &mut Conn, ids: Vec<MethodId>) -> Result<Vec<(MethodId, ShopperId)>, DbError> {
    let named = payout_methods::table.filter(payout_methods::id.eq_any(ids));
    Ok(named.select((payout_methods::id, payout_methods::shopper_id)).load(conn)?)
}

/// A shopper's methods that are not removed, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn method_list(conn: &mut Conn, shopper: ShopperId) -> Result<Vec<MethodRow>, DbError> {
    Ok(payout_methods::table
        .filter(payout_methods::shopper_id.eq(shopper))
        .filter(payout_methods::removed_at.is_null())
        .order(payout_methods::id.asc())
        .select(MethodRow::as_select())
        .load(conn)?)
}

/// Removes a shopper's method; says whether it was there.
///
/// # Errors
/// [`DbError`].
pub fn method_remove(conn: &mut Conn, shopper: ShopperId, id: MethodId, at: Timestamp) -> Result<bool, DbError> {
    let live = payout_methods::table
        .find(id)
        .filter(payout_methods::shopper_id.eq(shopper))
        .filter(payout_methods::removed_at.is_null());
    Ok(diesel::update(live).set(payout_methods::removed_at.eq(at)).execute(conn)? > 0)
}

/// Removes all of a shopper's methods and forgets their tokens and digits; the rows stay, since payouts name them.
///
/// # Errors
/// [`DbError`].
pub fn method_erase_all(conn: &mut Conn, shopper: ShopperId, at: Timestamp) -> Result<(), DbError> {
    let own = || payout_methods::table.filter(payout_methods::shopper_id.eq(shopper));
    let live = own().filter(payout_methods::removed_at.is_null());
    diesel::update(live).set(payout_methods::removed_at.eq(at)).execute(conn)?;
    diesel::update(own()).set((payout_methods::sealed.eq(""), payout_methods::masked.eq(""))).execute(conn)?;
    Ok(())
}
