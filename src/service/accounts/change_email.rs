//! A shopper or an operator who is signed in moves to another address: the code goes to the new one, and the old one is told.

use super::account::{Account, account_find_any};
use super::by_letter::{Answer, Asked, ask, code, read};
use super::letters::{self, Purpose};
use super::{Caller, account_of, operator_letters, read_email, with_password};
use crate::base::Secret;
use crate::db::Conn;
use crate::db::operators::operator_find_by_email;
use crate::db::shoppers::shopper_find_by_email;
use crate::db::tokens::Owner;
use crate::domain::access::AccountStatus;
use crate::domain::email::Email;
use crate::domain::reason::Language;
use crate::service::limits::Limits;
use crate::service::outbox::Letter;
use crate::service::{App, Outcome, ServiceError};

/// Asks for another address. Nothing changes until the code that goes there comes back, with the password. The answer
/// does not tell whether the address has an account: the letter does.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is no shopper and no operator in a session; [`ServiceError::Refused`] `wrong_password`;
/// [`ServiceError::TooMany`]; [`ServiceError::Invalid`] for the address.
pub async fn change_email(app: &App, limits: &Limits, caller: &Caller, email: &str, password: &Secret) -> Outcome<()> {
    let account = account_of(app, caller).await?;
    if !matches!(account.owner, Owner::Shopper(_) | Owner::Operator(_)) {
        return Err(ServiceError::Forbidden);
    }
    let account = with_password(limits, account, password).await?;
    let email = read_email(email)?;
    if account.email == email.as_str() {
        return Err(ServiceError::invalid("email", "is the address that the account has already"));
    }
    let email = email.as_str().to_owned();
    let asked = match account.owner {
        Owner::Shopper(shopper) => Asked::Change { shopper, email },
        Owner::Operator(operator) => Asked::ChangeOperator { operator, email },
        Owner::Person(_) | Owner::Partner(_) => return Err(ServiceError::Forbidden),
    };
    ask(app, &asked).await
}

/// The language of the account that has an address already, among those of the owner's kind.
pub(super) fn holder(conn: &mut Conn, owner: Owner, email: &str, language: Language) -> Outcome<Option<Language>> {
    Ok(match owner {
        Owner::Shopper(_) => shopper_find_by_email(conn, email)?.map(|row| row.language),
        Owner::Operator(_) => operator_find_by_email(conn, email)?.map(|_row| language),
        Owner::Person(_) | Owner::Partner(_) => None,
    })
}

/// What a wish for another address leads to.
pub(super) async fn answer(app: &App, owner: Owner, email: Email) -> Outcome<Answer> {
    let (site, now, address, language) =
        (app.public_url(""), app.clock.now(), email.as_str().to_owned(), app.config.language);
    let found = app.db.read(move |conn| {
        Ok::<_, ServiceError>((account_find_any(conn, owner, language)?, holder(conn, owner, &address, language)?))
    });
    let (Some(account), taken) = found.await? else { return Ok(Answer::default()) };
    if account.status != AccountStatus::Active {
        return Ok(Answer::default());
    }
    let warning = warning(&account, &site, &email)?;
    if let Some(theirs) = taken {
        let letter = letters::address_taken(email, theirs, &site);
        return Ok(Answer { letters: vec![warning, letter], ..Answer::default() });
    }
    let (code, mut stored) = code(owner, Purpose::Change, now)?;
    stored.sent_to = Some(email.as_str().to_owned());
    let letter = letters::new_address(email, account.language, &site, &code);
    Ok(Answer { code: Some(stored), letters: vec![warning, letter], ..Answer::default() })
}

fn warning(account: &Account, site: &str, new: &Email) -> Outcome<Letter> {
    let old = read(&account.email)?;
    Ok(match account.owner {
        Owner::Operator(_) => operator_letters::address_asked(old, account.language, site, new),
        Owner::Shopper(_) | Owner::Person(_) | Owner::Partner(_) => {
            letters::address_asked(old, account.language, site, new)
        }
    })
}
