//! `kopilka sandbox`

use clap::Args;

use super::simulate::{Common, wanted};
use super::{Done, simulate};
use crate::config::Config;
use crate::simulator::Simulated;

/// Run the sandbox bank: a payout provider that moves no real money
///
/// Uses sandbox.key, sandbox.webhook_secret and sandbox.public_key of the same configuration as `kopilka serve`, so
/// that both fit together. docs/SANDBOX.md lists its test numbers.
#[derive(Debug, Args)]
pub(super) struct Sandbox {
    #[command(flatten)]
    common: Common,
}

impl Sandbox {
    pub(super) async fn run(self, config: &Config) -> Done {
        let keys = simulate::Keys {
            api_key: wanted("sandbox.key", &config.sandbox.key)?,
            public_key: config.sandbox.public_key.clone(),
            webhook_secret: wanted("sandbox.webhook_secret", &config.sandbox.webhook_secret)?,
        };
        self.common.run(Simulated::Sandbox, "sandbox", keys, config).await
    }
}
