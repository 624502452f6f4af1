//! Orders that shoppers told of while the store still had time to report them.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::awaited_orders;
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ClickId, ShopperId, StoreId};
use crate::domain::money::{Amount, Currency};

/// A row of `awaited_orders`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = awaited_orders)]
pub struct AwaitedRow {
    /// Its id. The claim gets one of its own when it is made, as lists of claims go by their ids.
    pub id: ClaimId,
    /// Who told.
    pub shopper_id: ShopperId,
    /// The store of the click.
    pub store_id: StoreId,
    /// The click.
    pub click_id: ClickId,
    /// The order's number as the store wrote it.
    pub order_number: String,
    /// What was paid, in minor units.
    pub order_amount: Option<i64>,
    /// The currency of that.
    pub currency: Option<Currency>,
    /// When it was ordered, as the shopper says.
    pub ordered_at: Timestamp,
    /// The shopper's words.
    pub note: Option<String>,
    /// When the shopper told.
    pub told_at: Timestamp,
    /// When it becomes a claim, if the order is not there.
    pub opens_at: Timestamp,
}

impl AwaitedRow {
    /// What was paid, if told.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        self.order_amount.zip(self.currency).map(|(minor, currency)| Amount::new(minor, currency))
    }
}

/// Adds one.
///
/// # Errors
/// [`DbError::Taken`] when the shopper told of this order of this click before.
pub fn awaited_insert(conn: &mut Conn, row: &AwaitedRow) -> Result<(), DbError> {
    diesel::insert_into(awaited_orders::table).values(row).execute(conn)?;
    Ok(())
}

/// A shopper's, the newest first.
///
/// # Errors
/// [`DbError`].
pub fn awaited_list(conn: &mut Conn, shopper: ShopperId) -> Result<Vec<AwaitedRow>, DbError> {
    let own = awaited_orders::table.filter(awaited_orders::shopper_id.eq(shopper)).order(awaited_orders::id.desc());
    Ok(own.select(AwaitedRow::as_select()).load(conn)?)
}

/// Those whose time is over at `now`, the longest waiting first.
///
/// # Errors
/// [`DbError`].
pub fn awaited_list_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<AwaitedRow>, DbError> {
    let due = awaited_orders::table.filter(awaited_orders::opens_at.le(now)).order(awaited_orders::opens_at.asc());
    Ok(due.limit(limit).select(AwaitedRow::as_select()).load(conn)?)
}

/// Takes one of a shopper's away; false when it is not there any more.
///
/// # Errors
/// [`DbError`].
pub fn awaited_delete(conn: &mut Conn, shopper: ShopperId, id: ClaimId) -> Result<bool, DbError> {
    let own = awaited_orders::table.find(id).filter(awaited_orders::shopper_id.eq(shopper));
    Ok(diesel::delete(own).execute(conn)? == 1)
}

/// Takes what a shopper told of this order of this click away, if there is such.
///
/// # Errors
/// [`DbError`].
pub fn awaited_delete_order(conn: &mut Conn, shopper: ShopperId, click: ClickId, number: &str) -> Result<(), DbError> {
    let own = awaited_orders::table.filter(awaited_orders::shopper_id.eq(shopper));
    let same = own.filter(awaited_orders::click_id.eq(click)).filter(awaited_orders::order_number.eq(number));
    diesel::delete(same).execute(conn)?;
    Ok(())
}

/// Takes all of a shopper's away.
///
/// # Errors
/// [`DbError`].
pub fn awaited_delete_all(conn: &mut Conn, shopper: ShopperId) -> Result<(), DbError> {
    diesel::delete(awaited_orders::table.filter(awaited_orders::shopper_id.eq(shopper))).execute(conn)?;
    Ok(())
}
