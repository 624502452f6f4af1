//! A payout that comes from outside: with a code where the shopper has a second factor, and with the network it was asked from.

use std::net::IpAddr;

use super::request_payout::{PayoutRequest, Proof, Requested, request_proved};
use crate::base::id::ShopperId;
use crate::db::payouts::payout_list_by_requests;
use crate::db::second_factors::factor_find;
use crate::db::tokens::Owner;
use crate::service::accounts::check_code;
use crate::service::limits::Limits;
use crate::service::record_click::prefix;
use crate::service::{App, Outcome};

/// What comes along with a request.
#[derive(Debug, Clone, Default)]
pub struct Confirmation {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// A code of the second factor; empty for none.
    pub code: String,
}

/// Whether a shopper's payouts take a code.
///
/// # Errors
/// The database's failures.
pub async fn takes_code(app: &App, shopper: ShopperId) -> Outcome<bool> {
    let found = app.db.read(move |conn| factor_find(conn, Owner::Shopper(shopper))).await?;
    Ok(found.is_some_and(|row| row.confirmed_at.is_some()))
}

/// Requests a payout. The code is used up with it: a request that is refused leaves it, and a repeat of one that was made
/// asks for none.
///
/// # Errors
/// As [`super::request_payout::request_payout`]; `code_needed` without the code where the shopper has a second factor;
/// `wrong_code`; [`ServiceError::TooMany`].
pub async fn confirm_payout(
    app: &App,
    limits: &Limits,
    request: PayoutRequest,
    said: Confirmation,
) -> Outcome<Requested> {
    let (shopper, key) = (request.shopper, request.key.clone());
    let mut proof = Proof::default();
    if !said.code.trim().is_empty() && takes_code(app, shopper).await? {
        let made = app.db.read(move |conn| payout_list_by_requests(conn, vec![shopper], vec![key])).await?;
        if made.is_empty() {
            proof.code = Some(check_code(app, limits, Owner::Shopper(shopper), &said.code).await?);
        }
    }
    // Kept only where a rule asks for it.
    if app.config.payouts.review.network_accounts > 0 {
        proof.network = said.ip.map(|ip| app.master.fingerprint("payout-network", &prefix(ip)));
    }
    request_proved(app, request, proof).await
}
