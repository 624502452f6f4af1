//! `kopilka serve`

use std::net::TcpListener;

use clap::Args;

use super::{CliError, Done, Mode, open_app, say, warn_of_foreign_words};
use crate::config::{Config, ServerRole};
use crate::job::Worker;
use crate::service::{App, ServiceError};
use crate::stream::{Consumer, Publisher};
use crate::{http, job};

/// Run the service: pages, API, tracking links, postbacks
///
/// Applies missing migrations first. Only one server can use a SQLite file; several can share a PostgreSQL
/// database. With the role redirect it follows tracking links alone, changes nothing in the database, and hands clicks to
/// the stream. Ctrl-C or SIGTERM stops it gently.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Listen here instead of the configured address
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
    /// Do this instead of what the configuration says: all, or redirect
    #[arg(long, value_name = "ROLE")]
    role: Option<ServerRole>,
}

impl Serve {
    pub(super) async fn run(self, mut config: Config) -> Done {
        config.listen = self.listen.unwrap_or(config.listen);
        config.role = self.role.unwrap_or(config.role);
        let address = config.listen;
        let app = open(config).await?;
        warn_of_foreign_words(&app).await?;
        let worker = match app.config.stream.consume && app.config.role == ServerRole::All {
            true => Some(Consumer::open(&app.config.stream).await.map_err(ServiceError::from)?),
            false => None,
        };
        let listener = TcpListener::bind(address)
            .map_err(|cause| CliError::Failed(format!("cannot listen on {address} (key listen): {cause}")))?;
        say(format!("listening on http://{}", listener.local_addr()?));
        let worker = worker.map(|stream| Worker::start(app.clone(), stream));
        let jobs = job::start(&app);
        let served = http::serve(app, listener, http::server::stop_signal()).await;
        jobs.stop().await;
        if let Some(worker) = worker {
            worker.stop().await;
        }
        served?;
        Ok(())
    }
}

/// The application in its role: a redirect node only looks at the database, and its clicks go into the stream.
async fn open(config: Config) -> Result<App, CliError> {
    match config.role {
        ServerRole::All => {
            if config.stream.consume {
                config.stream_for("stream.consume")?;
            }
            open_app(config, Mode::Serve).await
        }
        ServerRole::Redirect => {
            config.stream_for("the role redirect")?;
            let app = open_app(config, Mode::ReadOnly).await?;
            let publisher = Publisher::start(&app.config.stream).await.map_err(ServiceError::from)?;
            Ok(app.with_stream(publisher))
        }
    }
}
