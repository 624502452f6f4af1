//! Batches, items, events and errors in PayPal's words, and what each receiver does.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::base::id::KeyId;
use crate::simulator::book::{Record, Refused, Status};
use crate::simulator::fault::{Fault, by_code};

/// The receiver whose payouts nobody claims.
const NOBODY: u8 = 50;

/// What a receiver does: `sandbox+NN@example.com` as the test destination NN, `sandbox+50@example.com` and all others as
/// somebody without an account, who never claims it.
pub(super) fn faults_of(receiver: &str) -> Vec<Fault> {
    let code = receiver.strip_prefix("sandbox+").and_then(|rest| rest.strip_suffix("@example.com")?.parse::<u8>().ok());
    match code.filter(|code| *code != NOBODY).and_then(by_code) {
        Some(known) => known.faults.to_vec(),
        None => vec![Fault::Unclaimed],
    }
}

/// The name of the error with which an item fails, for the faults that make it fail.
pub(super) fn failure(fault: Fault) -> Option<String> {
    let code = if fault == Fault::LimitExceeded { Some("receiving_limit_exceeded") } else { fault.failure() };
    code.map(str::to_ascii_uppercase)
}

/// The item's id, from the batch's.
pub(super) fn item_id(record: &Record) -> String {
    format!("I{}", record.id.trim_start_matches('B'))
}

fn money(record: &Record) -> Value {
    json!({"currency": record.amount.currency(), "value": record.amount.major().to_string()})
}

/// The item's state.
pub(super) fn item_word(record: &Record) -> &'static str {
    match record.status {
        Status::Pending => "PENDING",
        Status::Paid if record.has(Fault::Unclaimed) => "UNCLAIMED",
        Status::Paid => "SUCCESS",
        Status::Failed => "FAILED",
        Status::Returned if record.has(Fault::Unclaimed) => "RETURNED",
        Status::Returned if record.reason.as_deref() == Some("refunded") => "REFUNDED",
        Status::Returned => "REVERSED",
    }
}

/// An item.
pub(super) fn item(record: &Record) -> Value {
    let sent: Value = serde_json::from_str(&record.destination).unwrap_or_default();
    let mut item = json!({
        "payout_item_id": item_id(record),
        "payout_batch_id": record.id,
        "transaction_status": item_word(record),
        "payout_item_fee": {"currency": record.amount.currency(), "value": "0.00"},
        "payout_item": sent,
        "time_processed": record.created_at,
    });
    let error = match (record.status, record.has(Fault::Unclaimed)) {
        (Status::Failed, _) => record.reason.clone(),
        (Status::Paid | Status::Returned, true) => Some("RECEIVER_UNREGISTERED".to_owned()),
        (Status::Pending | Status::Paid | Status::Returned, _) => None,
    };
    if let (Some(name), Some(fields)) = (error, item.as_object_mut()) {
        fields.insert("errors".to_owned(), json!({"name": name, "message": "As the script says", "debug_id": "1"}));
    }
    item
}

fn header(record: &Record, word: &str) -> Value {
    json!({
        "payout_batch_id": record.id,
        "batch_status": word,
        "time_created": record.created_at,
        "sender_batch_header": {"sender_batch_id": record.key, "email_subject": record.description},
    })
}

/// The answer to a create call.
pub(super) fn created(record: &Record, word: &str) -> Value {
    json!({"batch_header": header(record, word), "links": [link(record)]})
}

/// A batch with its item.
pub(super) fn batch(record: &Record) -> Value {
    let word = if record.status == Status::Pending { "PROCESSING" } else { "SUCCESS" };
    let mut header = header(record, word);
    if let Some(fields) = header.as_object_mut() {
        fields.insert("amount".to_owned(), money(record));
        fields.insert("fees".to_owned(), json!({"currency": record.amount.currency(), "value": "0.00"}));
    }
    json!({"batch_header": header, "items": [item(record)], "links": [link(record)]})
}

fn link(record: &Record) -> Value {
    json!({
        "href": format!("https://api-m.sandbox.paypal.com/v1/payments/payouts/{}", record.id),
        "rel": "self", "method": "GET",
    })
}

/// A webhook; `None` where PayPal has no event.
pub(super) fn event(record: &Record, at: Timestamp) -> Option<Value> {
    let (word, kind, resource) = match item_word(record) {
        "PENDING" => {
            let resource = json!({"batch_header": header(record, "PROCESSING"), "links": [link(record)]});
            ("PAYOUTSBATCH.PROCESSING", "payouts", resource)
        }
        "SUCCESS" => ("PAYOUTS-ITEM.SUCCEEDED", "payouts_item", item(record)),
        "FAILED" => ("PAYOUTS-ITEM.FAILED", "payouts_item", item(record)),
        "UNCLAIMED" => ("PAYOUTS-ITEM.UNCLAIMED", "payouts_item", item(record)),
        "RETURNED" => ("PAYOUTS-ITEM.RETURNED", "payouts_item", item(record)),
        "REFUNDED" => ("PAYOUTS-ITEM.REFUNDED", "payouts_item", item(record)),
        _ => return None,
    };
    Some(json!({
        "id": format!("WH-{}-{word}", record.id), "create_time": at, "resource_type": kind,
        "event_type": format!("PAYMENT.{word}"), "event_version": "1.0", "resource_version": "1.0",
        "summary": "A payout is told of", "resource": resource, "links": [],
    }))
}

/// An error.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    name: &'static str,
    message: String,
    details: Vec<Value>,
    links: Vec<Value>,
}

impl Problem {
    pub(super) fn new(status: u16, name: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, name, message: message.into(), details: Vec::new(), links: Vec::new() }
    }

    pub(super) fn invalid(field: &str, issue: impl Into<String>) -> Self {
        let issue: String = issue.into();
        let details = vec![json!({"field": field, "location": "body", "issue": issue})];
        Self { details, ..Self::new(400, "VALIDATION_ERROR", "Invalid request - see details") }
    }

    /// The `sender_batch_id` was used for this batch.
    pub(super) fn duplicate(record: &Record) -> Self {
        let details = vec![json!({"field": "SENDER_BATCH_ID", "location": "body", "issue": "Duplicate batch request"})];
        let links = vec![link(record)];
        let message = "User business error.";
        Self { details, links, ..Self::new(400, "USER_BUSINESS_ERROR", message) }
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "INVALID_RESOURCE_ID", "The requested resource ID was not found")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(json!({
            "name": self.name, "message": self.message, "debug_id": KeyId::new().reference(), "details": self.details,
            "links": self.links,
        }))
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::AmountInvalid => Self::invalid("items[0].amount", "The amount cannot be paid out"),
            Refused::DestinationUnknown => Self::invalid("items[0].receiver", "The receiver cannot be paid"),
            Refused::FloatShort => Self::new(422, "INSUFFICIENT_FUNDS", "Sender does not have sufficient funds"),
            Refused::NotFound => Self::not_found(),
            Refused::NotNow(..) => Self::new(400, "ITEM_ALREADY_COMPLETED", "The item is not unclaimed"),
            Refused::KeyReused | Refused::Io(_) | Refused::Money(_) => {
                Self::new(500, "INTERNAL_SERVER_ERROR", "An internal server error occurred")
            }
        }
    }
}
