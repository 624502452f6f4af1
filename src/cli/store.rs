//! `kopilka store`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{CliError, Done, Mode, open_app, say, say_json};
use crate::config::Config;
use crate::db::stores::{StoreFilter, StoreRow, store_list};
use crate::domain::access::Actor;
use crate::domain::partner::Status;
use crate::service::App;
use crate::service::stores::{Imported, Numbered, read_csv, read_toml, store_import};

/// Bring stores in from a file, list them
#[derive(Debug, Args)]
pub(super) struct Store {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring stores and their terms in from a .csv or .toml file
    ///
    /// Stores are known by their slug: new ones are added, others changed. A row that is wrong is named and keeps no
    /// other row back; then the exit code is 1. A link that does not carry the click where the partner's adapter reads
    /// it is warned about, and taken. The same file can be brought in again.
    Import {
        /// The file
        file: PathBuf,
        /// Change nothing, and tell what would be done
        #[arg(long)]
        dry_run: bool,
        /// Print the outcome as JSON
        #[arg(long)]
        json: bool,
    },
    /// List stores
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Store {
    pub(super) async fn run(self, config: Config) -> Done {
        match self.command {
            Command::Import { file, dry_run, json } => {
                let rows = read_file(&file)?;
                let app = open_app(config, if dry_run { Mode::ReadOnly } else { Mode::Write }).await?;
                import(&app, &file, rows, dry_run, json).await
            }
            Command::List { json } => list(&open_app(config, Mode::ReadOnly).await?, json).await,
        }
    }
}

fn read_file(file: &Path) -> Result<Vec<Numbered>, CliError> {
    let text = std::fs::read_to_string(file)
        .map_err(|cause| CliError::Failed(format!("{} cannot be read: {cause}", file.display())))?;
    let rows = match file.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => read_csv(&text),
        Some("toml") => read_toml(&text),
        Some(_) | None => {
            return Err(CliError::Usage(format!("{} must end in .csv or .toml", file.display())));
        }
    };
    rows.map_err(|cause| CliError::Failed(format!("{}: {cause}", file.display())))
}

async fn import(app: &App, file: &Path, rows: Vec<Numbered>, dry_run: bool, json: bool) -> Done {
    // Drawn on standard error, and only when that is a terminal.
    let bar = ProgressBar::new(u64::try_from(rows.len()).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} stores, {eta} left") {
        bar.set_style(style);
    }
    let progress = |done: usize| bar.set_position(u64::try_from(done).unwrap_or(0));
    let name = file.display().to_string();
    let outcome = store_import(app, &Actor::Console, &name, rows, dry_run, &progress).await;
    bar.finish_and_clear();
    let outcome = outcome?;
    if json {
        say_json(&outcome)?;
    } else {
        tell(&outcome, dry_run);
    }
    match outcome.bad.len() {
        0 => Ok(()),
        count => Err(CliError::Failed(format!("{count} rows of {name} were not taken"))),
    }
}

fn tell(outcome: &Imported, dry_run: bool) {
    for bad in &outcome.bad {
        say(format!("{}:{}: {:?}: {}", bad.file, bad.line, bad.slug, bad.problem));
    }
    for warning in &outcome.warnings {
        say(format!("{}:{}: {:?}: warning: {}", warning.file, warning.line, warning.slug, warning.problem));
    }
    let Imported { added, changed, unchanged, terms, bad: _, warnings, lines: _ } = outcome;
    let would = if dry_run { "dry run, nothing was changed: " } else { "" };
    let warned = if warnings.is_empty() { String::new() } else { format!(", {} warnings", warnings.len()) };
    say(format!(
        "{would}{added} added, {changed} changed, {unchanged} as they were, {terms} new versions of terms{warned}"
    ));
}

/// A store in a listing.
#[derive(Serialize)]
struct Line {
    slug: String,
    name: String,
    status: Status,
    home_url: String,
}

impl From<StoreRow> for Line {
    fn from(row: StoreRow) -> Self {
        Self { slug: row.slug, name: row.name, status: row.status, home_url: row.home_url }
    }
}

async fn list(app: &App, json: bool) -> Done {
    let mut lines: Vec<Line> = Vec::new();
    loop {
        let filter = StoreFilter { after_slug: lines.last().map(|line| line.slug.clone()), ..StoreFilter::default() };
        let rows = app.db.read(move |conn| store_list(conn, &filter, 500)).await?;
        if rows.is_empty() {
            break;
        }
        lines.extend(rows.into_iter().map(Line::from));
    }
    if json {
        return say_json(&lines);
    }
    for Line { slug, name, status, home_url } in &lines {
        say(format!("{slug:<32} {status:<8} {home_url:<40} {name}"));
    }
    Ok(())
}
