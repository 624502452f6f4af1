//! `kopilka doctor`

use std::net::TcpListener;

use clap::Args;
use serde::Serialize;

use super::{CliError, Done, Mode, open_db, say, say_json};
use crate::base::{Clock, Timestamp};
use crate::config::{Config, ConfigError, KeyOrigin, ServerRole};
use crate::db::health::{TO_ENGLISH, foreign_words};
use crate::db::stores::terms_load_all;
use crate::service::outbox::Outbox;
use crate::service::retention::clicks_go_before;
use crate::service::stores::doubtful_stores;

/// Check the configuration, the database, the keys, the clock and the providers, and say what to do
///
/// Changes nothing, and works beside a running server. Exits with 1 when something is wrong.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// How many stores are named.
const SHOWN: usize = 10;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Grade {
    /// All is well.
    Ok,
    /// Works, but look at it.
    Warning,
    /// Does not work.
    Wrong,
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        })
    }
}

/// The outcome of one check.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    grade: Grade,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    todo: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, grade: Grade::Ok, found: found.into(), todo: None }
    }
    fn warning(check: &'static str, found: impl Into<String>, todo: &str) -> Self {
        Self { check, grade: Grade::Warning, found: found.into(), todo: Some(todo.to_owned()) }
    }
    fn wrong(check: &'static str, found: impl std::fmt::Display, todo: &str) -> Self {
        Self { check, grade: Grade::Wrong, found: found.to_string(), todo: Some(todo.to_owned()) }
    }
}

impl Doctor {
    pub(super) async fn run(self, config: Result<Config, ConfigError>) -> Done {
        let findings = match config {
            Ok(config) => examine(&config).await,
            Err(cause) => {
                vec![Finding::wrong("configuration", cause, "mend it; `kopilka config` prints a sample with every key")]
            }
        };
        let wrong = findings.iter().filter(|finding| finding.grade == Grade::Wrong).count();
        if self.json {
            say_json(&findings)?;
        } else {
            for finding in &findings {
                say(format!("{:<8} {:<14} {}", finding.grade, finding.check, finding.found));
                if let Some(todo) = &finding.todo {
                    say(format!("{:24}do: {todo}", ""));
                }
            }
        }
        if wrong == 0 { Ok(()) } else { Err(CliError::Failed(format!("{wrong} of {} checks failed", findings.len()))) }
    }
}

async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "every key is understood")];
    findings.push(public_url(config));
    findings.push(master_key(config));
    findings.push(database(config));
    findings.extend(messages(config));
    findings.extend(retention(config));
    findings.extend(store_links(config));
    findings.push(clock(config));
    findings.push(listen(config));
    findings.push(mail(config).await);
    findings.push(sandbox(config).await);
    findings.push(stream(config).await);
    findings
}

fn public_url(config: &Config) -> Finding {
    let url = &config.public_url;
    let secure = url.scheme() == "https";
    if secure {
        return Finding::ok("public_url", url.as_str());
    }
    Finding::warning(
        "public_url",
        format!("{url} is not https: fit for trying out only"),
        "put a reverse proxy with a certificate in front and set public_url",
    )
}

fn master_key(config: &Config) -> Finding {
    match config.master_key(false) {
        Ok((key, KeyOrigin::Configured)) => Finding::ok("master key", format!("{} from secrets.master_key", key.id())),
        Ok((key, KeyOrigin::File(path) | KeyOrigin::Made(path))) => key_file(key.id(), &path),
        Err(cause) => Finding::wrong(
            "master key",
            cause,
            "on a new installation `kopilka serve` makes the file; on an old one bring the file back from its copy",
        ),
    }
}

#[cfg(unix)]
fn key_file(id: &str, path: &std::path::Path) -> Finding {
    use std::os::unix::fs::PermissionsExt as _;
    let open = std::fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & 0o077 != 0);
    if open {
        let todo = format!("chmod 600 {}", path.display());
        return Finding::warning("master key", format!("{} can be read by others", path.display()), &todo);
    }
    Finding::ok("master key", format!("{id} from {}", path.display()))
}

#[cfg(not(unix))]
fn key_file(id: &str, path: &std::path::Path) -> Finding {
    Finding::ok("master key", format!("{id} from {}", path.display()))
}

fn database(config: &Config) -> Finding {
    match open_db(config, Mode::ReadOnly) {
        Ok(db) => Finding::ok("database", format!("{:?} answers and has this version's schema", db.kind())),
        Err(cause) => Finding::wrong("database", cause, "check database.url; then run `kopilka migrate`"),
    }
}

/// Whether PostgreSQL says what failed in the words that are looked for. Says nothing where it does, or cannot be asked.
fn messages(config: &Config) -> Option<Finding> {
    let mut conn = open_db(config, Mode::ReadOnly).ok()?.reading_connection().ok()?;
    let locale = foreign_words(&mut conn).ok()??;
    let found = format!(
        "the database's are not English ({locale}) and this role may not change that, so failures are not told apart: after a \
         deadlock nothing is tried again, and a full disk is answered 500"
    );
    Some(Finding::warning("messages", found, TO_ENGLISH))
}

/// Whether clicks stay as long as an order can be credited to them. Says nothing when the database cannot be read: that is
/// said already.
fn retention(config: &Config) -> Option<Finding> {
    let mut conn = open_db(config, Mode::ReadOnly).ok()?.reading_connection().ok()?;
    let terms = terms_load_all(&mut conn).ok()?;
    Some(match clicks_go_before(config, &terms, Clock::System.now()) {
        Ok(time) => Finding::ok("retention", format!("clicks before {time} go")),
        Err(cause) => Finding::wrong("retention", cause, "set clicks.retention_days; until then no click is removed"),
    })
}

