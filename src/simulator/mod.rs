//! What Kopilka is tried against: a sandbox bank that moves no real money and misbehaves in every way that real
//! payout providers do. It is part of the released binary, so that a demonstration shows real calls.

pub mod bank;
mod book;
mod fault;
mod handlers;
mod journal;
mod mangle;
pub mod networks;
pub mod shops;
pub mod store;
mod webhooks;

pub use bank::{BankConfig, BankError, bank};
pub use fault::{Fault, TEST_DESTINATIONS, TestDestination, card_number, wallet_number};
