//! What travels between us and the sandbox bank. Answers are read loosely (fields and words may be added), and
//! whatever cannot be understood is "unknown", never "failed".

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::PayoutId;
use crate::domain::money::Amount;
use crate::domain::payout::MethodKind;
use crate::provider::{Found, Intent, Outcome, Page, ProviderPayout, ProviderStatus, RejectClass, WebhookEvent};

#[derive(Serialize)]
struct Request<'a> {
    amount: Amount,
    kind: MethodKind,
    destination: &'a str,
    description: &'a str,
    metadata: Metadata,
}

#[derive(Serialize)]
struct Metadata {
    payout_id: PayoutId,
}

/// The body of a create call; the order of the fields is that of the struct, so the bytes are always the same.
pub(super) fn request(intent: &Intent) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Request {
        amount: intent.amount,
        kind: intent.kind,
        destination: intent.destination.expose(),
        description: &intent.description,
        metadata: Metadata { payout_id: intent.payout },
    })
}

#[derive(Deserialize)]
struct Payout {
    id: String,
    key: String,
    status: String,
    reason: Option<String>,
    amount: Amount,
    created_at: Timestamp,
}

impl Payout {
    fn read(self) -> ProviderPayout {
        let reason = self.reason.unwrap_or_else(|| "none_given".to_owned());
        let status = match self.status.as_str() {
            "pending" => ProviderStatus::Pending,
            "paid" => ProviderStatus::Paid,
            "failed" => ProviderStatus::Failed(reason),
            "returned" => ProviderStatus::Returned(reason),
            other => ProviderStatus::Unheard(other.to_owned()),
        };
        let Self { id, key, amount, created_at, .. } = self;
        ProviderPayout { provider_ref: id, key: Some(key), amount, status, created_at }
    }
}

#[derive(Deserialize)]
struct List {
    payouts: Vec<Payout>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    error: ProblemBody,
}

#[derive(Deserialize)]
struct ProblemBody {
    code: String,
    #[serde(default)]
    message: String,
    retry_after_ms: Option<u32>,
}

/// What an answer to a create call means.
pub(super) fn outcome(intent: &Intent, status: StatusCode, body: &[u8]) -> Outcome {
    if status == StatusCode::OK || status == StatusCode::CREATED {
        return accepted(intent, body);
    }
    if !status.is_client_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        return Outcome::Unknown { why: format!("answered {status}") };
    }
    // Something between us and the bank may have answered: only the bank's own words count.
    let Ok(Problem { error }) = serde_json::from_slice::<Problem>(body) else {
        return Outcome::Unknown { why: format!("answered {status} without a readable code") };
    };
    match class(status, &error) {
        Some(class) => Outcome::Rejected { code: error.code, detail: error.message, class },
        None => Outcome::Unknown { why: format!("answered {status} {}", error.code) },
    }
}

/// `None` for what does not say that nothing was created: a key already used for another body, and new codes.
fn class(status: StatusCode, error: &ProblemBody) -> Option<RejectClass> {
    let after = error.retry_after_ms.map(|ms| TimeDelta::milliseconds(i64::from(ms)));
    match (status.as_u16(), error.code.as_str()) {
        (400, "bad_request") => Some(RejectClass::Definite),
        (422, "amount_invalid" | "limit_exceeded" | "destination_unknown" | "destination_refused") => {
            Some(RejectClass::Definite)
        }
        (401, "unauthorized") | (402, "float_short") => Some(RejectClass::Ours),
        (429, "rate_limited") | (503, "unavailable") => Some(RejectClass::RetrySameKey { after }),
        _ => None,
    }
}

fn accepted(intent: &Intent, body: &[u8]) -> Outcome {
    let payout = match serde_json::from_slice::<Payout>(body) {
        Ok(payout) => payout.read(),
        Err(cause) => return Outcome::Unknown { why: format!("the answer cannot be read: {cause}") },
    };
    if payout.key.as_deref() != Some(intent.key.as_str()) || payout.amount != intent.amount {
        return Outcome::Unknown { why: "the answer is about another payment".to_owned() };
    }
    Outcome::Accepted { provider_ref: payout.provider_ref, status: payout.status }
}

/// The answer to a look-up by reference.
pub(super) fn one(body: &[u8]) -> Found {
    match serde_json::from_slice::<Payout>(body) {
        Ok(payout) => Found::Known(payout.read()),
        Err(cause) => Found::Unknown { why: format!("the answer cannot be read: {cause}") },
    }
}

/// The answer to a look-up by key.
pub(super) fn only(body: &[u8]) -> Found {
    let payouts = match serde_json::from_slice::<List>(body) {
        Ok(list) => list.payouts,
        Err(cause) => return Found::Unknown { why: format!("the answer cannot be read: {cause}") },
    };
    let count = payouts.len();
    let mut payouts = payouts.into_iter();
    match (payouts.next(), payouts.next()) {
        (None, _) => Found::NotFound,
        (Some(payout), None) => Found::Known(payout.read()),
        (Some(_), Some(_)) => Found::Unknown { why: format!("{count} payouts have this key") },
    }
}

/// A 404 counts only when the bank itself says it.
pub(super) fn absent(body: &[u8]) -> Found {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) if problem.error.code == "not_found" => Found::NotFound,
        Ok(_) | Err(_) => Found::Unknown { why: "answered 404 without saying what is missing".to_owned() },
    }
}

/// A page of the list.
pub(super) fn page(body: &[u8]) -> Result<Page, serde_json::Error> {
    let list = serde_json::from_slice::<List>(body)?;
    Ok(Page { payouts: list.payouts.into_iter().map(Payout::read).collect(), next: list.next })
}

/// The balance.
pub(super) fn balance(body: &[u8]) -> Result<Amount, serde_json::Error> {
    #[derive(Deserialize)]
    struct Balance {
        balance: Amount,
    }
    serde_json::from_slice::<Balance>(body).map(|answer| answer.balance)
}

/// A webhook's body.
pub(super) fn webhook(body: &[u8]) -> Result<WebhookEvent, serde_json::Error> {
    #[derive(Deserialize)]
    struct Event {
        id: String,
        payout: Payout,
    }
    serde_json::from_slice::<Event>(body).map(|event| WebhookEvent { id: event.id, payout: event.payout.read() })
}
