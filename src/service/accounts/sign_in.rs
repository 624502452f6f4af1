//! Signing in with an address and a password. Unknown accounts cost the same work and get the same answer as a wrong
//! password.

use super::account::{Account, Door, account_find_by_email, account_set_password};
use super::{SESSION_DAYS, digest, fresh_token};
use crate::base::{Secret, Timestamp};
use crate::db::Lane;
use crate::db::operators::{operator_find_by_email, operator_set_password};
use crate::db::tokens::{Owner, TokenRow, token_insert};
use crate::domain::access::{AccountStatus, TokenKind};
use crate::domain::email::Email;
use crate::service::{App, Outcome, ServiceError, password};

/// A fresh session.
#[derive(Debug, Clone)]
pub struct Session {
    /// The token: shown once, stored only as a hash.
    pub token: Secret,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Whose it is.
    pub owner: Owner,
}

/// Opens a session for a shopper.
///
/// # Errors
/// [`ServiceError::WrongCredentials`] for an unknown address, a wrong password and an address that was not
/// confirmed yet, all alike; [`ServiceError::Refused`] `account_blocked` once the password was right.
pub async fn shopper_sign_in(app: &App, email: &str, password: &Secret) -> Outcome<Session> {
    sign_in_at(app, Door::Shoppers, email, password).await
}

/// Opens a session for somebody who acts for a partner.
///
/// # Errors
/// As [`shopper_sign_in`].
pub async fn person_sign_in(app: &App, email: &str, password: &Secret) -> Outcome<Session> {
    sign_in_at(app, Door::Partners, email, password).await
}

async fn sign_in_at(app: &App, door: Door, email: &str, password: &Secret) -> Outcome<Session> {
    let known = match Email::parse(email) {
        Ok(email) => app.db.read(move |conn| account_find_by_email(conn, door, email.as_str())).await?,
        Err(_no_address) => None,
    };
    sign_in(app, known, password).await
}

/// Opens a session for an operator.
///
/// # Errors
/// As [`shopper_sign_in`].
pub async fn operator_sign_in(app: &App, email: &str, password: &Secret) -> Outcome<Session> {
    let known = match Email::parse(email) {
        Ok(email) => app.db.read(move |conn| operator_find_by_email(conn, email.as_str())).await?,
        Err(_no_address) => None,
    };
    let known = known.map(|row| Account {
        owner: Owner::Operator(row.id),
        email: row.email,
        hash: row.password_hash,
        language: app.config.language,
        status: row.status,
        confirmed: true,
    });
    sign_in(app, known, password).await
}

async fn sign_in(app: &App, known: Option<Account>, given: &Secret) -> Outcome<Session> {
    let check = password::check(given, known.as_ref().map(|known| known.hash.as_str())).await?;
    let known = match (known, check) {
        (Some(known), password::Check::Right | password::Check::RightButOld) if known.confirmed => known,
        (Some(_) | None, password::Check::Right | password::Check::RightButOld | password::Check::Wrong) => {
            return Err(ServiceError::WrongCredentials);
        }
    };
    if known.status == AccountStatus::Blocked {
        return Err(ServiceError::refused("account_blocked", "this account is blocked; write to support"));
    }
    let newer = if check == password::Check::RightButOld { Some(password::hash(given).await?) } else { None };
    open(app, known, newer).await
}

async fn open(app: &App, known: Account, newer_hash: Option<String>) -> Outcome<Session> {
    let now = app.clock.now();
    let token = fresh_token("kp_session_")?;
    let expires_at = now.plus_days(SESSION_DAYS);
    let owner = known.owner;
    let row = TokenRow::new(digest(token.expose()), TokenKind::Session, owner, String::new(), now);
    let row = row.until(Some(expires_at));
    app.db
        .write(Lane::House, move |conn| {
            if let Some(newer) = &newer_hash {
                match owner {
                    Owner::Operator(id) => operator_set_password(conn, id, &known.hash, newer)?,
                    Owner::Shopper(_) | Owner::Person(_) | Owner::Partner(_) => {
                        account_set_password(conn, &known, newer)?
                    }
                };
            }
            Ok::<_, ServiceError>(token_insert(conn, &row)?)
        })
        .await?;
    Ok(Session { token, expires_at, owner })
}
