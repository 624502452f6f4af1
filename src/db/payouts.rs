//! Payouts: withdrawals and the methods they go to.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::payouts;
use crate::base::id::ShopperId;
use crate::domain::money::Currency;

/// What the open payouts hold reserved, by shopper and currency. Open is whatever is not over: neither paid
/// nor failed, cancelled or returned.
///
/// # Errors
/// [`DbError`].
pub fn payout_open_sums(conn: &mut Conn) -> Result<BTreeMap<(ShopperId, Currency), i64>, DbError> {
    let open = payouts::table.filter(payouts::state.ne_all(["paid", "failed", "cancelled", "returned"]));
    let rows: Vec<(ShopperId, Currency, i64)> =
        open.select((payouts::shopper_id, payouts::currency, payouts::amount)).load(conn)?;
    let mut sums = BTreeMap::new();
    for (shopper, currency, amount) in rows {
        let sum: &mut i64 = sums.entry((shopper, currency)).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(sums)
}
