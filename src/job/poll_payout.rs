//! The job that asks a payout's provider how it stands.

use crate::db::jobs::JobRow;
use crate::service::payouts::jobs::PayoutJob;
use crate::service::payouts::poll_payout::poll_or_leave;
use crate::service::{App, Outcome};

pub(super) async fn run(app: &App, job: &JobRow) -> Outcome<()> {
    let wanted = PayoutJob::read(job)?;
    poll_or_leave(app, wanted.payout, job.id).await
}
