//! Hyperswitch payouts, simulated: `POST /payouts/create`, `GET /payouts/{id}`, `POST /payouts/list`, signed webhooks, and a place
//! where test cards become tokens (`/simulator/cards`, which Hyperswitch itself does not have). The header `api-key` carries
//! `api_key` of the configuration. Written from the published description of the API, not from the adapter; what the description
//! leaves open (`payout_id` in a request, the shape and the codes of errors) is as the service's public source has it.

mod calls;
mod card;
mod list;
mod wanted;
mod words;

use actix_web::web;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha512;

use super::bank::Bank;
use super::book::{Book, Record};
use super::face::Face;
use super::handlers;
use super::webhooks::{Hook, Message};

/// How long a `payout_id` cannot be used again. Nothing is published about it. It is a day here, the shortest time that any
/// provider publishes: an adapter that sends again later than that pays twice.
const KEY_WINDOW: TimeDelta = TimeDelta::hours(24);

/// The way Hyperswitch speaks to a merchant.
#[derive(Debug)]
pub(super) struct Merchant;

impl Face for Merchant {
    fn view(&self, _book: &Book, record: &Record) -> Value {
        words::payout(record)
    }

    fn message(&self, bank: &Bank, hook: &Hook) -> Option<Message> {
        let body = words::event(&hook.record, hook.at).to_string().into_bytes();
        let secret = if hook.forged { "not the secret" } else { bank.config.webhook_secret.expose() };
        let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(&body);
        let signature = hex::encode(mac.finalize().into_bytes());
        Some(Message { headers: vec![("X-Webhook-Signature-512".to_owned(), signature)], body })
    }

    fn routes(&self, app: &mut web::ServiceConfig) {
        app.route("/payouts/create", web::post().to(calls::create))
            .route("/payouts/list", web::post().to(list::list))
            .route("/payouts/{id}", web::get().to(calls::fetch))
            .route("/simulator/cards", web::post().to(card::tokenise))
            .route("/simulator/cards", web::method(actix_web::http::Method::OPTIONS).to(handlers::preflight));
    }
}
