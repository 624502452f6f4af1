//! Withdrawals. A payout changes in one place, `advance_payout`; everything else brings it events.

pub mod advance_payout;
pub mod ask_provider;
mod book;
pub mod cancel_payout;
pub mod confirm_payout;
pub mod destination_letter;
pub mod file_export;
pub mod file_import;
pub mod forget;
pub mod freeze;
pub mod give_up;
pub mod jobs;
pub mod look;
pub mod match_provider_events;
pub mod method_add;
pub mod method_list;
pub mod method_remove;
pub mod poll_payout;
pub mod preview_payout;
pub mod providers;
pub mod request_payout;
pub mod resolve_payout;
pub mod review_payout;
mod screen_payout;
pub mod submit_payout;
pub mod take_webhook;

use super::ServiceError;
use crate::domain::payout::{Refusal, RequestRefusal};

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        Self::conflict(refusal.code(), refusal.to_string())
    }
}

impl From<RequestRefusal> for ServiceError {
    fn from(refusal: RequestRefusal) -> Self {
        Self::refused(refusal.code(), refusal.to_string())
    }
}
