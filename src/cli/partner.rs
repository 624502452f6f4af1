//! `kopilka partner`

use std::io::BufRead as _;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{CliError, Done, Mode, open_app, say, say_json};
use crate::base::Secret;
use crate::base::id::PartnerId;
use crate::config::Config;
use crate::db::partners::{PartnerRow, partner_find_by_slug, partner_list};
use crate::domain::access::Actor;
use crate::domain::money::Currency;
use crate::domain::partner::{PartnerSettings, Status};
use crate::service::accounts::{NewPerson, person_add};
use crate::service::partners::{NewPartner, partner_add, partner_secret_rotate, postback_address};
use crate::service::{App, ServiceError};

/// Add partners, list them, give them new secrets and people
#[derive(Debug, Args)]
pub(super) struct Partner {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a partner, whose calls are taken at once
    ///
    /// Without --secret-stdin a secret is made up and shown once.
    Add {
        /// Its name in URLs: a-z, 0-9 and -
        slug: String,
        /// Its name for people [default: the slug]
        #[arg(long)]
        name: Option<String>,
        /// The adapter that reads its calls; `kopilka adapter list` names them
        #[arg(long)]
        adapter: String,
        /// The currency of amounts that come without one, as RUB
        #[arg(long)]
        currency: Option<Currency>,
        /// The zone of times that come without one, as Europe/Moscow
        #[arg(long)]
        time_zone: Option<String>,
        /// Read the partner's secret from the first line of standard input
        #[arg(long)]
        secret_stdin: bool,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// List partners
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Add somebody who acts for a partner and can sign in at once
    ///
    /// Without --password-stdin a password is made up and shown once.
    Person {
        /// The partner's slug
        slug: String,
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// How colleagues see the person
        #[arg(long)]
        name: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give a partner a new secret, and show it once
    RotateSecret {
        /// The partner's slug
        slug: String,
        /// For how many hours the older secrets are still accepted
        #[arg(long, default_value_t = 24, value_name = "HOURS")]
        keep_hours: u32,
        /// Read the new secret from the first line of standard input
        #[arg(long)]
        secret_stdin: bool,
    },
}

impl Partner {
    pub(super) async fn run(self, config: Config) -> Done {
        match self.command {
            Command::Add { slug, name, adapter, currency, time_zone, secret_stdin, json } => {
                let settings = PartnerSettings { currency, time_zone, ..PartnerSettings::default() };
                let name = name.unwrap_or_else(|| slug.clone());
                let wanted = NewPartner { slug, name, adapter, settings, secret: secret_from_stdin(secret_stdin)? };
                add(&open_app(config, Mode::Write).await?, wanted, json).await
            }
            Command::List { json } => list(&open_app(config, Mode::ReadOnly).await?, json).await,
            Command::Person { slug, email, name, password_stdin } => {
                let password = secret_from_stdin(password_stdin)?;
                person(&open_app(config, Mode::Write).await?, slug, (email, name), password).await
            }
            Command::RotateSecret { slug, keep_hours, secret_stdin } => {
                let secret = secret_from_stdin(secret_stdin)?;
                rotate(&open_app(config, Mode::Write).await?, slug, secret, keep_hours).await
            }
        }
    }
}

fn secret_from_stdin(wanted: bool) -> Result<Option<Secret>, CliError> {
    if !wanted {
        return Ok(None);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(Some(Secret::new(line.trim_end_matches(['\r', '\n']))))
}

async fn add(app: &App, wanted: NewPartner, json: bool) -> Done {
    let given = wanted.secret.is_some();
    let added = partner_add(app, &Actor::Console, wanted).await?;
    let url = app.public_url(&format!("/postback/{}", added.row.slug));
    if json {
        let secret = (!given).then(|| added.secret.expose());
        return say_json(
            &serde_json::json!({ "id": added.row.id, "slug": added.row.slug, "postback_url": url, "secret": secret }),
        );
    }
    say(format!("partner {} was added: {}", added.row.slug, added.row.id));
    say(format!("its calls go to {url}"));
    if !given {
        say(format!("secret, shown only now: {}", added.secret.expose()));
    }
    let partner = app.partner(&added.row.slug).await?;
    if let Some(address) =
        partner.adapter.as_ref().ok().and_then(|adapter| postback_address(adapter, &url, added.secret.expose()))
    {
        say(format!("enter this address at the partner, with its placeholders as they are:\n{address}"));
    }
    Ok(())
}

async fn person(app: &App, slug: String, (email, name): (String, String), given: Option<Secret>) -> Done {
    let row = app.db.read(move |conn| partner_find_by_slug(conn, &slug)).await?;
    let partner = row.ok_or(ServiceError::NotFound("partner"))?;
    let made_up = given.is_none();
    let password = match given {
        Some(password) => password,
        None => Secret::random(15).map_err(CliError::failed)?,
    };
    let wanted = NewPerson { partner: partner.id, email, name, language: app.config.language };
    let added = person_add(app, &Actor::Console, wanted, &password).await?;
    say(format!("{} acts for {} from now on: {}", added.email, partner.slug, added.id));
    if made_up {
        say(format!("password, shown only now: {}", password.expose()));
    }
    Ok(())
}

async fn rotate(app: &App, slug: String, secret: Option<Secret>, keep_hours: u32) -> Done {
    let given = secret.is_some();
    let row = app.db.read(move |conn| partner_find_by_slug(conn, &slug)).await?;
    let row = row.ok_or(ServiceError::NotFound("partner"))?;
    let made = partner_secret_rotate(app, &Actor::Console, row.id, secret, keep_hours).await?;
    say(format!("{} has a new secret; the older ones are accepted until {}", row.slug, made.old_until));
    if !given {
        say(format!("secret, shown only now: {}", made.secret.expose()));
    }
    Ok(())
}

/// A partner in a listing.
#[derive(Serialize)]
struct Line {
    id: PartnerId,
    slug: String,
    name: String,
    adapter: String,
    status: Status,
}

impl From<PartnerRow> for Line {
    fn from(row: PartnerRow) -> Self {
        Self { id: row.id, slug: row.slug, name: row.name, adapter: row.adapter, status: row.status }
    }
}

async fn list(app: &App, json: bool) -> Done {
    let mut lines: Vec<Line> = Vec::new();
    loop {
        let after = lines.last().map(|line| line.id);
        let rows = app.db.read(move |conn| partner_list(conn, after, 500)).await?;
        if rows.is_empty() {
            break;
        }
        lines.extend(rows.into_iter().map(Line::from));
    }
    if json {
        return say_json(&lines);
    }
    for Line { id, slug, name, adapter, status } in &lines {
        say(format!("{id}  {slug:<24} {adapter:<18} {status:<8} {name}"));
    }
    Ok(())
}
