//! Payouts, events and errors in Hyperswitch's words.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::simulator::book::{Record, Refused, Status};
use crate::simulator::fault::Fault;

/// The merchant's id.
const MERCHANT: &str = "merchant_simulator";

/// The connector's code for the faults that make a payout fail. What the sandbox bank refuses at once is here refused by the
/// connector: Hyperswitch has taken the payout by then.
pub(super) fn failure(fault: Fault) -> Option<&'static str> {
    if fault == Fault::FloatShort {
        return Some("insufficient_funds");
    }
    if fault == Fault::LimitExceeded { Some("amount_limit_exceeded") } else { fault.failure() }
}

/// The state in Hyperswitch's words. One that was not confirmed, or not to be fulfilled by itself, waits for that.
fn word(record: &Record, sent: &Value) -> &'static str {
    match record.status {
        Status::Pending if !is_set(sent, "confirm") => "requires_confirmation",
        Status::Pending if !is_set(sent, "auto_fulfill") => "requires_fulfillment",
        Status::Pending => "initiated",
        Status::Paid => "success",
        Status::Failed => "failed",
        Status::Returned => "reversed",
    }
}

fn is_set(sent: &Value, name: &str) -> bool {
    sent.get(name).and_then(Value::as_bool) == Some(true)
}

/// A payout.
pub(super) fn payout(record: &Record) -> Value {
    let sent: Value = serde_json::from_str(&record.destination).unwrap_or_default();
    let given = |name: &str| sent.get(name).cloned().unwrap_or_default();
    let or = |name: &str, other: &str| sent.get(name).and_then(Value::as_str).unwrap_or(other).to_owned();
    let word = word(record, &sent);
    let failed = record.reason.as_ref().filter(|_reason| record.status == Status::Failed);
    let connector = sent.pointer("/connector/0").cloned().unwrap_or_else(|| json!("adyen"));
    let attempt = json!({
        "attempt_id": format!("{}_1", record.id), "status": word, "amount": record.amount.minor(),
        "currency": record.amount.currency(), "connector": connector, "error_code": failed,
        "error_message": failed.map(|_code| "As the script says"), "payment_method": given("payout_type"),
        "payout_method_type": null, "connector_transaction_id": format!("psp_{}", record.id), "cancellation_reason": null,
        "unified_code": null, "unified_message": null,
    });
    json!({
        "payout_id": record.id,
        "merchant_id": MERCHANT,
        "merchant_order_reference_id": given("merchant_order_reference_id"),
        "amount": record.amount.minor(),
        "currency": record.amount.currency(),
        "connector": connector,
        "payout_type": given("payout_type"),
        "payout_method_data": null,
        "billing": given("billing"),
        "auto_fulfill": is_set(&sent, "auto_fulfill"),
        "customer_id": or("customer_id", "cus_simulator"),
        "customer": null,
        "client_secret": format!("{}_secret_simulator", record.id),
        "return_url": "https://simulator.invalid/",
        "business_country": "US",
        "business_label": null,
        "description": record.description,
        "entity_type": or("entity_type", "Individual"),
        "recurring": false,
        "metadata": record.metadata,
        "merchant_connector_id": "mca_simulator",
        "status": word,
        "error_message": failed.map(|_code| "As the script says"),
        "error_code": failed,
        "profile_id": or("profile_id", "pro_simulator"),
        "created": record.created_at,
        "connector_transaction_id": format!("psp_{}", record.id),
        "priority": null,
        "attempts": [attempt],
        "payout_link": null,
        "email": null,
        "name": null,
        "phone": null,
        "phone_country_code": null,
        "unified_code": null,
        "unified_message": null,
        "payout_method_id": given("payout_method_id"),
    })
}

/// A webhook. The event is the right one, and the payout in it still has the state before: so the service itself is known to do
/// (github.com/juspay/hyperswitch, issue 9278).
pub(super) fn event(record: &Record, at: Timestamp) -> Value {
    let event = match record.status {
        Status::Pending => "payout_initiated",
        Status::Paid => "payout_success",
        Status::Failed => "payout_failed",
        Status::Returned => "payout_reversed",
    };
    let before = match record.status {
        Status::Pending | Status::Paid | Status::Failed => Status::Pending,
        Status::Returned => Status::Paid,
    };
    let stale = Record { status: before, reason: None, ..record.clone() };
    json!({
        "merchant_id": MERCHANT,
        "event_id": format!("evt_{}_{}", record.id, record.status),
        "event_type": event,
        "content": {"type": "payout_details", "object": payout(&stale)},
        "timestamp": at,
    })
}

/// An error.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code, message: message.into() }
    }

    /// A request that cannot be read.
    pub(super) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(400, "IR_06", message)
    }

    pub(super) fn missing(field: &str) -> Self {
        Self::new(400, "IR_04", format!("Missing required param: {field}"))
    }

    pub(super) fn invalid(field: &str) -> Self {
        Self::new(400, "IR_07", format!("Invalid value provided: {field}"))
    }

    pub(super) fn duplicate(id: &str) -> Self {
        let message = format!("The payout with the specified payout_id '{id}' already exists in our records");
        Self::new(400, "HE_01", message)
    }

    pub(super) fn internal() -> Self {
        Self::new(500, "HE_00", "Something went wrong")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let kind = if self.status.is_server_error() { "api" } else { "invalid_request" };
        let error = json!({"type": kind, "message": self.message, "code": self.code});
        HttpResponse::build(self.status).json(json!({ "error": error }))
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::AmountInvalid => Self::invalid("amount"),
            Refused::DestinationUnknown => Self::invalid("payout_method_data"),
            Refused::FloatShort => Self::unreadable("The account does not cover it"),
            Refused::NotFound => Self::new(404, "HE_02", "Payout does not exist in our records"),
            Refused::KeyReused | Refused::NotNow(..) | Refused::Io(_) | Refused::Money(_) => Self::internal(),
        }
    }
}
