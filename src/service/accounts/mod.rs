//! Accounts: shoppers, operators, partners' programs, and how each proves who it is. One verb a file.

mod authenticate;
mod confirm_email;
mod letters;
mod operator_add;
mod operator_change;
mod password_reset;
mod shopper_add;
mod shopper_block;
mod sign_in;
mod sign_out;
mod sign_up;
mod tokens;

pub use authenticate::{Caller, Who, authenticate, whoami};
pub use confirm_email::confirm_email;
pub use operator_add::operator_add;
pub use operator_change::{operator_set_role, operator_set_status};
pub use password_reset::{password_reset_ask, password_reset_finish};
pub use shopper_add::shopper_add;
pub use shopper_block::shopper_set_status;
pub use sign_in::{Session, operator_sign_in, shopper_sign_in};
pub use sign_out::{sign_out, sign_out_everywhere};
pub use sign_up::{SignUp, sign_up};
pub use tokens::{
    IssuedToken, TokenWanted, operator_token_create, partner_token_create, partner_token_list, partner_token_revoke,
    token_create, token_list, token_revoke, tokens_purge,
};

use super::error::{Outcome, ServiceError};
use crate::base::Secret;
use crate::base::secret::sha256_hex;
use crate::db::tokens::Owner;
use crate::domain::access::{Actor, Permission};
use crate::domain::email::Email;

/// How long a session lasts.
const SESSION_DAYS: i64 = 30;
/// How long a code that was mailed is good for.
const CODE_HOURS: i64 = 48;

/// Refuses whoever lacks an operators' permission. Every service that acts for operators asks this itself, so that no
/// way in can forget it.
///
/// # Errors
/// [`ServiceError::Forbidden`].
pub fn require(actor: &Actor, permission: Permission) -> Outcome<()> {
    if actor.may(permission) { Ok(()) } else { Err(ServiceError::Forbidden) }
}

fn read_email(text: &str) -> Outcome<Email> {
    Email::parse(text).map_err(|problem| ServiceError::invalid("email", problem.to_string()))
}

/// A fresh token of 256 random bits behind a prefix that tells what it is.
fn fresh_token(prefix: &str) -> Outcome<Secret> {
    let random = Secret::random(32).map_err(ServiceError::internal)?;
    Ok(Secret::new(format!("{prefix}{}", random.expose())))
}

/// How a token is stored: it has 256 random bits, so a plain hash is enough.
fn digest(token: &str) -> String {
    sha256_hex(token.as_bytes())
}

/// The owner of tokens behind an actor; the console has none.
fn owner_of(actor: &Actor) -> Outcome<Owner> {
    match actor {
        Actor::Shopper(id) => Ok(Owner::Shopper(*id)),
        Actor::Partner(id) => Ok(Owner::Partner(*id)),
        Actor::Operator(id, _) => Ok(Owner::Operator(*id)),
        Actor::Console => Err(ServiceError::Forbidden),
    }
}
