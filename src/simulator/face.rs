//! How a simulated provider speaks: its API, its payouts in words, its webhooks.

use std::fmt;

use actix_web::web;
use serde_json::Value;

use super::bank::Bank;
use super::book::{Book, Record};
use super::webhooks::{Hook, Message};

/// One provider's way to speak.
pub(super) trait Face: fmt::Debug + Send + Sync {
    /// A payout as the API shows it.
    fn view(&self, book: &Book, record: &Record) -> Value;
    /// A webhook as it is sent now; `None` when the provider does not tell of this.
    fn message(&self, bank: &Bank, hook: &Hook) -> Option<Message>;
    /// The API.
    fn routes(&self, app: &mut web::ServiceConfig);
}
