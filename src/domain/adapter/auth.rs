//! Is the call really the partner's? Every comparison of a secret takes constant time.

use ipnet::IpNet;

use super::AdapterError;
use super::amount::AmountFormat;
use super::call::Envelope;
use super::expr::{Expr, Scope};
use super::signature::Signature;
use super::table::Table;
use super::value::FieldRef;
use crate::base::{Secret, Timestamp};

/// Why a call is not authentic. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct AuthFailure {
    /// Stable snake_case word.
    pub code: &'static str,
    /// What is wrong, for the operator.
    pub detail: String,
}

impl AuthFailure {
    pub(crate) fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}

/// The `[auth]` table.
#[derive(Debug, Clone)]
pub(crate) enum AuthRule {
    Nothing,
    Path,
    Field(Expr),
    Bearer,
    Basic(Option<String>),
    Addresses(Vec<IpNet>),
    Signature(Box<Signature>),
    Any(Vec<AuthRule>),
    All(Vec<AuthRule>),
}

pub(crate) const AUTH_KINDS: &[&str] =
    &["none", "path", "field", "bearer", "basic", "ip", "digest", "hmac", "any", "all"];
/// Keys of the kinds that are not signatures.
pub(crate) const AUTH_KEYS: &[&str] = &["kind", "field", "user", "allow", "of"];

impl AuthRule {
    pub fn parse(table: &Table<'_>) -> Result<Self, AdapterError> {
        let kind = table.text("kind")?.unwrap_or_default();
        let keys: &[&str] = match kind.as_str() {
            "none" | "path" | "bearer" => &["kind"],
            "field" => &["kind", "field"],
            "basic" => &["kind", "user"],
            "ip" => &["kind", "allow"],
            "any" | "all" => &["kind", "of"],
            "digest" => return Signature::parse(table, false).map(|rule| Self::Signature(Box::new(rule))),
            "hmac" => return Signature::parse(table, true).map(|rule| Self::Signature(Box::new(rule))),
            _ => {
                return Err(AdapterError::new(&table.at("kind"), format!("must be one of: {}", AUTH_KINDS.join(", "))));
            }
        };
        table.known(keys)?;
        match kind.as_str() {
            "path" => Ok(Self::Path),
            "bearer" => Ok(Self::Bearer),
            "basic" => Ok(Self::Basic(table.text("user")?)),
            "ip" => addresses(table).map(Self::Addresses),
            "field" => match table.value("field") {
                Some(value) => Expr::parse(value, &table.at("field"), table.names).map(Self::Field),
                None => {
                    let problem = "is missing: where the secret stands, as in \"query:secret\"";
                    Err(AdapterError::new(&table.at("field"), problem.to_owned()))
                }
            },
            "any" => several(table).map(Self::Any),
            "all" => several(table).map(Self::All),
            _ => Ok(Self::Nothing),
        }
    }

    /// The declared way, as adapters write it: `path`, `hmac`, `any of field, ip`.
    pub fn kind(&self) -> String {
        let list = |rules: &[Self]| rules.iter().map(Self::kind).collect::<Vec<_>>().join(", ");
        match self {
            Self::Nothing => "none".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Field(_) => "field".to_owned(),
            Self::Bearer => "bearer".to_owned(),
            Self::Basic(_) => "basic".to_owned(),
            Self::Addresses(_) => "ip".to_owned(),
            Self::Signature(_) => "signature".to_owned(),
            Self::Any(rules) => format!("any of {}", list(rules)),
            Self::All(rules) => format!("all of {}", list(rules)),
        }
    }

    pub fn check(&self, envelope: &Envelope<'_>, secrets: &[Secret], now: Timestamp) -> Result<(), AuthFailure> {
        let call = envelope.call;
        match self {
            Self::Nothing => Ok(()),
            Self::Any(rules) => any(rules, envelope, secrets, now),
            Self::All(rules) => rules.iter().try_for_each(|rule| rule.check(envelope, secrets, now)),
            Self::Addresses(list) => match call.peer {
                Some(peer) if list.iter().any(|net| net.contains(&peer.to_canonical())) => Ok(()),
                Some(peer) => {
                    Err(AuthFailure::new("address_not_allowed", format!("{peer} is not among the partner's addresses")))
                }
                None => Err(AuthFailure::new("address_not_allowed", "the caller's address is not known".to_owned())),
            },
            _ if secrets.is_empty() => {
                Err(AuthFailure::new("no_secret_configured", "the partner has no secret; add one".to_owned()))
            }
            Self::Path => secret_is(call.path_secret.as_ref().map(Secret::expose), secrets, "the URL's path"),
            Self::Field(expr) => {
                let amounts = AmountFormat::default();
                let scope = Scope { envelope, item: None, status: None, amounts: &amounts, raw: true };
                let value = expr.eval(&scope).map_err(|fault| AuthFailure::new("secret_wrong", fault.detail))?;
                secret_is(value.as_ref().map(|value| value.text.as_str()), secrets, "the field that should hold it")
            }
            Self::Bearer => {
                let header = call.header("authorization").and_then(|text| scheme(text, "bearer"));
                secret_is(header, secrets, "the Authorization header")
            }
            Self::Basic(user) => basic(envelope, user.as_deref(), secrets),
            Self::Signature(rule) => rule.check(envelope, secrets, now),
        }
    }

