//! `[[payouts.providers]]`: who pays out, and what each has to know. One kind of provider, one struct.

mod hyperswitch;

use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

pub use self::hyperswitch::{Hyperswitch, Tokens};
use super::text;
use crate::base::Secret;
use crate::domain::money::Currency;
use crate::domain::payout::MethodKind;

/// A payout provider, by its kind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Rail {
    /// YooKassa Payouts.
    Yookassa(Yookassa),
    /// PayPal Payouts.
    Paypal(Paypal),
    /// Hyperswitch, which pays through others.
    Hyperswitch(Hyperswitch),
    /// A bank that takes files.
    BankFile(BankFile),
}

impl Rail {
    /// The name in the ledger, in URLs and in the database.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Yookassa(settings) => &settings.name,
            Self::Paypal(settings) => &settings.name,
            Self::Hyperswitch(settings) => &settings.name,
            Self::BankFile(settings) => &settings.name,
        }
    }

    /// Whether the values can be right.
    ///
    /// # Errors
    /// What is wrong, and how to mend it.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Hyperswitch(settings) => settings.check(),
            Self::Yookassa(_) | Self::Paypal(_) | Self::BankFile(_) => Ok(()),
        }
    }

    /// Which account there is behind the name, for those that remember keys; none for a bank that takes files.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        let (kind, url, account) = match self {
            Self::Yookassa(settings) => ("yookassa", &settings.url, &settings.gateway),
            Self::Paypal(settings) => ("paypal", &settings.url, &settings.client_id),
            Self::Hyperswitch(settings) => ("hyperswitch", &settings.url, &settings.merchant),
            Self::BankFile(_) => return None,
        };
        Some(format!("{kind}\n{}\n{account}", url.trim_end_matches('/')))
    }
}

/// `kind = "yookassa"`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yookassa {
    /// Its name here.
    #[serde(default = "yookassa")]
    pub name: String,
    /// The address of the API.
    #[serde(default = "yookassa_url")]
    pub url: String,
    /// The id of the payout gateway, which is another than the shop's.
    pub gateway: String,
    /// The gateway's secret key.
    pub key: Secret,
    /// What it pays to.
    #[serde(default = "yookassa_kinds")]
    pub kinds: Vec<MethodKind>,
    /// The address of the script with the form for cards.
    #[serde(default = "yookassa_widget")]
    pub widget: String,
    /// Where its notifications come from: they are not signed.
    #[serde(default = "yookassa_networks", with = "text::list")]
    pub networks: Vec<IpNet>,
}

fn yookassa() -> String {
    "yookassa".to_owned()
}
fn yookassa_url() -> String {
    "https://api.yookassa.ru/v3".to_owned()
}
fn yookassa_widget() -> String {
    "https://yookassa.ru/payouts-data/3.1.0/widget.js".to_owned()
}
fn yookassa_kinds() -> Vec<MethodKind> {
    vec![MethodKind::Card, MethodKind::Sbp, MethodKind::YooMoney]
}

/// As <https://yookassa.ru/developers/using-api/webhooks> lists them.
fn yookassa_networks() -> Vec<IpNet> {
    const KNOWN: [&str; 10] = [
        "185.71.76.0/27",
        "185.71.77.0/27",
        "77.75.153.0/25",
        "77.75.154.128/25",
        "77.75.156.11/32",
        "77.75.156.35/32",
        "2a02:5180:0:1509::/64",
        "2a02:5180:0:2655::/64",
        "2a02:5180:0:1533::/64",
        "2a02:5180:0:2669::/64",
    ];
    KNOWN.iter().filter_map(|network| network.parse().ok()).collect()
}

/// `kind = "paypal"`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paypal {
    /// Its name here.
    #[serde(default = "paypal")]
    pub name: String,
    /// The address of the API.
    #[serde(default = "paypal_url")]
    pub url: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret,
    /// The id of the webhook: it is part of what is signed.
    pub webhook_id: String,
    /// In which currencies it pays.
    pub currencies: Vec<Currency>,
    /// From which hosts the certificate may be read that webhooks are signed with: `host` or `host:port`.
    #[serde(default = "paypal_hosts")]
    pub certificate_hosts: Vec<String>,
    /// Root certificates (PEM) that it is checked with. Without it Mozilla's list is used.
    #[serde(default)]
    pub certificate_roots: Option<PathBuf>,
}

fn paypal() -> String {
    "paypal".to_owned()
}
fn paypal_url() -> String {
    "https://api-m.paypal.com".to_owned()
}
fn paypal_hosts() -> Vec<String> {
    ["api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com"]
        .map(str::to_owned)
        .to_vec()
}

/// `kind = "bank_file"`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankFile {
    /// Its name here.
    #[serde(default = "bank_file")]
    pub name: String,
    /// What the file pays to: `iban`, `account`.
    pub kinds: Vec<MethodKind>,
    /// In which currencies.
    pub currencies: Vec<Currency>,
    /// Whose account is debited.
    pub debtor: String,
    /// That account: an IBAN, or a number within the bank.
    pub account: String,
    /// The bank: a BIC, or a Russian BIK.
    pub bank: String,
}

fn bank_file() -> String {
    "bank".to_owned()
}
