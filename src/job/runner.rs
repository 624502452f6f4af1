//! Runs the periodic jobs until told to stop, and lets the one in hand finish.

use std::future::Future;
use std::pin::Pin;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{BATCH, ON_REDIRECT, PERIODIC, Periodic};
use crate::config::ServerRole;
use crate::service::{App, Outcome};

/// What a job's run is.
pub(super) type Work = Pin<Box<dyn Future<Output = Outcome<usize>> + Send>>;

/// The running jobs.
#[derive(Debug)]
pub struct Jobs {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Jobs {
    /// Tells the jobs to stop, and waits until each has finished what it has in hand.
    pub async fn stop(mut self) {
        let _gone = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Starts every periodic job of the server's role. Must be called inside a tokio runtime.
#[must_use]
pub fn start(app: &App) -> Jobs {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let jobs = match app.config.role {
        ServerRole::All => PERIODIC,
        ServerRole::Redirect => ON_REDIRECT,
    };
    for job in jobs {
        tasks.spawn(keep_running(job, app.clone(), stopped.clone()));
    }
    Jobs { stop, tasks }
}

/// Runs every periodic job until none finds work: for tests and the demo, which do not wait for time to pass.
///
/// # Errors
/// The first failure.
pub async fn drain(app: &App) -> Outcome<()> {
    loop {
        let mut found = 0;
        for job in PERIODIC {
            found += (job.run)(app.clone()).await?;
        }
        if found == 0 {
            return Ok(());
        }
    }
}

async fn keep_running(job: &'static Periodic, app: App, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        let found = match (job.run)(app.clone()).await {
            Ok(found) => found,
            Err(error) => {
                metrics::counter!("kopilka_job_failures_total", "job" => job.name).increment(1);
                tracing::error!(job = job.name, %error, "the job failed and will run again");
                0
            }
        };
        metrics::counter!("kopilka_job_items_total", "job" => job.name).increment(u64::try_from(found).unwrap_or(0));
        let more = i64::try_from(found).unwrap_or(0) >= BATCH;
        if more && !(job.yields && app.db.is_busy()) {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(job.every) => {}
            _changed = stopped.changed() => {}
        }
    }
}
