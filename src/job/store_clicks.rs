//! Empties the stream of clicks into the database until told to stop. What is in hand then is finished.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::service::store_clicks::store_clicks;
use crate::service::{App, Outcome};
use crate::stream::Consumer;

/// How long it rests after a first failure, and at most after several.
const REST: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];

/// A running worker.
#[derive(Debug)]
pub struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts it. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(app: App, stream: Consumer) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(work(app, stream, stopped)) }
    }

    /// Tells it to stop, and waits until it has finished what it has in hand.
    pub async fn stop(self) {
        let _gone = self.stop.send(true);
        if let Err(broken) = self.task.await {
            tracing::error!(%broken, "the worker of the stream had ended before");
        }
    }
}

async fn work(app: App, mut stream: Consumer, mut stopped: watch::Receiver<bool>) {
    let [first, longest] = REST;
    let mut rest = first;
    while !*stopped.borrow() {
        match round(&app, &stream).await {
            Ok(()) => rest = first,
            Err(error) => {
                metrics::counter!("kopilka_job_failures_total", "job" => "store_clicks").increment(1);
                tracing::error!(%error, "clicks stay in the stream for now");
                tokio::select! {
                    () = tokio::time::sleep(rest) => {}
                    _changed = stopped.changed() => {}
                }
                rest = longest.min(rest * 2);
                if let Err(error) = stream.reopen().await {
                    tracing::error!(%error, "the stream of clicks cannot be read");
                }
            }
        }
    }
}

async fn round(app: &App, stream: &Consumer) -> Outcome<()> {
    let messages = stream.take().await?;
    if messages.is_empty() {
        return Ok(());
    }
    let new = store_clicks(app, stream, &messages).await?;
    tracing::debug!(messages = messages.len(), clicks = new, "clicks were stored");
    Ok(())
}
