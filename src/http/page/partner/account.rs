//! The own account of somebody who acts for a partner: language, password, sessions.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::Secret;
use crate::base::id::TokenId;
use crate::db::tokens::{Owner, token_list};
use crate::domain::access::{Actor, TokenKind};
use crate::domain::reason::Language;
use crate::http::caller::ended_cookie;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::accounts::{self, Caller};
use crate::service::limits::Limits;

const TEMPLATE: &str = "partner_account.html";
const PAGE: &str = "/partner/account";
/// How many sessions are shown, the newest first.
const SESSIONS: i64 = 50;

fn caller(visitor: &Visitor) -> HttpResult<&Caller> {
    visitor.partner()?;
    Ok(visitor.caller.as_ref().ok_or(ServiceError::Unauthenticated)?)
}

async fn values(visitor: &Visitor) -> HttpResult<Value> {
    let caller = caller(visitor)?;
    let Actor::Person(person, _) = caller.actor else { return Err(ServiceError::Forbidden.into()) };
    let (now, own) = (visitor.now(), caller.token);
    let listed = visitor.app.db.read(move |conn| {
        token_list(conn, Owner::Person(person), TokenKind::Session, None, SESSIONS).map_err(HttpError::from)
    });
    let live = listed.await?.into_iter().filter(|row| row.is_live(now));
    let sessions: Vec<Value> = live
        .map(|row| context! { id => row.id.to_string(), created_at => of(row.created_at), current => row.id == own })
        .collect();
    Ok(context! { sessions => sessions })
}

/// The account.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct LanguageForm {
    language: Language,
}

/// Sets the language of letters and pages.
pub(in crate::http::page) async fn language(visitor: Visitor, form: web::Form<LanguageForm>) -> PageResult {
    accounts::person_change_language(&visitor.app, caller(&visitor)?, form.language).await?;
    Ok(visitor.go_saying(PAGE, "language-set").cookie(visitor.language_cookie(form.language)).finish())
}

#[derive(Deserialize)]
pub(in crate::http::page) struct PasswordForm {
    old_password: Secret,
    password: Secret,
}

/// Sets another password; all other sessions end.
pub(in crate::http::page) async fn password(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<PasswordForm>,
) -> PageResult {
    let done = async {
        let caller = caller(&visitor)?;
        limits.code(client.0)?;
        let (old, new) = (&form.old_password, &form.password);
        accounts::change_password(&visitor.app, &limits, caller, old, new).await.map_err(HttpError::from)
    };
    match done.await {
        Ok(_ended) => Ok(visitor.go_saying(PAGE, "password-changed").finish()),
        Err(error) => {
            let values = values(&visitor).await?;
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
    }
}

/// Ends all sessions, this one too.
pub(in crate::http::page) async fn sign_out_everywhere(visitor: Visitor) -> PageResult {
    accounts::sign_out_everywhere(&visitor.app, caller(&visitor)?).await?;
    Ok(visitor.go_saying("/", "signed-out").cookie(ended_cookie(&visitor.app)).finish())
}

/// Ends one other session.
pub(in crate::http::page) async fn end_session(visitor: Visitor, id: web::Path<TokenId>) -> PageResult {
    accounts::token_revoke(&visitor.app, &caller(&visitor)?.actor, id.into_inner()).await?;
    Ok(visitor.go_saying(PAGE, "session-ended").finish())
}
