//! What travels between us and PayPal Payouts v1. Answers are read loosely: fields and words may be added, and whatever
//! cannot be understood is "unknown", never "failed".

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::Timestamp;
use crate::domain::payout::MethodKind;
use crate::domain::payout::typed::Destination;
use crate::provider::endpoint::Money;
use crate::provider::{Found, Intent, Outcome, ProviderPayout, ProviderStatus, RejectClass, WebhookRefusal};

#[derive(Serialize)]
struct Request<'a> {
    sender_batch_header: Header<'a>,
    items: [Item<'a>; 1],
}

#[derive(Serialize)]
struct Header<'a> {
    sender_batch_id: &'a str,
    email_subject: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    recipient_type: &'static str,
    receiver: String,
    amount: Money,
    note: &'a str,
    sender_item_id: &'a str,
    purpose: &'static str,
}

/// The body of a create call: always the same bytes for an intent.
pub(super) fn request(intent: &Intent) -> Result<Vec<u8>, String> {
    if intent.kind != MethodKind::PayPal {
        return Err(format!("it does not pay to a {}", intent.kind));
    }
    let Destination::PayPal { email } = Destination::open(intent.destination.expose())? else {
        return Err("the destination is of another kind".to_owned());
    };
    let item = Item {
        recipient_type: "EMAIL",
        receiver: email,
        amount: Money::from(intent.amount),
        note: &intent.description,
        sender_item_id: &intent.key,
        purpose: "CASHBACK",
    };
    let header = Header { sender_batch_id: &intent.key, email_subject: &intent.description };
    serde_json::to_vec(&Request { sender_batch_header: header, items: [item] }).map_err(|cause| cause.to_string())
}

/// What came of a create call.
#[derive(Debug)]
pub(super) enum Answer {
    /// This.
    Outcome(Outcome),
    /// The key was used for this batch.
    Duplicate(String),
}

#[derive(Deserialize)]
struct Batch {
    batch_header: BatchHeader,
    #[serde(default)]
    items: Vec<BatchItem>,
}

#[derive(Deserialize)]
struct BatchHeader {
    payout_batch_id: String,
    batch_status: String,
    time_created: Option<Timestamp>,
    sender_batch_header: Option<SenderHeader>,
    /// What all its items come to.
    amount: Option<Money>,
}

#[derive(Deserialize)]
struct SenderHeader {
    sender_batch_id: Option<String>,
}

#[derive(Deserialize)]
struct BatchItem {
    transaction_status: Option<String>,
    payout_item: ItemDetail,
    errors: Option<ItemError>,
}

#[derive(Deserialize)]
struct ItemDetail {
    amount: Money,
}

#[derive(Deserialize)]
struct ItemError {
    name: String,
}

/// The state of a batch as long as its item says nothing. `SUCCESS` says only that it was worked through.
fn batch_status(word: &str) -> ProviderStatus {
    match word {
        "PENDING" | "PROCESSING" | "SUCCESS" | "ACKNOWLEDGED" => ProviderStatus::Pending,
        "DENIED" | "CANCELED" => ProviderStatus::Failed(word.to_lowercase()),
        _ => ProviderStatus::Unheard(word.to_owned()),
    }
}

/// The state of an item. What nobody claimed yet can still be paid or come back.
fn item_status(item: &BatchItem) -> ProviderStatus {
    let word = item.transaction_status.as_deref().unwrap_or("PENDING");
    let code = || item.errors.as_ref().map_or(word, |error| &error.name).to_lowercase();
    match word {
        "SUCCESS" => ProviderStatus::Paid,
        "PENDING" | "UNCLAIMED" | "ONHOLD" => ProviderStatus::Pending,
        "FAILED" | "BLOCKED" => ProviderStatus::Failed(code()),
        "RETURNED" | "REFUNDED" | "REVERSED" => ProviderStatus::Returned(word.to_lowercase()),
        _ => ProviderStatus::Unheard(word.to_owned()),
    }
}

/// The answer to a create call.
pub(super) fn outcome(intent: &Intent, status: StatusCode, body: &[u8]) -> Answer {
    if matches!(status, StatusCode::CREATED | StatusCode::OK) {
        return Answer::Outcome(accepted(intent, body));
    }
    let unknown = |why: String| Answer::Outcome(Outcome::Unknown { why });
    if !status.is_client_error() {
        return unknown(format!("answered {status}"));
    }
    // Something between us and PayPal may have answered: only its own words count.
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
        return unknown(format!("answered {status} without a readable name"));
    };
    let name = problem.name.or(problem.error).unwrap_or_default();
    if is_duplicate(&problem.details) {
        let link = linked_batch(&serde_json::from_slice(body).unwrap_or_default());
        let named = link.map(Answer::Duplicate);
        return named
            .unwrap_or_else(|| unknown("the key was used before, and the first batch is not named".to_owned()));
    }
    match class(status, &name) {
        Some(class) => Answer::Outcome(Outcome::Rejected { code: name.to_lowercase(), detail: problem.message, class }),
        None => unknown(format!("answered {status} {name}")),
    }
}

#[derive(Deserialize)]
struct Problem {
    name: Option<String>,
    /// What the check of the token says instead.
    error: Option<String>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    field: String,
    #[serde(default)]
    issue: String,
}

fn is_duplicate(details: &[Detail]) -> bool {
    let about = |detail: &Detail| {
        let (field, issue) = (detail.field.to_ascii_lowercase(), detail.issue.to_ascii_lowercase());
        field.contains("sender_batch_id") || issue.contains("duplicate") || issue.contains("sender_batch_id")
    };
    details.iter().any(about)
}

