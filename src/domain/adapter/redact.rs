//! Showing a call without its secrets: signatures and secrets become `***`, however they were written.

use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::form_urlencoded;

use super::call::RawCall;
use super::value::{FieldRef, Place};
use crate::base::Secret;

const MASK: &str = "***";
/// Headers that carry credentials whatever the adapter says.
const ALWAYS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-api-key"];

/// What is to be hidden.
struct Hidden<'a> {
    fields: &'a [&'a FieldRef],
    secrets: Vec<&'a str>,
}

/// The call with what is hidden masked.
pub(crate) fn redacted(call: &RawCall, fields: &[&FieldRef], secrets: &[Secret]) -> RawCall {
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
    let query = query.map(|query| hidden.pairs(query, Place::Query));
    RawCall {
        method: call.method.clone(),
        path_secret: call.path_secret.as_ref().map(|_| Secret::new(MASK)),
        query: hidden.pairs(&call.query, Place::Query),
        body: hidden.body(&call.body),
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
    fn pairs(&self, raw: &str, place: Place) -> String {
        let masked = raw.split('&').map(|pair| {
            let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
            let mut decoded = form_urlencoded::parse(pair.as_bytes());
            let (key, value) = decoded.next().unwrap_or_default();
            if self.is_in(&key) || self.is_in(name) {
                MASK.to_owned()
            } else if self.named(place, &key) || self.is_in(&value) || self.is_in(pair) {
                format!("{name}={MASK}")
            } else {
                pair.to_owned()
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

    fn body(&self, body: &[u8]) -> Vec<u8> {
        if let Ok(mut json) = serde_json::from_slice::<Value>(body) {
            let before = json.clone();
            for field in self.fields {
                let pointer = match field.place() {
                    Place::Json => field.name().to_owned(),
                    Place::Any => format!("/{}", field.name()),
                    Place::Query | Place::Form | Place::Header | Place::Item | Place::Call => continue,
                };
                if let Some(value) = json.pointer_mut(&pointer) {
                    *value = Value::String(MASK.to_owned());
                }
            }
            self.json(&mut json);
            if json == before && !self.is_in(&String::from_utf8_lossy(body)) {
                return body.to_vec();
            }
            return self.plain(&json.to_string()).into_bytes();
        }
        match std::str::from_utf8(body) {
            Ok(text) => self.pairs(text, Place::Form).into_bytes(),
            Err(_cause) if self.is_in(&String::from_utf8_lossy(body)) => MASK.as_bytes().to_vec(),
            Err(_cause) => body.to_vec(),
        }
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
