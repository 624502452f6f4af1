//! Floor 4: work that runs by itself. One line here for each job; what a job does is a use case of `service`.
//!
//! Periodic jobs look for work that is due and are safe to run on any number of nodes: each piece of work is
//! claimed or checked again in the transaction that does it.

mod answer_by_letter;
mod clicks;
mod poll_payout;
mod post_letter;
mod queue;
mod runner;
mod store_clicks;
mod submit_payout;

use std::time::Duration;

use crate::service::accounts::{tokens_purge, unconfirmed_purge};
use crate::service::adjust_second::adjustments_expire;
use crate::service::await_order::claim_awaited;
use crate::service::extension::activations_purge;
use crate::service::hooks::{feed_hooks, hooks_purge, send_hooks};
use crate::service::notices::send_notices;
use crate::service::payouts::forget::forget_old;
use crate::service::payouts::match_provider_events::match_provider_events;
use crate::service::reconcile::reconcile_daily;
use crate::service::release_holds::release_holds;
use crate::service::rerun_held::rerun_held;
use crate::service::seal_ledger::seal_ledger;
use crate::service::watch::{check_ledger_daily, count_clicks, tell_metrics, tell_oldest_job, tell_operators};
use crate::service::{App, Outcome};

pub use queue::run_due;
pub use runner::{Jobs, drain, start};
pub use store_clicks::Worker;

/// How much one run of a job takes on at most; a full run is followed by the next at once.
const BATCH: i64 = 500;

/// How many transactions one run tells shoppers of: the more, the fewer letters.
const NEWS: i64 = 2000;

/// A job that runs again and again.
pub struct Periodic {
    /// Its name, in logs and metrics.
    pub name: &'static str,
    /// How long it rests when there was nothing to do.
    pub every: Duration,
    /// Does up to a batch of work; gives how much there was.
    run: fn(App) -> runner::Work,
    /// Rests after each full batch while many callers wait for answers: this can be done a little later.
    yields: bool,
}

impl Periodic {
    const fn every(seconds: u64, name: &'static str, run: fn(App) -> runner::Work) -> Self {
        Self { name, every: Duration::from_secs(seconds), run, yields: false }
    }

    const fn yielding(self) -> Self {
        Self { yields: true, ..self }
    }
}

/// Takes over what other nodes changed in the catalogue.
const RELOAD: Periodic = Periodic::every(10, "reload_catalogue", |app| Box::pin(reload(app)));

/// What runs on a node that follows tracking links alone.
pub const ON_REDIRECT: &[Periodic] = &[RELOAD];

/// Every periodic job.
pub const PERIODIC: &[Periodic] = &[
    Periodic::every(1, "seal_ledger", |app| Box::pin(seal(app))),
    Periodic::every(15, "release_holds", |app| Box::pin(release(app))),
    RELOAD,
    Periodic::every(1, "queue", |app| Box::pin(queue(app))).yielding(),
    Periodic::every(3600, "forget_old", |app| Box::pin(forget(app))),
    Periodic::every(3600, "tokens_purge", |app| Box::pin(purge(app))),
    Periodic::every(3600, "clicks", |app| Box::pin(clicks::run(app))),
    Periodic::every(30, "rerun_held", |app| Box::pin(rerun(app))),
    Periodic::every(60, "claim_awaited", |app| Box::pin(open_claims(app))),
    Periodic::every(60, "count_clicks", |app| Box::pin(count(app))),
    Periodic::every(3600, "check_ledger", |app| Box::pin(check(app))),
    Periodic::every(600, "adjustments", |app| Box::pin(expire(app))),
    Periodic::every(600, "alarms", |app| Box::pin(watch(app))),
    Periodic::every(15, "oldest_job", |app| Box::pin(oldest(app))),
    Periodic::every(60, "match_provider_events", |app| Box::pin(match_events(app))),
    Periodic::every(30, "send_notices", |app| Box::pin(notices(app))).yielding(),
    Periodic::every(3600, "reconcile", |app| Box::pin(compare(app))),
    Periodic::every(2, "feed_hooks", |app| Box::pin(feed(app))).yielding(),
    Periodic::every(1, "send_hooks", |app| Box::pin(send(app))).yielding(),
];

async fn seal(app: App) -> Outcome<usize> {
    seal_ledger(&app, BATCH).await
}

async fn release(app: App) -> Outcome<usize> {
    release_holds(&app, BATCH).await
}

async fn reload(app: App) -> Outcome<usize> {
    app.reload_catalogue().await.map(|()| 0)
}

async fn oldest(app: App) -> Outcome<usize> {
    tell_oldest_job(&app).await
}

async fn queue(app: App) -> Outcome<usize> {
    run_due(&app, usize::try_from(BATCH).unwrap_or(1)).await
}

async fn forget(app: App) -> Outcome<usize> {
    // What screening keeps goes all at once; of webhooks' log there may be more.
    forget_old(&app).await?;
    hooks_purge(&app, BATCH).await
}

async fn purge(app: App) -> Outcome<usize> {
    let done = tokens_purge(&app).await?.saturating_add(activations_purge(&app).await?);
    Ok(unconfirmed_purge(&app, BATCH).await?.saturating_add(done))
}

async fn rerun(app: App) -> Outcome<usize> {
    rerun_held(&app, BATCH).await
}

async fn open_claims(app: App) -> Outcome<usize> {
    claim_awaited(&app, BATCH).await
}

async fn match_events(app: App) -> Outcome<usize> {
    match_provider_events(&app, BATCH).await
}

async fn notices(app: App) -> Outcome<usize> {
    send_notices(&app, NEWS).await
}

async fn compare(app: App) -> Outcome<usize> {
    reconcile_daily(&app).await
}

async fn feed(app: App) -> Outcome<usize> {
    feed_hooks(&app, BATCH).await
}

async fn send(app: App) -> Outcome<usize> {
    send_hooks(&app).await
}

async fn count(app: App) -> Outcome<usize> {
    // What is left over is not counted at once: these are figures for people, and clicks go first.
    count_clicks(&app).await.map(|_counted| 0)
}

async fn check(app: App) -> Outcome<usize> {
    check_ledger_daily(&app).await
}

async fn watch(app: App) -> Outcome<usize> {
    tell_metrics(&app).await?;
    tell_operators(&app).await.map(|_told| 0)
}

async fn expire(app: App) -> Outcome<usize> {
    adjustments_expire(&app, BATCH).await
}
