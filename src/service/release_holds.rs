//! Ends holds: what was confirmed long enough ago becomes available.

use super::settle::post_conversion;
use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{ConversionId, TransactionId};
use crate::db::balances::balances_find;
use crate::db::conversions::{conversion_find, conversion_list_to_release, conversion_put};
use crate::db::ledger::transfer_list_of_conversion;
use crate::db::revisions::RevisionCause;
use crate::db::{Conn, Lane};
use crate::domain::conversion::release;
use crate::domain::ledger::{TransactionKind, difference, standing, target};

/// Releases up to `limit` conversions whose hold is over; gives how many there were.
///
/// # Errors
/// [`ServiceError::Db`].
pub async fn release_holds(app: &App, limit: i64) -> Outcome<usize> {
    let now = app.clock.now();
    let due = app.db.read(move |conn| Ok::<_, ServiceError>(conversion_list_to_release(conn, now, limit)?)).await?;
    let (count, mut failed) = (due.len(), 0);
    for conversion in due {
        let (id, transaction) = (conversion.id, TransactionId::new());
        let lane = Lane::Shopper(conversion.shopper_id);
        let released = app.db.write(lane, move |conn| release_in_tx(conn, id, transaction, now)).await;
        if let Err(error) = released {
            // One order that cannot be released must not keep everybody else's money back.
            tracing::error!(conversion = %id, %error, "a hold could not be ended and will be tried again");
            failed += 1;
        }
    }
    Ok(count - failed)
}

fn release_in_tx(conn: &mut Conn, id: ConversionId, transaction: TransactionId, now: Timestamp) -> Outcome<()> {
    let Some(current) = conversion_find(conn, id)? else { return Ok(()) };
    let Some(next) = release(&current, now) else { return Ok(()) };
    let posted = transfer_list_of_conversion(conn, id)?;
    let balances = balances_find(conn, next.shopper_id, next.commission.currency())?;
    let transfers = difference(&next, &standing(&next, &posted)?, &target(&next), &balances);
    conversion_put(conn, &next, &RevisionCause::HoldOver, current.revision)?;
    post_conversion(conn, &next, &transfers, TransactionKind::HoldOver, transaction)
}
