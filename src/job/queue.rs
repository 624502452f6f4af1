//! Runs what is due in the durable queue. One line here for each kind of job.
//!
//! A job ends in the transaction of what it did, so all that is left here are failures: they wait, longer each time,
//! and are given up after a while.

use std::collections::HashMap;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::{Id, JoinError, JoinSet};

use super::{answer_by_letter, poll_payout, post_letter, submit_payout};
use crate::base::Timestamp;
use crate::db::Lane;
use crate::db::jobs::{JobKind, JobRow, job_claim, job_fail};
use crate::service::payouts::give_up::give_up;
use crate::service::{App, Outcome, ServiceError};

/// How many jobs run at the same time.
const TOGETHER: usize = 32;
/// How many places have to be free before more are claimed: claimed one by one, each would be a commit of its own.
const CLAIMED_TOGETHER: usize = TOGETHER / 2;
/// How long one that takes its time keeps others from being claimed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a claimed job is left to its worker: longer than any call takes, since a second worker would begin then.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// How often a job is tried.
const TRIES: i64 = 20;

/// Runs up to `limit` due jobs, each to its end; gives how many there were. A job that hangs takes one place of several:
/// the others go on, and what falls due meanwhile is claimed.
///
/// # Errors
/// [`ServiceError::Db`] when none can be claimed. A job's own failure is noted with the job.
pub async fn run_due(app: &App, limit: usize) -> Outcome<usize> {
    let mut places = Places::default();
    let (mut count, mut all, mut waited) = (0, Ok(()), false);
    loop {
        let free = TOGETHER.saturating_sub(places.running.len());
        let worth_it = free >= CLAIMED_TOGETHER || waited;
        let free = free.min(limit.saturating_sub(count));
        if free > 0 && worth_it && all.is_ok() {
            match claim(app, free).await {
                Ok(claimed) => {
                    count += claimed.len();
                    claimed.into_iter().for_each(|job| places.begin(app, job));
                }
                // What runs is not cut off.
                Err(error) => all = Err(error),
            }
        }
        if places.running.is_empty() {
            return all.map(|()| count);
        }
        let done = tokio::time::timeout(LOOK_AGAIN, places.running.join_next_with_id()).await;
        waited = done.is_err();
        if let Ok(Some(done)) = done {
            all = all.and(places.ended(app, done).await);
        }
    }
}

async fn claim(app: &App, most: usize) -> Outcome<Vec<JobRow>> {
    let (now, most) = (app.clock.now(), i64::try_from(most).unwrap_or(1));
    Ok(app.db.write(Lane::House, move |conn| job_claim(conn, now, now.plus(LEASE), most)).await?)
}

/// The jobs that run at the same time.
#[derive(Default)]
struct Places {
    running: JoinSet<Outcome<()>>,
    jobs: HashMap<Id, JobRow>,
}

impl Places {
    fn begin(&mut self, app: &App, job: JobRow) {
        let task = self.running.spawn(run_one(app.clone(), job.clone()));
        self.jobs.insert(task.id(), job);
    }

    /// Takes one that ended off its place. One that panicked waits for another try.
    async fn ended(&mut self, app: &App, done: Result<(Id, Outcome<()>), JoinError>) -> Outcome<()> {
        match done {
            Ok((task, outcome)) => {
                self.jobs.remove(&task);
                outcome
            }
            Err(broken) => match self.jobs.remove(&broken.id()) {
                Some(job) => put_back(app, job, &ServiceError::internal(broken)).await,
                None => Err(ServiceError::internal(broken)),
            },
        }
    }
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
