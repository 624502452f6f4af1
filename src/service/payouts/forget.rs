//! What protected payouts for a while goes when its time is over.

use crate::db::Lane;
use crate::db::protection::protection_purge;
use crate::service::{App, Outcome};

/// For how many days the network of a payout is kept: rules look back one.
const NETWORK_DAYS: i64 = 7;

/// Forgets networks of old payouts, and past addresses that are told no more. Gives how many.
///
/// # Errors
/// The database's failures.
pub async fn forget_old(app: &App) -> Outcome<usize> {
    let now = app.clock.now();
    Ok(app.db.write(Lane::House, move |conn| protection_purge(conn, now.plus_days(-NETWORK_DAYS), now)).await?)
}
