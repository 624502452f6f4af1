//! What the queue does for payouts, and how such a job is named.

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{JobId, PayoutId};
use crate::db::jobs::{JobKind, JobRow};
use crate::service::{Outcome, ServiceError};

/// What a job about a payout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutJob {
    /// The payout.
    pub payout: PayoutId,
    /// For a submission: how often the payout had been sent when the job was made. More than that later means that
    /// an earlier run of the job sent it and never heard, or told, what came of it.
    pub sends: i64,
}

impl PayoutJob {
    /// Reads it from a job.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] when it is not one.
    pub fn read(job: &JobRow) -> Outcome<Self> {
        serde_json::from_str(&job.payload).map_err(ServiceError::internal)
    }
}

/// The key of the job that makes send number `sends + 1`.
#[must_use]
pub fn submit_key(payout: PayoutId, sends: i64) -> String {
    format!("submit/{payout}/{sends}")
}

/// The key of the job that asks for the time number `polls + 1`.
#[must_use]
pub fn poll_key(payout: PayoutId, polls: i64) -> String {
    format!("poll/{payout}/{polls}")
}

/// A job that submits.
///
/// # Errors
/// [`ServiceError::Internal`] when it cannot be written as JSON.
pub fn submit_job(id: JobId, payout: PayoutId, sends: i64, run_at: Timestamp) -> Outcome<JobRow> {
    let payload = serde_json::to_string(&PayoutJob { payout, sends }).map_err(ServiceError::internal)?;
    Ok(JobRow::new(id, JobKind::SubmitPayout, submit_key(payout, sends), payload, run_at))
}

/// A job that asks.
///
/// # Errors
/// [`ServiceError::Internal`] when it cannot be written as JSON.
pub fn poll_job(id: JobId, payout: PayoutId, polls: i64, run_at: Timestamp) -> Outcome<JobRow> {
    let payload = serde_json::to_string(&PayoutJob { payout, sends: 0 }).map_err(ServiceError::internal)?;
    Ok(JobRow::new(id, JobKind::PollPayout, poll_key(payout, polls), payload, run_at))
}
