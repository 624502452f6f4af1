//! `kopilka migrate`

use clap::Args;

use super::{Done, Mode, open_db, say, say_json};
use crate::config::Config;
use crate::db::{Db, DbOptions};

/// Bring the database's schema up to date
///
/// `serve` does this by itself; this command is for doing it beforehand, or for looking.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Change nothing; exit with 1 when migrations are missing
    #[arg(long)]
    check: bool,
    /// Print the applied migrations as JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(super) fn run(self, config: &Config) -> Done {
        if self.check {
            let _current = open_db(config, Mode::ReadOnly)?;
            say("the schema is up to date");
            return Ok(());
        }
        let url = config.database.url.expose().to_owned();
        let db = Db::open_as_is(&DbOptions { url, ..DbOptions::default() })?;
        let applied = db.migrate()?;
        if self.json {
            return say_json(&serde_json::json!({ "applied": applied }));
        }
        for name in &applied {
            say(format!("applied {name}"));
        }
        say(if applied.is_empty() { "the schema was up to date" } else { "the schema is up to date" });
        Ok(())
    }
}
