//! Sums over many rows, for those who look at the business as a whole. Each reads its table once, so nobody asks for them
//! at every look: `service::watch` keeps what they gave.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::conn::Conn;
use super::error::DbError;
use super::schema::sql::{Moment, Uid};
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, StoreId};
use crate::both;
use crate::domain::conversion::State;
use crate::domain::money::Currency;

/// The orders of a store that were first reported on one day, in one currency.
#[derive(Debug, Clone, QueryableByName)]
pub struct DayOrders {
    /// Days since 1970, in UTC.
    #[diesel(sql_type = BigInt)]
    pub day: i64,
    /// The store.
    #[diesel(sql_type = Uid)]
    pub store_id: StoreId,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    /// How many, whatever became of them.
    #[diesel(sql_type = BigInt)]
    pub orders: i64,
    /// The commission of those that stand, in minor units.
    #[diesel(sql_type = BigInt)]
    pub commission: i64,
    /// Their cashback.
    #[diesel(sql_type = BigInt)]
    pub cashback: i64,
}

/// Orders by day, store and currency, of those first reported at `since` or later.
///
/// # Errors
/// [`DbError`].
pub fn order_day_list(conn: &mut Conn, since: Timestamp) -> Result<Vec<DayOrders>, DbError> {
    let day = match conn {
        Conn::Pg(_) => "CAST(floor(extract(epoch FROM created_at) / 86400) AS bigint)",
        Conn::Lite(_) => "created_at / 86400000000",
    };
    let standing =
        |part: &str| format!("CAST(sum(CASE WHEN state IN ('pending', 'confirmed') THEN {part} ELSE 0 END) AS bigint)");
    // Ids begin with their time, so that the key finds where to begin; the time itself is what counts.
    let query = format!(
        "SELECT {day} AS day, store_id, currency, count(*) AS orders, {} AS commission, {} AS cashback \
         FROM conversions WHERE id >= $1 AND created_at >= $2 GROUP BY 1, 2, 3",
        standing("commission"),
        standing("cashback"),
    );
    let from = ConversionId::first_at(since);
    Ok(both!(conn, c => diesel::sql_query(query).bind::<Uid, _>(from).bind::<Moment, _>(since).load(c)?))
}

/// Orders that stand, by partner, currency, state and age.
#[derive(Debug, Clone, QueryableByName)]
pub struct OpenOrders {
    /// Who reported them.
    #[diesel(sql_type = Uid)]
    pub partner_id: PartnerId,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    /// Pending or confirmed.
    #[diesel(sql_type = Text)]
    pub state: State,
    /// Whether their cashback can be withdrawn.
    #[diesel(sql_type = Bool)]
    pub released: bool,
    /// Which of the ages, from the youngest on.
    #[diesel(sql_type = BigInt)]
    pub age: i64,
    /// Their commission in minor units.
    #[diesel(sql_type = BigInt)]
    pub commission: i64,
    /// Their cashback.
    #[diesel(sql_type = BigInt)]
    pub cashback: i64,
}

/// Sums of pending and confirmed orders by age: since they were confirmed, or first reported. `borders` part the ages,
/// the youngest first.
///
/// # Errors
/// [`DbError`].
pub fn open_order_sums(conn: &mut Conn, borders: [Timestamp; 3]) -> Result<Vec<OpenOrders>, DbError> {
    let query = format!(
        "SELECT partner_id, currency, state, released, {} AS age, CAST(sum(commission) AS bigint) AS commission, \
         CAST(sum(cashback) AS bigint) AS cashback FROM conversions WHERE state IN ('pending', 'confirmed') \
         GROUP BY 1, 2, 3, 4, 5",
        age("coalesce(confirmed_at, created_at)")
    );
    let [first, second, third] = borders;
    Ok(both!(conn, c => diesel::sql_query(query)
        .bind::<Moment, _>(first)
        .bind::<Moment, _>(second)
        .bind::<Moment, _>(third)
        .load(c)?))
}

/// Which age a time has, from 0 on; `$1` to `$3` part the ages.
fn age(time: &str) -> String {
    format!(
        "CAST(CASE WHEN {time} >= $1 THEN 0 WHEN {time} >= $2 THEN 1 WHEN {time} >= $3 THEN 2 ELSE 3 END AS bigint)"
    )
}

/// Payouts under way, by currency and age.
#[derive(Debug, Clone, QueryableByName)]
pub struct OpenPayouts {
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    /// Which of the ages, from the youngest on.
    #[diesel(sql_type = BigInt)]
    pub age: i64,
    /// What is reserved, in minor units.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

/// Sums of payouts that have not ended, by age since they were requested.
///
/// # Errors
/// [`DbError`].
pub fn open_payout_sums(conn: &mut Conn, borders: [Timestamp; 3]) -> Result<Vec<OpenPayouts>, DbError> {
    let query = format!(
        "SELECT currency, {} AS age, CAST(sum(amount) AS bigint) AS amount FROM payouts \
         WHERE state IN ('requested', 'review', 'approved', 'submitting', 'submitted', 'unknown') GROUP BY 1, 2",
        age("requested_at")
    );
    let [first, second, third] = borders;
    Ok(both!(conn, c => diesel::sql_query(query)
        .bind::<Moment, _>(first)
        .bind::<Moment, _>(second)
        .bind::<Moment, _>(third)
        .load(c)?))
}

/// What all shoppers have of one currency, in minor units.
#[derive(Debug, Clone, QueryableByName)]
pub struct ShopperSums {
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: Currency,
    /// Reported, not confirmed.
    #[diesel(sql_type = BigInt)]
    pub pending: i64,
    /// Confirmed, in hold.
    #[diesel(sql_type = BigInt)]
    pub confirmed: i64,
    /// May be withdrawn.
    #[diesel(sql_type = BigInt)]
    pub available: i64,
    /// Reserved for payouts.
    #[diesel(sql_type = BigInt)]
    pub in_payout: i64,
    /// Taken back after it was withdrawn; below zero.
    #[diesel(sql_type = BigInt)]
    pub debt: i64,
}

/// What all shoppers have, by currency.
///
/// # Errors
/// [`DbError`].
pub fn shopper_sums(conn: &mut Conn) -> Result<Vec<ShopperSums>, DbError> {
    let parts = ["pending", "confirmed", "available", "in_payout", "debt"];
    let sums: Vec<String> = parts.iter().map(|part| format!("CAST(sum({part}) AS bigint) AS {part}")).collect();
    let query = format!("SELECT currency, {} FROM shopper_balances GROUP BY 1 ORDER BY 1", sums.join(", "));
    Ok(both!(conn, c => diesel::sql_query(query).load(c)?))
}
