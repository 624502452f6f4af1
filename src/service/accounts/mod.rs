//! Accounts: shoppers, operators, partners' programs, and how each proves who it is. One verb a file.

mod account;
mod application_decide;
mod apply;
mod arrive;
mod authenticate;
mod by_letter;
mod change_email;
mod change_language;
mod change_password;
mod confirm_email;
mod erase_account;
mod forget_unconfirmed;
mod letters;
mod operator_add;
mod operator_change;
mod operator_letters;
mod operator_password;
mod password_reset;
mod person_add;
mod person_language;
mod person_letters;
mod person_status;
mod second_factor;
mod shopper_add;
mod shopper_block;
mod sign_in;
mod sign_out;
mod sign_up;
mod tokens;

pub(super) use account::still_here;
pub use application_decide::{Verdict, application_decide};
pub use apply::{Application, apply};
pub(super) use authenticate::authenticate_with_row;
pub use authenticate::{Caller, Callers, Who, authenticate, whoami};
pub(super) use by_letter::letter_job;
pub use by_letter::{answer_by_letter, post_letter};
pub use change_email::change_email;
pub use change_language::change_language;
pub use change_password::{change_own_password, change_password};
pub use confirm_email::confirm_email;
pub use erase_account::{Farewell, erase_account};
pub use forget_unconfirmed::unconfirmed_purge;
pub use operator_add::operator_add;
pub use operator_change::{operator_set_role, operator_set_status};
pub use operator_password::operator_change_password;
pub use password_reset::{password_reset_ask, password_reset_finish, person_password_reset_ask};
pub use person_add::{NewPerson, person_add, person_invite};
pub use person_language::person_change_language;
pub use person_status::person_set_status;
pub use second_factor::{
    FactorOffer, FactorState, factor_begin, factor_confirm, factor_off, factor_offer, factor_remove, factor_state,
};
pub(super) use second_factor::{Taken, asked_code, check as check_code};
pub use shopper_add::shopper_add;
pub use shopper_block::shopper_set_status;
pub use sign_in::{CODE_OVER, Session, operator_sign_in, person_sign_in, shopper_sign_in, sign_in_code};
pub use sign_out::{sign_out, sign_out_everywhere};
pub use sign_up::{SignUp, sign_up};
pub use tokens::{
    IssuedToken, TokenWanted, operator_token_create, partner_token_create, partner_token_list, partner_token_revoke,
    session_list, token_create, token_list, token_revoke, tokens_purge,
};

use super::error::{Outcome, ServiceError};
use crate::base::Secret;
use crate::base::id::PartnerId;
use crate::base::secret::sha256_hex;
use crate::db::tokens::Owner;
use crate::domain::access::{Actor, Permission};
use crate::domain::email::Email;
pub(super) use account::own_session as proved_shopper;
use account::{account_of, own_account, with_password};

/// How long a session lasts.
const SESSION_DAYS: i64 = 30;
/// How long a code that was mailed is good for.
const CODE_HOURS: i64 = 48;

/// The code of the refusal of a password, where it is known whose it should be.
const WRONG_PASSWORD: &str = "wrong_password";

/// Refuses whoever neither acts for this partner in person nor has the operators' permission: what a partner's people may do
/// for it, and its programs may not.
///
/// # Errors
/// [`ServiceError::Forbidden`].
pub fn require_of(actor: &Actor, partner: PartnerId, permission: Permission) -> Outcome<()> {
    match actor {
        Actor::Person(_, own) if *own == partner => Ok(()),
        Actor::Person(..) | Actor::Shopper(_) | Actor::Partner(_) | Actor::Operator(..) | Actor::Console => {
            require(actor, permission)
        }
    }
}

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
pub(super) fn fresh_token(prefix: &str) -> Outcome<Secret> {
    let random = Secret::random(32).map_err(ServiceError::internal)?;
    Ok(Secret::new(format!("{prefix}{}", random.expose())))
}

/// How a token is stored: it has 256 random bits, so a plain hash is enough.
pub(super) fn digest(token: &str) -> String {
    sha256_hex(token.as_bytes())
}

/// The owner of tokens behind an actor; the console has none.
fn owner_of(actor: &Actor) -> Outcome<Owner> {
    match actor {
        Actor::Shopper(id) => Ok(Owner::Shopper(*id)),
        Actor::Partner(id) => Ok(Owner::Partner(*id)),
        Actor::Operator(id, _) => Ok(Owner::Operator(*id)),
        Actor::Person(id, _) => Ok(Owner::Person(*id)),
        Actor::Console => Err(ServiceError::Forbidden),
    }
}
