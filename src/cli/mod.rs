//! The command line: one file a command. Here are the options that all commands share, the exit codes, and how
//! a command gets hold of the application.

mod adapter;
mod backup;
mod config;
mod demo;
mod doctor;
mod keys;
mod ledger;
mod log;
mod migrate;
mod operator;
mod partner;
mod payout;
mod postback;
mod reconcile;
mod retention;
mod sandbox;
mod serve;
mod simulate;
mod store;
mod worker;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::base::Clock;
use crate::config::keys::FILE_VARIABLE;
use crate::config::{Config, ConfigError, KeyOrigin};
use crate::db::backup::BackupError;
use crate::db::health::{TO_ENGLISH, foreign_words};
use crate::db::{Db, DbError, DbOptions};
use crate::service::{App, ServiceError};

/// Kopilka: a cashback affiliate tracking service of your own.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
pub struct Cli {
    /// Configuration file [default: ./kopilka.toml when it exists; `kopilka config` prints a sample]
    #[arg(long, global = true, env = FILE_VARIABLE, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 it failed, or a check found something; 2 wrong usage or configuration.\n\
     Every key of the configuration can be set by an environment variable: KOPILKA_DATABASE_URL for database.url.";

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Worker(worker::WorkerCommand),
    Demo(demo::Demo),
    Migrate(migrate::Migrate),
    Config(config::Sample),
    Doctor(doctor::Doctor),
    Backup(backup::Backup),
    Reconcile(reconcile::Reconcile),
    Retention(retention::Retention),
    Operator(operator::Operator),
    Ledger(ledger::Ledger),
    Postback(postback::Postback),
    Sandbox(sandbox::Sandbox),
    Simulate(simulate::Simulate),
    Partner(partner::Partner),
    Payout(payout::Payout),
    Store(store::Store),
    Adapter(adapter::AdapterCommand),
    Keys(keys::Keys),
}

/// Why a command ends with another code than 0.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong: code 2.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It was called wrongly: code 2.
    #[error("{0}")]
    Usage(String),
    /// It failed: code 1.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// A failure with its cause.
    pub fn failed(cause: impl std::fmt::Display) -> Self {
        Self::Failed(cause.to_string())
    }

    fn code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl From<DbError> for CliError {
    fn from(error: DbError) -> Self {
        Self::failed(error)
    }
}
impl From<BackupError> for CliError {
    fn from(error: BackupError) -> Self {
        Self::failed(error)
    }
}
impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> Self {
        Self::failed(error)
    }
}
impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

/// The result of a command.
pub type Done = Result<(), CliError>;

/// Runs the command that `cli` names.
pub async fn run(cli: Cli) -> ExitCode {
    match dispatch(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "kopilka: {error}");
            error.code()
        }
    }
}

async fn dispatch(cli: Cli) -> Done {
    // The sample has to be printed also when the present configuration is broken; the doctor says what is broken.
    let path = cli.config;
    let load = || load_config(path.as_deref());
    match cli.command {
        Command::Config(command) => command.run(),
        Command::Doctor(command) => command.run(load()).await,
        Command::Serve(command) => command.run(load()?).await,
        Command::Worker(command) => command.run(load()?).await,
        Command::Demo(command) => command.run().await,
        Command::Migrate(command) => command.run(&load()?),
        Command::Sandbox(command) => command.run(&load()?).await,
        Command::Simulate(command) => command.run(&load()?).await,
        Command::Ledger(command) => command.run(load()?).await,
        Command::Postback(command) => command.run(load).await,
        Command::Operator(command) => command.run(load()?).await,
        Command::Partner(command) => command.run(load()?).await,
        Command::Payout(command) => command.run(load()?).await,
        Command::Store(command) => command.run(load()?).await,
        Command::Adapter(command) => command.run(),
        Command::Keys(command) => command.run(load()?).await,
        Command::Backup(command) => command.run(load()?).await,
        Command::Reconcile(command) => command.run(load()?).await,
        Command::Retention(command) => command.run(load()?).await,
    }
}

fn load_config(path: Option<&Path>) -> Result<Config, ConfigError> {
    let config = Config::load(path, std::env::vars_os())?;
    log::start(&config.log);
    Ok(config)
}

/// What a command wants to do to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Be the one server: takes the file's lock, applies migrations.
    Serve,
    /// Write: applies migrations. Works beside a running server.
    Write,
    /// Look only: changes nothing, makes no file. Works beside a running server.
    ReadOnly,
}

/// Opens the application for a command.
///
/// # Errors
/// [`CliError`] for a master key or a database that cannot be used; in `ReadOnly` also when the database does not exist
/// or has another version's schema.
pub async fn open_app(config: Config, mode: Mode) -> Result<App, CliError> {
    if mode == Mode::ReadOnly {
        // Asked first: without a database a missing key says nothing that helps.
        database_is_there(&config)?;
    }
    let (master, origin) = config.master_key(mode != Mode::ReadOnly)?;
    if let KeyOrigin::Made(path) = origin {
        tracing::warn!(path = %path.display(), "a master key was made: keep a copy of this file apart from the database");
    }
    let db = open_db(&config, mode)?;
    let config = Arc::new(config);
    Ok(match mode {
        Mode::Serve | Mode::Write => App::start(db, Clock::System, config, master).await?,
        Mode::ReadOnly => App::start_reading(db, Clock::System, config, master).await?,
    })
}

/// Says in the log where what the database fails with cannot be told apart.
async fn warn_of_foreign_words(app: &App) -> Done {
    if let Some(locale) = app.db.read(foreign_words).await? {
        tracing::warn!(locale, "failures of the database are not told apart; {TO_ENGLISH}");
    }
    Ok(())
}

/// Opens the database alone, for commands that need no key.
///
/// # Errors
/// As [`open_app`].
pub fn open_db(config: &Config, mode: Mode) -> Result<Db, CliError> {
    let options = DbOptions {
        url: config.database.url.expose().to_owned(),
        readers: config.database.readers,
        batch: usize::try_from(config.database.batch).unwrap_or(1),
        click_writers: usize::try_from(config.database.click_writers).unwrap_or(1),
        exclusive: mode == Mode::Serve,
    };
    if mode != Mode::ReadOnly {
        return Ok(Db::open(&options)?);
    }
    database_is_there(config)?;
    let db = Db::open_as_is(&DbOptions { readers: 1, ..options })?;
    if crate::db::migrate::pending(&mut db.reading_connection()?)? {
        return Err(CliError::Failed("the database is of another version; run `kopilka migrate` first".to_owned()));
    }
    Ok(db)
}

/// Opening would make an empty file, and a typing error would look like an empty service.
fn database_is_there(config: &Config) -> Done {
    let url = config.database.url.expose();
    let file = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    match file.filter(|path| !Path::new(path).exists()) {
        Some(path) => Err(CliError::Failed(format!(
            "there is no database {path}: run this in the service's folder or name its configuration with --config; \
             `kopilka migrate` makes a new database"
        ))),
        None => Ok(()),
    }
}

/// Prints a line to standard output. A reader that went away (`| head`) is no failure of ours.
pub fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a value as JSON, for scripts.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn say_json(value: &impl serde::Serialize) -> Done {
    say(serde_json::to_string_pretty(value).map_err(CliError::failed)?);
    Ok(())
}
