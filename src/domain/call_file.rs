//! Calls written down in files, for the test bench: raw HTTP requests, and JSON files with a list `push` of messages.

use super::adapter::RawCall;
use crate::base::Secret;

/// Where partners' calls arrive, here or behind a proxy's shorter address; the secret may follow the partner.
const PATHS: [&str; 2] = ["/postback/", "/in/"];

/// What a call in a file is called at when it does not say: an address that means nothing.
const NOWHERE: &str = "https://cashback.example/postback/trial";

/// Reads a file: JSON with `push` gives its message number `message`, anything else is a raw HTTP request.
///
/// # Errors
/// What is wrong with the file, in words.
pub fn parse(raw: &[u8], message: usize) -> Result<RawCall, String> {
    match serde_json::from_slice::<serde_json::Value>(raw) {
        Ok(document) => parse_message(&document, message),
        Err(_not_json) => parse_http(raw),
    }
}

/// Reads `METHOD URL [HTTP/1.1]`, headers, an empty line and the body; lines end in LF or CRLF.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse_http(raw: &[u8]) -> Result<RawCall, String> {
    let mut rest = raw;
    let first = line(&mut rest)?;
    let mut words = first.split_ascii_whitespace();
    let (Some(method), Some(address)) = (words.next(), words.next()) else {
        return Err("the first line must be METHOD URL HTTP/1.1".to_owned());
    };
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) || words.next().is_some_and(|v| !v.starts_with("HTTP/")) {
        return Err("the first line must be METHOD URL HTTP/1.1".to_owned());
    }
    let mut headers = Vec::new();
    while !rest.is_empty() {
        let text = line(&mut rest)?;
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(|| format!("{text:?} is not a header: name: value"))?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let host = headers.iter().find(|(name, _)| name == "host").map_or("cashback.example", |(_, value)| value.as_str());
    let public_url = if address.starts_with('/') { format!("https://{host}{address}") } else { address.to_owned() };
    let (path, query) = public_url.split_once('?').unwrap_or((&public_url, ""));
    let secret = PATHS.iter().find_map(|prefix| path.split_once(prefix)).and_then(|(_, after)| after.split_once('/'));
    let secret = secret.map(|(_, secret)| secret);
    Ok(RawCall {
        method: method.to_owned(),
        path_secret: secret.filter(|secret| !secret.is_empty()).map(Secret::new),
        query: query.to_owned(),
        body: rest.to_vec(),
        headers,
        peer: None,
        public_url: public_url.clone(),
    })
}

fn line<'t>(rest: &mut &'t [u8]) -> Result<&'t str, String> {
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (text, after) = match end {
        Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default()),
        None => (*rest, &[][..]),
    };
    *rest = after;
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    std::str::from_utf8(text).map_err(|cause| format!("the request line and headers must be UTF-8: {cause}"))
}

/// Reads one message of a JSON file: `method`, `raw_query`, `raw_body`, `headers`.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse_message(document: &serde_json::Value, message: usize) -> Result<RawCall, String> {
    let list = document.get("push").and_then(serde_json::Value::as_array);
    let list = list.ok_or("the file has no push messages: a JSON file of calls must have a list named push")?;
    if list.is_empty() {
        return Err(
            "the file has no push messages: its list push is empty, as for networks that only answer when asked"
                .to_owned(),
        );
    }
    let one = list.get(message).ok_or_else(|| format!("push has {} messages, counted from 0", list.len()))?;
    let text = |key: &str| one.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let headers = one.get("headers").and_then(serde_json::Value::as_object);
    let headers = headers.into_iter().flatten().map(|(name, value)| {
        value.as_str().map(|value| (name.to_ascii_lowercase(), value.to_owned())).ok_or("headers must be texts")
    });
    let headers = headers.collect::<Result<Vec<_>, _>>()?;
    let (method, query) = (text("method"), text("raw_query"));
    if method.is_empty() {
        return Err(format!("message {message} has no method"));
    }
    let public_url = if query.is_empty() { NOWHERE.to_owned() } else { format!("{NOWHERE}?{query}") };
    let body = text("raw_body").into_bytes();
    Ok(RawCall { method, path_secret: None, query, body, headers, peer: None, public_url })
}
