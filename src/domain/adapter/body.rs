//! A body taken apart: which kind it is, in which charset, and what is in it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde_json::Value;

use super::call::{BodyKind, EnvelopeRule, RawCall};
use super::charset::{self, Charset, parameter};
use super::report::Fault;
use super::xml::Element;
use super::{multipart, xml};

/// What is in a body beside form fields. What cannot be read is a fault once something of it is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Absent,
    Json(Value),
    Xml(Element),
    Broken(Fault),
}

/// A body taken apart.
#[derive(Debug)]
pub(crate) struct Parts {
    pub form: Vec<(String, String)>,
    pub body: Body,
    /// What the values were written in, for signatures over values.
    pub charset: Charset,
    pub kind: BodyKind,
}

/// Takes the body of a call apart.
pub(crate) fn take_apart(call: &RawCall, rule: &EnvelopeRule) -> Parts {
    let content_type = call.header("content-type").unwrap_or_default();
    let charset = match charset_of(call, rule, content_type) {
        Ok(charset) => charset,
        Err(fault) => {
            let (form, body) = (Vec::new(), Body::Broken(fault));
            return Parts { form, body, charset: UTF_8, kind: kind(content_type, &call.body, rule.body) };
        }
    };
    let (body, charset) = plain(&call.body, charset);
    let kind = kind(content_type, &body, rule.body);
    let (form, body) = if body.iter().all(u8::is_ascii_whitespace) {
        (Vec::new(), Body::Absent)
    } else {
        match kind {
            BodyKind::Json => (Vec::new(), read_json(&body, charset)),
            BodyKind::Xml => (Vec::new(), read_xml(&body, charset)),
            BodyKind::Multipart => match multipart::fields(&body, content_type, charset) {
                Ok(form) => (form, Body::Absent),
                Err(cause) => (Vec::new(), Body::Broken(broken("body_not_multipart", "multipart form", &cause))),
            },
            BodyKind::Form | BodyKind::Auto => (charset::pairs(&body, charset), Body::Absent),
        }
    };
    Parts { form, body, charset, kind }
}

/// The whole body as text, whatever it is.
pub(crate) fn whole_text(call: &RawCall, rule: &EnvelopeRule) -> String {
    let charset = charset_of(call, rule, call.header("content-type").unwrap_or_default()).unwrap_or(UTF_8);
    let (body, charset) = plain(&call.body, charset);
    charset::text(&body, charset).into_owned()
}

/// The mark at the body's beginning, the adapter's word, the header's, the XML declaration's, else UTF-8.
fn charset_of(call: &RawCall, rule: &EnvelopeRule, content_type: &str) -> Result<Charset, Fault> {
    if let Some((charset, _)) = Encoding::for_bom(&call.body) {
        return Ok(charset);
    }
    if let Some(charset) = rule.charset {
        return Ok(charset);
    }
    let Some(label) = parameter(content_type, "charset") else {
        let declared = charset::of_xml_declaration(&call.body);
        // A declaration that could be read as ASCII is not in UTF-16, whatever it says.
        return Ok(declared.filter(|charset| charset.is_ascii_compatible()).unwrap_or(UTF_8));
    };
    match charset::named(&label) {
        Some(charset) => Ok(charset),
        None if std::str::from_utf8(&call.body).is_ok() => Ok(UTF_8),
        None => {
            let detail = format!("the body's charset {label:?} is not known; declare envelope.charset");
            Err(Fault::new("charset_unknown", detail))
        }
    }
}

/// The body without a byte order mark and in a charset in which ASCII is ASCII.
fn plain(body: &[u8], charset: Charset) -> (Cow<'_, [u8]>, Charset) {
    let mark = Encoding::for_bom(body).map_or(0, |(_, length)| length);
    let body = body.get(mark..).unwrap_or_default();
    if charset.is_ascii_compatible() {
        return (Cow::Borrowed(body), charset);
    }
    (Cow::Owned(charset::text(body, charset).into_owned().into_bytes()), UTF_8)
}

fn kind(content_type: &str, body: &[u8], declared: BodyKind) -> BodyKind {
    if declared != BodyKind::Auto {
        return declared;
    }
    let media_type = content_type.to_ascii_lowercase();
    let media_type = media_type.split(';').next().unwrap_or_default();
    let first = body.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    if media_type.contains("multipart/") {
        BodyKind::Multipart
    } else if media_type.contains("json") || matches!(first, Some(b'{' | b'[')) {
        BodyKind::Json
    } else if media_type.contains("xml") || first == Some(b'<') {
        BodyKind::Xml
    } else {
        BodyKind::Form
    }
}

fn read_json(body: &[u8], charset: Charset) -> Body {
    let read = if charset == UTF_8 {
        serde_json::from_slice(body)
    } else {
        serde_json::from_str(&charset::text(body, charset))
    };
    match read {
        Ok(value) => Body::Json(value),
        Err(cause) => Body::Broken(broken("body_not_json", "JSON", &cause.to_string())),
    }
}

fn read_xml(body: &[u8], charset: Charset) -> Body {
    match xml::parse(charset::text(body, charset).trim()) {
        Ok(root) => Body::Xml(root),
        Err(cause) => Body::Broken(broken("body_not_xml", "XML", &cause)),
    }
}

fn broken(code: &'static str, what: &str, cause: &str) -> Fault {
    let detail = format!(
        "the body is not the {what} that this adapter reads ({cause}); ask the partner for the format of its calls"
    );
    Fault::new(code, detail)
}
