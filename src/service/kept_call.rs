//! How a partner's call is kept: word for word, but sealed with the master key when it holds a secret, or may hold one.
//!
//! A network may put the secret that it shares with us into the query, a header or the body. Such a call is one sealed
//! text beside empty columns: what is kept stays the very call, so it can be shown (masked) and run again, and whoever
//! reads a copy of the database learns no secret. All other calls are kept in the open, so that history can be read
//! without the key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use super::catalogue::Partner;
use super::{Outcome, ServiceError};
use crate::base::Secret;
use crate::base::id::PartnerId;
use crate::base::secret::{MasterKey, sha256_hex};
use crate::db::DbError;
use crate::db::postbacks::PostbackRow;
use crate::domain::adapter::RawCall;

/// The columns that hold a call.
pub(super) struct Kept {
    pub query: String,
    pub body: Vec<u8>,
    pub headers: String,
    pub public_url: String,
    pub sealed: Option<String>,
    pub digest: String,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Whole {
    path_secret: Option<Secret>,
    query: String,
    /// In base64: a body need not be text.
    body: String,
    headers: Vec<(String, String)>,
    public_url: String,
}

/// The columns for a call. A refused one is always sealed: nobody knows what it holds, and with its secret it can be
/// authenticated once the partner's secret was mended. Else the path's secret is written down nowhere.
pub(super) fn keep(master: &MasterKey, partner: &Partner, call: &RawCall, refused: bool) -> Outcome<Kept> {
    let id = partner.row.id;
    let digest = digest(master, id, call);
    let open = shown(partner, call).filter(|_| !refused);
    if let Some(call) = open {
        let headers = serde_json::to_string(&call.headers).map_err(ServiceError::internal)?;
        let RawCall { query, body, public_url, .. } = call;
        return Ok(Kept { query, body, headers, public_url, sealed: None, digest });
    }
    let whole = Whole {
        path_secret: call.path_secret.clone(),
        query: call.query.clone(),
        body: STANDARD_NO_PAD.encode(&call.body),
        headers: call.headers.clone(),
        public_url: call.public_url.clone(),
    };
    let whole = serde_json::to_string(&whole).map_err(ServiceError::internal)?;
    let sealed = master.seal(&context(id, &digest), &whole).map_err(ServiceError::internal)?;
    let address = without_path_secret(call).split('?').next().unwrap_or_default().to_owned();
    let headers = "[]".to_owned();
    Ok(Kept { query: String::new(), body: Vec::new(), headers, public_url: address, sealed: Some(sealed), digest })
}

/// The call without its path secret, if that is the only secret in it.
fn shown(partner: &Partner, call: &RawCall) -> Option<RawCall> {
    let held =
        || partner.secrets.iter().chain(&call.path_secret).map(Secret::expose).filter(|secret| !secret.is_empty());
    if held().any(|secret| holds(call, secret)) {
        // As most networks send it; looking for all that could hide it would take longer than all else that is done here.
        return None;
    }
    let bare = RawCall { path_secret: None, public_url: without_path_secret(call), ..call.clone() };
    let secrets: Vec<Secret> = partner.secrets.iter().chain(&call.path_secret).cloned().collect();
    // Without an adapter nobody can say where the secrets are.
    let masked = partner.adapter.as_ref().ok()?.redact(&bare, &secrets);
    (masked == bare).then_some(bare)
}

/// Whether a secret stands in the call as it is.
fn holds(call: &RawCall, secret: &str) -> bool {
    let in_body = || call.body.windows(secret.len()).any(|part| part == secret.as_bytes());
    call.query.contains(secret) || call.headers.iter().any(|(_, value)| value.contains(secret)) || in_body()
}

fn without_path_secret(call: &RawCall) -> String {
    match &call.path_secret {
        Some(secret) if !secret.expose().is_empty() => call.public_url.replacen(secret.expose(), "***", 1),
        Some(_) | None => call.public_url.clone(),
    }
}

/// Bound to the partner and the call, so that a sealed call opens in no other's place.
pub(super) fn context(partner: PartnerId, digest: &str) -> String {
    format!("postback/{partner}/{digest}")
}

/// Equal for equal calls of a partner, and keyed: it does not let a guessed secret be tried.
fn digest(master: &MasterKey, partner: PartnerId, call: &RawCall) -> String {
    let (query, body) = (sha256_hex(call.query.as_bytes()), sha256_hex(&call.body));
    master.fingerprint(&format!("postback/{partner}"), &format!("{}\n{query}\n{body}", call.method))
}

/// The call as it was kept.
///
/// # Errors
/// [`DbError::Corrupt`], also when it was sealed with another master key.
pub fn raw_call(master: &MasterKey, kept: &PostbackRow) -> Result<RawCall, DbError> {
    let headers = |text: &str| serde_json::from_str(text).map_err(|cause| DbError::corrupt("postbacks.headers", cause));
    let bare = RawCall {
        method: kept.method.clone(),
        path_secret: None,
        query: kept.query.clone(),
        body: kept.body.clone(),
        headers: headers(&kept.headers)?,
        peer: kept.peer.as_deref().and_then(|text| text.parse().ok()),
        public_url: kept.public_url.clone(),
    };
    let Some(sealed) = &kept.sealed else { return Ok(bare) };
    let opened = master.open(&context(kept.partner_id, &kept.digest), sealed);
    let opened = opened.map_err(|cause| DbError::corrupt("postbacks.sealed", cause))?;
    // The causes could quote what is inside.
    let unreadable = || DbError::corrupt("postbacks.sealed", "what was sealed cannot be read");
    let whole: Whole = serde_json::from_str(opened.expose()).map_err(|_cause| unreadable())?;
    let body = STANDARD_NO_PAD.decode(&whole.body).map_err(|_cause| unreadable())?;
    let Whole { path_secret, query, headers, public_url, body: _ } = whole;
    Ok(RawCall { path_secret, query, body, headers, public_url, ..bare })
}
