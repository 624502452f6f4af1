//! Payouts and errors in YooKassa's words, and what each destination does.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::base::id::KeyId;
use crate::simulator::book::{Record, Refused, Status};
use crate::simulator::fault::{Fault, by_phone, by_wallet};

/// The wallets of YooKassa's own test gateway, and with which reason payouts to them are cancelled.
const TEST_WALLETS: [(&str, Option<&str>); 7] = [
    ("41001614575714", None),
    ("4100116075156746", None),
    ("4100116074720387", None),
    ("41001614575572", Some("one_time_limit_exceeded")),
    ("41001614575643", Some("periodic_limit_exceeded")),
    ("410011806060766", Some("insufficient_funds")),
    ("410011788545536", Some("general_decline")),
];

/// What a destination does.
#[derive(Debug, Clone, Default)]
pub(super) struct Behaviour {
    pub(super) faults: Vec<Fault>,
    /// With which reason it is cancelled, beyond what the faults say.
    pub(super) reason: Option<String>,
}

impl Behaviour {
    pub(super) fn of_faults(faults: &[Fault]) -> Self {
        // What was paid is final here: nothing comes back.
        let faults = faults.iter().copied().filter(|fault| *fault != Fault::ReturnAfter1h);
        Self { faults: faults.collect(), reason: None }
    }

    /// Of a wallet; `None` when this is no test number.
    pub(super) fn of_wallet(number: &str) -> Option<Self> {
        if let Some((_, reason)) = TEST_WALLETS.iter().find(|(known, _)| *known == number) {
            return Some(Self { faults: Vec::new(), reason: reason.map(str::to_owned) });
        }
        by_wallet(number).map(|known| Self::of_faults(known.faults))
    }

    /// Of a phone.
    pub(super) fn of_phone(number: &str) -> Option<Self> {
        by_phone(number).map(|known| Self::of_faults(known.faults))
    }
}

/// The reason of a cancellation that a fault stands for. What the sandbox bank refuses at once is here accepted first,
/// since the published errors of a create call have no code for it.
pub(super) fn reason(fault: Fault) -> Option<&'static str> {
    if fault == Fault::FloatShort {
        return Some("insufficient_funds");
    }
    if fault == Fault::LimitExceeded {
        return Some("periodic_limit_exceeded");
    }
    match fault.failure() {
        Some("limit_exceeded") => Some("one_time_limit_exceeded"),
        other => other,
    }
}

/// A payout object.
pub(super) fn payout(record: &Record) -> Value {
    let status = match record.status {
        Status::Pending => "pending",
        Status::Paid | Status::Returned => "succeeded",
        Status::Failed => "canceled",
    };
    let mut object = json!({
        "id": record.id,
        "amount": {"value": record.amount.major().to_string(), "currency": record.amount.currency()},
        "status": status,
        "payout_destination": serde_json::from_str::<Value>(&record.destination).unwrap_or_default(),
        "description": record.description,
        "created_at": record.created_at,
        "metadata": record.metadata,
        "test": true,
    });
    let mut put = |name: &str, value: Value| {
        if let Some(fields) = object.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    match record.status {
        Status::Paid | Status::Returned => put("succeeded_at", json!(record.created_at.plus_seconds(1))),
        Status::Failed => {
            let party =
                if record.reason.as_deref() == Some("general_decline") { "payout_network" } else { "yoo_money" };
            put("cancellation_details", json!({"party": party, "reason": record.reason}));
        }
        Status::Pending => {}
    }
    object
}

/// An error object.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    description: String,
    parameter: Option<&'static str>,
    retry_after: Option<u32>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, description: impl Into<String>) -> Self {
        Self { status, code, description: description.into(), parameter: None, retry_after: None }
    }

    pub(super) fn invalid(parameter: &'static str, description: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "invalid_request", description);
        Self { parameter: Some(parameter), ..problem }
    }

    pub(super) fn too_many(retry_after: u32) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests");
        Self { retry_after: Some(retry_after), ..problem }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such payout")
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", "Repeat the request with the same key")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut error =
            json!({"type": "error", "id": KeyId::new(), "code": self.code, "description": self.description});
        if let Some(fields) = error.as_object_mut() {
            fields.extend(self.parameter.map(|name| ("parameter".to_owned(), json!(name))));
            fields.extend(self.retry_after.map(|ms| ("retry_after".to_owned(), json!(ms))));
        }
        HttpResponse::build(self.status).json(error)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::KeyReused => Self::invalid("Idempotence-Key", "Idempotence key duplicated"),
            Refused::AmountInvalid => Self::invalid("amount", "The amount cannot be paid out"),
            Refused::DestinationUnknown => Self::invalid("payout_destination_data", "There is no such destination"),
            Refused::FloatShort => Self::invalid("amount", "The balance does not cover it"),
            Refused::NotFound => Self::not_found(),
            Refused::NotNow(..) | Refused::Io(_) | Refused::Money(_) => Self::internal(),
        }
    }
}
