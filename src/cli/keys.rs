//! `kopilka keys`

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Done, Mode, open_app, say, say_json};
use crate::base::Timestamp;
use crate::config::Config;
use crate::db::clicks::signing_key_list;
use crate::domain::access::Actor;
use crate::domain::extension::sign::fingerprint;
use crate::service::extension::{list_key_rotate, list_keys};
use crate::service::rotate_keys::rotate_keys_as;

/// List the keys that sign tracking links, put a new one in place; also for the extension's list
#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put a new key in place; links that older keys signed stay good until they expire
    Rotate,
    /// Put a new key in place for the browser extension's list; the old one vouches for it
    RotateList,
    /// List the keys that verify now; the first one signs
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
}

/// A key in a listing.
#[derive(Serialize)]
struct Line {
    id: String,
    created_at: Timestamp,
    verifies_until: Option<Timestamp>,
}

impl Keys {
    pub(super) async fn run(self, config: Config) -> Done {
        let json = match self.command {
            Command::Rotate => {
                let app = open_app(config, Mode::Write).await?;
                let id = rotate_keys_as(&app, &Actor::Console).await?;
                say(format!("links are signed with key {id} now; running servers follow within 10 seconds"));
                return Ok(());
            }
            Command::RotateList => {
                let app = open_app(config, Mode::Write).await?;
                let id = list_key_rotate(&app, &Actor::Console).await?;
                let shown = fingerprint(&list_keys(&app).await?.key.public());
                say(format!("the list is signed with key {id} now ({shown}); running servers follow within a minute"));
                return Ok(());
            }
            Command::List { json } => json,
        };
        let app = open_app(config, Mode::ReadOnly).await?;
        let now = app.clock.now();
        let rows = app.db.read(move |conn| signing_key_list(conn, now)).await?;
        let lines: Vec<Line> = rows
            .into_iter()
            .map(|row| Line { id: row.id, created_at: row.created_at, verifies_until: row.retired_at })
            .collect();
        if json {
            return say_json(&lines);
        }
        for Line { id, created_at, verifies_until } in &lines {
            let until = verifies_until.map_or_else(|| "signs".to_owned(), |until| format!("verifies until {until}"));
            say(format!("{id}  made {created_at}  {until}"));
        }
        Ok(())
    }
}
