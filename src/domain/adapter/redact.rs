//! Showing a call without its secrets: signatures and secrets become `***`, however they were written.

use encoding_rs::UTF_8;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::body::Body;
use super::call::{BodyKind, Envelope, RawCall};
use super::charset::{self, Charset};
use super::value::{FieldRef, Place};
use super::xml;
use crate::base::Secret;

const MASK: &str = "***";
/// Headers that carry credentials whatever the adapter says.
const ALWAYS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-api-key"];

/// What is to be hidden.
struct Hidden<'a> {
    fields: &'a [&'a FieldRef],
    secrets: Vec<&'a str>,
}

/// The call with what is hidden masked. A body in another charset than UTF-8 is shown as UTF-8.
pub(crate) fn redacted(envelope: &Envelope<'_>, fields: &[&FieldRef], secrets: &[Secret]) -> RawCall {
    let call = envelope.call;
    let mut secrets: Vec<&str> = secrets.iter().chain(&call.path_secret).map(Secret::expose).collect();
    secrets.retain(|secret| !secret.is_empty());
    // The longest first: one secret may be part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let hidden = Hidden { fields, secrets };
    let (address, query) = match call.public_url.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (call.public_url.as_str(), None),
    };
    let address = address.split('/').map(|segment| hidden.segment(segment)).collect::<Vec<_>>().join("/");
    let charset = envelope.charset(true);
    let query = query.map(|query| hidden.pairs(query.as_bytes(), Place::Query, charset));
    RawCall {
        method: call.method.clone(),
        path_secret: call.path_secret.as_ref().map(|_| Secret::new(MASK)),
        query: hidden.pairs(call.query.as_bytes(), Place::Query, charset),
        body: hidden.body(envelope),
        headers: call.headers.iter().map(|(name, value)| (name.clone(), hidden.header(name, value))).collect(),
        peer: call.peer,
        public_url: query.map_or(address.clone(), |query| format!("{address}?{query}")),
    }
}

