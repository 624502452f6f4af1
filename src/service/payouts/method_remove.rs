//! A shopper removes a destination. Payouts on their way to it go on.

use crate::base::id::{MethodId, ShopperId};
use crate::db::Lane;
use crate::db::methods::method_remove as remove;
use crate::service::{App, Outcome, ServiceError};

/// Removes a shopper's own method.
///
/// # Errors
/// [`ServiceError::NotFound`] when it is not the shopper's or was removed before.
pub async fn method_remove(app: &App, shopper: ShopperId, id: MethodId) -> Outcome<()> {
    let now = app.clock.now();
    let removed = app.db.write(Lane::Shopper(shopper), move |conn| remove(conn, shopper, id, now)).await?;
    if removed { Ok(()) } else { Err(ServiceError::NotFound("payout method")) }
}
