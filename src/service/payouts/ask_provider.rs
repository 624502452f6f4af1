//! An operator asks the provider now, and does not wait for the next poll.

use super::advance_payout::Advanced;
use super::jobs::submit_key;
use super::poll_payout::poll_payout;
use crate::base::id::PayoutId;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::job_hurry;
use crate::domain::access::{Actor, Permission};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// Asks about one payout; one that waits to be sent again is then sent at once.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission for money; [`ServiceError::NotFound`]; [`ServiceError::Db`].
pub async fn ask_provider(app: &App, actor: &Actor, id: PayoutId) -> Outcome<Advanced> {
    require(actor, Permission::Money)?;
    let advanced = poll_payout(app, id, &actor.to_string(), None).await?;
    let (now, waiting) = (app.clock.now(), submit_key(id, advanced.row.sends));
    let detail = serde_json::json!({ "state": advanced.row.state });
    let audit = AuditRow::new(now, actor, "payout.ask", format!("payout/{id}"), &detail);
    app.db
        .write(Lane::House, move |conn| {
            job_hurry(conn, &waiting, now)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(advanced)
}
