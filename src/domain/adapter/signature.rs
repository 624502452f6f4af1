//! Digests and HMACs over listed parts of a call.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use toml::Value;

use super::AdapterError;
use super::age::SignedAt;
use super::amount::AmountFormat;
use super::auth::AuthFailure;
use super::call::Envelope;
use super::charset::form_encoded;
use super::expr::{Expr, Scope};
use super::report::Fault;
use super::table::Table;
use super::value::{FieldRef, Place};
use crate::base::secret::constant_time_eq;
use crate::base::{Secret, Timestamp};
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
    split: Option<String>,
    signed_at: Option<SignedAt>,
}

/// Most signatures that one call may carry: a partner that changes its secret sends two.
const MOST_SIGNATURES: usize = 10;

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
    "split",
    "signed_at",
];
pub(crate) const PAIRS_KEYS: &[&str] = &["pairs", "separator", "skip_empty", "upper", "except"];

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
        let signed_at = table.table("signed_at")?.map(|inner| SignedAt::parse(&inner)).transpose()?;
        if let Some(signed_at) = &signed_at {
            covered(&over, signed_at, table)?;
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
            split: table.text("split")?.filter(|mark| !mark.is_empty()),
            signed_at,
        })
    }

    pub fn check(&self, envelope: &Envelope<'_>, secrets: &[Secret], now: Timestamp) -> Result<(), AuthFailure> {
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
        let told = self.told(&given.text);
        if told.is_empty() {
            let detail = format!("the signature is not {} text as declared", self.encoding);
            return Err(AuthFailure::new("signature_wrong", detail));
        }
        self.nothing_follows(envelope)?;
        let mut holds = false;
        for (secret, bytes) in secrets.iter().flat_map(|secret| told.iter().map(move |bytes| (secret, bytes))) {
            holds |= self.holds(&scope, secret, bytes).map_err(unreadable)?;
        }
        if !holds {
            let detail = "the signature does not fit the call: a wrong secret, other parts, or the call was changed";
            return Err(AuthFailure::new("signature_wrong", detail.to_owned()));
        }
        self.signed_at.as_ref().map_or(Ok(()), |signed_at| signed_at.check(envelope, now))
    }

    /// The signatures that the text tells: one, or with `split` several, of which those without the prefix (of
    /// another scheme) are passed over.
    fn told(&self, text: &str) -> Vec<Vec<u8>> {
        let one = |text: &str| {
            let text = text.trim().strip_prefix(self.prefix.as_str())?;
            decoded(text.trim(), self.encoding).filter(|bytes| !bytes.is_empty())
        };
        match &self.split {
            None => one(text).into_iter().collect(),
            Some(mark) => text.split(mark.as_str()).filter_map(one).take(MOST_SIGNATURES).collect(),
        }
    }

    /// What is signed ends where the signature begins: a parameter behind it would be anybody's.
    fn nothing_follows(&self, envelope: &Envelope<'_>) -> Result<(), AuthFailure> {
        let before = matches!(self.over, Over::QueryBefore | Over::UrlBefore);
        let last = envelope.query.last().is_some_and(|(name, _)| self.is_own(name));
        if !before || last {
            return Ok(());
        }
        let detail = "parameters follow the signature, which covers only what stands before it";
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
                let charset = scope.envelope.charset(true);
                let encoded = pairs
                    .iter()
                    .map(|(name, value)| format!("{}={}", form_encoded(name, charset), form_encoded(value, charset)));
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
            Part::Value(expr) => {
                let in_query = expr_in_query(expr, scope.envelope);
                let value = expr.eval(scope)?;
                value.map(|value| scope.envelope.bytes_of(&value.text, in_query)).unwrap_or_default()
            }
            Part::Pairs(pairs) => {
                let in_query = scope.envelope.query.iter().map(|pair| (pair, true));
                let in_form = scope.envelope.form.iter().map(|pair| (pair, false));
                let mut fields: Vec<_> = in_query.chain(in_form).collect();
                fields.retain(|((name, value), _)| {
                    let out =
                        self.is_own(name) || pairs.except.contains(name) || (pairs.skip_empty && value.is_empty());
                    !out
                });
                fields.sort_by(|a, b| a.0.0.cmp(&b.0.0));
                let written = fields.iter().map(|((name, value), in_query)| {
                    scope.envelope.bytes_of(&pairs.written(name, value, secret), *in_query)
                });
                written.collect::<Vec<_>>().join(pairs.separator.as_bytes())
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

    /// True when the whole of `field` is in this part.
    fn covers(&self, field: &FieldRef) -> bool {
        match self {
            Self::Body => matches!(field.place(), Place::Form | Place::Json | Place::Xml),
            Self::Query | Self::Url => field.place() == Place::Query,
            Self::Value(Expr::Field(part)) => part == field,
            Self::Pairs(pairs) => {
                let named = matches!(field.place(), Place::Query | Place::Form);
                named && !pairs.except.iter().any(|name| name == field.name())
            }
            Self::Secret | Self::Value(_) => false,
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

/// Which charset the bytes of a value are in: where nothing but the query has fields, the query's.
fn expr_in_query(expr: &Expr, envelope: &Envelope<'_>) -> bool {
    let mut fields = Vec::new();
    expr.fields(&mut fields);
    fields.iter().any(|field| match field.place() {
        Place::Query => true,
        Place::Any => envelope.query.iter().any(|(name, _)| name == field.name()),
        Place::Form | Place::Header | Place::Json | Place::Xml | Place::Item | Place::Outer | Place::Call => false,
    })
}

/// A time that is not signed proves nothing: every field that it is read from has to be part of what is signed.
fn covered(over: &Over, signed_at: &SignedAt, table: &Table<'_>) -> Result<(), AdapterError> {
    let same_part = |value: &Value| match (table.value("parts"), over) {
        (Some(Value::Array(parts)), Over::Parts(_, _)) => parts.contains(value),
        (_, _) => false,
    };
    let written = table.value("signed_at").and_then(|inner| inner.get("field"));
    let fields = signed_at.fields();
    let signed = |field: &FieldRef| match over {
        Over::Body => matches!(field.place(), Place::Form | Place::Json | Place::Xml),
        Over::Query | Over::QueryBefore | Over::SortedQuery | Over::Url | Over::UrlBefore => {
            field.place() == Place::Query
        }
        Over::Parts(parts, _) => parts.iter().any(|part| part.covers(field)),
    };
    let all = !fields.is_empty() && fields.iter().all(|field| signed(field));
    if all || written.is_some_and(same_part) {
        return Ok(());
    }
    let problem = "is not among what is signed, so anybody could change it; write it as the signed part is written, or \
                   with its place, as in \"json:/time\"";
    Err(AdapterError::new(&table.at("signed_at.field"), problem.to_owned()))
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
