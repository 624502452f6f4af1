//! A forgotten password: a code goes to the address, and whoever has it sets a new password.

use super::confirm_email::code_use_in_tx;
use super::letters::Purpose;
use super::sign_up::code_insert_in_tx;
use super::{digest, fresh_token, letters, read_email};
use crate::base::Secret;
use crate::base::id::ShopperId;
use crate::db::Lane;
use crate::db::shoppers::{shopper_confirm_email, shopper_find, shopper_find_by_email, shopper_set_password};
use crate::db::tokens::{Owner, token_find_by_digest, token_revoke_all};
use crate::domain::access::AccountStatus;
use crate::domain::email::Email;
use crate::service::outbox::Outbox;
use crate::service::{App, Outcome, ServiceError, password};

/// Sends a code to the address if it is a shopper's. The answer does not tell whether it is.
///
/// # Errors
/// [`ServiceError::Invalid`] for what is no address; the database's and the outbox's failures.
pub async fn password_reset_ask(app: &App, outbox: &Outbox, email: &str) -> Outcome<()> {
    let email = read_email(email)?;
    let code = fresh_token("")?;
    let (stored, address, now) = (digest(code.expose()), email.as_str().to_owned(), app.clock.now());
    let language = app
        .db
        .write(Lane::House, move |conn| {
            let known = shopper_find_by_email(conn, &address)?.filter(|row| row.status == AccountStatus::Active);
            let Some(known) = known else { return Ok::<_, ServiceError>(None) };
            code_insert_in_tx(conn, known.id, &stored, Purpose::Reset, now)?;
            Ok(Some(known.language))
        })
        .await?;
    match language {
        Some(language) => outbox.post(letters::reset(email, language, &outbox.public_url, &code), now).await,
        None => Ok(()),
    }
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
            let shopper = code_use_in_tx(conn, &code, Purpose::Reset, now)?;
            let row = shopper_find(conn, shopper)?.ok_or(ServiceError::NotFound("shopper"))?;
            shopper_set_password(conn, shopper, &row.password_hash, &hash)?;
            shopper_confirm_email(conn, shopper, now)?;
            token_revoke_all(conn, Owner::Shopper(shopper), None, now)?;
            Ok(shopper)
        })
        .await
}
