//! `kopilka worker`

use clap::Args;

use super::{Done, Mode, open_app, say, warn_of_foreign_words};
use crate::config::Config;
use crate::http;
use crate::job::Worker;
use crate::service::ServiceError;
use crate::stream::Consumer;

/// Write clicks from the stream to the database, for servers with the role redirect
///
/// Applies missing migrations first. Any number of workers can share a stream. A click leaves the stream only when it
/// is committed. Ctrl-C or SIGTERM stops it gently.
#[derive(Debug, Args)]
pub(super) struct WorkerCommand {}

impl WorkerCommand {
    pub(super) async fn run(self, config: Config) -> Done {
        config.stream_for("kopilka worker")?;
        let app = open_app(config, Mode::Write).await?;
        warn_of_foreign_words(&app).await?;
        let stream = Consumer::open(&app.config.stream).await.map_err(ServiceError::from)?;
        let worker = Worker::start(app, stream);
        say("storing clicks from the stream");
        http::server::stop_signal().await;
        worker.stop().await;
        Ok(())
    }
}
