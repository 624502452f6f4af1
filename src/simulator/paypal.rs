//! PayPal Payouts v1, simulated: `POST /v1/oauth2/token`, `POST /v1/payments/payouts`, the look-ups of batches and items, the
//! cancelling of what nobody claimed, and webhooks that are signed with a certificate of an authority of its own
//! (`/simulator/ca.pem`). The client's id is `public_key` of the configuration, its secret `api_key`, the webhook's id
//! `webhook_secret`. Written from the published description of the API, not from the adapter.

mod calls;
mod seal;
mod words;

use std::net::SocketAddr;

use actix_web::web;
use chrono::TimeDelta;
use serde_json::Value;

use self::seal::Seal;
use super::bank::{Bank, BankError};
use super::book::{Book, Record};
use super::face::Face;
use super::webhooks::{Hook, Message};

/// How long a `sender_batch_id` is remembered.
const KEY_WINDOW: TimeDelta = TimeDelta::days(30);

/// The way PayPal speaks.
#[derive(Debug)]
pub(super) struct Account {
    seal: web::Data<Seal>,
}

impl Account {
    /// Makes the authority and the certificate, which is found at `address`.
    pub(super) fn new(address: SocketAddr) -> Result<Self, BankError> {
        Ok(Self { seal: web::Data::new(Seal::new(address)?) })
    }
}

impl Face for Account {
    fn view(&self, _book: &Book, record: &Record) -> Value {
        words::batch(record)
    }

    fn message(&self, bank: &Bank, hook: &Hook) -> Option<Message> {
        let body = words::event(&hook.record, hook.at)?.to_string().into_bytes();
        let webhook = if hook.forged { "another webhook" } else { bank.config.webhook_secret.expose() };
        let headers = self.seal.headers(&body, webhook, bank.config.clock.now())?;
        Some(Message { headers, body })
    }

    fn routes(&self, app: &mut web::ServiceConfig) {
        app.app_data(self.seal.clone())
            .route("/v1/oauth2/token", web::post().to(calls::token))
            .route("/v1/payments/payouts", web::post().to(calls::create))
            .route("/v1/payments/payouts/{id}", web::get().to(calls::batch))
            .route("/v1/payments/payouts-item/{id}", web::get().to(calls::item))
            .route("/v1/payments/payouts-item/{id}/cancel", web::post().to(calls::cancel))
            .route("/v1/notifications/certs/{id}", web::get().to(calls::certificate))
            .route("/simulator/ca.pem", web::get().to(calls::authority));
    }
}
