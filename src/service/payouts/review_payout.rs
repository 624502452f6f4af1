//! An operator decides on a payout that waits for one. From `payouts.second_above` on, two have to let it go.

use super::advance_payout::{Advance, Advanced, advance_in_tx, report};
use super::look::payout_of;
use crate::base::id::PayoutId;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::payouts::{PayoutRow, payout_find};
use crate::db::protection::{ApprovalRow, approval_insert, approval_list, freeze_find};
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::payout::{LedgerMove, Next, PayoutEvent, PayoutState, PersonWhy, Step};
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

/// Applies a decision, with its audit entry in the same transaction. The first of two approvals leaves the payout where it is.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission for money; [`ServiceError::Invalid`] for an empty reason;
/// `payout_not_now` when the payout's state does not allow it; `second_person_needed` when the same operator approves
/// twice; `shopper_frozen` while the shopper's payouts are.
pub async fn review_payout(app: &App, actor: &Actor, id: PayoutId, decision: Decision) -> Outcome<Advanced> {
    require(actor, Permission::Money)?;
    let now = app.clock.now();
    let found = payout_of(app, id).await?;
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
    let takes_two = app.config.payouts.takes_two(found.amount());
    let advanced = app
        .db
        .write(Lane::Shopper(found.shopper_id), move |conn| {
            let approved = matches!(advance.event, PayoutEvent::Approve);
            let first = if approved { approve_in_tx(conn, id, &advance, takes_two)? } else { None };
            let advanced = match first {
                Some(row) => waits_on(row),
                None => advance_in_tx(conn, id, &advance)?,
            };
            audit_insert_in_tx(conn, &audit)?;
            Ok::<_, ServiceError>(advanced)
        })
        .await?;
    report(&advanced);
    Ok(advanced)
}

/// Notes an approval; gives the payout while it waits for another one.
fn approve_in_tx(conn: &mut Conn, id: PayoutId, advance: &Advance, takes_two: bool) -> Outcome<Option<PayoutRow>> {
    let row = payout_find(conn, id)?.ok_or(ServiceError::NotFound("payout"))?;
    if row.state != PayoutState::Review {
        // The rules say what this comes to; nothing is noted.
        return Ok(None);
    }
    if freeze_find(conn, row.shopper_id)?.is_some() {
        return Err(ServiceError::conflict("shopper_frozen", "the shopper's payouts are frozen: end that first"));
    }
    let given = approval_list(conn, id)?.into_iter().filter(|one| one.revision == row.revision);
    let given: Vec<String> = given.map(|one| one.actor).collect();
    if given.contains(&advance.cause) {
        return Err(ServiceError::conflict("second_person_needed", "you have approved it; another operator has to"));
    }
    let actor = advance.cause.clone();
    approval_insert(conn, &ApprovalRow { payout_id: id, revision: row.revision, actor, at: advance.now })?;
    Ok((takes_two && given.is_empty()).then_some(row))
}

/// A payout that is left where it is.
fn waits_on(row: PayoutRow) -> Advanced {
    let (after, next) = (row.payout(), Next::Person(PersonWhy::Review));
    Advanced { row, step: Step { after, ledger: LedgerMove::None, next, noop: true } }
}
