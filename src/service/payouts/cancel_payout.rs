//! A shopper calls a payout back that was not sent yet.

use super::advance_payout::{Advance, Advanced, advance_in_tx, report};
use crate::base::id::{PayoutId, ShopperId};
use crate::db::Lane;
use crate::db::payouts::payout_find;
use crate::domain::payout::PayoutEvent;
use crate::service::{App, Outcome, ServiceError};

/// Cancels a shopper's own payout; the reserve goes back.
///
/// # Errors
/// [`ServiceError::NotFound`] when it is not the shopper's; `payout_not_now` once it may have been sent.
pub async fn cancel_payout(app: &App, shopper: ShopperId, id: PayoutId) -> Outcome<Advanced> {
    let advance = Advance::new(PayoutEvent::Cancel, "shopper", app.clock.now());
    let advanced = app
        .db
        .write(Lane::Shopper(shopper), move |conn| {
            let found = payout_find(conn, id)?.filter(|row| row.shopper_id == shopper);
            found.ok_or(ServiceError::NotFound("payout"))?;
            advance_in_tx(conn, id, &advance)
        })
        .await?;
    report(&advanced);
    Ok(advanced)
}
