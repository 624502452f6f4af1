//! The shopper's own account: language, letters, password, address, sessions.

use std::collections::BTreeMap;

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::{Deserialize, Serialize};

use super::own::{self, EmailForm, PasswordForm};
use crate::base::id::TokenId;
use crate::domain::notice::NoticeKind;
use crate::domain::reason::Language;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts;
use crate::service::limits::Limits;
use crate::service::notices::{notices_find, notices_set};

const TEMPLATE: &str = "account.html";
const PAGE: &str = "/account";

/// Whether letters about something are wanted.
#[derive(Serialize)]
struct Switch {
    kind: NoticeKind,
    on: bool,
}

async fn values(visitor: &Visitor) -> HttpResult<Value> {
    let (shopper, caller) = (visitor.shopper()?, visitor.signed_in()?);
    let sessions = own::sessions(visitor).await?;
    let on = notices_find(&visitor.app, shopper).await?;
    let notices: Vec<Switch> =
        NoticeKind::ALL.iter().map(|kind| Switch { kind: *kind, on: on.contains(kind) }).collect();
    let factor = accounts::factor_state(&visitor.app, &caller.actor).await?.on;
    Ok(context! { sessions => sessions, notices => of(notices), factor => factor, failed => "" })
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
    Ok(visitor.go_saying(PAGE, "language-set").cookie(visitor.language_cookie(form.language)).finish())
}

/// Sets which news come by letter: those whose box is ticked.
pub(in crate::http::page) async fn notices(
    visitor: Visitor,
    ticked: web::Form<BTreeMap<String, String>>,
) -> PageResult {
    let on: Vec<NoticeKind> =
        NoticeKind::ALL.iter().copied().filter(|kind| ticked.contains_key(kind.as_str())).collect();
    notices_set(&visitor.app, visitor.shopper()?, &on).await?;
    Ok(visitor.go_saying(PAGE, "notices-set").finish())
}

/// Sets another password; all other sessions end.
pub(in crate::http::page) async fn password(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<PasswordForm>,
) -> PageResult {
    visitor.shopper()?;
    match own::change_password(&visitor, &limits, client, &form).await {
        Ok(()) => Ok(visitor.go_saying(PAGE, "password-changed").finish()),
        Err(error) => again(&visitor, "password", Fields::default(), error).await,
    }
}

/// Asks to move to another address.
pub(in crate::http::page) async fn email(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<EmailForm>,
) -> PageResult {
    visitor.shopper()?;
    match own::change_email(&visitor, &limits, client, &form).await {
        Ok(()) => Ok(visitor.go("/letter").finish()),
        Err(error) => again(&visitor, "email", Fields::typed([("email", &form.email)]), error).await,
    }
}

/// Ends all sessions, this one too; with the box ticked, also browsers that have the extension.
pub(in crate::http::page) async fn sign_out_everywhere(
    visitor: Visitor,
    ticked: web::Form<BTreeMap<String, String>>,
) -> PageResult {
    visitor.shopper()?;
    own::sign_out_everywhere(&visitor, ticked.contains_key("extension")).await
}

/// Ends one other session.
pub(in crate::http::page) async fn end_session(visitor: Visitor, id: web::Path<TokenId>) -> PageResult {
    visitor.shopper()?;
    own::end_session(&visitor, id.into_inner(), PAGE).await
}
