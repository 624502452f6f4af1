//! The charset that a call is written in. Signatures are over bytes, whatever the charset; everything else is text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use url::form_urlencoded;

use super::AdapterError;
use super::table::Table;

/// One of the charsets of the WHATWG Encoding Standard: UTF-8, UTF-16, windows-125x, koi8-r, ISO 8859 …
pub(crate) type Charset = &'static Encoding;

/// What PHP's form encoding leaves as it is: letters, digits, `-`, `_` and `.`.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The charset of this name, in any of its usual spellings.
pub(crate) fn named(label: &str) -> Option<Charset> {
    Encoding::for_label_no_replacement(label.trim().as_bytes())
}

/// The charset that the description declares under `key`.
pub(crate) fn declared(table: &Table<'_>, key: &str) -> Result<Option<Charset>, AdapterError> {
    let Some(label) = table.text(key)? else { return Ok(None) };
    named(&label).map(Some).ok_or_else(|| {
        let problem =
            format!("{label:?} is no charset; write it as utf-8, windows-1251, koi8-r, iso-8859-1, utf-16le …");
        AdapterError::new(&table.at(key), problem)
    })
}

/// A parameter of a header such as `text/xml; charset="utf-8"`.
pub(crate) fn parameter(header: &str, name: &str) -> Option<String> {
    let (_, mut rest) = header.split_once(';')?;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => {
                let (value, next) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), next)
            }
        };
        // Words without a value may stand before the key.
        let key = key.rsplit(';').next().unwrap_or(key);
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next;
    }
}

/// A quoted text whose opening quote is gone, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            other => value.push(other),
        }
    }
}

/// The encoding that an XML declaration names, as far as it is written in ASCII.
pub(crate) fn of_xml_declaration(body: &[u8]) -> Option<Charset> {
    let body = body.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = body.iter().position(|byte| *byte == b'>')?;
    let declaration = std::str::from_utf8(body.get(..end)?).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|mark| matches!(mark, '"' | '\''))?;
    named(after.split(quote).nth(1)?)
}

/// Bytes as text. What is no text in this charset becomes U+FFFD.
pub(crate) fn text(bytes: &[u8], charset: Charset) -> Cow<'_, str> {
    charset.decode_without_bom_handling(bytes).0
}

/// Text as the partner writes it in bytes, for signatures over values.
pub(crate) fn bytes(text: &str, charset: Charset) -> Cow<'_, [u8]> {
    charset.encode(text).0
}

/// The decoded pairs of a query or a form body.
pub(crate) fn pairs(raw: &[u8], charset: Charset) -> Vec<(String, String)> {
    if charset == UTF_8 {
        return form_urlencoded::parse(raw).into_owned().collect();
    }
    let pair = |pair: &[u8]| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=').map(|half| unescaped(half, charset));
        (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
    };
    raw.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn unescaped(raw: &[u8], charset: Charset) -> String {
    let spaced: Vec<u8> = raw.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let bytes: Cow<'_, [u8]> = percent_decode(&spaced).into();
    text(&bytes, charset).into_owned()
}

/// Text form-encoded as PHP does it, a blank as `+`.
pub(crate) fn form_encoded(text: &str, charset: Charset) -> String {
    percent_encode(&bytes(text, charset), FORM).to_string().replace("%20", "+")
}
