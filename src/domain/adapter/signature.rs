//! Digests and HMACs over listed parts of a call.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use toml::Value;

use super::AdapterError;
use super::amount::AmountFormat;
use super::auth::AuthFailure;
use super::call::Envelope;
use super::expr::{Expr, Scope};
use super::report::Fault;
use super::table::Table;
use super::value::{FieldRef, Place};
use crate::base::Secret;
use crate::base::secret::constant_time_eq;
use crate::text_enum;

text_enum! {
    /// Hash functions that networks sign with.
    pub enum Algorithm {
        /// 16 bytes.
        Md5 = "md5",
        /// 20 bytes.
        Sha1 = "sha1",
        /// 32 bytes.
        Sha256 = "sha256",
        /// 48 bytes.
        Sha384 = "sha384",
        /// 64 bytes.
        Sha512 = "sha512",
    }
}

text_enum! {
    /// How bytes are written as text.
    pub enum Encoding {
        /// Two digits a byte, either case.
        Hex = "hex",
        /// With + and /, padded or not.
        Base64 = "base64",
        /// With - and _, padded or not.
        Base64Url = "base64url",
        /// The text itself (keys only).
        Text = "text",
    }
}

/// What is signed.
#[derive(Debug, Clone)]
enum Over {
    Body,
    Query,
    QueryBefore,
    SortedQuery,
    Url,
    UrlBefore,
    Parts(Vec<Part>, String),
}

/// One part of what is signed.
#[derive(Debug, Clone)]
enum Part {
    Secret,
    Body,
    Query,
    Url,
    Value(Expr),
    Pairs(Pairs),
}

/// All fields of the call, sorted by name, each written by a template.
#[derive(Debug, Clone)]
struct Pairs {
    template: String,
    separator: String,
    skip_empty: bool,
    upper: bool,
    except: Vec<String>,
}

/// A `digest` or `hmac` rule.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    keyed: bool,
    algorithm: Algorithm,
    over: Over,
    pub signature: Expr,
    own_name: Option<String>,
    encoding: Encoding,
    prefix: String,
    secret_encoding: Encoding,
    secret_prefix: String,
}

pub(crate) const SIGNATURE_KEYS: &[&str] = &[
    "kind",
    "algorithm",
    "over",
    "parts",
    "separator",
    "signature",
    "encoding",
    "prefix",
    "secret_encoding",
    "secret_prefix",
];
pub(crate) const PAIRS_KEYS: &[&str] = &["pairs", "separator", "skip_empty", "upper", "except"];

/// What PHP's form encoding leaves as it is: letters, digits, `-`, `_` and `.`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

fn form_encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace("%20", "+")
}

fn decoded(text: &str, encoding: Encoding) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    match encoding {
        Encoding::Hex => hex::decode(text).ok(),
        Encoding::Base64 => GeneralPurpose::new(&base64::alphabet::STANDARD, lenient).decode(text).ok(),
        Encoding::Base64Url => {
            general_purpose::GeneralPurpose::new(&base64::alphabet::URL_SAFE, lenient).decode(text).ok()
        }
        Encoding::Text => Some(text.as_bytes().to_vec()),
    }
}

fn digest(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Md5 => Md5::digest(message).to_vec(),
        Algorithm::Sha1 => Sha1::digest(message).to_vec(),
        Algorithm::Sha256 => Sha256::digest(message).to_vec(),
        Algorithm::Sha384 => Sha384::digest(message).to_vec(),
        Algorithm::Sha512 => Sha512::digest(message).to_vec(),
    }
}

/// HMAC verification; the comparison takes constant time.
fn hmac_holds<M: Mac + KeyInit>(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(key).is_ok_and(|mut mac| {
        mac.update(message);
        mac.verify_slice(signature).is_ok()
    })
}

