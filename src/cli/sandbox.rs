//! `kopilka sandbox`

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{CliError, Done, say};
use crate::base::{Clock, Secret};
use crate::config::Config;
use crate::domain::money::{Amount, Currency};
use crate::http;
use crate::simulator::{BankConfig, bank};

/// Run the sandbox bank: a payout provider that moves no real money
///
/// Uses sandbox.key, sandbox.webhook_secret and sandbox.public_key of the same configuration as `kopilka serve`, so
/// that both fit together. docs/SANDBOX.md lists its test numbers.
#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// Where the bank listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// File of the bank's own record; in memory without
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Where its webhooks go [default: /webhooks/sandbox of public_url]
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// What is on the account at the very first start, in major units
    #[arg(long, value_name = "AMOUNT", default_value = "1000000.00")]
    balance: String,
    /// The account's currency
    #[arg(long, value_name = "CODE", default_value = "RUB")]
    currency: Currency,
}

/// How often the bank looks after webhooks and returns that are due.
const TICK: Duration = Duration::from_secs(1);
/// How long the second half of a slow answer takes: longer than anybody waits.
const STALL: Duration = Duration::from_secs(60);

impl Sandbox {
    pub(super) async fn run(self, config: &Config) -> Done {
        let wanted = |key: &str, value: &Option<Secret>| {
            value.clone().ok_or_else(|| CliError::Usage(format!("{key} must be set, the same for serve and sandbox")))
        };
        let webhooks = format!("{}/webhooks/sandbox", config.public_url.as_str().trim_end_matches('/'));
        let balance = Amount::parse(&self.balance, self.currency)
            .map_err(|cause| CliError::Usage(format!("--balance: {cause}")))?;
        let settings = BankConfig {
            balance,
            api_key: wanted("sandbox.key", &config.sandbox.key)?,
            public_key: config.sandbox.public_key.clone(),
            webhook_url: Some(self.webhook_url.unwrap_or(webhooks)),
            webhook_secret: wanted("sandbox.webhook_secret", &config.sandbox.webhook_secret)?,
            record: self.record,
            clock: Clock::System,
            tick: Some(TICK),
            stall: STALL,
        };
        let listener = TcpListener::bind(self.listen)
            .map_err(|cause| CliError::Failed(format!("cannot listen on {} (--listen): {cause}", self.listen)))?;
        say(format!("the sandbox bank listens on http://{}", listener.local_addr()?));
        let server = bank(settings, listener).map_err(CliError::failed)?;
        let handle = server.handle();
        tokio::pin!(server);
        tokio::select! {
            done = &mut server => return Ok(done?),
            () = http::server::stop_signal() => {}
        }
        let ((), done) = tokio::join!(handle.stop(true), server);
        Ok(done?)
    }
}
