//! The job that hands a payout to its provider.

use crate::db::jobs::JobRow;
use crate::service::payouts::jobs::PayoutJob;
use crate::service::payouts::submit_payout::submit_payout;
use crate::service::{App, Outcome};

pub(super) async fn run(app: &App, job: &JobRow) -> Outcome<()> {
    let wanted = PayoutJob::read(job)?;
    submit_payout(app, wanted.payout, wanted.sends, Some(job.id)).await
}
