//! An inbound call as it came, and the same taken apart into named values.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use serde_json::Value;
use url::form_urlencoded;

use super::report::Fault;
use crate::base::Secret;
use crate::text_enum;

/// One inbound call, word for word: signatures are over the raw parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCall {
    /// `GET`, `POST` …
    pub method: String,
    /// The secret segment of the path, when there was one.
    pub path_secret: Option<Secret>,
    /// The raw query, without the question mark.
    pub query: String,
    /// The raw body.
    pub body: Vec<u8>,
    /// Headers with lower-case names, in the order received.
    pub headers: Vec<(String, String)>,
    /// Who called.
    pub peer: Option<IpAddr>,
    /// The full URL, with the raw query, as the partner called it.
    pub public_url: String,
}

impl RawCall {
    /// The first header of this name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

text_enum! {
    /// How a body is taken apart.
    pub enum BodyKind {
        /// By its first character and Content-Type.
        Auto = "auto",
        /// Form fields.
        Form = "form",
        /// JSON.
        Json = "json",
    }
}

text_enum! {
    /// What to do when one name comes several times with different values.
    pub enum Repeated {
        /// The call is unreadable.
        Refuse = "refuse",
        /// The first one counts.
        First = "first",
        /// The last one counts.
        Last = "last",
    }
}

/// The `[envelope]` table.
#[derive(Debug, Clone)]
pub(crate) struct EnvelopeRule {
    pub body: BodyKind,
    pub repeated: Repeated,
    pub absent: Vec<String>,
}

/// A body as JSON.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Absent,
    Json(Value),
    Broken(String),
}

/// A call taken apart.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub call: &'a RawCall,
    pub rule: &'a EnvelopeRule,
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    pub json: Body,
    nested: RefCell<BTreeMap<String, Rc<Value>>>,
}

/// The decoded pairs of a query or a form body.
pub(crate) fn pairs(raw: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(raw).into_owned().collect()
}

fn looks_like_json(body: &[u8]) -> bool {
    let first = body.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'['))
}

fn body_kind(call: &RawCall, body: &[u8], declared: BodyKind) -> BodyKind {
    match declared {
        BodyKind::Form | BodyKind::Json => declared,
        BodyKind::Auto => {
            let json_type = call.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
            if json_type || looks_like_json(body) { BodyKind::Json } else { BodyKind::Form }
        }
    }
}

/// Whether a text anywhere in the value, or a name of a field, is one that `holds`.
fn json_has(value: &Value, holds: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(text),
        Value::Array(list) => list.iter().any(|one| json_has(one, holds)),
        Value::Object(fields) => fields.iter().any(|(name, one)| holds(name) || json_has(one, holds)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn read_json(body: &[u8]) -> Body {
    match serde_json::from_slice(body) {
        Ok(value) => Body::Json(value),
        Err(cause) => Body::Broken(cause.to_string()),
    }
}

impl<'a> Envelope<'a> {
    /// Takes a call apart. A body that cannot be read is an error only once something of it is asked for.
    pub fn new(call: &'a RawCall, rule: &'a EnvelopeRule) -> Self {
        let body = call.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&call.body);
        let multipart =
            call.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("multipart/"));
        let (form, json) = if body.iter().all(u8::is_ascii_whitespace) {
            (Vec::new(), Body::Absent)
        } else if multipart {
            (Vec::new(), Body::Broken("multipart bodies are not read".to_owned()))
        } else {
            match body_kind(call, body, rule.body) {
                BodyKind::Json => (Vec::new(), read_json(body)),
                BodyKind::Form | BodyKind::Auto => (pairs(body), Body::Absent),
            }
        };
        Self { call, rule, query: pairs(call.query.as_bytes()), form, json, nested: RefCell::default() }
    }

    /// Whether a name or a value holds U+0000, also as an escape in JSON that stands inside a text.
    pub fn has_nul(&self) -> bool {
        let holds = |text: &str| text.contains('\0') || text.contains("\\u0000");
        let pairs = self.query.iter().chain(&self.form).any(|(name, value)| holds(name) || holds(value));
        let body = match &self.json {
            Body::Json(value) => json_has(value, &holds),
            Body::Absent | Body::Broken(_) => false,
        };
        pairs || body
    }

    /// The JSON body; none when there is no body.
    pub fn body_json(&self) -> Result<Option<&Value>, Fault> {
        match &self.json {
            Body::Absent => Ok(None),
            Body::Json(value) => Ok(Some(value)),
            Body::Broken(cause) => Err(Fault::new(
                "body_not_json",
                format!(
                    "the body is not the JSON that this adapter reads ({cause}); ask the partner for the format of its calls"
                ),
            )),
        }
    }

    /// JSON text inside a value, parsed once a call.
    pub fn parsed(&self, text: &str, place: &str) -> Result<Rc<Value>, Fault> {
        if let Some(known) = self.nested.borrow().get(text) {
            return Ok(Rc::clone(known));
        }
        let value: Value = serde_json::from_str(text).map_err(|cause| {
            Fault::new("field_not_json", format!("{place} should hold JSON text but does not parse: {cause}"))
        })?;
        let value = Rc::new(value);
        self.nested.borrow_mut().insert(text.to_owned(), Rc::clone(&value));
        Ok(value)
    }

    /// The value of `name` among `list`, by the rule for repeated names.
    pub fn pick(&self, list: &[(String, String)], name: &str, place: &str) -> Result<Option<String>, Fault> {
        let mut found = list.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let Some(first) = found.next() else { return Ok(None) };
        match self.rule.repeated {
            Repeated::First => Ok(Some(first.clone())),
            Repeated::Last => Ok(Some(found.next_back().unwrap_or(first).clone())),
            Repeated::Refuse if found.any(|other| other != first) => Err(Fault::new(
                "field_repeated",
                format!(
                    "{place} comes several times with different values; set envelope.repeated to \"first\" or \"last\""
                ),
            )),
            Repeated::Refuse => Ok(Some(first.clone())),
        }
    }
}
