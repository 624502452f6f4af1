//! `kind = "hyperswitch"`: a Hyperswitch of one's own or of somebody else, and what it pays to.

use serde::Deserialize;
use url::Url;

use crate::base::Secret;
use crate::domain::money::Currency;
use crate::domain::payout::MethodKind;

/// The longest id of a merchant or a profile, in characters.
const LONGEST_ID: usize = 64;

/// Currencies whose minor units are not those of ISO 4217 in Hyperswitch's table (crates/common_enums/src/enums.rs at the commit that
/// the description is of: IRR and MGA without decimals, ISK with two), or were not in other versions.
const OTHER_UNITS: [&str; 7] = ["IRR", "MGA", "ISK", "IQD", "LYD", "TND", "CLF"];

/// `kind = "hyperswitch"`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hyperswitch {
    /// Its name here.
    #[serde(default = "hyperswitch")]
    pub name: String,
    /// The address of the API.
    pub url: String,
    /// The merchant's id there.
    pub merchant: String,
    /// A secret API key of that merchant.
    pub api_key: Secret,
    /// What webhooks are signed with: the payment response hash key of the business profile.
    pub webhook_secret: Secret,
    /// Through which connectors it may pay, in this order. Without any, the routing that is set up there decides.
    #[serde(default)]
    pub connectors: Vec<String>,
    /// The business profile; the merchant's own without.
    #[serde(default)]
    pub profile: Option<String>,
    /// What it pays to: `paypal`, `iban`, `card`.
    pub kinds: Vec<MethodKind>,
    /// In which currencies.
    pub currencies: Vec<Currency>,
    /// The connectors' codes that say for certain that nothing was paid, as they write them. With any other code `failed` is not
    /// believed, and a person has to look.
    #[serde(default)]
    pub declines: Vec<String>,
    /// Where cards become tokens; needed for `card`.
    #[serde(default)]
    pub tokens: Option<Tokens>,
}

/// Who turns a card into a token, in the shopper's browser.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Where the browser sends `{"kind": "card", "number": …}` to.
    pub url: String,
    /// With which bearer key; no secret.
    pub key: String,
}

fn hyperswitch() -> String {
    "hyperswitch".to_owned()
}

impl Hyperswitch {
    /// Whether the values can be right.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_keys()?;
        let known = [MethodKind::PayPal, MethodKind::Iban, MethodKind::Card];
        if let Some(other) = self.kinds.iter().find(|kind| !known.contains(kind)) {
            return Err(format!("kinds: it does not pay to {other}; it can pay to paypal, iban and card"));
        }
        if self.kinds.is_empty() {
            return Err("kinds is empty: name what it pays to, of paypal, iban and card".to_owned());
        }
        if self.currencies.is_empty() {
            return Err("currencies is empty: name at least one, for example [\"EUR\"]".to_owned());
        }
        if let Some(other) = self.currencies.iter().find(|currency| OTHER_UNITS.contains(&currency.code())) {
            return Err(format!(
                "currencies: {other} cannot be paid through Hyperswitch: it counts this currency in other minor units than ISO 4217, or did in some version, so sums would be wrong by a factor"
            ));
        }
        let is_word = |text: &String| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            !text.is_empty() && text.bytes().all(plain)
        };
        if let Some(wrong) = self.connectors.iter().find(|name| !is_word(name)) {
            return Err(format!("connectors: {wrong:?} is none: write it as Hyperswitch does, for example \"adyen\""));
        }
        match &self.tokens {
            None if self.kinds.contains(&MethodKind::Card) => Err(
                "kinds names card, so tokens must say where cards become tokens: tokens = { url = \"https://…\", key = \"…\" }; or take card out"
                    .to_owned(),
            ),
            Some(tokens) if !is_address(&tokens.url) => {
                Err(format!("tokens.url: {:?} is no address: write it whole, with https://", tokens.url))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_keys(&self) -> Result<(), String> {
        if !is_address(&self.url) {
            return Err(format!("url: {:?} is no address: write it whole, with https://", self.url));
        }
        let is_id = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain)
        };
        if !is_id(&self.merchant) {
            return Err("merchant is no id: copy it from Hyperswitch, for example \"merchant_1668273825\"".to_owned());
        }
        if self.profile.as_deref().is_some_and(|profile| !is_id(profile)) {
            return Err("profile is no id: copy it from Hyperswitch (\"pro_…\"), or leave it out".to_owned());
        }
        let key = self.api_key.expose();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("api_key must be letters, digits and signs without spaces: copy it again".to_owned());
        }
        if self.webhook_secret.expose().is_empty() {
            return Err("webhook_secret is empty: webhooks could not be believed. It is the payment response hash key of the business profile".to_owned());
        }
        Ok(())
    }
}

fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
