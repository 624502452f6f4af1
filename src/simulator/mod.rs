//! What Kopilka is tried against: payout providers that move no real money and misbehave in every way that real ones do. They
//! are part of the released binary, so that a demonstration shows real calls. One of them is a sandbox bank with an API of its
//! own; the others speak as the real ones do.

pub mod bank;
mod book;
mod commands;
mod face;
mod fault;
mod handlers;
mod hyperswitch;
mod journal;
mod mangle;
pub mod networks;
mod paypal;
pub mod shops;
pub mod store;
mod webhooks;
mod yookassa;

use std::net::TcpListener;

use actix_web::dev::Server;

pub use bank::{BankConfig, BankError};
pub use fault::{Fault, TEST_DESTINATIONS, TestDestination, card_number, iban_number, phone_number, wallet_number};

crate::text_enum! {
    /// Which provider is simulated.
    pub enum Simulated {
        /// The sandbox bank.
        Sandbox = "sandbox",
        /// YooKassa Payouts.
        Yookassa = "yookassa",
        /// PayPal Payouts.
        Paypal = "paypal",
        /// Hyperswitch payouts.
        Hyperswitch = "hyperswitch",
    }
}

/// The sandbox bank as a server.
///
/// # Errors
/// As [`simulate`].
pub fn bank(config: BankConfig, listener: TcpListener) -> Result<Server, BankError> {
    simulate(Simulated::Sandbox, config, listener)
}

/// A simulated provider as a server on `listener`. It runs when awaited or spawned, inside a Tokio or actix runtime.
///
/// # Errors
/// [`BankError`] when the record cannot be read or the listener not used.
pub fn simulate(which: Simulated, config: BankConfig, listener: TcpListener) -> Result<Server, BankError> {
    let face: Box<dyn face::Face> = match which {
        Simulated::Sandbox => Box::new(handlers::SandboxBank),
        Simulated::Yookassa => Box::new(yookassa::Gateway),
        Simulated::Hyperswitch => Box::new(hyperswitch::Merchant),
        Simulated::Paypal => Box::new(paypal::Account::new(listener.local_addr()?)?),
    };
    bank::serve(config, face, listener)
}
