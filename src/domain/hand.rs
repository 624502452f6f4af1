//! What one of a partner's people reports by hand: kept as a call, read as what it says, and settled as any other report,
//! so that money follows in the one way that there is, and the order's story shows who it was.

use super::adapter::{RawCall, Reading, Report};

/// Stands where calls have `GET` or `POST`; no network can send it.
pub const METHOD: &str = "HAND";
/// The header that names who it was.
const BY: &str = "by";

/// A report by hand, as it is kept. `by` is who wrote it, `url` where.
#[must_use]
pub fn call(report: &Report, by: &str, url: String) -> Option<RawCall> {
    Some(RawCall {
        method: METHOD.to_owned(),
        path_secret: None,
        query: String::new(),
        body: serde_json::to_vec(report).ok()?,
        headers: vec![(BY.to_owned(), by.to_owned())],
        peer: None,
        public_url: url,
    })
}

/// Reads a kept report by hand; `None` for a network's call, which its adapter reads.
#[must_use]
pub fn read(call: &RawCall) -> Option<Reading> {
    if call.method != METHOD {
        return None;
    }
    Some(match serde_json::from_slice(&call.body) {
        Ok(report) => Reading::Reports(vec![report]),
        Err(cause) => Reading::Unreadable { code: "bad_body", detail: cause.to_string() },
    })
}
