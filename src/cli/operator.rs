//! `kopilka operator`

use std::io::{BufRead as _, IsTerminal as _};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{CliError, Done, Mode, open_app, open_db, say, say_json};
use crate::base::Secret;
use crate::base::id::OperatorId;
use crate::config::Config;
use crate::db::operators::{operator_find_by_email, operator_list};
use crate::db::shoppers::shopper_find_by_email;
use crate::db::tokens::Owner;
use crate::db::{Db, DbError};
use crate::domain::access::{AccountStatus, Actor, Role};
use crate::service::accounts::{self, TokenWanted};
use crate::service::{App, ServiceError};

/// Add operators, list them, give their programs tokens
#[derive(Debug, Args)]
pub(super) struct Operator {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an operator, who can sign in at once
    ///
    /// Without --password-stdin a password is made up and shown once.
    Add {
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// How colleagues see the operator
        #[arg(long)]
        name: String,
        /// admin: everything; finance: money; support: people and held calls; viewer: looking only
        #[arg(long)]
        role: Role,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List operators
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make an API token for an operator, and show it once
    Token {
        /// The operator's address
        #[arg(long)]
        email: String,
        /// What the token is for
        #[arg(long, default_value = "command line")]
        name: String,
        /// After how many days it ends by itself [default: never]
        #[arg(long, value_name = "DAYS")]
        expires_in_days: Option<i64>,
    },
    /// Take away the second factor of somebody who lost it and the recovery codes
    ///
    /// Make sure first who asks. The password is needed as before.
    ForgetFactor {
        /// The address that signs in with it
        #[arg(long)]
        email: String,
        /// A shopper's address, not an operator's
        #[arg(long)]
        shopper: bool,
    },
}

impl Operator {
    pub(super) async fn run(self, config: Config) -> Done {
        match self.command {
            Command::Add { email, name, role, password_stdin } => {
                let app = open_app(config, Mode::Write).await?;
                add(&app, &email, &name, role, password_stdin).await
            }
            Command::List { json } => list(&open_db(&config, Mode::ReadOnly)?, json).await,
            Command::Token { email, name, expires_in_days } => {
                let app = open_app(config, Mode::Write).await?;
                token(&app, &email, TokenWanted { name, expires_in_days, ..TokenWanted::default() }).await
            }
            Command::ForgetFactor { email, shopper } => {
                forget_factor(&open_app(config, Mode::Write).await?, &email, shopper).await
            }
        }
    }
}

async fn add(app: &App, email: &str, name: &str, role: Role, from_stdin: bool) -> Done {
    let password = if from_stdin { read_password()? } else { Secret::random(15).map_err(CliError::failed)? };
    let row = accounts::operator_add(app, &Actor::Console, email, name, role, &password).await?;
    say(format!("operator {} was added as {role}: {}", row.email, row.id));
    if !from_stdin {
        say(format!("password, shown only now: {}", password.expose()));
    }
    Ok(())
}

/// One line of standard input. A terminal shows what is typed, so it gets a hint and not a silent wait.
fn read_password() -> Result<Secret, CliError> {
    let input = std::io::stdin();
    if input.is_terminal() {
        say("password (it will be visible):");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(CliError::Usage("no password came in on standard input".to_owned()));
    }
    Ok(Secret::new(password))
}

/// An operator in a listing.
#[derive(Serialize)]
struct Line {
    id: OperatorId,
    email: String,
    name: String,
    role: Role,
    status: AccountStatus,
}

/// How many are read at a time.
const CHUNK: i64 = 100;

async fn list(db: &Db, json: bool) -> Done {
    let mut lines: Vec<Line> = Vec::new();
    loop {
        let after = lines.last().map(|line| line.id);
        let rows = db.read(move |conn| operator_list(conn, after, CHUNK)).await?;
        let full = i64::try_from(rows.len()).is_ok_and(|count| count == CHUNK);
        lines.extend(rows.into_iter().map(|row| Line {
            id: row.id,
            email: row.email,
            name: row.name,
            role: row.role,
            status: row.status,
        }));
        if !full {
            break;
        }
    }
    if json {
        return say_json(&lines);
    }
    for Line { id, email, name, role, status } in &lines {
        say(format!("{id}  {role:<8} {status:<8} {email}  {name}"));
    }
    Ok(())
}

async fn token(app: &App, email: &str, wanted: TokenWanted) -> Done {
    let address = email.trim().to_lowercase();
    let row = app.db.read(move |conn| operator_find_by_email(conn, &address)).await?;
    let row = row.ok_or(ServiceError::NotFound("operator"))?;
    let issued = accounts::operator_token_create(app, &Actor::Console, row.id, wanted).await?;
    say(format!("token of {}, shown only now:", row.email));
    say(issued.token.expose());
    Ok(())
}

async fn forget_factor(app: &App, email: &str, shopper: bool) -> Done {
    let address = email.trim().to_lowercase();
    let owner = app.db.read(move |conn| {
        Ok::<_, DbError>(match shopper {
            true => shopper_find_by_email(conn, &address)?.map(|row| Owner::Shopper(row.id)),
            false => operator_find_by_email(conn, &address)?.map(|row| Owner::Operator(row.id)),
        })
    });
    let owner = owner.await?.ok_or(ServiceError::NotFound(if shopper { "shopper" } else { "operator" }))?;
    accounts::factor_remove(app, &Actor::Console, owner).await?;
    say(format!("{email} signs in with the password alone from now on"));
    Ok(())
}
