//! A job that drives a payout failed too often: it is put aside, and a person is called to the payout.

use super::advance_payout::{Advance, advance_in_tx, report};
use super::jobs::PayoutJob;
use super::look::payout_of;
use crate::db::jobs::{JobRow, job_fail};
use crate::db::{Conn, Lane};
use crate::domain::payout::PayoutEvent;
use crate::service::{App, Outcome};

/// Gives a job up and marks its payout, in one transaction.
///
/// # Errors
/// [`crate::service::ServiceError`]; the job then runs once more when its lease is over.
pub async fn give_up(app: &App, job: JobRow, error: String) -> Outcome<()> {
    let id = PayoutJob::read(&job)?.payout;
    let shopper = payout_of(app, id).await?.shopper_id;
    let mut advance = Advance::new(PayoutEvent::GivenUp, "queue", app.clock.now());
    advance.detail = Some(error.clone());
    let write = move |conn: &mut Conn| {
        job_fail(conn, &job, &error, None)?;
        advance_in_tx(conn, id, &advance)
    };
    report(&app.db.write(Lane::Shopper(shopper), write).await?);
    Ok(())
}
