//! What everybody does with an account of one's own, whoever it is: another password, another address, and an end to sessions.

use minijinja::value::Value;
use serde::{Deserialize, Serialize};

use crate::base::id::TokenId;
use crate::base::{Secret, Timestamp};
use crate::http::caller::ended_cookie;
use crate::http::page::{PageResult, Visitor, of};
use crate::http::{ClientIp, HttpResult};
use crate::service::accounts;
use crate::service::limits::Limits;

/// A session of the account.
#[derive(Serialize)]
struct Session {
    id: TokenId,
    created_at: Timestamp,
    /// The one that asks.
    current: bool,
}

/// The sessions that are open, the newest first.
pub(in crate::http::page) async fn sessions(visitor: &Visitor) -> HttpResult<Value> {
    let caller = visitor.signed_in()?;
    let open = accounts::session_list(&visitor.app, &caller.actor).await?.into_iter();
    let shown = open.map(|row| Session { id: row.id, created_at: row.created_at, current: row.id == caller.token });
    Ok(of(shown.collect::<Vec<Session>>()))
}

#[derive(Deserialize)]
pub(in crate::http::page) struct PasswordForm {
    old_password: Secret,
    password: Secret,
}

/// Sets another password; all other sessions end.
pub(in crate::http::page) async fn change_password(
    visitor: &Visitor,
    limits: &Limits,
    client: ClientIp,
    form: &PasswordForm,
) -> HttpResult<()> {
    let caller = visitor.signed_in()?;
    limits.code(client.0)?;
    accounts::change_own_password(&visitor.app, limits, caller, &form.old_password, &form.password).await?;
    Ok(())
}

#[derive(Deserialize)]
pub(in crate::http::page) struct EmailForm {
    pub(in crate::http::page) email: String,
    email_password: Secret,
}

/// Asks to move to another address.
pub(in crate::http::page) async fn change_email(
    visitor: &Visitor,
    limits: &Limits,
    client: ClientIp,
    form: &EmailForm,
) -> HttpResult<()> {
    let caller = visitor.signed_in()?;
    limits.code(client.0)?;
    Ok(accounts::change_email(&visitor.app, limits, caller, &form.email, &form.email_password).await?)
}

/// Ends all sessions, this one too.
pub(in crate::http::page) async fn sign_out_everywhere(visitor: &Visitor, extensions_too: bool) -> PageResult {
    accounts::sign_out_everywhere(&visitor.app, visitor.signed_in()?, extensions_too).await?;
    Ok(visitor.go_saying("/", "signed-out").cookie(ended_cookie(&visitor.app)).finish())
}

/// Ends one other session, and goes back to `page`.
pub(in crate::http::page) async fn end_session(visitor: &Visitor, id: TokenId, page: &str) -> PageResult {
    accounts::token_revoke(&visitor.app, &visitor.signed_in()?.actor, id).await?;
    Ok(visitor.go_saying(page, "session-ended").finish())
}
