//! Somebody who is signed in sets another password.

use super::account::account_set_password;
use super::by_letter::letter_job;
use super::{Caller, letters, operator_change_password, own_account};
use crate::base::Secret;
use crate::db::Lane;
use crate::db::jobs::job_enqueue;
use crate::db::tokens::{token_revoke_all, token_revoke_other_sessions};
use crate::domain::access::{Actor, TokenKind};
use crate::domain::email::Email;
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError, password};

/// Replaces the password of the asker, who has to know the old one. All other sessions end, and all codes that were
/// mailed; a letter tells the address. API tokens stay. Gives how many sessions ended.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever has no session of a shopper or a partner's person; [`ServiceError::Refused`] `wrong_password`;
/// [`ServiceError::TooMany`]; [`ServiceError::Invalid`] for the new password.
pub async fn change_password(
    app: &App,
    limits: &Limits,
    caller: &Caller,
    old: &Secret,
    new: &Secret,
) -> Outcome<usize> {
    let account = own_account(app, limits, caller, old).await?;
    let email = Email::parse(&account.email).map_err(ServiceError::internal)?;
    password::check_rules(new, &email)?;
    let hash = password::hash(new).await?;
    let letter = letter_job(app, &letters::password_changed(email, account.language, &app.public_url("")))?;
    let (owner, session, now) = (account.owner, caller.token, app.clock.now());
    app.db
        .write(Lane::House, move |conn| {
            if !account_set_password(conn, &account, &hash)? {
                return Err(ServiceError::conflict("changed_meanwhile", "the password was changed meanwhile"));
            }
            for code in [TokenKind::EmailConfirm, TokenKind::ExtensionCode] {
                token_revoke_all(conn, owner, Some(code), now)?;
            }
            job_enqueue(conn, &letter)?;
            Ok(token_revoke_other_sessions(conn, owner, session, now)?)
        })
        .await
}

/// The same for whoever has a password, operators too, whose trail notes it.
///
/// # Errors
/// As [`change_password`].
pub async fn change_own_password(
    app: &App,
    limits: &Limits,
    caller: &Caller,
    old: &Secret,
    new: &Secret,
) -> Outcome<usize> {
    match caller.actor {
        Actor::Operator(..) => operator_change_password(app, limits, caller, old, new).await,
        Actor::Shopper(_) | Actor::Person(..) | Actor::Partner(_) | Actor::Console => {
            change_password(app, limits, caller, old, new).await
        }
    }
}