impl Signature {
    pub fn parse(table: &Table<'_>, keyed: bool) -> Result<Self, AdapterError> {
        table.known(SIGNATURE_KEYS)?;
        let value = table.value("signature").ok_or_else(|| {
            let problem = "is missing: say where the partner puts the signature, as in \"header:x-signature\"";
            AdapterError::new(&table.at("signature"), problem.to_owned())
        })?;
        let signature = Expr::parse(value, &table.at("signature"), table.names)?;
        let mut fields = Vec::new();
        signature.fields(&mut fields);
        let own_name = fields
            .iter()
            .find(|field| matches!(field.place(), Place::Query | Place::Any | Place::Form))
            .map(|field| field.name().to_owned());
        if !table.has("algorithm") {
            let problem = "is missing: md5, sha1, sha256, sha384 or sha512";
            return Err(AdapterError::new(&table.at("algorithm"), problem.to_owned()));
        }
        let over = over(table)?;
        let before = matches!(over, Over::QueryBefore | Over::UrlBefore);
        if before && own_name.is_none() {
            let problem = "needs the signature in a query parameter, as in signature = \"query:hash\"";
            return Err(AdapterError::new(&table.at("over"), problem.to_owned()));
        }
        let uses_secret = matches!(&over, Over::Parts(parts, _) if parts.iter().any(Part::has_secret));
        if !keyed && !uses_secret {
            let problem = "a digest without \"secret\" among its parts proves nothing; add it, or use kind = \"hmac\"";
            return Err(AdapterError::new(&table.at("parts"), problem.to_owned()));
        }
        Ok(Self {
            keyed,
            algorithm: table.word("algorithm", Algorithm::Sha256)?,
            over,
            signature,
            own_name,
            encoding: table.word("encoding", Encoding::Hex)?,
            prefix: table.text("prefix")?.unwrap_or_default(),
            secret_encoding: table.word("secret_encoding", Encoding::Text)?,
            secret_prefix: table.text("secret_prefix")?.unwrap_or_default(),
        })
    }

    pub fn check(&self, envelope: &Envelope<'_>, secrets: &[Secret]) -> Result<(), AuthFailure> {
        let amounts = AmountFormat::default();
        let scope = Scope { envelope, item: None, status: None, amounts: &amounts, raw: true };
        let unreadable = |fault: Fault| AuthFailure::new("signature_wrong", fault.detail);
        let given = self.signature.eval(&scope).map_err(unreadable)?;
        let given = given.filter(|value| !value.text.is_empty()).ok_or_else(|| {
            AuthFailure::new(
                "signature_missing",
                "the call carries no signature where the adapter expects it".to_owned(),
            )
        })?;
        let text = given.text.strip_prefix(self.prefix.as_str());
        let bytes = text.and_then(|text| decoded(text.trim(), self.encoding)).ok_or_else(|| {
            AuthFailure::new("signature_wrong", format!("the signature is not {} text as declared", self.encoding))
        })?;
        let mut holds = false;
        for secret in secrets {
            holds |= self.holds(&scope, secret, &bytes).map_err(unreadable)?;
        }
        if holds {
            return Ok(());
        }
        let detail = "the signature does not fit the call: a wrong secret, other parts, or the call was changed";
        Err(AuthFailure::new("signature_wrong", detail.to_owned()))
    }

    fn holds(&self, scope: &Scope<'_>, secret: &Secret, signature: &[u8]) -> Result<bool, Fault> {
        let key = secret.expose();
        let key = key.strip_prefix(self.secret_prefix.as_str()).unwrap_or(key);
        let message = self.message(scope, key)?;
        if !self.keyed {
            return Ok(constant_time_eq(&digest(self.algorithm, &message), signature));
        }
        let Some(key) = decoded(key, self.secret_encoding) else { return Ok(false) };
        Ok(match self.algorithm {
            Algorithm::Md5 => hmac_holds::<Hmac<Md5>>(&key, &message, signature),
            Algorithm::Sha1 => hmac_holds::<Hmac<Sha1>>(&key, &message, signature),
            Algorithm::Sha256 => hmac_holds::<Hmac<Sha256>>(&key, &message, signature),
            Algorithm::Sha384 => hmac_holds::<Hmac<Sha384>>(&key, &message, signature),
            Algorithm::Sha512 => hmac_holds::<Hmac<Sha512>>(&key, &message, signature),
        })
    }

