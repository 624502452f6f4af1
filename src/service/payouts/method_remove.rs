//! A shopper removes a destination. Payouts on their way to it go on.

use super::destination_letter::{Told, letters};
use crate::base::id::{MethodId, ShopperId};
use crate::db::Lane;
use crate::db::jobs::job_enqueue;
use crate::db::methods::{method_list, method_remove as remove};
use crate::service::{App, Outcome, ServiceError};

/// Removes a shopper's own method. A letter tells.
///
/// # Errors
/// [`ServiceError::NotFound`] when it is not the shopper's or was removed before.
pub async fn method_remove(app: &App, shopper: ShopperId, id: MethodId) -> Outcome<()> {
    let now = app.clock.now();
    let lost = || ServiceError::NotFound("payout method");
    let found = app.db.read(move |conn| method_list(conn, shopper)).await?.into_iter().find(|row| row.id == id);
    let jobs = letters(app, shopper, &Told::Removed { masked: found.ok_or_else(lost)?.masked }).await?;
    app.db
        .write(Lane::Shopper(shopper), move |conn| {
            if !remove(conn, shopper, id, now)? {
                return Err(lost());
            }
            jobs.iter().try_for_each(|job| job_enqueue(conn, job))?;
            Ok(())
        })
        .await
}