    /// Fields whose values must not be shown.
    pub fn sensitive<'r>(&'r self, into: &mut Vec<&'r FieldRef>) {
        match self {
            Self::Field(expr) => expr.fields(into),
            Self::Signature(rule) => rule.signature.fields(into),
            Self::Any(rules) | Self::All(rules) => rules.iter().for_each(|rule| rule.sensitive(into)),
            Self::Nothing | Self::Path | Self::Bearer | Self::Basic(_) | Self::Addresses(_) => {}
        }
    }
}

fn addresses(table: &Table<'_>) -> Result<Vec<IpNet>, AdapterError> {
    let texts = table.texts("allow")?;
    if texts.is_empty() {
        return Err(AdapterError::new(&table.at("allow"), "is empty: list addresses or ranges".to_owned()));
    }
    let read = |text: &String| {
        let address = text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        address.ok_or_else(|| {
            AdapterError::new(&table.at("allow"), format!("{text:?} is no address or range, as in \"203.0.113.0/24\""))
        })
    };
    texts.iter().map(read).collect()
}

fn several(table: &Table<'_>) -> Result<Vec<AuthRule>, AdapterError> {
    let rules = table.tables("of")?.iter().map(AuthRule::parse).collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return Err(AdapterError::new(&table.at("of"), "is empty: list the ways, each with a kind".to_owned()));
    }
    Ok(rules)
}

/// The first way that holds; of the failures, the one that says most.
fn any(rules: &[AuthRule], envelope: &Envelope<'_>, secrets: &[Secret], now: Timestamp) -> Result<(), AuthFailure> {
    let mut told: Option<AuthFailure> = None;
    for rule in rules {
        let Err(failure) = rule.check(envelope, secrets, now) else { return Ok(()) };
        told = Some(match told {
            // Nothing came in any of the places: whoever mends it has to know them all.
            Some(old) if old.code == failure.code && failure.code.ends_with("_missing") => {
                AuthFailure::new(old.code, format!("{}, and {}", old.detail, failure.detail))
            }
            Some(old) if !old.code.ends_with("_missing") || failure.code.ends_with("_missing") => old,
            Some(_) | None => failure,
        });
    }
    Err(told.unwrap_or_else(|| {
        AuthFailure::new("secret_missing", "no way to authenticate is declared in the adapter's [auth]".to_owned())
    }))
}

fn secret_is(given: Option<&str>, secrets: &[Secret], place: &str) -> Result<(), AuthFailure> {
    let Some(given) = given.filter(|text| !text.is_empty()) else {
        return Err(AuthFailure::new("secret_missing", format!("no secret in {place}")));
    };
    let holds =
        secrets.iter().fold(false, |holds, secret| holds | (secret.matches(given) && !secret.expose().is_empty()));
    if holds {
        Ok(())
    } else {
        Err(AuthFailure::new("secret_wrong", format!("the secret in {place} is not the partner's")))
    }
}

/// What follows the scheme's name, whatever its case.
fn scheme<'t>(header: &'t str, name: &str) -> Option<&'t str> {
    let (scheme, rest) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then(|| rest.trim())
}

fn basic(envelope: &Envelope<'_>, user: Option<&str>, secrets: &[Secret]) -> Result<(), AuthFailure> {
    use base64::Engine as _;
    let text = envelope.call.header("authorization").and_then(|header| scheme(header, "basic"));
    let text = text.ok_or_else(|| AuthFailure::new("secret_missing", "no Basic authorization header".to_owned()))?;
    let pair = base64::engine::general_purpose::STANDARD.decode(text).ok().and_then(|raw| String::from_utf8(raw).ok());
    let wrong = || AuthFailure::new("secret_wrong", "the Basic authorization header is not the partner's".to_owned());
    let (name, password) = pair.as_deref().and_then(|pair| pair.split_once(':')).ok_or_else(wrong)?;
    if user.is_some_and(|user| user != name) {
        return Err(wrong());
    }
    secret_is(Some(password), secrets, "the Basic authorization header")
}