/// The batch that a link in an error leads to. Only the id is taken: the address itself is not called.
fn linked_batch(error: &Value) -> Option<String> {
    let id = |href: &str| {
        let (_, rest) = href.rsplit_once("/payments/payouts/")?;
        let id = rest.split(['?', '/']).next().unwrap_or_default();
        is_id(id).then(|| id.to_owned())
    };
    match error {
        Value::Object(fields) => {
            let own = fields.get("href").and_then(Value::as_str).and_then(id);
            own.or_else(|| fields.values().find_map(linked_batch))
        }
        Value::Array(values) => values.iter().find_map(linked_batch),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn is_id(text: &str) -> bool {
    (1..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `None` for what does not say that nothing was created.
fn class(status: StatusCode, name: &str) -> Option<RejectClass> {
    match (status.as_u16(), name) {
        (400, "VALIDATION_ERROR") => Some(RejectClass::Definite),
        // It names many things, hardly one of them the receiver's fault: a person looks, and the key stays the same.
        (400, "USER_BUSINESS_ERROR" | "INSUFFICIENT_FUNDS") | (403, _) | (422, "INSUFFICIENT_FUNDS") => {
            Some(RejectClass::Ours)
        }
        // The token was no longer good: the next call brings a new one.
        (401, _) | (429, "RATE_LIMIT_REACHED") => Some(RejectClass::RetrySameKey { after: None }),
        _ => None,
    }
}

fn accepted(intent: &Intent, body: &[u8]) -> Outcome {
    let header = match serde_json::from_slice::<Batch>(body) {
        Ok(batch) => batch.batch_header,
        Err(cause) => return Outcome::Unknown { why: format!("the answer cannot be read: {cause}") },
    };
    let key = header.sender_batch_header.and_then(|sender| sender.sender_batch_id);
    if key.is_some_and(|key| key != intent.key) || !is_id(&header.payout_batch_id) {
        return Outcome::Unknown { why: "the answer is about another batch".to_owned() };
    }
    Outcome::Accepted { provider_ref: header.payout_batch_id, status: batch_status(&header.batch_status) }
}

/// The answer to a look-up.
pub(super) fn batch(body: &[u8]) -> Found {
    let batch = match serde_json::from_slice::<Batch>(body) {
        Ok(batch) => batch,
        Err(cause) => return Found::Unknown { why: format!("the answer cannot be read: {cause}") },
    };
    let header = batch.batch_header;
    if let ([], Some(amount), ProviderStatus::Failed(code)) =
        (batch.items.as_slice(), &header.amount, batch_status(&header.batch_status))
    {
        // It was refused as a whole, before it had items: nothing was moved.
        return known(&header, amount, ProviderStatus::Failed(code));
    }
    let [item] = batch.items.as_slice() else {
        // Its items are not there yet, or it is none of ours.
        return Found::Unknown {
            why: format!("the batch is {} with {} items", header.batch_status, batch.items.len()),
        };
    };
    let status = match batch_status(&header.batch_status) {
        ProviderStatus::Failed(code) if item.transaction_status.as_deref() != Some("SUCCESS") => {
            ProviderStatus::Failed(code)
        }
        ProviderStatus::Pending
        | ProviderStatus::Paid
        | ProviderStatus::Failed(_)
        | ProviderStatus::Returned(_)
        | ProviderStatus::Unheard(_) => item_status(item),
    };
    known(&header, &item.payout_item.amount, status)
}

fn known(header: &BatchHeader, amount: &Money, status: ProviderStatus) -> Found {
    let amount = match amount.read() {
        Ok(amount) => amount,
        Err(cause) => return Found::Unknown { why: format!("the amount cannot be read: {cause}") },
    };
    Found::Known(ProviderPayout {
        provider_ref: header.payout_batch_id.clone(),
        key: header.sender_batch_header.as_ref().and_then(|sender| sender.sender_batch_id.clone()),
        amount,
        status,
        created_at: header.time_created.unwrap_or(Timestamp::EPOCH),
    })
}

/// Whether a batch has several items: then it is none of ours.
pub(super) fn has_many(body: &[u8]) -> bool {
    serde_json::from_slice::<Batch>(body).is_ok_and(|batch| batch.items.len() > 1)
}

/// A 404 counts only when PayPal itself says it.
pub(super) fn absent(body: &[u8]) -> Found {
    match serde_json::from_slice::<Problem>(body).ok().and_then(|problem| problem.name) {
        Some(name) if name == "INVALID_RESOURCE_ID" || name == "RESOURCE_NOT_FOUND" => Found::NotFound,
        Some(_) | None => Found::Unknown { why: "answered 404 without saying what is missing".to_owned() },
    }
}

/// What a webhook tells: that something is new with a batch.
#[derive(Debug)]
pub(super) struct Event {
    /// The event.
    pub(super) id: String,
    /// The batch.
    pub(super) batch: String,
}

/// A webhook's body. What it says of a state is not read: the batch is.
pub(super) fn event(body: &[u8]) -> Result<Event, WebhookRefusal> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
        event_type: String,
        resource: Value,
    }
    let unreadable = |cause: &dyn std::fmt::Display| WebhookRefusal::Unreadable(cause.to_string());
    let Body { id, event_type, resource } = serde_json::from_slice(body).map_err(|cause| unreadable(&cause))?;
    let batch = if event_type.starts_with("PAYMENT.PAYOUTSBATCH.") {
        resource.pointer("/batch_header/payout_batch_id")
    } else if event_type.starts_with("PAYMENT.PAYOUTS-ITEM.") {
        resource.get("payout_batch_id")
    } else {
        return Err(WebhookRefusal::Unrelated(event_type));
    };
    let batch = batch.and_then(Value::as_str).filter(|batch| is_id(batch)).map(str::to_owned);
    batch.map(|batch| Event { id, batch }).ok_or_else(|| unreadable(&"no batch's id"))
}
