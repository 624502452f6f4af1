//! An operator says how a payout ended that nothing else can bring to an end. The provider is asked first, and a payout
//! that may still be paid is not given back.

use chrono::TimeDelta;
use serde::Deserialize;

use super::advance_payout::{Advance, Advanced, advance_in_tx, report};
use super::look::payout_of;
use super::poll_payout::look_up;
use crate::base::Timestamp;
use crate::base::id::PayoutId;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::payouts::PayoutRow;
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::payout::destination::check_text;
use crate::domain::payout::{PayoutEvent, PayoutState, PersonWhy};
use crate::provider::{Found, ProviderStatus};
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// The longest reason and reference, in characters.
const LONGEST: usize = 500;
/// A send that began less than this ago may still be on its way: longer than any job holds its lease.
const ON_ITS_WAY: TimeDelta = TimeDelta::minutes(5);

/// How a payout ended, as a person found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The provider did not move the money and will not.
    NotPaid,
    /// The provider moved the money.
    Paid,
}

/// What an operator says of a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// How it ended.
    pub outcome: Ending,
    /// The provider's reference; wanted for `paid` unless it is known.
    pub provider_ref: Option<String>,
    /// How that was found out, for the audit trail.
    pub reason: String,
}

/// Ends a payout that a person has to look at, with its audit entry in the same transaction.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission for money; [`ServiceError::Invalid`] for an empty reason or a
/// missing reference; `payout_needs_nobody` when no person has to look; `provider_says_otherwise`;
/// `payout_may_still_land`; `payout_not_now` when the payout's state does not allow it.
pub async fn resolve_payout(app: &App, actor: &Actor, id: PayoutId, said: Resolution) -> Outcome<Advanced> {
    require(actor, Permission::Money)?;
    let reason = said.reason.trim().to_owned();
    check_text(&reason, LONGEST).map_err(|problem| ServiceError::invalid("reason", problem.to_string()))?;
    let row = payout_of(app, id).await?;
    if row.attention.is_none() {
        return Err(ServiceError::conflict("payout_needs_nobody", "no person has to look at this payout"));
    }
    let found = look_up(app, &row).await?;
    let now = app.clock.now();
    let event = match said.outcome {
        Ending::NotPaid => not_paid(&row, &found, now)?,
        Ending::Paid => paid(&row, &found, said.provider_ref)?,
    };
    let detail = serde_json::json!({ "event": format!("{event:?}"), "attention": row.attention, "reason": reason });
    let audit = AuditRow::new(now, actor, "payout.resolve", format!("payout/{id}"), &detail);
    let mut advance = Advance::new(event, actor.to_string(), now);
    (advance.detail, advance.revision, advance.settled) = (Some(reason), Some(row.revision), true);
    let write = move |conn: &mut Conn| -> Outcome<Advanced> {
        let advanced = advance_in_tx(conn, id, &advance)?;
        if !stands(said.outcome, advanced.row.state, row.attention) {
            let detail = format!("a payout that is {} cannot end like this", row.state);
            return Err(ServiceError::conflict("payout_not_now", detail));
        }
        audit_insert_in_tx(conn, &audit)?;
        Ok(advanced)
    };
    let advanced = app.db.write(Lane::Shopper(row.shopper_id), write).await?;
    report(&advanced);
    Ok(advanced)
}

/// Whether what was said is what the payout now says. A payment after the release is only taken note of here; what it
/// cost is an adjustment of its own.
fn stands(outcome: Ending, after: PayoutState, attention: Option<PersonWhy>) -> bool {
    let given_back = matches!(after, PayoutState::Failed | PayoutState::Cancelled);
    match outcome {
        Ending::NotPaid => given_back,
        Ending::Paid => {
            matches!(after, PayoutState::Paid | PayoutState::Returned)
                || (given_back && attention == Some(PersonWhy::PaidAfterRelease))
        }
    }
}

fn not_paid(row: &PayoutRow, found: &Found, now: Timestamp) -> Outcome<PayoutEvent> {
    match found {
        Found::Known(payout) => match &payout.status {
            ProviderStatus::Failed(_) => {}
            ProviderStatus::Unheard(_) if unheard(row) => {
                if now.since(row.updated_at) < ON_ITS_WAY {
                    return Err(may_still_land());
                }
            }
            ProviderStatus::Pending
            | ProviderStatus::Paid
            | ProviderStatus::Returned(_)
            | ProviderStatus::Unheard(_) => {
                return Err(otherwise("the provider has it and does not say that it failed"));
            }
        },
        Found::NotFound | Found::CannotTell { .. } => {
            let sending = row.state == PayoutState::Submitting && row.sends > 0;
            let on_its_way = sending && now.since(row.updated_at) < ON_ITS_WAY;
            let in_window = row.uncertain && row.key_expires_at.is_some_and(|until| now < until);
            if on_its_way || in_window {
                return Err(may_still_land());
            }
        }
        // The provider says nothing, and never named it: after the key's time a person's word is all there is.
        Found::Unknown { .. } if row.provider_ref.is_none() && row.key_expires_at.is_some_and(|until| now >= until) => {
        }
        Found::Unknown { why } => return Err(otherwise(&format!("the provider did not say how it stands: {why}"))),
    }
    Ok(PayoutEvent::Failed { provider_ref: None, code: "not_paid".to_owned() })
}

fn paid(row: &PayoutRow, found: &Found, said: Option<String>) -> Outcome<PayoutEvent> {
    let known = match found {
        Found::Known(payout) => Some(payout.provider_ref.clone()),
        Found::NotFound | Found::CannotTell { .. } | Found::Unknown { .. } => row.provider_ref.clone(),
    };
    if let Found::Known(payout) = found
        && row.state.holds_reserve()
        && payout.status != ProviderStatus::Paid
        && !(unheard(row) && matches!(payout.status, ProviderStatus::Unheard(_)))
    {
        return Err(otherwise("the provider does not say that it was paid"));
    }
    if said.is_some() && known.is_some() && said != known {
        return Err(ServiceError::invalid("provider_ref", "is not what the provider calls this payout"));
    }
    let missing = || ServiceError::invalid("provider_ref", "must be told: the provider's reference of the payment");
    let provider_ref = known.or(said).ok_or_else(missing)?;
    check_text(&provider_ref, LONGEST).map_err(|problem| ServiceError::invalid("provider_ref", problem.to_string()))?;
    Ok(PayoutEvent::Paid { provider_ref })
}

/// The provider answers with what nobody can read here, so a person who has looked there says how it ended.
fn unheard(row: &PayoutRow) -> bool {
    row.attention == Some(PersonWhy::UnheardState)
}

fn may_still_land() -> ServiceError {
    ServiceError::conflict("payout_may_still_land", "it may have been sent and still be on its way: ask again later")
}

fn otherwise(detail: &str) -> ServiceError {
    ServiceError::conflict("provider_says_otherwise", detail)
}
