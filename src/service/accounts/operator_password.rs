//! An operator who is signed in sets another password.

use serde_json::json;

use super::{Caller, account_of, with_password};
use crate::base::Secret;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::operators::operator_set_password;
use crate::db::tokens::{Owner, token_revoke_all, token_revoke_other_sessions};
use crate::domain::access::{Actor, TokenKind};
use crate::domain::email::Email;
use crate::service::limits::Limits;
use crate::service::{App, Outcome, ServiceError, password};

/// Replaces the password of the asker, who has to know the old one. All other sessions end, and codes that were
/// mailed; API tokens stay. Gives how many
/// sessions ended.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is no operator in a session; [`ServiceError::Refused`] `wrong_password`;
/// [`ServiceError::TooMany`]; [`ServiceError::Invalid`] for the new password.
pub async fn operator_change_password(
    app: &App,
    limits: &Limits,
    caller: &Caller,
    old: &Secret,
    new: &Secret,
) -> Outcome<usize> {
    let Actor::Operator(id, _) = caller.actor else { return Err(ServiceError::Forbidden) };
    let account = with_password(limits, account_of(app, caller).await?, old).await?;
    let email = Email::parse(&account.email).map_err(ServiceError::internal)?;
    password::check_rules(new, &email)?;
    let hash = password::hash(new).await?;
    let (session, now) = (caller.token, app.clock.now());
    let audit = AuditRow::new(now, &caller.actor, "operator.password", format!("operator/{id}"), &json!({}));
    app.db
        .write(Lane::House, move |conn| {
            if !operator_set_password(conn, id, &account.hash, &hash)? {
                return Err(ServiceError::conflict("changed_meanwhile", "the password was changed meanwhile"));
            }
            token_revoke_all(conn, Owner::Operator(id), Some(TokenKind::EmailConfirm), now)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(token_revoke_other_sessions(conn, Owner::Operator(id), session, now)?)
        })
        .await
}
