//! `kopilka demo`

mod api;
mod desk;
mod history;
mod journey;
mod networks;
mod payouts;
mod play;
mod seed;
mod stage;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use self::play::Play;
use self::stage::{Stage, Wanted};
use super::{CliError, Done, say};
use crate::config::{Config, Log};
use crate::http;

/// Show the whole service at work, with invented stores, partners and shoppers
///
/// Starts the service on an embedded database, a sandbox bank and some thirty demo stores, and plays a journey in the
/// networks' real message formats, checking every amount. Then it stays up, with the logins printed, until Ctrl-C.
/// It does not look at kopilka.toml.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Folder of the demonstration's data; one that is there is used again
    #[arg(long, value_name = "FOLDER", default_value = "demo-data")]
    data: PathBuf,
    /// Where the service listens [default: 127.0.0.1:8080; with --once any free port]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Play the journey in a folder of its own, take it away again, and end: 0 when everything was as promised
    #[arg(long)]
    once: bool,
    /// Folder that pages are read from, anew for each page, to work on them: src/web
    #[arg(long, value_name = "FOLDER")]
    pages: Option<PathBuf>,
    /// Folder of the browser extension's packages, which the page /extension offers when they are there (`make extension`)
    #[arg(long, value_name = "FOLDER", default_value = "target/extension")]
    extension: PathBuf,
    /// Print one JSON document instead of text
    #[arg(long, requires = "once")]
    json: bool,
}

impl Demo {
    pub(super) async fn run(self) -> Done {
        super::log::start(&Log { level: "error".to_owned(), ..Config::default().log });
        let extension = Some(self.extension).filter(|folder| folder.is_dir());
        let wanted = Wanted { data: self.data, listen: self.listen, once: self.once, pages: self.pages, extension };
        let mut play = Play::new(self.json);
        play.heading("Kopilka's demonstration: everything here is invented, and no real money moves");
        let stage = Stage::start(wanted).await?;
        play.lines(&stage.introduction());
        let (ledger, anna) = journey::play(&mut play, &stage).await;
        let ok = play.finish(&ledger)?;
        if self.once {
            stage.stop(ok).await?;
            return if ok { Ok(()) } else { Err(CliError::Failed("not everything was as promised".to_owned())) };
        }
        for line in stage.farewell(&anna) {
            say(line);
        }
        http::server::stop_signal().await;
        say("stopping");
        stage.stop(true).await?;
        if ok { Ok(()) } else { Err(CliError::Failed("not everything in the journey was as promised".to_owned())) }
    }
}
