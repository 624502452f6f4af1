//! `kopilka serve`

use std::net::TcpListener;

use clap::Args;

use super::{CliError, Done, Mode, open_app, say};
use crate::config::Config;
use crate::{http, job};

/// Run the service: pages, API, tracking links, postbacks
///
/// Applies missing migrations first. Only one server can use a SQLite file; several can share a PostgreSQL
/// database. Ctrl-C or SIGTERM stops it gently.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Listen here instead of the configured address
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
}

impl Serve {
    pub(super) async fn run(self, mut config: Config) -> Done {
        config.listen = self.listen.unwrap_or(config.listen);
        let address = config.listen;
        let app = open_app(config, Mode::Serve).await?;
        let listener = TcpListener::bind(address)
            .map_err(|cause| CliError::Failed(format!("cannot listen on {address} (key listen): {cause}")))?;
        say(format!("listening on http://{}", listener.local_addr()?));
        let jobs = job::start(&app);
        let served = http::serve(app, listener, http::server::stop_signal()).await;
        jobs.stop().await;
        served?;
        Ok(())
    }
}
