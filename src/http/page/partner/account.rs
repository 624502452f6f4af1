//! The own account of somebody who acts for a partner: language, password, sessions.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::id::TokenId;
use crate::domain::reason::Language;
use crate::http::page::account::own::{self, PasswordForm};
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpResult};
use crate::service::accounts;
use crate::service::limits::Limits;

const TEMPLATE: &str = "partner_account.html";
const PAGE: &str = "/partner/account";

async fn values(visitor: &Visitor) -> HttpResult<Value> {
    visitor.partner()?;
    Ok(context! { sessions => own::sessions(visitor).await? })
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
    visitor.partner()?;
    accounts::person_change_language(&visitor.app, visitor.signed_in()?, form.language).await?;
    Ok(visitor.go_saying(PAGE, "language-set").cookie(visitor.language_cookie(form.language)).finish())
}

/// Sets another password; all other sessions end.
pub(in crate::http::page) async fn password(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<PasswordForm>,
) -> PageResult {
    visitor.partner()?;
    match own::change_password(&visitor, &limits, client, &form).await {
        Ok(()) => Ok(visitor.go_saying(PAGE, "password-changed").finish()),
        Err(error) => {
            let values = values(&visitor).await?;
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
    }
}

/// Ends all sessions, this one too.
pub(in crate::http::page) async fn sign_out_everywhere(visitor: Visitor) -> PageResult {
    visitor.partner()?;
    own::sign_out_everywhere(&visitor, false).await
}

/// Ends one other session.
pub(in crate::http::page) async fn end_session(visitor: Visitor, id: web::Path<TokenId>) -> PageResult {
    visitor.partner()?;
    own::end_session(&visitor, id.into_inner(), PAGE).await
}
