//! A shopper who is signed in moves to another address: the code goes to the new one, and the old one is told.

use super::by_letter::{Answer, Asked, ask, code};
use super::letters::{self, Purpose};
use super::{Caller, own_session, read_email};
use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::db::shoppers::{shopper_find, shopper_find_by_email};
use crate::db::tokens::Owner;
use crate::domain::access::AccountStatus;
use crate::domain::email::Email;
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError};

/// Asks for another address. Nothing changes until the code that goes there comes back, with the password. The answer
/// does not tell whether the address has an account: the letter does.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is no shopper in a session; [`ServiceError::Refused`] `wrong_password`;
/// [`ServiceError::TooMany`]; [`ServiceError::Invalid`] for the address.
pub async fn change_email(app: &App, limits: &Limits, caller: &Caller, email: &str, password: &Secret) -> Outcome<()> {
    let row = own_session(app, limits, caller, password).await?;
    let email = read_email(email)?;
    if row.email == email.as_str() {
        return Err(ServiceError::invalid("email", "is the address that the account has already"));
    }
    ask(app, &Asked::Change { shopper: row.id, email: email.as_str().to_owned() }).await
}

/// What a wish for another address leads to.
pub(super) async fn answer(app: &App, shopper: ShopperId, email: Email) -> Outcome<Answer> {
    let (site, now, address) = (app.public_url(""), app.clock.now(), email.as_str().to_owned());
    let found = app.db.read(move |conn| {
        Ok::<_, ServiceError>((shopper_find(conn, shopper)?, shopper_find_by_email(conn, &address)?))
    });
    let (Some(row), taken) = found.await? else { return Ok(Answer::default()) };
    if row.status != AccountStatus::Active {
        return Ok(Answer::default());
    }
    let old = Email::parse(&row.email).map_err(ServiceError::internal)?;
    let warning = letters::address_asked(old, row.language, &site, &email);
    if let Some(taken) = taken {
        let letter = letters::address_taken(email, taken.language, &site);
        return Ok(Answer { letters: vec![warning, letter], ..Answer::default() });
    }
    let (code, mut stored) = code(Owner::Shopper(shopper), Purpose::Change, now)?;
    stored.sent_to = Some(email.as_str().to_owned());
    let letter = letters::new_address(email, row.language, &site, &code);
    Ok(Answer { code: Some(stored), letters: vec![warning, letter], ..Answer::default() })
}
