//! YooKassa Payouts, simulated: `POST /v3/payouts`, `GET /v3/payouts`, `/v3/payouts/search`, `/v3/payouts/{id}`,
//! `/v3/sbp_banks`, `/v3/me`, and a form for cards like the widget's. Basic authentication with the gateway's id
//! (`public_key` of the configuration) and key (`api_key`). Written from the published description of the API, not from
//! the adapter; tests hold both against that description.

mod calls;
mod card;
mod words;

use actix_web::web;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::bank::Bank;
use super::book::{Book, Record, Status};
use super::face::Face;
use super::webhooks::{Hook, Message};

/// How long a key is remembered.
const KEY_WINDOW: TimeDelta = TimeDelta::hours(24);

/// A payout gateway's way to speak.
#[derive(Debug)]
pub(super) struct Gateway;

impl Face for Gateway {
    fn view(&self, _book: &Book, record: &Record) -> Value {
        words::payout(record)
    }

    /// Only the two final states are told of. Nothing is signed.
    fn message(&self, _bank: &Bank, hook: &Hook) -> Option<Message> {
        let event = match hook.record.status {
            Status::Paid => "payout.succeeded",
            Status::Failed => "payout.canceled",
            Status::Pending | Status::Returned => return None,
        };
        let body = json!({"type": "notification", "event": event, "object": words::payout(&hook.record)});
        Some(Message { headers: Vec::new(), body: body.to_string().into_bytes() })
    }

    fn routes(&self, app: &mut web::ServiceConfig) {
        app.route("/v3/payouts", web::post().to(calls::create))
            .route("/v3/payouts", web::get().to(calls::list))
            .route("/v3/payouts/search", web::get().to(calls::search))
            .route("/v3/payouts/{id}", web::get().to(calls::fetch))
            .route("/v3/sbp_banks", web::get().to(calls::banks))
            .route("/v3/me", web::get().to(calls::me))
            .route("/payouts-data/3.1.0/widget.js", web::get().to(card::script))
            .route("/payouts-data/tokens", web::post().to(card::tokenise))
            .route("/payouts-data/tokens", web::method(actix_web::http::Method::OPTIONS).to(card::preflight));
    }
}
