//! Cases: looking at them, asking the provider about one, closing one; and what an open one stops.

use chrono::TimeDelta;
use serde_json::json;

use crate::base::id::{CaseId, JobId};
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::job_postpone;
use crate::db::reconciliation::{CaseFilter, CaseRow, case_close as close, case_find, case_is_unexplained, case_list};
use crate::domain::access::{Actor, Permission};
use crate::service::accounts::require;
use crate::service::payouts::ask_provider::ask_provider;
use crate::service::{App, Outcome, ServiceError};

/// How long a payout waits before it is looked at again whether its provider may be sent to.
const PAUSE: TimeDelta = TimeDelta::minutes(5);

/// Cases, newest first, at most `limit`.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever may not look; the database's failures.
pub async fn cases(app: &App, actor: &Actor, filter: CaseFilter, limit: i64) -> Outcome<Vec<CaseRow>> {
    require(actor, Permission::Look)?;
    Ok(app.db.read(move |conn| case_list(conn, &filter, limit)).await?)
}

/// One case.
///
/// # Errors
/// [`ServiceError::Forbidden`]; [`ServiceError::NotFound`].
pub async fn case_get(app: &App, actor: &Actor, id: CaseId) -> Outcome<CaseRow> {
    require(actor, Permission::Look)?;
    let found = app.db.read(move |conn| case_find(conn, id)).await?;
    found.ok_or(ServiceError::NotFound("case"))
}

/// Closes a case with its explanation. Nothing is booked by it.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; [`ServiceError::NotFound`]; [`ServiceError::Invalid`] for `reason`;
/// `case_closed`.
pub async fn case_close(app: &App, actor: &Actor, id: CaseId, reason: &str) -> Outcome<CaseRow> {
    require(actor, Permission::Money)?;
    let reason = reason.trim().to_owned();
    if !(1..=500).contains(&reason.chars().count()) {
        return Err(ServiceError::invalid("reason", "must have 1 to 500 characters"));
    }
    let (now, by) = (app.clock.now(), actor.to_string());
    let audit = AuditRow::new(now, actor, "reconciliation.close", format!("case/{id}"), &json!({ "reason": reason }));
    app.db
        .write(Lane::House, move |conn| {
            case_find(conn, id)?.ok_or(ServiceError::NotFound("case"))?;
            if !close(conn, id, &by, &reason, now)? {
                return Err(ServiceError::conflict("case_closed", "this case was closed before"));
            }
            audit_insert_in_tx(conn, &audit)?;
            case_find(conn, id)?.ok_or(ServiceError::NotFound("case"))
        })
        .await
}

/// Asks the provider about the payout of a case, which mends what only a late message left open.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; [`ServiceError::NotFound`] also when the case is about no payout.
pub async fn case_ask(app: &App, actor: &Actor, id: CaseId) -> Outcome<()> {
    let payout = case_get(app, actor, id).await?.payout_id.ok_or(ServiceError::NotFound("payout"))?;
    ask_provider(app, actor, payout).await.map(drop)
}

/// Whether a provider may not be sent to, since money there is unexplained. The job that asks is then put back.
///
/// # Errors
/// `provider_stopped` when nothing can be put back; the database's failures.
pub async fn provider_is_stopped(app: &App, provider: &str, job: Option<JobId>) -> Outcome<bool> {
    let rail = provider.to_owned();
    if !app.db.read(move |conn| case_is_unexplained(conn, &rail)).await? {
        return Ok(false);
    }
    let Some(job) = job else { return Err(stopped(provider)) };
    let why = stopped(provider).to_string();
    let again = app.clock.now().plus(PAUSE);
    app.db.write(Lane::House, move |conn| job_postpone(conn, job, &why, again)).await?;
    Ok(true)
}

/// What is answered when a provider may not be sent to.
#[must_use]
pub fn stopped(provider: &str) -> ServiceError {
    let why = format!("nothing is sent through {provider}: money that it moved is not explained");
    ServiceError::refused("provider_stopped", why)
}
