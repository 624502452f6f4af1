//! `kopilka retention`

use clap::Args;

use super::{Done, Mode, open_app, say, say_json};
use crate::config::Config;
use crate::service::retention::{Retention as Removed, retention_preview, retention_step};

/// How many clicks are removed in one transaction: few enough that a server beside it hardly waits.
const BATCH: i64 = 500;

/// Remove clicks older than clicks.retention_days that no order and no claim refers to
///
/// `kopilka serve` does it by itself. What an order or a claim refers to is kept in the table clicks_kept.
#[derive(Debug, Args)]
pub(super) struct Retention {
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Retention {
    pub(super) async fn run(self, config: Config) -> Done {
        let days = config.clicks.retention_days;
        let removed = if self.dry_run {
            retention_preview(&open_app(config, Mode::ReadOnly).await?).await?
        } else {
            let app = open_app(config, Mode::Write).await?;
            let mut removed = Removed::default();
            loop {
                let step = retention_step(&app, BATCH).await?;
                if step == Removed::default() {
                    break removed;
                }
                removed.add(step);
            }
        };
        if self.json {
            return say_json(&removed);
        }
        let Removed { clicks, kept, months } = removed;
        let verb = if self.dry_run { "would remove" } else { "removed" };
        say(format!("{verb} {clicks} clicks older than {days} days; {kept} of them are kept for their order or claim"));
        if !months.is_empty() {
            say(format!("{verb} these months as a whole: {}", months.join(", ")));
        }
        Ok(())
    }
}
