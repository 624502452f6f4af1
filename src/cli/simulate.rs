//! `kopilka simulate`: a payout provider that moves no real money and speaks as the real one does.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{CliError, Done, say};
use crate::base::{Clock, Secret};
use crate::config::Config;
use crate::config::rails::Rail;
use crate::domain::money::{Amount, Currency};
use crate::http;
use crate::simulator::{BankConfig, Simulated};

/// Run a simulated payout provider: it moves no real money
///
/// It is known by the keys of the first provider of that kind in payouts.providers of the same configuration as
/// `kopilka serve`, so that both fit together. docs/PAYOUTS.md shows how to try each.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Which provider
    provider: Provider,
    #[command(flatten)]
    common: Common,
}

/// A provider that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Provider {
    /// YooKassa Payouts
    Yookassa,
    /// PayPal Payouts
    Paypal,
    /// Hyperswitch payouts
    Hyperswitch,
}

/// What all simulated providers are asked for.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Where it listens [default: 127.0.0.1:8090 for the sandbox bank, 8091 for yookassa, 8092 for paypal,
    /// 8093 for hyperswitch]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// File of its own record; in memory without
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Where its webhooks go [default: /webhooks/<provider> of public_url]
    #[arg(long, value_name = "URL")]
    webhook_url: Option<String>,
    /// What is on the account at the very first start, in major units
    #[arg(long, value_name = "AMOUNT", default_value = "1000000.00")]
    balance: String,
    /// The account's currency
    #[arg(long, value_name = "CODE", default_value = "RUB")]
    currency: Currency,
}

/// What it is known by.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) api_key: Secret,
    pub(super) public_key: String,
    pub(super) webhook_secret: Secret,
}

/// How often it looks after webhooks and returns that are due.
const TICK: Duration = Duration::from_secs(1);
/// How long the second half of a slow answer takes: longer than anybody waits.
const STALL: Duration = Duration::from_secs(60);

/// A key of the configuration that has to be there.
pub(super) fn wanted(key: &str, value: &Option<Secret>) -> Result<Secret, CliError> {
    value.clone().ok_or_else(|| CliError::Usage(format!("{key} must be set, the same for serve and sandbox")))
}

impl Simulate {
    pub(super) async fn run(self, config: &Config) -> Done {
        let rails = &config.payouts.providers;
        let (which, found) = match self.provider {
            Provider::Yookassa => (Simulated::Yookassa, rails.iter().find_map(yookassa)),
            Provider::Paypal => (Simulated::Paypal, rails.iter().find_map(paypal)),
            Provider::Hyperswitch => (Simulated::Hyperswitch, rails.iter().find_map(hyperswitch)),
        };
        let (name, keys) = found.ok_or_else(|| {
            CliError::Usage(format!("payouts.providers has no provider of the kind {which}: see docs/PAYOUTS.md"))
        })?;
        self.common.run(which, name, keys, config).await
    }
}

fn yookassa(rail: &Rail) -> Option<(&str, Keys)> {
    let Rail::Yookassa(settings) = rail else { return None };
    let keys = Keys {
        api_key: settings.key.clone(),
        public_key: settings.gateway.clone(),
        webhook_secret: Secret::new("not signed"),
    };
    Some((&settings.name, keys))
}

fn paypal(rail: &Rail) -> Option<(&str, Keys)> {
    let Rail::Paypal(settings) = rail else { return None };
    let keys = Keys {
        api_key: settings.client_secret.clone(),
        public_key: settings.client_id.clone(),
        webhook_secret: Secret::new(settings.webhook_id.as_str()),
    };
    Some((&settings.name, keys))
}

fn hyperswitch(rail: &Rail) -> Option<(&str, Keys)> {
    let Rail::Hyperswitch(settings) = rail else { return None };
    let keys = Keys {
        api_key: settings.api_key.clone(),
        public_key: settings.tokens.as_ref().map_or_else(String::new, |tokens| tokens.key.clone()),
        webhook_secret: settings.webhook_secret.clone(),
    };
    Some((&settings.name, keys))
}

/// The port that it listens on when none is named.
const fn port(which: Simulated) -> u16 {
    match which {
        Simulated::Sandbox => 8090,
        Simulated::Yookassa => 8091,
        Simulated::Paypal => 8092,
        Simulated::Hyperswitch => 8093,
    }
}

impl Common {
    /// Runs a simulated provider, which the service knows as `name`, until it is told to stop.
    pub(super) async fn run(self, which: Simulated, name: &str, keys: Keys, config: &Config) -> Done {
        let webhooks = format!("{}/webhooks/{name}", config.public_url.as_str().trim_end_matches('/'));
        let balance = Amount::parse(&self.balance, self.currency)
            .map_err(|cause| CliError::Usage(format!("--balance: {cause}")))?;
        let settings = BankConfig {
            balance,
            api_key: keys.api_key,
            public_key: keys.public_key,
            webhook_url: Some(self.webhook_url.unwrap_or(webhooks)),
            webhook_secret: keys.webhook_secret,
            record: self.record,
            clock: Clock::System,
            tick: Some(TICK),
            stall: STALL,
        };
        let listen = self.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port(which))));
        let listener = TcpListener::bind(listen)
            .map_err(|cause| CliError::Failed(format!("cannot listen on {listen} (--listen): {cause}")))?;
        let what =
            if which == Simulated::Sandbox { "the sandbox bank".to_owned() } else { format!("simulated {which}") };
        say(format!("{what} listens on http://{}", listener.local_addr()?));
        let server = crate::simulator::simulate(which, settings, listener).map_err(CliError::failed)?;
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