impl Hidden<'_> {
    fn is_in(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret))
    }

    fn named(&self, place: Place, name: &str) -> bool {
        self.fields.iter().any(|field| {
            let there = field.place() == place || (field.place() == Place::Any && place != Place::Header);
            there && field.name() == name
        })
    }

    /// Text with each secret in it masked. A mask that makes a secret anew hides the whole.
    fn plain(&self, text: &str) -> String {
        let masked = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK));
        if self.is_in(&masked) { MASK.to_owned() } else { masked }
    }

    fn segment(&self, segment: &str) -> String {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        if self.is_in(&decoded) || self.is_in(segment) { MASK.to_owned() } else { segment.to_owned() }
    }

    /// A query or form body, pair by pair, so that what is not hidden stays as it was sent.
    fn pairs(&self, raw: &[u8], place: Place, charset: Charset) -> String {
        let masked = raw.split(|byte| *byte == b'&').map(|pair| {
            let shown = charset::text(pair, charset);
            let (name, _) = shown.split_once('=').unwrap_or((&shown, ""));
            let (key, value) = charset::pairs(pair, charset).into_iter().next().unwrap_or_default();
            if self.is_in(&key) || self.is_in(name) {
                MASK.to_owned()
            } else if self.named(place, &key) || self.is_in(&value) || self.is_in(&shown) {
                format!("{name}={MASK}")
            } else {
                shown.into_owned()
            }
        });
        let joined = masked.collect::<Vec<_>>().join("&");
        self.plain(&joined)
    }

    fn header(&self, name: &str, value: &str) -> String {
        let name = name.to_ascii_lowercase();
        if ALWAYS.contains(&name.as_str()) || self.named(Place::Header, &name) {
            MASK.to_owned()
        } else {
            let masked = self.plain(value);
            let decoded = percent_decode_str(&masked).decode_utf8_lossy();
            if self.is_in(&decoded) { MASK.to_owned() } else { masked }
        }
    }

    fn body(&self, envelope: &Envelope<'_>) -> Vec<u8> {
        let text = envelope.body_text();
        match (&envelope.body, envelope.body_kind()) {
            (Body::Xml(_), _) | (_, BodyKind::Xml) => self.xml(envelope, &text).into_bytes(),
            (_, BodyKind::Multipart) => self.multipart(envelope, &text).into_bytes(),
            (Body::Absent | Body::Json(_) | Body::Broken(_), _) => match self.json_body(&text) {
                Some(shown) => shown.into_bytes(),
                // A charset of several bytes a letter was made into text as a whole; in others each value is.
                None if envelope.charset(false) == UTF_8 => {
                    self.pairs(text.as_bytes(), Place::Form, UTF_8).into_bytes()
                }
                None => self.pairs(&envelope.call.body, Place::Form, envelope.charset(false)).into_bytes(),
            },
        }
    }

    fn json_body(&self, text: &str) -> Option<String> {
        let mut json = serde_json::from_str::<Value>(text).ok()?;
        let before = json.clone();
        for field in self.fields {
            let pointer = match field.place() {
                Place::Json => field.name().to_owned(),
                Place::Any => format!("/{}", field.name()),
                Place::Query | Place::Form | Place::Header | Place::Xml | Place::Item | Place::Outer | Place::Call => {
                    continue;
                }
            };
            if let Some(value) = json.pointer_mut(&pointer) {
                *value = Value::String(MASK.to_owned());
            }
        }
        self.json(&mut json);
        if json == before && !self.is_in(text) {
            return Some(text.to_owned());
        }
        Some(self.plain(&json.to_string()))
    }

    /// The text with secrets and the values of hidden fields masked; none when such a value cannot be told.
    fn values(&self, envelope: &Envelope<'_>, text: &str) -> Option<String> {
        let mut masked = self.plain(text);
        let places = [Place::Any, Place::Form, Place::Xml];
        for field in self.fields.iter().filter(|field| places.contains(&field.place())) {
            let value = field.read_raw(envelope).ok()?.filter(|value| !value.trim().is_empty());
            masked = value.map_or(masked.clone(), |value| masked.replace(value.trim(), MASK));
        }
        Some(masked)
    }

    /// What is written in another way than it is read (`&#112;`) hides the whole.
    fn xml(&self, envelope: &Envelope<'_>, text: &str) -> String {
        let hidden = || MASK.to_owned();
        let Some(masked) = self.values(envelope, text) else { return hidden() };
        let Body::Xml(before) = &envelope.body else {
            return if text.contains('&') { hidden() } else { masked };
        };
        let Ok(after) = xml::parse(masked.trim()) else { return hidden() };
        let told = self.fields.iter().any(|field| {
            let from_root = field.place() == Place::Xml;
            let there = from_root || field.place() == Place::Any;
            let kept = after.texts(field.name(), from_root);
            there
                && before
                    .texts(field.name(), from_root)
                    .iter()
                    .any(|text| !text.trim().is_empty() && kept.contains(text))
        });
        if told || after.has(&|text| self.is_in(text)) { hidden() } else { masked }
    }

    fn multipart(&self, envelope: &Envelope<'_>, text: &str) -> String {
        if matches!(envelope.body, Body::Broken(_)) && !self.fields.is_empty() {
            return MASK.to_owned();
        }
        self.values(envelope, text).unwrap_or_else(|| MASK.to_owned())
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.plain(text),
            Value::Array(list) => list.iter_mut().for_each(|value| self.json(value)),
            Value::Object(map) => {
                let names: Vec<String> = map.keys().filter(|name| self.is_in(name)).cloned().collect();
                for name in names {
                    map.remove(&name);
                    map.insert(MASK.to_owned(), Value::Null);
                }
                map.iter_mut().for_each(|(_, value)| self.json(value));
            }
            Value::Number(number) if self.is_in(&number.to_string()) => *value = Value::String(MASK.to_owned()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
