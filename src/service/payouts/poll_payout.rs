//! Asks a payout's provider how it stands, and takes in the answer.

use super::advance_payout::{Advance, Advanced, advance_payout};
use super::look::payout_of;
use super::providers::provider_of;
use crate::base::Failpoint;
use crate::base::id::{JobId, PayoutId};
use crate::db::Lane;
use crate::db::payouts::PayoutRow;
use crate::provider::{Found, Lookup};
use crate::service::{App, Outcome};

/// Asks about one payout: by the provider's reference, or by our key as long as no reference is known.
///
/// # Errors
/// [`crate::service::ServiceError`]; asking again is safe.
pub async fn poll_payout(app: &App, id: PayoutId, cause: &str, job: Option<JobId>) -> Outcome<Advanced> {
    let row = payout_of(app, id).await?;
    let found = look_up(app, &row).await?;
    Failpoint::Told.pass();
    let mut advance = Advance::new(found.event(), cause, app.clock.now());
    advance.job = job;
    advance.polled = true;
    match found {
        Found::Known(payout) => (advance.amount, advance.detail) = (Some(payout.amount), payout.status.unheard()),
        Found::NotFound => advance.detail = Some("the provider does not know it".to_owned()),
        Found::CannotTell { why } | Found::Unknown { why } => advance.detail = Some(why),
    }
    let advanced = advance_payout(app, &row, advance).await?;
    Failpoint::ToldStored.pass();
    Ok(advanced)
}

/// The same for the queue: a bank that takes files is not asked, and the job ends.
///
/// # Errors
/// As [`poll_payout`].
pub async fn poll_or_leave(app: &App, id: PayoutId, job: JobId) -> Outcome<()> {
    let row = payout_of(app, id).await?;
    if provider_of(app, &row.provider)?.drawn_on().is_some() {
        return Ok(app.done_jobs.write(Lane::House, job).await?);
    }
    poll_payout(app, id, "poll", Some(job)).await.map(drop)
}

/// What the provider says of a payout now; changes nothing here.
///
/// # Errors
/// `provider_not_configured`.
pub(super) async fn look_up(app: &App, row: &PayoutRow) -> Outcome<Found> {
    let provider = provider_of(app, &row.provider)?;
    let lookup = match &row.provider_ref {
        Some(reference) => Lookup::ProviderRef(reference.clone()),
        None => Lookup::Key(row.provider_key.clone()),
    };
    Ok(match provider.fetch(&lookup).await {
        Found::Known(other) if other.key.as_ref().is_some_and(|key| *key != row.provider_key) => {
            Found::Unknown { why: format!("{} is another payment", other.provider_ref) }
        }
        found @ (Found::Known(_) | Found::NotFound | Found::CannotTell { .. } | Found::Unknown { .. }) => found,
    })
}
