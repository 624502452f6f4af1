//! An inbound call as it came, and the same taken apart into named values.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use encoding_rs::UTF_8;
use serde_json::Value;

use super::body::{Body, Parts, take_apart, whole_text};
use super::charset::{self, Charset};
use super::report::Fault;
use super::xml::Element;
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
        /// XML.
        Xml = "xml",
        /// Fields of `multipart/form-data`.
        Multipart = "multipart",
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
    /// The charset of the body, whatever its Content-Type says.
    pub charset: Option<Charset>,
    /// The charset of what is percent-encoded in the query.
    pub query_charset: Option<Charset>,
}

/// A call taken apart.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub call: &'a RawCall,
    pub rule: &'a EnvelopeRule,
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    pub body: Body,
    query_charset: Charset,
    body_charset: Charset,
    body_kind: BodyKind,
    nested: RefCell<BTreeMap<String, Rc<Value>>>,
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

impl<'a> Envelope<'a> {
    /// Takes a call apart. A body that cannot be read is an error only once something of it is asked for.
    pub fn new(call: &'a RawCall, rule: &'a EnvelopeRule) -> Self {
        let Parts { form, body, charset: body_charset, kind: body_kind } = take_apart(call, rule);
        // Percent-encoded text is UTF-8 also where the body is UTF-16: the standard for forms says so.
        let query_charset = rule.query_charset.or(rule.charset).unwrap_or(UTF_8).output_encoding();
        let query = charset::pairs(call.query.as_bytes(), query_charset);
        let nested = RefCell::default();
        Self { call, rule, query, form, body, query_charset, body_charset, body_kind, nested }
    }

    /// Whether a name or a value holds U+0000, also as an escape in JSON that stands inside a text.
    pub fn has_nul(&self) -> bool {
        let holds = |text: &str| text.contains('\0') || text.contains("\\u0000");
        let pairs = self.query.iter().chain(&self.form).any(|(name, value)| holds(name) || holds(value));
        let body = match &self.body {
            Body::Json(value) => json_has(value, &holds),
            Body::Xml(root) => root.has(&holds),
            Body::Absent | Body::Broken(_) => false,
        };
        pairs || body
    }

    /// The JSON body; none when there is no body, or another one.
    pub fn body_json(&self) -> Result<Option<&Value>, Fault> {
        match &self.body {
            Body::Absent | Body::Xml(_) => Ok(None),
            Body::Json(value) => Ok(Some(value)),
            Body::Broken(fault) => Err(fault.clone()),
        }
    }

    /// The XML body's root; none when there is no body, or another one.
    pub fn body_xml(&self) -> Result<Option<&Element>, Fault> {
        match &self.body {
            Body::Absent | Body::Json(_) => Ok(None),
            Body::Xml(root) => Ok(Some(root)),
            Body::Broken(fault) => Err(fault.clone()),
        }
    }

    /// What the body was taken for.
    pub fn body_kind(&self) -> BodyKind {
        self.body_kind
    }

    /// The whole body as text.
    pub fn body_text(&self) -> String {
        whole_text(self.call, self.rule)
    }

    /// A value as the bytes that came, for signatures: a query and a body may be in different charsets.
    pub fn bytes_of(&self, text: &str, in_query: bool) -> Vec<u8> {
        charset::bytes(text, self.charset(in_query)).into_owned()
    }

    /// The charset of the query, or of the body.
    pub fn charset(&self, in_query: bool) -> Charset {
        if in_query { self.query_charset } else { self.body_charset }
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
        let found = list.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        self.one_of(found, place)
    }

    /// One of several values of the same place, by the rule for repeated names.
    pub fn one_of<'t>(
        &self,
        mut found: impl DoubleEndedIterator<Item = &'t str>,
        place: &str,
    ) -> Result<Option<String>, Fault> {
        let Some(first) = found.next() else { return Ok(None) };
        match self.rule.repeated {
            Repeated::First => Ok(Some(first.to_owned())),
            Repeated::Last => Ok(Some(found.next_back().unwrap_or(first).to_owned())),
            Repeated::Refuse if found.any(|other| other != first) => Err(Fault::new(
                "field_repeated",
                format!(
                    "{place} comes several times with different values; set envelope.repeated to \"first\" or \"last\""
                ),
            )),
            Repeated::Refuse => Ok(Some(first.to_owned())),
        }
    }
}
