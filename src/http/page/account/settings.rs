//! The shopper's own account: language, letters, password, address, sessions.

use std::collections::BTreeMap;

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::{Deserialize, Serialize};

use crate::base::id::TokenId;
use crate::base::{Secret, Timestamp};
use crate::db::tokens::{Owner, token_list};
use crate::domain::access::TokenKind;
use crate::domain::notice::NoticeKind;
use crate::domain::reason::Language;
use crate::http::caller::ended_cookie;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::accounts::{self, Caller};
use crate::service::limits::Limits;
use crate::service::notices::{notices_find, notices_set};

const TEMPLATE: &str = "account.html";
/// How many sessions are shown, the newest first.
const SESSIONS: i64 = 50;

/// A session of the shopper's.
#[derive(Serialize)]
struct Session {
    id: TokenId,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    /// The one that asks.
    current: bool,
}

/// Whether letters about something are wanted.
#[derive(Serialize)]
struct Switch {
    kind: NoticeKind,
    on: bool,
}

fn caller(visitor: &Visitor) -> HttpResult<&Caller> {
    visitor.shopper()?;
    Ok(visitor.caller.as_ref().ok_or(ServiceError::Unauthenticated)?)
}

async fn values(visitor: &Visitor) -> HttpResult<Value> {
    let (shopper, caller, now) = (visitor.shopper()?, caller(visitor)?, visitor.now());
    let listed = visitor.app.db.read(move |conn| {
        token_list(conn, Owner::Shopper(shopper), TokenKind::Session, None, SESSIONS).map_err(HttpError::from)
    });
    let live = listed.await?.into_iter().filter(|row| row.is_live(now));
    let sessions: Vec<Session> = live
        .map(|row| Session {
            id: row.id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            current: row.id == caller.token,
        })
        .collect();
    let on = notices_find(&visitor.app, shopper).await?;
    let notices: Vec<Switch> =
        NoticeKind::ALL.iter().map(|kind| Switch { kind: *kind, on: on.contains(kind) }).collect();
    let factor = accounts::factor_state(&visitor.app, &caller.actor).await?.on;
    Ok(context! { sessions => of(sessions), notices => of(notices), factor => factor, failed => "" })
}

/// The account.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

/// The page again, with what is wrong in the form named `failed`.
async fn again(visitor: &Visitor, failed: &'static str, typed: Fields, error: HttpError) -> PageResult {
    let values = values(visitor).await?;
    visitor.again(TEMPLATE, typed, error, context! { failed => failed, ..values })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct LanguageForm {
    language: Language,
}

/// Sets the language of letters and pages.
pub(in crate::http::page) async fn language(visitor: Visitor, form: web::Form<LanguageForm>) -> PageResult {
    accounts::change_language(&visitor.app, visitor.shopper()?, form.language).await?;
    Ok(visitor.go_saying("/account", "language-set").cookie(visitor.language_cookie(form.language)).finish())
}

/// Sets which news come by letter: those whose box is ticked.
pub(in crate::http::page) async fn notices(
    visitor: Visitor,
    ticked: web::Form<BTreeMap<String, String>>,
) -> PageResult {
    let on: Vec<NoticeKind> =
        NoticeKind::ALL.iter().copied().filter(|kind| ticked.contains_key(kind.as_str())).collect();
    notices_set(&visitor.app, visitor.shopper()?, &on).await?;
    Ok(visitor.go_saying("/account", "notices-set").finish())
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
        Ok(_ended) => Ok(visitor.go_saying("/account", "password-changed").finish()),
        Err(error) => again(&visitor, "password", Fields::default(), error).await,
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct EmailForm {
    email: String,
    email_password: Secret,
}

/// Asks to move to another address.
pub(in crate::http::page) async fn email(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<EmailForm>,
) -> PageResult {
    let done = async {
        let caller = caller(&visitor)?;
        limits.code(client.0)?;
        let asked = accounts::change_email(&visitor.app, &limits, caller, &form.email, &form.email_password);
        asked.await.map_err(HttpError::from)
    };
    match done.await {
        Ok(()) => Ok(visitor.go("/letter").finish()),
        Err(error) => again(&visitor, "email", Fields::typed([("email", &form.email)]), error).await,
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
    Ok(visitor.go_saying("/account", "session-ended").finish())
}