/// Whether the links of the stores carry the click where it is looked for in reports. None without a database.
fn store_links(config: &Config) -> Option<Finding> {
    let mut conn = open_db(config, Mode::ReadOnly).ok()?.reading_connection().ok()?;
    let found = match doubtful_stores(&mut conn) {
        Ok(found) => found,
        Err(cause) => return Some(Finding::wrong("store links", cause, "look into the server's log")),
    };
    let Some(first) = found.first() else {
        return Some(Finding::ok("store links", "every link that can be checked carries the click"));
    };
    let slugs = found.iter().map(|store| store.slug.as_str()).take(SHOWN).collect::<Vec<_>>().join(", ");
    let more = if found.len() > SHOWN { " and others" } else { "" };
    let found =
        format!("{} stores to look at: {slugs}{more}; {}: {}", found.len(), first.slug, first.problems.join("; "));
    Some(Finding::warning("store links", found, "put {click} into the parameter that the partner's adapter names"))
}

/// The build is never younger than the clock, unless the clock is wrong.
fn clock(_config: &Config) -> Finding {
    let now = Clock::System.now();
    let earliest: Option<Timestamp> = "2026-11-01T00:00:00Z".parse().ok();
    if earliest.is_some_and(|earliest| now < earliest) {
        return Finding::wrong(
            "clock",
            format!("{now} lies before this version was made"),
            "set the time, and run NTP",
        );
    }
    Finding::ok("clock", now.to_string())
}

fn listen(config: &Config) -> Finding {
    match TcpListener::bind(config.listen) {
        Ok(_free) => Finding::ok("listen", format!("{} is free", config.listen)),
        Err(cause) if cause.kind() == std::io::ErrorKind::AddrInUse => {
            Finding::ok("listen", format!("{} is in use: a server is running", config.listen))
        }
        Err(cause) => {
            Finding::wrong("listen", format!("{}: {cause}", config.listen), "set listen to an address of this machine")
        }
    }
}

/// Whether letters can go out. The mail server is signed in to; no letter is sent.
async fn mail(config: &Config) -> Finding {
    if config.mail.smtp.is_some() {
        let tried = match Outbox::configured(config) {
            Ok(outbox) => outbox.try_out().await,
            Err(cause) => Err(cause.to_string()),
        };
        return match tried {
            Ok(()) => Finding::ok("mail", "the mail server answers"),
            Err(cause) => Finding::wrong("mail", format!("the mail server: {cause}"), "correct mail.smtp"),
        };
    }
    let path = &config.mail.outbox;
    match std::fs::metadata(path) {
        Ok(facts) if facts.is_dir() && !facts.permissions().readonly() => {
            Finding::ok("mail", path.display().to_string())
        }
        Ok(_) => Finding::wrong(
            "mail",
            format!("{} is not a folder that can be written to", path.display()),
            "set mail.outbox",
        ),
        Err(_missing) => Finding::ok("mail", format!("{} will be made with the first mail", path.display())),
    }
}

/// Whether something listens where the sandbox bank should be. No call is made: that would need a key.
async fn sandbox(config: &Config) -> Finding {
    if config.sandbox.url.is_empty() {
        return Finding::warning(
            "providers",
            "no payout provider is set: nobody can withdraw",
            "set sandbox.url to try payouts out",
        );
    }
    let Ok(url) = url::Url::parse(&config.sandbox.url) else {
        return Finding::wrong("providers", "sandbox.url is not an address", "write it as http://127.0.0.1:8090");
    };
    if listens(&url, 80).await {
        return Finding::ok("providers", format!("the sandbox bank answers at {url}"));
    }
    Finding::wrong("providers", format!("nothing answers at {url} (sandbox.url)"), "start it: kopilka sandbox")
}

async fn listens(url: &url::Url, port: u16) -> bool {
    let target = (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or(port));
    let tried = tokio::time::timeout(std::time::Duration::from_secs(3), tokio::net::TcpStream::connect(target)).await;
    tried.is_ok_and(|connected| connected.is_ok())
}

/// Whether the NATS servers can be reached. Nobody signs in: that would make the stream when it is not there.
async fn stream(config: &Config) -> Finding {
    let servers = &config.stream.servers;
    if let (ServerRole::Redirect, Err(cause)) = (config.role, config.stream_for("the role redirect")) {
        return Finding::wrong("stream", cause, "set stream.servers");
    }
    if servers.is_empty() {
        return Finding::ok("stream", "none: clicks go into the database");
    }
    let mut silent = Vec::new();
    for server in servers {
        let up = match url::Url::parse(server) {
            Ok(url) => listens(&url, 4222).await,
            Err(_not_an_address) => false,
        };
        if !up {
            silent.push(server.as_str());
        }
    }
    match silent.len() {
        0 => Finding::ok("stream", format!("{} of {} servers answer", servers.len(), servers.len())),
        few if few < servers.len() => Finding::warning(
            "stream",
            format!("{} does not answer", silent.join(", ")),
            "start it, or correct stream.servers",
        ),
        _ => Finding::wrong(
            "stream",
            "none of stream.servers answers",
            "start the NATS servers, or correct stream.servers",
        ),
    }
}
