//! Signing in with an address and a password. Unknown accounts cost the same work and get the same answer as a wrong
//! password.

use super::account::{Account, Door, account_find_by_email, account_set_password, operator_account};
use super::{SESSION_DAYS, digest, fresh_token, second_factor};
use crate::base::{Secret, Timestamp};
use crate::db::operators::{operator_find_by_email, operator_set_password};
use crate::db::second_factors::factor_find;
use crate::db::tokens::{Owner, TokenRow, token_count_try, token_find_by_digest, token_insert, token_revoke};
use crate::db::{DbError, Lane};
use crate::domain::access::{AccountStatus, TokenKind};
use crate::domain::email::Email;
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError, password};

/// How long a code of the second factor is waited for.
const CODE_MINUTES: i64 = 10;
/// The code of the refusal of half a session.
pub const CODE_OVER: &str = "code_over";
/// How many codes may be tried before the password is asked for again.
const CODE_TRIES: i64 = 5;

/// A fresh session, or the first half of one.
#[derive(Debug, Clone)]
pub struct Session {
    /// The token: shown once, stored only as a hash.
    pub token: Secret,
    /// The account has a second factor: the token opens nothing, and is good for [`sign_in_code`] alone.
    pub needs_code: bool,
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
    let known = known.map(|row| operator_account(row, app.config.language));
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
    let owner = known.owner;
    let factor = app.db.read(move |conn| factor_find(conn, owner)).await?;
    let needs_code = factor.is_some_and(|row| row.confirmed_at.is_some());
    let (session, row) = fresh(owner, needs_code, app.clock.now())?;
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
    Ok(session)
}

fn fresh(owner: Owner, needs_code: bool, now: Timestamp) -> Outcome<(Session, TokenRow)> {
    let (prefix, kind, expires_at) = match needs_code {
        true => ("kp_factor_", TokenKind::Factor, now.plus_seconds(CODE_MINUTES * 60)),
        false => ("kp_session_", TokenKind::Session, now.plus_days(SESSION_DAYS)),
    };
    let token = fresh_token(prefix)?;
    let row = TokenRow::new(digest(token.expose()), kind, owner, String::new(), now).until(Some(expires_at));
    Ok((Session { token, needs_code, expires_at, owner }, row))
}

/// Opens a session for whoever gave the password and has now the code of the second factor, or a recovery code.
///
/// # Errors
/// [`CODE_OVER`] when `half` is unknown, over, used, or was tried too often: the password is asked for again then; `wrong_code`;
/// [`ServiceError::TooMany`].
pub async fn sign_in_code(app: &App, limits: &Limits, half: &Secret, code: &str) -> Outcome<Session> {
    let (digest, now) = (digest(half.expose()), app.clock.now());
    let tried = app.db.write(Lane::House, move |conn| {
        let found = token_find_by_digest(conn, &digest)?;
        let waits = |row: &TokenRow| row.kind == TokenKind::Factor && row.is_live(now) && row.tries < CODE_TRIES;
        let Some(row) = found.filter(waits) else { return Ok(None) };
        Ok::<_, DbError>(token_count_try(conn, row.id, row.tries)?.then_some(row))
    });
    let row = tried.await?.ok_or_else(code_over)?;
    let owner = row.owner();
    let taken = second_factor::check(app, limits, owner, code).await?;
    let (session, opened) = fresh(owner, false, now)?;
    app.db
        .write(Lane::House, move |conn| {
            taken.take(conn)?;
            if !token_revoke(conn, owner, row.id, now)? {
                return Err(code_over());
            }
            token_insert(conn, &opened).map_err(ServiceError::from)
        })
        .await?;
    Ok(session)
}

fn code_over() -> ServiceError {
    ServiceError::refused(CODE_OVER, "the time for the code is over, or it was tried too often; sign in again")
}
