//! A forgotten password: a code goes to the address, and whoever has it sets a new password.

use super::account::{Door, account_find, account_find_by_email, account_set_password};
use super::arrive::arrive;
use super::by_letter::{Answer, Asked, ask, code};
use super::confirm_email::code_use_in_tx;
use super::letters::{self, Purpose};
use super::{digest, read_email};
use crate::base::Secret;
use crate::base::id::PartnerId;
use crate::db::Lane;
use crate::db::tokens::{Owner, token_find_by_digest, token_revoke_all};
use crate::domain::access::AccountStatus;
use crate::domain::email::Email;
use crate::service::{App, Outcome, ServiceError, password};

/// Asks for a code to be sent to the address if it is a shopper's. Neither the answer nor the work before it depends on
/// that.
///
/// # Errors
/// [`ServiceError::Invalid`] for what is no address; the database's failures.
pub async fn password_reset_ask(app: &App, email: &str) -> Outcome<()> {
    ask_at(app, Door::Shoppers, email).await
}

/// The same for those who act for a partner.
///
/// # Errors
/// As [`password_reset_ask`].
pub async fn person_password_reset_ask(app: &App, email: &str) -> Outcome<()> {
    ask_at(app, Door::Partners, email).await
}

async fn ask_at(app: &App, door: Door, email: &str) -> Outcome<()> {
    let email = read_email(email)?;
    ask(app, &Asked::Reset { email: email.as_str().to_owned(), door }).await
}

/// What a wish for a new password leads to.
pub(super) async fn answer(app: &App, door: Door, email: Email) -> Outcome<Answer> {
    let (now, address) = (app.clock.now(), email.as_str().to_owned());
    let known = app.db.read(move |conn| account_find_by_email(conn, door, &address)).await?;
    let Some(known) = known.filter(|row| row.status == AccountStatus::Active) else { return Ok(Answer::default()) };
    let (code, row) = code(known.owner, Purpose::Reset, now)?;
    let letter = letters::reset(email, known.language, &app.public_url(""), &code);
    Ok(Answer { code: Some(row), letters: vec![letter], ..Answer::default() })
}

/// Sets a new password by a mailed code. Every session, API token and code of the account ends, and the address counts
/// as confirmed: the code came from there. Gives whose account it is.
///
/// # Errors
/// [`ServiceError::Refused`] `code_not_valid`; [`ServiceError::Invalid`] for the password.
pub async fn password_reset_finish(app: &App, code: &str, new: &Secret) -> Outcome<Owner> {
    let code = digest(code.trim());
    let lookup = code.clone();
    let account = app.db.read(move |conn| match token_find_by_digest(conn, &lookup)? {
        Some(row) => account_find(conn, row.owner()),
        None => Ok(None),
    });
    if let Some(email) = account.await?.and_then(|account| Email::parse(&account.email).ok()) {
        password::check_rules(new, &email)?;
    }
    let hash = password::hash(new).await?;
    let (now, fresh) = (app.clock.now(), PartnerId::new());
    let owner = app.db.write(Lane::House, move |conn| {
        let owner = code_use_in_tx(conn, &code, &[Purpose::Reset], now)?.owner();
        let account = account_find(conn, owner)?.ok_or(ServiceError::NotFound("account"))?;
        account_set_password(conn, &account, &hash)?;
        arrive(conn, owner, fresh, now)?;
        token_revoke_all(conn, owner, None, now)?;
        Ok::<_, ServiceError>(owner)
    });
    let owner = owner.await?;
    if matches!(owner, Owner::Person(_)) {
        app.reload_catalogue().await?;
    }
    Ok(owner)
}
