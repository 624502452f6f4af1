//! A forgotten password: a code goes to the address, and whoever has it sets a new password.

use super::by_letter::{Answer, Asked, ask, code};
use super::confirm_email::code_use_in_tx;
use super::letters::{self, Purpose};
use super::{digest, read_email};
use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::db::Lane;
use crate::db::shoppers::{shopper_confirm_email, shopper_find, shopper_find_by_email, shopper_set_password};
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
    let email = read_email(email)?;
    ask(app, &Asked::Reset { email: email.as_str().to_owned() }).await
}

/// What a wish for a new password leads to.
pub(super) async fn answer(app: &App, email: Email) -> Outcome<Answer> {
    let (now, address) = (app.clock.now(), email.as_str().to_owned());
    let known = app.db.read(move |conn| shopper_find_by_email(conn, &address)).await?;
    let Some(known) = known.filter(|row| row.status == AccountStatus::Active) else { return Ok(Answer::default()) };
    let (code, row) = code(known.id, Purpose::Reset, now)?;
    let letter = letters::reset(email, known.language, &app.public_url(""), &code);
    Ok(Answer { code: Some(row), letters: vec![letter], ..Answer::default() })
}

/// Sets a new password by a mailed code. Every session, API token and code of the shopper ends, and the address counts
/// as confirmed: the code came from there.
///
/// # Errors
/// [`ServiceError::Refused`] `code_not_valid`; [`ServiceError::Invalid`] for the password.
pub async fn password_reset_finish(app: &App, code: &str, new: &Secret) -> Outcome<ShopperId> {
    let code = digest(code.trim());
    let lookup = code.clone();
    let email = app
        .db
        .read(move |conn| {
            let owner = token_find_by_digest(conn, &lookup)?.map(|row| row.owner());
            match owner {
                Some(Owner::Shopper(id)) => Ok::<_, ServiceError>(shopper_find(conn, id)?.map(|row| row.email)),
                Some(Owner::Partner(_) | Owner::Operator(_)) | None => Ok(None),
            }
        })
        .await?;
    if let Some(email) = email.as_deref().and_then(|email| Email::parse(email).ok()) {
        password::check_rules(new, &email)?;
    }
    let hash = password::hash(new).await?;
    let now = app.clock.now();
    app.db
        .write(Lane::House, move |conn| {
            let Owner::Shopper(shopper) = code_use_in_tx(conn, &code, &[Purpose::Reset], now)?.owner() else {
                return Err(ServiceError::NotFound("shopper"));
            };
            let row = shopper_find(conn, shopper)?.ok_or(ServiceError::NotFound("shopper"))?;
            shopper_set_password(conn, shopper, &row.password_hash, &hash)?;
            shopper_confirm_email(conn, shopper, now)?;
            token_revoke_all(conn, Owner::Shopper(shopper), None, now)?;
            Ok(shopper)
        })
        .await
}
