//! Fields of `multipart/form-data` bodies (RFC 7578). Files are passed over in calls; a form of ours may ask for one.
//!
//! Written here because the libraries there are read asynchronous streams, or were given up years ago; what a
//! body that lies in memory needs of them is this one page.

use super::charset::{self, Charset, parameter};

/// Most parts of one body.
const MOST_PARTS: usize = 1000;
/// Longest boundary (RFC 2046, 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// One part that is a field.
struct Field<'b> {
    name: String,
    charset: Option<String>,
    value: &'b [u8],
}

/// The fields of a body, in their order; the error says in words what is wrong.
pub(crate) fn fields(body: &[u8], content_type: &str, fallback: Charset) -> Result<Vec<(String, String)>, String> {
    let boundary = parameter(content_type, "boundary").unwrap_or_default();
    if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY {
        return Err(format!("its Content-Type needs a boundary of 1 to {LONGEST_BOUNDARY} characters"));
    }
    let mut found = Vec::new();
    for part in parts(body, &boundary)? {
        found.extend(field(part, fallback)?);
    }
    // A form may tell its charset in a field of this name (RFC 7578, 4.6).
    let told = found.iter().find(|field| field.name == "_charset_");
    let whole = told.and_then(|field| charset::named(&String::from_utf8_lossy(field.value))).unwrap_or(fallback);
    let read = |field: Field<'_>| {
        let own = match &field.charset {
            None => whole,
            Some(label) => charset::named(label).ok_or_else(|| format!("{label:?} is no charset that is known"))?,
        };
        Ok((field.name, charset::text(field.value, own).into_owned()))
    };
    found.into_iter().map(read).collect()
}

/// What stands between the boundaries.
fn parts<'b>(body: &'b [u8], boundary: &str) -> Result<Vec<&'b [u8]>, String> {
    let delimiter = format!("\r\n--{boundary}");
    // The first boundary may stand at the very beginning, without a line end before it.
    let opening = delimiter.trim_start().as_bytes();
    let mut rest = match body.strip_prefix(opening) {
        Some(rest) => rest,
        None => split(body, delimiter.as_bytes()).ok_or("it has no line with its boundary")?.1,
    };
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        if parts.len() >= MOST_PARTS {
            return Err(format!("it has more than {MOST_PARTS} parts"));
        }
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let line_end = rest.get(blanks..).and_then(|rest| rest.strip_prefix(b"\r\n"));
        // A part without headers begins with an empty line, which the next boundary may follow at once.
        let part = line_end.ok_or("a line with its boundary does not end there")?;
        let (part, after) = split(part, delimiter.as_bytes()).ok_or("it ends before its closing boundary")?;
        parts.push(part);
        rest = after;
    }
}

/// What stands before and after the first occurrence of `mark`.
fn split<'b>(text: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some((text.get(..at)?, text.get(at.saturating_add(mark.len())..)?))
}

/// The text of a table that somebody sends. What is not UTF-8 is taken for Windows-1251, in which spreadsheets save Russian
/// tables.
#[must_use]
pub fn file_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_not_utf8) => encoding_rs::WINDOWS_1251.decode(bytes).0.into_owned(),
    }
}

/// The text of the first of these fields that is not empty, a file's or a plain one's, read by [`file_text`]. The error says
/// in words what is wrong.
///
/// # Errors
/// A body that is no form of this kind, or that has none of the fields.
pub fn uploaded_text(body: &[u8], content_type: &str, names: &[&str]) -> Result<String, String> {
    let boundary = parameter(content_type, "boundary").unwrap_or_default();
    if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY {
        return Err("the form was not sent as multipart/form-data".to_owned());
    }
    let parts = parts(body, &boundary)?;
    for wanted in names {
        for part in &parts {
            let (head, value) = split(part, b"\r\n\r\n").ok_or("a part has no empty line after its headers")?;
            let head = String::from_utf8_lossy(head);
            let disposition = head.split("\r\n").filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
                name.trim().eq_ignore_ascii_case("content-disposition").then(|| value.trim())
            });
            let named = disposition.and_then(|disposition| parameter(disposition, "name"));
            if named.as_deref() == Some(*wanted) && !value.trim_ascii().is_empty() {
                return Ok(file_text(value));
            }
        }
    }
    Err("choose a file, or paste its lines".to_owned())
}

fn field(part: &[u8], fallback: Charset) -> Result<Option<Field<'_>>, String> {
    let (head, value) = split(part, b"\r\n\r\n").ok_or("a part has no empty line after its headers")?;
    let head = charset::text(head, fallback);
    let header = |wanted: &str| {
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let disposition = header("content-disposition").ok_or("a part has no Content-Disposition")?;
    if parameter(disposition, "filename").is_some() || parameter(disposition, "filename*").is_some() {
        return Ok(None);
    }
    let name = parameter(disposition, "name").ok_or("a part has no name")?;
    let coding = header("content-transfer-encoding").unwrap_or("8bit").to_ascii_lowercase();
    if !matches!(coding.as_str(), "7bit" | "8bit" | "binary") {
        return Err(format!("the part {name:?} is written in {coding}, which forms do not use any more"));
    }
    let charset = header("content-type").and_then(|kind| parameter(kind, "charset"));
    // What browsers escape in a name.
    let name = name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
    Ok(Some(Field { name, charset, value }))
}
