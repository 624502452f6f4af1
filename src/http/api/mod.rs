//! The JSON API, one file a resource.

pub mod account;
pub mod claim_files;
pub mod extension;
pub mod hooks;
pub mod operator;
pub mod orders;
pub mod partner;
pub mod payout_freeze;
pub mod payouts;
pub mod shopper;
