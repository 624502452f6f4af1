//! The networks' own messages: what a sale looks like when each of them reports it. Kopilka's adapters read these
//! calls as they read the real ones; nothing here is shared with them.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::base::Timestamp;
use crate::domain::money::Amount;
use crate::text_enum;

const DATA: &str = include_str!("data/networks.toml");
/// What PHP's form encoding leaves as it is, which is what most networks are written in.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

text_enum! {
    /// What a network says of a sale.
    pub enum Told {
        /// It happened.
        Pending = "pending",
        /// It is approved.
        Confirmed = "confirmed",
        /// It is off.
        Declined = "declined",
    }
}

/// How a call shows that it is the network's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Proof {
    Path,
    Query,
    BodyHmac,
    QueryHmac,
}

/// How one network reports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    name: String,
    secret: Proof,
    header: Option<String>,
    #[serde(default)]
    query: String,
    body: Option<String>,
    form_name: Option<String>,
    content_type: Option<String>,
    time: Option<String>,
    zone: Option<String>,
    #[serde(default)]
    decimal_comma: bool,
    #[serde(default)]
    reversal_prefix: String,
    status: BTreeMap<Told, String>,
}

/// A sale, as the store and the network know it.
#[derive(Debug, Clone)]
pub struct Sale {
    /// The sub-id that came with the shopper.
    pub click: String,
    /// Tells the sales of one click apart, from 0.
    pub number: u32,
    /// The store's name.
    pub store: String,
    /// What was paid.
    pub sum: Amount,
    /// What the network pays for it.
    pub commission: Amount,
    /// When it was ordered.
    pub at: Timestamp,
    /// Why it is off.
    pub reason: String,
}

impl Sale {
    /// The network's key for it: the same for the same click and number.
    #[must_use]
    pub fn id(&self) -> String {
        self.digits(1_000_000_000, "id")
    }

    /// The store's order number.
    #[must_use]
    pub fn order(&self) -> String {
        self.digits(10_000_000, "order")
    }

    fn digits(&self, below: u64, what: &str) -> String {
        let hash = Sha256::digest(format!("{what}/{}/{}", self.click, self.number));
        let number = hash.iter().take(7).fold(0_u64, |sum, byte| sum * 256 + u64::from(*byte));
        format!("{}", below + number % below)
    }
}

/// A call that is ready to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// What follows `/postback/{partner}`: the secret's segment, where there is one, and the query.
    pub tail: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
}

impl Message {
    /// The tail as people may see it.
    #[must_use]
    pub fn shown(&self, secret: &str) -> String {
        self.tail.replace(secret, "…")
    }
}

/// The networks cannot be read, or there is none of a name: a mistake in the program's own data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the demonstration's networks: {0}")]
pub struct BadNetwork(String);

#[derive(Deserialize)]
struct File {
    network: Vec<Network>,
}

/// All networks, by the name of the preset that reads them.
///
/// # Errors
/// [`BadNetwork`].
pub fn networks() -> Result<BTreeMap<String, Network>, BadNetwork> {
    let file: File = toml::from_str(DATA).map_err(|cause| BadNetwork(cause.to_string()))?;
    Ok(file.network.into_iter().map(|network| (network.name.clone(), network)).collect())
}

impl Network {
    /// Whether it ever says this.
    #[must_use]
    pub fn tells(&self, told: Told) -> bool {
        self.status.contains_key(&told)
    }

    /// The message; `None` when the network never says this.
    #[must_use]
    pub fn message(&self, sale: &Sale, told: Told, secret: &str) -> Option<Message> {
        let values = self.values(sale, told)?;
        let mut query = self.filled_query(&values);
        let mut headers = Vec::new();
        let body = self.body.as_ref().map(|template| {
            let text = fill(template, &values);
            match &self.form_name {
                Some(name) => format!("{name}={}", encoded(&text)),
                None => text,
            }
        });
        if body.is_some() {
            let kind = self.content_type.as_deref().unwrap_or("application/x-www-form-urlencoded; charset=UTF-8");
            headers.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        let signed = match self.secret {
            Proof::BodyHmac => body.as_deref(),
            Proof::QueryHmac => Some(query.as_str()),
            Proof::Path | Proof::Query => None,
        };
        if let Some((text, name)) = signed.zip(self.header.as_ref()) {
            headers.push((name.clone(), hmac_hex(secret, text)));
        }
        if self.secret == Proof::Query {
            query = format!("secret={}&{query}", encoded(secret));
        }
        let path = if self.secret == Proof::Path { format!("/{secret}") } else { String::new() };
        let tail = if query.is_empty() { path } else { format!("{path}?{query}") };
        Some(Message { method: if body.is_some() { "POST" } else { "GET" }, tail, headers, body })
    }

    fn values(&self, sale: &Sale, told: Told) -> Option<Vec<(&'static str, String)>> {
        let status = self.status.get(&told)?.clone();
        let money = |amount: Amount| {
            let text = amount.major().to_string();
            if self.decimal_comma { text.replace('.', ",") } else { text }
        };
        let prefix = if told == Told::Declined { self.reversal_prefix.as_str() } else { "" };
        let currency = sale.commission.currency().code();
        Some(vec![
            ("click", sale.click.clone()),
            ("id", format!("{prefix}{}", sale.id())),
            ("order", sale.order()),
            ("store", sale.store.clone()),
            ("status", status),
            ("commission", money(sale.commission)),
            ("sum", money(sale.sum)),
            ("commission_minor", sale.commission.minor().to_string()),
            ("sum_minor", sale.sum.minor().to_string()),
            ("currency", currency.to_owned()),
            ("currency_lower", currency.to_lowercase()),
            ("time", self.time_text(sale.at)),
            ("click_time", self.time_text(sale.at.plus_seconds(-600))),
            ("reason", if told == Told::Declined { sale.reason.clone() } else { String::new() }),
        ])
    }

    fn time_text(&self, at: Timestamp) -> String {
        let Some(format) = &self.time else { return at.seconds().to_string() };
        match self.zone.as_deref().and_then(|name| name.parse::<Tz>().ok()) {
            Some(zone) => at.datetime().with_timezone(&zone).format(format).to_string(),
            None => at.datetime().format(format).to_string(),
        }
    }

    /// Each value is encoded by itself, so that no value can add a field.
    fn filled_query(&self, values: &[(&'static str, String)]) -> String {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let written = pairs.map(|(name, value)| format!("{name}={}", encoded(&fill(&value.replace('+', " "), values))));
        written.collect::<Vec<_>>().join("&")
    }
}

fn fill(template: &str, values: &[(&'static str, String)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace("%20", "+")
}

fn hmac_hex(secret: &str, text: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}
