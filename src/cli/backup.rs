//! `kopilka backup`

use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, Done, Mode, open_app, open_db, say, say_json};
use crate::config::Config;
use crate::db::backup;
use crate::service::watch::note_backup;

/// Copy the SQLite database into a new file while the service runs
///
/// The copy is consistent, checked, and complete by itself. It does not hold the master key: keep kopilka.key
/// (or secrets.master_key) too, in another place. For PostgreSQL use pg_dump, and then `kopilka backup --done`, so that
/// operators are not warned of old backups.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The file to write; it must not exist yet
    #[arg(required_unless_present = "done")]
    file: Option<PathBuf>,
    /// Only note that a backup was made, with other means
    #[arg(long, conflicts_with = "file")]
    done: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) async fn run(self, config: Config) -> Done {
        if let Some(file) = &self.file {
            self.copy(&config, file)?;
        } else {
            say("noted that a backup was made");
        }
        Ok(note_backup(&open_app(config, Mode::Write).await?).await?)
    }

    fn copy(&self, config: &Config, file: &Path) -> Done {
        if config.database.url.expose().starts_with("postgres") {
            return Err(CliError::Usage(
                "backup copies SQLite files; for PostgreSQL use: pg_dump --format=custom --file=backup.dump <database.url>"
                    .to_owned(),
            ));
        }
        let db = open_db(config, Mode::ReadOnly)?;
        let bytes = backup::copy(&db, file)?;
        let file = file.display().to_string();
        if self.json {
            return say_json(&serde_json::json!({ "file": file, "bytes": bytes, "checked": true }));
        }
        say(format!("wrote and checked {file} ({bytes} bytes)"));
        say(format!("keep the master key too, in another place: {}", config.master_key_path().display()));
        Ok(())
    }
}