    fn message(&self, scope: &Scope<'_>, secret: &str) -> Result<Vec<u8>, Fault> {
        let call = scope.envelope.call;
        Ok(match &self.over {
            Over::Body => call.body.clone(),
            Over::Query => call.query.clone().into_bytes(),
            Over::QueryBefore => self.cut(&call.query).as_bytes().to_vec(),
            Over::Url => call.public_url.clone().into_bytes(),
            Over::UrlBefore => self.cut(&call.public_url).as_bytes().to_vec(),
            Over::SortedQuery => {
                let mut pairs: Vec<_> = scope.envelope.query.iter().filter(|(name, _)| !self.is_own(name)).collect();
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                let encoded =
                    pairs.iter().map(|(name, value)| format!("{}={}", form_encoded(name), form_encoded(value)));
                encoded.collect::<Vec<_>>().join("&").into_bytes()
            }
            Over::Parts(parts, separator) => {
                let mut message: Vec<u8> = Vec::new();
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        message.extend_from_slice(separator.as_bytes());
                    }
                    message.extend_from_slice(&self.part(part, scope, secret)?);
                }
                message
            }
        })
    }

    fn part(&self, part: &Part, scope: &Scope<'_>, secret: &str) -> Result<Vec<u8>, Fault> {
        let call = scope.envelope.call;
        Ok(match part {
            Part::Secret => secret.as_bytes().to_vec(),
            Part::Body => call.body.clone(),
            Part::Query => call.query.clone().into_bytes(),
            Part::Url => call.public_url.clone().into_bytes(),
            Part::Value(expr) => expr.eval(scope)?.map(|value| value.text.into_bytes()).unwrap_or_default(),
            Part::Pairs(pairs) => {
                let mut fields: Vec<_> = scope.envelope.query.iter().chain(&scope.envelope.form).collect();
                fields.retain(|(name, value)| {
                    let out =
                        self.is_own(name) || pairs.except.contains(name) || (pairs.skip_empty && value.is_empty());
                    !out
                });
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                let written = fields.iter().map(|(name, value)| pairs.written(name, value, secret));
                written.collect::<Vec<_>>().join(&pairs.separator).into_bytes()
            }
        })
    }

    fn is_own(&self, name: &str) -> bool {
        self.own_name.as_deref() == Some(name)
    }

    /// Text up to, without, the signature's own parameter.
    fn cut<'t>(&self, text: &'t str) -> &'t str {
        let Some(name) = &self.own_name else { return text };
        let found =
            ["&", "?"].iter().filter_map(|mark| text.split_once(&format!("{mark}{name}=")).map(|(head, _)| head));
        found.min_by_key(|head| head.len()).unwrap_or(text)
    }
}

impl Part {
    fn has_secret(&self) -> bool {
        match self {
            Self::Secret => true,
            Self::Pairs(pairs) => pairs.template.contains("{secret}"),
            Self::Body | Self::Query | Self::Url | Self::Value(_) => false,
        }
    }

    fn parse(value: &Value, at: &str, table: &Table<'_>) -> Result<Self, AdapterError> {
        if let Some(word) = value.as_str() {
            return Ok(match word {
                "secret" => Self::Secret,
                "body" => Self::Body,
                "query" => Self::Query,
                "url" => Self::Url,
                field => Self::Value(Expr::Field(FieldRef::parse(field, at, table.names)?)),
            });
        }
        match value.as_table().filter(|inner| inner.contains_key("pairs")) {
            None => Expr::parse(value, at, table.names).map(Self::Value),
            Some(inner) => {
                let inner = Table::new(inner, at, table.names);
                inner.known(PAIRS_KEYS)?;
                Ok(Self::Pairs(Pairs {
                    template: inner.text("pairs")?.unwrap_or_default(),
                    separator: inner.text("separator")?.unwrap_or_default(),
                    skip_empty: inner.flag("skip_empty")?.unwrap_or(false),
                    upper: inner.flag("upper")?.unwrap_or(false),
                    except: inner.texts("except")?,
                }))
            }
        }
    }
}

impl Pairs {
    /// The template with the field in it; the secret goes in last, so that a value cannot ask for it.
    fn written(&self, name: &str, value: &str, secret: &str) -> String {
        let name = if self.upper { name.to_uppercase() } else { name.to_owned() };
        let mut out = String::new();
        let mut rest = self.template.as_str();
        while let Some((head, tail)) = rest.split_once('{') {
            out.push_str(head);
            let known = [("name}", name.as_str()), ("value}", value), ("secret}", secret)];
            match known.iter().find_map(|(word, text)| tail.strip_prefix(word).map(|after| (after, *text))) {
                Some((after, text)) => {
                    out.push_str(text);
                    rest = after;
                }
                None => {
                    out.push('{');
                    rest = tail;
                }
            }
        }
        out.push_str(rest);
        out
    }
}

fn over(table: &Table<'_>) -> Result<Over, AdapterError> {
    if let Some(value) = table.value("parts") {
        if table.has("over") {
            return Err(AdapterError::new(table.place(), "has over and parts at once; keep one".to_owned()));
        }
        let Value::Array(list) = value else {
            return Err(AdapterError::new(&table.at("parts"), "must be a list".to_owned()));
        };
        let at = table.at("parts");
        let parts = list.iter().map(|value| Part::parse(value, &at, table)).collect::<Result<Vec<_>, _>>()?;
        return Ok(Over::Parts(parts, table.text("separator")?.unwrap_or_default()));
    }
    match table.text("over")?.as_deref() {
        Some("body") => Ok(Over::Body),
        Some("query") => Ok(Over::Query),
        Some("query_before_signature") => Ok(Over::QueryBefore),
        Some("sorted_query") => Ok(Over::SortedQuery),
        Some("url") => Ok(Over::Url),
        Some("url_before_signature") => Ok(Over::UrlBefore),
        _ => Err(AdapterError::new(
            &table.at("over"),
            "say what is signed: body, query, query_before_signature, sorted_query, url, url_before_signature, or list the parts"
                .to_owned(),
        )),
    }
}
