//! Shoppers' live balances, updated with the transactions that move them.

use diesel::prelude::*;

use super::bulk::each;
use super::conn::Conn;
use super::error::DbError;
use super::fixed::fixed;
use super::insert::{Insert, columns};
use super::schema::{shopper_balances, shoppers};
use crate::base::id::ShopperId;
use crate::domain::ledger::Balances;
use crate::domain::money::Currency;

/// A row of `shopper_balances`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = shopper_balances)]
pub(super) struct BalanceRow {
    pub(super) shopper_id: ShopperId,
    pub(super) currency: Currency,
    pending: i64,
    confirmed: i64,
    available: i64,
    in_payout: i64,
    debt: i64,
}

impl BalanceRow {
    pub(super) const fn balances(&self) -> Balances {
        Balances {
            pending: self.pending,
            confirmed: self.confirmed,
            available: self.available,
            in_payout: self.in_payout,
            debt: self.debt,
        }
    }
}

/// A shopper's balances in one currency; all zero when there are none yet.
///
/// # Errors
/// [`DbError`].
pub fn balances_find(conn: &mut Conn, shopper: ShopperId, currency: Currency) -> Result<Balances, DbError> {
    let row =
        shopper_balances::table.find((shopper, currency)).select(BalanceRow::as_select()).first(conn).optional()?;
    Ok(row.map_or_else(Balances::default, |row| row.balances()))
}

/// A shopper's balances in every currency.
///
/// # Errors
/// [`DbError`].
pub fn balances_list(conn: &mut Conn, shopper: ShopperId) -> Result<Vec<(Currency, Balances)>, DbError> {
    let rows: Vec<BalanceRow> = shopper_balances::table
        .filter(shopper_balances::shopper_id.eq(shopper))
        .order(shopper_balances::currency.asc())
        .select(BalanceRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.currency, row.balances())).collect())
}

/// Balances of all shoppers, for verification: the next `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn balances_walk(
    conn: &mut Conn,
    after: Option<ShopperId>,
    limit: i64,
) -> Result<Vec<(ShopperId, Currency, Balances)>, DbError> {
    let mut query = shopper_balances::table
        .select(BalanceRow::as_select())
        .order((shopper_balances::shopper_id.asc(), shopper_balances::currency.asc()))
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(shopper_balances::shopper_id.gt(after));
    }
    Ok(query.load(conn)?.into_iter().map(|row: BalanceRow| (row.shopper_id, row.currency, row.balances())).collect())
}

/// Balances of these shoppers, in every currency.
///
/// # Errors
/// [`DbError`].
pub fn balances_list_of(
    conn: &mut Conn,
    shoppers: Vec<ShopperId>,
) -> Result<Vec<(ShopperId, Currency, Balances)>, DbError> {
    let of_these = shopper_balances::table.filter(shopper_balances::shopper_id.eq_any(shoppers));
    let rows: Vec<BalanceRow> = of_these.select(BalanceRow::as_select()).load(conn)?;
    Ok(rows.into_iter().map(|row| (row.shopper_id, row.currency, row.balances())).collect())
}

/// Which of these shoppers there are and are not blocked, each with the balances that it has, once a currency: what is
/// reported about them is booked, also when they left.
///
/// # Errors
/// [`DbError`].
#[expect(clippy::type_complexity, reason = "a shopper, and its balances if it has any")]
pub fn balances_list_of_unblocked(
    conn: &mut Conn,
    ids: Vec<ShopperId>,
) -> Result<Vec<(ShopperId, Option<(ShopperId, Currency, Balances)>)>, DbError> {
    let joined = shoppers::table.left_join(shopper_balances::table.on(shopper_balances::shopper_id.eq(shoppers::id)));
    let unblocked = joined.filter(shoppers::id.eq_any(ids)).filter(shoppers::status.ne("blocked"));
    let rows: Vec<(ShopperId, Option<BalanceRow>)> =
        unblocked.select((shoppers::id, Option::<BalanceRow>::as_select())).load(conn)?;
    let with = |row: BalanceRow| (row.shopper_id, row.currency, row.balances());
    Ok(rows.into_iter().map(|(shopper, row)| (shopper, row.map(with))).collect())
}

/// What becomes of a row that is there: it is as the new one says.
const OVER: &str = " ON CONFLICT (shopper_id, currency) DO UPDATE SET pending = excluded.pending, \
                    confirmed = excluded.confirmed, available = excluded.available, in_payout = excluded.in_payout, \
                    debt = excluded.debt";

/// Shoppers' balances as they are to be stored.
#[derive(Debug)]
pub struct BalanceRows(Vec<BalanceRow>);

impl BalanceRows {
    /// The rows of these.
    #[must_use]
    pub fn of(all: impl Iterator<Item = (ShopperId, Currency, Balances)>) -> Self {
        let row = |(shopper_id, currency, to): (ShopperId, Currency, Balances)| BalanceRow {
            shopper_id,
            currency,
            pending: to.pending,
            confirmed: to.confirmed,
            available: to.available,
            in_payout: to.in_payout,
            debt: to.debt,
        };
        Self(all.map(row).collect())
    }

    /// Puts them over those that are there. The database itself refuses a negative part.
    #[must_use]
    pub fn insert(&self) -> Insert<'_> {
        let (into, lists) = columns!(
            shopper_balances(shopper_id, currency, pending, confirmed, available, in_payout, debt) of self.0
        );
        Insert::new(self.0.len(), into, lists, OVER, |c| {
            each(&self.0, |row| fixed("INSERT INTO shopper_balances ", row.values(), OVER).execute(c))
        })
    }
}
