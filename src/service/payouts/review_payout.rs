//! An operator decides on a payout that waits for one.

use super::advance_payout::{Advance, Advanced, advance_in_tx, report};
use super::look::payout_of;
use crate::base::id::PayoutId;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::domain::access::{Actor, Permission};
use crate::domain::payout::PayoutEvent;
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// An operator's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Let it go.
    Approve,
    /// Refuse it; the reserve goes back.
    Decline {
        /// For the shopper.
        reason: String,
    },
}

/// Applies a decision, with its audit entry in the same transaction.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission for money; [`ServiceError::Invalid`] for an empty reason;
/// `payout_not_now` when the payout's state does not allow it.
pub async fn review_payout(app: &App, actor: &Actor, id: PayoutId, decision: Decision) -> Outcome<Advanced> {
    require(actor, Permission::Money)?;
    let now = app.clock.now();
    let shopper = payout_of(app, id).await?.shopper_id;
    let (event, action, detail) = match decision {
        Decision::Approve => (PayoutEvent::Approve, "payout.approve", serde_json::json!({})),
        Decision::Decline { reason } => {
            let reason = reason.trim().to_owned();
            if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
                let problem = format!("tell the shopper why, in up to {LONGEST_REASON} characters");
                return Err(ServiceError::invalid("reason", problem));
            }
            let detail = serde_json::json!({ "reason": reason });
            (PayoutEvent::Decline { reason }, "payout.decline", detail)
        }
    };
    let audit = AuditRow::new(now, actor, action, format!("payout/{id}"), &detail);
    let advance = Advance::new(event, actor.to_string(), now);
    let advanced = app
        .db
        .write(Lane::Shopper(shopper), move |conn| {
            let advanced = advance_in_tx(conn, id, &advance)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok::<_, ServiceError>(advanced)
        })
        .await?;
    report(&advanced);
    Ok(advanced)
}
