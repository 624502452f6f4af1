//! Runs what is due in the durable queue. One line here for each kind of job.
//!
//! A job ends in the transaction of what it did, so all that is left here are failures: they wait, longer each time,
//! and are given up after a while.

use std::collections::HashMap;

use chrono::TimeDelta;
use tokio::task::JoinSet;

use super::{answer_by_letter, poll_payout, post_letter, submit_payout};
use crate::base::Timestamp;
use crate::db::Lane;
use crate::db::jobs::{JobKind, JobRow, job_claim, job_fail};
use crate::service::payouts::give_up::give_up;
use crate::service::{App, Outcome, ServiceError};

/// How many jobs run at the same time.
const TOGETHER: i64 = 16;
/// How long a claimed job is left to its worker: longer than any call takes, since a second worker would begin then.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// How often a job is tried.
const TRIES: i64 = 20;

/// Runs up to `limit` due jobs; gives how many there were.
///
/// # Errors
/// [`ServiceError::Db`] when none can be claimed. A job's own failure is noted with the job.
pub async fn run_due(app: &App, limit: usize) -> Outcome<usize> {
    let mut count = 0;
    while count < limit {
        let now = app.clock.now();
        let claim = move |conn: &mut crate::db::Conn| job_claim(conn, now, now.plus(LEASE), TOGETHER);
        let claimed = app.db.write(Lane::House, claim).await?;
        if claimed.is_empty() {
            break;
        }
        count += claimed.len();
        run_all(app, claimed).await?;
    }
    Ok(count)
}

/// Runs jobs beside each other, each to its end: a failure of one must not cut another off between its call to a
/// provider and the answer.
async fn run_all(app: &App, claimed: Vec<JobRow>) -> Outcome<()> {
    let mut running = JoinSet::new();
    let mut jobs = HashMap::new();
    for job in claimed {
        let task = running.spawn(run_one(app.clone(), job.clone()));
        jobs.insert(task.id(), job);
    }
    let mut all = Ok(());
    while let Some(done) = running.join_next_with_id().await {
        let one = match done {
            Ok((_task, outcome)) => outcome,
            Err(broken) => match jobs.remove(&broken.id()) {
                Some(job) => put_back(app, job, &ServiceError::internal(broken)).await,
                None => Err(ServiceError::internal(broken)),
            },
        };
        all = all.and(one);
    }
    all
}

async fn run_one(app: App, job: JobRow) -> Outcome<()> {
    let outcome = match job.kind {
        JobKind::SubmitPayout => submit_payout::run(&app, &job).await,
        JobKind::PollPayout => poll_payout::run(&app, &job).await,
        JobKind::AnswerByLetter => answer_by_letter::run(&app, &job).await,
        JobKind::PostLetter => post_letter::run(&app, &job).await,
    };
    match outcome {
        Ok(()) => Ok(()),
        Err(error) => put_back(&app, job, &error).await,
    }
}

/// Notes a failure: the job waits, or is given up.
async fn put_back(app: &App, job: JobRow, error: &ServiceError) -> Outcome<()> {
    let run_at = (job.attempts < TRIES).then(|| app.clock.now().plus(back_off(job.attempts)));
    failed(&job, error, run_at);
    let text = error.to_string();
    if run_at.is_none() && matches!(job.kind, JobKind::SubmitPayout | JobKind::PollPayout) {
        let outcome = give_up(app, job.clone(), text.clone()).await;
        let Err(error) = outcome else { return Ok(()) };
        tracing::error!(key = job.key, %error, "the payout of a job that was given up could not be marked");
    }
    Ok(app.db.write(Lane::House, move |conn| job_fail(conn, &job, &text, run_at)).await?)
}

fn failed(job: &JobRow, error: &ServiceError, run_at: Option<Timestamp>) {
    let kind = job.kind.as_str();
    metrics::counter!("kopilka_job_failures_total", "job" => kind).increment(1);
    match run_at {
        Some(run_at) => tracing::warn!(kind, key = job.key, %error, %run_at, "a job failed and will run again"),
        None => {
            metrics::counter!("kopilka_jobs_dead_total", "job" => kind).increment(1);
            tracing::error!(kind, key = job.key, %error, tries = job.attempts, "a job was given up");
        }
    }
}

/// 10 s after the first failure, then twice as long each time, an hour at most.
fn back_off(attempts: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    TimeDelta::seconds((10 * 2_i64.pow(doublings)).min(3600))
}
