//! Where a value stands in a call (`query:sum`, `json:/data/id` …) and the hygiene of what stands there.

use std::rc::Rc;

use serde_json::Value;

use super::AdapterError;
use super::call::Envelope;
use super::report::Fault;
use super::table::Names;
use super::xml::{self, Element};

/// Longest text that is kept of a value, in characters; identifiers have a limit of their own.
const MAX_TEXT: usize = 2000;

/// A parsed reference to a value of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldRef {
    place: Place,
    /// Name, JSON pointer, or path of elements.
    name: String,
    /// A second pointer, into JSON text that stands in the value.
    inside: Option<String>,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Any,
    Query,
    Form,
    Header,
    Json,
    Xml,
    Item,
    Outer,
    Call,
}

/// The element of a list that is being read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ItemAt<'a> {
    /// The element, and the one that its list belongs to.
    Json(&'a Value, Option<&'a Value>),
    Xml(&'a Element, Option<&'a Element>),
    Numbered(usize),
}

/// A value found: what a `*` stood for, and the text.
struct Found {
    star: String,
    text: String,
}

impl FieldRef {
    /// Reads `query:name`, `form:name`, `header:name`, `json:/pointer`, `xml:/path`, `item:/pointer`, `call:method`,
    /// `form-json:name:/pointer`, or a bare name.
    pub fn parse(text: &str, at: &str, names: &Names) -> Result<Self, AdapterError> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("any", text));
        let (scheme, nested) = scheme.strip_suffix("-json").map_or((scheme, false), |outer| (outer, true));
        let place = match scheme {
            "any" => Place::Any,
            "query" => Place::Query,
            "form" => Place::Form,
            "header" => Place::Header,
            "json" => Place::Json,
            "xml" => Place::Xml,
            "item" => Place::Item,
            "outer" => Place::Outer,
            "call" => Place::Call,
            other => {
                return Err(AdapterError::new(
                    at,
                    format!(
                        "{other:?} is no place; write query:NAME, form:NAME, header:NAME, json:/POINTER, xml:/PATH, item:/POINTER, outer:/POINTER, \
                         query-json:NAME:/POINTER, form-json:NAME:/POINTER, or the bare NAME"
                    ),
                ));
            }
        };
        let (name, inside) = if nested {
            let (name, pointer) = rest.rsplit_once(":/").ok_or_else(|| {
                AdapterError::new(at, format!("{text:?} needs a pointer into the JSON, as in form-json:NAME:/key"))
            })?;
            (name, Some(format!("/{pointer}")))
        } else {
            (rest, None)
        };
        Self { place, name: name.to_owned(), inside, text: text.to_owned() }.checked(at, names)
    }

    fn checked(mut self, at: &str, names: &Names) -> Result<Self, AdapterError> {
        let pointer = self.name.is_empty() || self.name.starts_with('/');
        match self.place {
            Place::Json if !pointer => Err(AdapterError::new(
                at,
                format!("{:?}: a JSON pointer begins with a slash, as in json:/data/id", self.text),
            )),
            Place::Xml => {
                xml::check_path(&self.name, at)?;
                Ok(self)
            }
            Place::Call if !matches!(self.name.as_str(), "method" | "peer" | "url" | "query" | "body") => {
                Err(AdapterError::new(at, "known: call:method, call:peer, call:url, call:query, call:body".to_owned()))
            }
            Place::Any | Place::Query | Place::Form | Place::Header if self.name.is_empty() => {
                Err(AdapterError::new(at, "a field's name is empty".to_owned()))
            }
            Place::Header => {
                self.name = self.name.to_ascii_lowercase();
                Ok(self)
            }
            Place::Any | Place::Query | Place::Form => {
                if let Some(ours) = names.get(&self.name) {
                    self.name.clone_from(ours);
                }
                Ok(self)
            }
            Place::Json | Place::Item | Place::Outer | Place::Call => Ok(self),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn place(&self) -> Place {
        self.place
    }

    /// True when it points into JSON text that stands in the value.
    pub fn is_nested(&self) -> bool {
        self.inside.is_some()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cleaned value: unreplaced macros, empty text and JSON null are absent.
    pub fn read(&self, envelope: &Envelope<'_>, item: Option<ItemAt<'_>>) -> Result<Option<String>, Fault> {
        self.find(envelope, item, true).map(|found| found.map(|value| value.text))
    }

    /// The value exactly as sent, for signatures.
    pub fn read_raw(&self, envelope: &Envelope<'_>) -> Result<Option<String>, Fault> {
        self.find(envelope, None, false).map(|found| found.map(|value| value.text))
    }

    /// What the `*` at the end of the name stands for.
    pub fn read_star(&self, envelope: &Envelope<'_>, item: Option<ItemAt<'_>>) -> Result<Option<String>, Fault> {
        self.find(envelope, item, true).map(|found| found.map(|value| value.star))
    }

    /// The JSON value, for lists: parsed out of text where it stands in one.
    pub fn read_json(&self, envelope: &Envelope<'_>) -> Result<Option<Rc<Value>>, Fault> {
        let plain = Self { inside: None, ..self.clone() };
        let outer = match self.place {
            Place::Json => envelope.body_json()?.and_then(|body| body.pointer(&self.name)).cloned().map(Rc::new),
            Place::Any
            | Place::Query
            | Place::Form
            | Place::Header
            | Place::Xml
            | Place::Item
            | Place::Outer
            | Place::Call => match plain.read(envelope, None)? {
                Some(text) => Some(envelope.parsed(&text, &self.text)?),
                None => None,
            },
        };
        let Some(pointer) = &self.inside else { return Ok(outer) };
        let Some(outer) = outer else { return Ok(None) };
        let parsed = match outer.as_ref() {
            Value::String(text) => envelope.parsed(text, &self.text)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => outer,
        };
        Ok(parsed.pointer(pointer).cloned().map(Rc::new))
    }

    fn find(&self, envelope: &Envelope<'_>, item: Option<ItemAt<'_>>, clean_it: bool) -> Result<Option<Found>, Fault> {
        if let Some(pointer) = &self.inside {
            let plain = Self { inside: None, ..self.clone() };
            let Some(outer) = plain.find(envelope, item, true)? else { return Ok(None) };
            let json = envelope.parsed(&outer.text, &self.text)?;
            return self.in_json(&json, pointer).map(|found| self.kept(envelope, found, clean_it))?;
        }
        let name = match item {
            Some(ItemAt::Numbered(n)) => self.name.replace("{n}", &n.to_string()),
            Some(ItemAt::Json(..) | ItemAt::Xml(..)) | None => self.name.clone(),
        };
        match self.place {
            Place::Query => self.kept(envelope, self.in_list(envelope, &envelope.query, &name)?, clean_it),
            Place::Form => self.kept(envelope, self.in_list(envelope, &envelope.form, &name)?, clean_it),
            Place::Header => self.kept(envelope, self.in_list(envelope, &envelope.call.headers, &name)?, clean_it),
            Place::Json => {
                let Some(body) = envelope.body_json()? else { return Ok(None) };
                self.kept(envelope, self.in_json(body, &name)?, clean_it)
            }
            Place::Xml => {
                let Some(root) = envelope.body_xml()? else { return Ok(None) };
                self.kept(envelope, self.in_xml(envelope, root, &name, true)?, clean_it)
            }
            Place::Item => match item {
                Some(ItemAt::Json(element, _)) => self.of_json(envelope, element, &name, clean_it),
                Some(ItemAt::Xml(element, _)) => {
                    self.kept(envelope, self.in_xml(envelope, element, &name, false)?, clean_it)
                }
                Some(ItemAt::Numbered(_)) | None => Ok(None),
            },
            Place::Outer => match item {
                Some(ItemAt::Json(_, Some(outer))) => self.of_json(envelope, outer, &name, clean_it),
                Some(ItemAt::Xml(_, Some(outer))) => {
                    self.kept(envelope, self.in_xml(envelope, outer, &name, false)?, clean_it)
                }
                Some(_) | None => Ok(None),
            },
            Place::Call => self.kept(envelope, call_part(envelope, &name), clean_it),
            Place::Any => self.anywhere(envelope, &name, clean_it),
        }
    }

    fn anywhere(&self, envelope: &Envelope<'_>, name: &str, clean_it: bool) -> Result<Option<Found>, Fault> {
        for list in [&envelope.query, &envelope.form] {
            let found = self.kept(envelope, self.in_list(envelope, list, name)?, clean_it)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        if let Some(root) = envelope.body_xml()? {
            return self.kept(envelope, self.in_xml(envelope, root, name, false)?, clean_it);
        }
        let Some(body) = envelope.body_json()? else { return Ok(None) };
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        self.kept(envelope, self.in_json(body, &pointer)?, clean_it)
    }

    fn of_json(
        &self,
        envelope: &Envelope<'_>,
        element: &Value,
        name: &str,
        clean_it: bool,
    ) -> Result<Option<Found>, Fault> {
        let slash = if name.is_empty() || name.starts_with('/') { "" } else { "/" };
        self.kept(envelope, self.in_json(element, &format!("{slash}{name}"))?, clean_it)
    }

    fn in_xml(
        &self,
        envelope: &Envelope<'_>,
        element: &Element,
        path: &str,
        from_root: bool,
    ) -> Result<Option<Found>, Fault> {
        let found = envelope.one_of(element.texts(path, from_root).into_iter(), &self.text)?;
        Ok(found.map(|text| Found { star: String::new(), text }))
    }

    fn in_list(&self, envelope: &Envelope<'_>, list: &[(String, String)], name: &str) -> Result<Option<Found>, Fault> {
        let Some(prefix) = name.strip_suffix('*') else {
            let found = envelope.pick(list, name, &self.text)?;
            return Ok(found.map(|text| Found { star: String::new(), text }));
        };
        let mut found = None;
        for (key, value) in list {
            if let Some(star) = key.strip_prefix(prefix) {
                self.only_one(found.is_some())?;
                found = Some(Found { star: star.to_owned(), text: value.clone() });
            }
        }
        Ok(found)
    }

    fn in_json(&self, json: &Value, pointer: &str) -> Result<Option<Found>, Fault> {
        let Some(prefix) = pointer.strip_suffix('*') else {
            return self.json_text(json.pointer(pointer), String::new());
        };
        let (parent, prefix) = prefix.rsplit_once('/').unwrap_or(("", prefix));
        let Some(object) = json.pointer(parent).and_then(Value::as_object) else { return Ok(None) };
        let mut found = None;
        for (key, value) in object {
            if let Some(star) = key.strip_prefix(prefix) {
                self.only_one(found.is_some())?;
                found = self.json_text(Some(value), star.to_owned())?;
            }
        }
        Ok(found)
    }

    fn only_one(&self, already: bool) -> Result<(), Fault> {
        if already {
            Err(Fault::new("field_repeated", format!("several names match {}; name the one that is meant", self.text)))
        } else {
            Ok(())
        }
    }

    fn json_text(&self, value: Option<&Value>, star: String) -> Result<Option<Found>, Fault> {
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(Found { star, text: text.clone() })),
            Some(Value::Bool(flag)) => Ok(Some(Found { star, text: flag.to_string() })),
            Some(Value::Number(number)) => Ok(Some(Found { star, text: number.to_string() })),
            Some(Value::Array(_) | Value::Object(_)) => Err(Fault::new(
                "field_not_scalar",
                format!("{} is a list or an object; point to a value inside it", self.text),
            )),
        }
    }

    /// Hygiene: what is not a value is absent.
    fn kept(&self, envelope: &Envelope<'_>, found: Option<Found>, clean_it: bool) -> Result<Option<Found>, Fault> {
        let Some(found) = found else { return Ok(None) };
        if !clean_it {
            return Ok(Some(found));
        }
        let text = found.text.trim();
        if text.contains('\0') {
            return Err(Fault::new("value_has_nul", format!("{} holds a NUL character", self.text)));
        }
        let absent = is_absent(text) || envelope.rule.absent.iter().any(|word| word == text);
        Ok((!absent).then(|| Found { star: found.star, text: text.to_owned() }))
    }
}

fn call_part(envelope: &Envelope<'_>, name: &str) -> Option<Found> {
    let text = match name {
        "method" => Some(envelope.call.method.clone()),
        "peer" => envelope.call.peer.map(|peer| peer.to_string()),
        "url" => Some(envelope.call.public_url.clone()),
        "query" => Some(envelope.call.query.clone()),
        "body" => Some(envelope.body_text()),
        _ => None,
    };
    text.map(|text| Found { star: String::new(), text })
}

/// True for empty text and for a template's macro that nobody replaced: `{x}`, `{{x}}`, `${x}`, `[x]`,
/// `[[[x]]]`, `!!!x!!!`, `<x>`, `%x%`, `#x#`.
pub(crate) fn is_absent(text: &str) -> bool {
    const MACROS: [(&str, &str); 12] = [
        ("{{", "}}"),
        ("${", "}"),
        ("#{", "}"),
        ("{", "}"),
        ("[[[", "]]]"),
        ("[[", "]]"),
        ("[", "]"),
        ("!!!", "!!!"),
        ("<", ">"),
        ("%%", "%%"),
        ("%", "%"),
        ("#", "#"),
    ];
    text.is_empty()
        || MACROS.iter().any(|(open, close)| {
            text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(is_macro_name)
        })
}

/// A macro's name begins with a letter: `[12]` and `{"a":1}` are values.
fn is_macro_name(name: &str) -> bool {
    let name = name.trim_matches(|c: char| c == '#' || c == ' ');
    name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}

/// Free text, cut to what is kept.
pub(crate) fn shortened(text: String) -> String {
    if text.chars().count() > MAX_TEXT { text.chars().take(MAX_TEXT).collect() } else { text }
}
