//! The configuration: one typed value, made in `main` and passed down. Read from a TOML file and from the
//! environment (`load`); every key with its default and its meaning stands in one table (`keys`).

pub mod keys;
pub mod load;
mod payouts;
pub mod rails;
mod review;
mod secrets;
mod site;
mod stream;
mod text;

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use crate::base::secret::Secret;
use crate::domain::money::Amount;
use crate::domain::reason::Language;

pub use load::{ConfigError, Source};
pub use payouts::{PayoutRule, Payouts};
pub use review::Review;
pub use secrets::KeyOrigin;
pub use site::Site;
pub use stream::{ServerRole, Stream};

/// Everything that an operator can set.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// What it does.
    pub role: ServerRole,
    /// How the outside world reaches it: links and postback addresses begin with this.
    #[serde(with = "text::one")]
    pub public_url: Url,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(with = "text::list")]
    pub trusted_proxies: Vec<IpNet>,
    /// The language of those who did not choose one.
    pub language: Language,
    /// The database.
    pub database: Database,
    /// Encryption at rest.
    pub secrets: Secrets,
    /// Tracking links.
    pub links: Links,
    /// Clicks.
    pub clicks: Clicks,
    /// The log of clicks between redirects and the database.
    pub stream: Stream,
    /// Limits against too many tries.
    pub limits: Limits,
    /// Accounts.
    pub accounts: Accounts,
    /// Claims.
    pub claims: Claims,
    /// Alarms.
    pub alarms: Alarms,
    /// Withdrawals.
    pub payouts: Payouts,
    /// The sandbox bank.
    pub sandbox: Sandbox,
    /// The pages.
    pub site: Site,
    /// The log.
    pub log: Log,
    /// Calls that the service makes itself.
    pub outgoing: Outgoing,
    /// Mail.
    pub mail: Mail,
}

/// `[database]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite:<path>` or `postgres://…`. May hold a password.
    pub url: Secret,
    /// Connections for reading, 1 to 256.
    pub readers: u32,
    /// How many writes are committed together at most, 1 to 8192.
    pub batch: u32,
    /// How many connections write clicks to PostgreSQL, 1 to 16.
    pub click_writers: u32,
}

/// `[secrets]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secrets {
    /// 64 hexadecimal digits.
    pub master_key: Option<Secret>,
    /// A file that holds them.
    pub master_key_file: Option<PathBuf>,
    /// Keys that open what they sealed, and seal nothing.
    pub other_master_keys: Vec<Secret>,
}

/// `[links]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// How long a tracking link can be followed, in hours.
    pub ttl_hours: u32,
}

/// `[clicks]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clicks {
    /// How long clicks without a conversion are kept, in days.
    pub retention_days: u32,
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Sign-ins and sign-ups per minute from one address and for one account.
    pub sign_in_per_minute: u32,
    /// Tracking links per minute for one shopper.
    pub links_per_minute: u32,
    /// Payout requests per hour for one shopper.
    pub payouts_per_hour: u32,
    /// Refused postbacks per minute and partner that are kept; further ones are only counted.
    pub refused_kept_per_minute: u32,
    /// The most that one operator may correct balances by within a day, one amount for each currency.
    #[serde(deserialize_with = "text::amounts")]
    pub adjustment_maximum: Vec<Amount>,
}

/// `[sandbox]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sandbox {
    /// Its address; empty: not used.
    pub url: String,
    /// Its API key.
    pub key: Option<Secret>,
    /// What its webhooks are signed with.
    pub webhook_secret: Option<Secret>,
    /// The key that browsers turn numbers into tokens with; no secret.
    pub public_key: String,
}

crate::text_enum! {
    /// How log lines are written.
    pub enum LogFormat {
        /// Lines for people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Text or JSON.
    pub format: LogFormat,
    /// A filter of tracing's form: `info`, or `info,kopilka::http=debug`.
    pub level: String,
}

/// `[outgoing]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outgoing {
    /// Whether calls to private and loopback addresses are allowed.
    pub allow_private: bool,
}

/// `[accounts]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// For how many days an account whose address is not confirmed waits, 2 or more.
    pub unconfirmed_days: u32,
}

/// `[claims]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Claims {
    /// How many days a claim may take to be answered, 1 or more.
    pub answer_days: u32,
}

/// `[alarms]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alarms {
    /// Whether the disks that this server writes to are watched.
    pub watch_disks: bool,
}

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// A maildir folder that outgoing mail is written to when there is no mail server.
    pub outbox: PathBuf,
    /// The mail server: `smtps://user:password@host`, or `smtp://host?tls=required`.
    pub smtp: Option<Secret>,
    /// Whom letters are from: `Name <address>`.
    pub from: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            role: ServerRole::All,
            public_url: text::default_public_url(),
            trusted_proxies: Vec::new(),
            language: Language::En,
            database: Database::default(),
            secrets: Secrets::default(),
            links: Links::default(),
            clicks: Clicks::default(),
            stream: Stream::default(),
            limits: Limits::default(),
            accounts: Accounts::default(),
            claims: Claims::default(),
            alarms: Alarms::default(),
            payouts: Payouts::default(),
            sandbox: Sandbox::default(),
            site: Site::default(),
            log: Log::default(),
            outgoing: Outgoing::default(),
            mail: Mail::default(),
        }
    }
}
impl Default for Accounts {
    fn default() -> Self {
        Self { unconfirmed_days: 7 }
    }
}
impl Default for Alarms {
    fn default() -> Self {
        Self { watch_disks: true }
    }
}
impl Default for Database {
    fn default() -> Self {
        Self { url: Secret::new("sqlite:kopilka.db"), readers: 8, batch: 1024, click_writers: 1 }
    }
}
impl Default for Sandbox {
    fn default() -> Self {
        Self { url: String::new(), key: None, webhook_secret: None, public_key: "sandbox-public".to_owned() }
    }
}
impl Default for Links {
    fn default() -> Self {
        Self { ttl_hours: 72 }
    }
}
impl Default for Clicks {
    fn default() -> Self {
        Self { retention_days: 400 }
    }
}
impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in_per_minute: 10,
            links_per_minute: 60,
            payouts_per_hour: 30,
            refused_kept_per_minute: 60,
            adjustment_maximum: Vec::new(),
        }
    }
}
impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}
impl Default for Claims {
    fn default() -> Self {
        Self { answer_days: 30 }
    }
}
impl Default for Mail {
    fn default() -> Self {
        Self { outbox: PathBuf::from("outbox"), smtp: None, from: None }
    }
}
