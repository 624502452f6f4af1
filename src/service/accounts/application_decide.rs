//! An operator lets a partner in that applied, or turns it down; a letter tells. What was turned down can still be let in.

use serde_json::json;

use super::by_letter::letter_job;
use super::{person_letters, require};
use crate::base::id::ApplicationId;
use crate::db::Lane;
use crate::db::applications::{self, ApplicationRow, application_find};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::jobs::job_enqueue;
use crate::db::partners::{partner_find, partner_update};
use crate::db::people::person_find;
use crate::domain::access::{Actor, Permission};
use crate::domain::application::ApplicationState;
use crate::domain::email::Email;
use crate::domain::partner::Status;
use crate::service::{App, Outcome, ServiceError};

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The partner's calls are taken from now on.
    Approve,
    /// They are not.
    Decline,
}

/// Decides on an application. `answer` goes into the letter: up to 500 characters, and at least one to decline.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::NotFound`]; [`ServiceError::Invalid`];
/// [`ServiceError::Conflict`] `already_decided`, also for an address that was not confirmed.
pub async fn application_decide(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    verdict: Verdict,
    answer: &str,
) -> Outcome<ApplicationRow> {
    require(actor, Permission::Catalogue)?;
    let answer = answer.trim().to_owned();
    let (least, to, action) = match verdict {
        Verdict::Approve => (0, ApplicationState::Approved, "partner.approve"),
        Verdict::Decline => (1, ApplicationState::Declined, "partner.decline"),
    };
    if !(least..=500).contains(&answer.chars().count()) {
        return Err(ServiceError::invalid("answer", "must have at most 500 characters, and say why when it declines"));
    }
    let found = app.db.read(move |conn| {
        let Some(row) = application_find(conn, id)? else { return Ok::<_, ServiceError>(None) };
        let person = person_find(conn, row.person_id)?.ok_or(ServiceError::NotFound("person"))?;
        Ok(Some((row, person)))
    });
    let (row, person) = found.await?.ok_or(ServiceError::NotFound("application"))?;
    let may = match (row.state, verdict) {
        (ApplicationState::Waiting, _) | (ApplicationState::Declined, Verdict::Approve) => row.partner_id,
        (ApplicationState::Unconfirmed | ApplicationState::Approved, _)
        | (ApplicationState::Declined, Verdict::Decline) => None,
    };
    let partner = may.ok_or_else(already)?;
    let to_whom = Email::parse(&person.email).map_err(ServiceError::internal)?;
    let approved = verdict == Verdict::Approve;
    let letter = person_letters::decided(to_whom, person.language, &app.public_url(""), approved, &answer);
    let (letter, now, by) = (letter_job(app, &letter)?, app.clock.now(), actor.to_string());
    let audit = AuditRow::new(now, actor, action, format!("partner/{partner}"), &json!({ "answer": answer }));
    let from = row.state;
    let decided = app.db.write(Lane::House, move |conn| {
        let said = (!answer.is_empty()).then_some(answer.as_str());
        if !applications::application_decide(conn, id, (from, to), (now, &by), said)? {
            return Err(already());
        }
        if approved {
            let mut row = partner_find(conn, partner)?.ok_or(ServiceError::NotFound("partner"))?;
            row.status = Status::Active;
            partner_update(conn, &row)?;
        }
        job_enqueue(conn, &letter)?;
        audit_insert_in_tx(conn, &audit)?;
        application_find(conn, id)?.ok_or(ServiceError::NotFound("application"))
    });
    let decided = decided.await?;
    app.reload_catalogue().await?;
    Ok(decided)
}

fn already() -> ServiceError {
    ServiceError::conflict("already_decided", "this application does not wait for this decision")
}
