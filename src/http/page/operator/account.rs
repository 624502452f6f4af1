//! The operator's own account: another password, another address, letters about alarms.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::domain::access::Permission;
use crate::domain::reason::Language;
use crate::http::page::account::own::{self, EmailForm, PasswordForm};
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpResult};
use crate::service::limits::Limits;
use crate::service::watch::{alarm_letters, alarm_letters_set};

const TEMPLATE: &str = "operator_account.html";
const PAGE: &str = "/operator/account";

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor).await?;
    visitor.page(TEMPLATE, values)
}

async fn values(visitor: &Visitor) -> HttpResult<Value> {
    let letters = alarm_letters(&visitor.app, visitor.operator(Permission::Look)?).await?;
    Ok(context! { failed => "", letters => letters.map_or("none", Language::as_str) })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct LettersForm {
    letters: String,
}

/// Turns letters about alarms on or off.
pub(in crate::http::page) async fn letters(visitor: Visitor, form: web::Form<LettersForm>) -> PageResult {
    let actor = visitor.operator(Permission::Look)?;
    let language = Language::ALL.iter().copied().find(|language| language.as_str() == form.letters);
    alarm_letters_set(&visitor.app, actor, language).await?;
    Ok(visitor.go_saying(PAGE, "letters-set").finish())
}

/// Asks to move to another address.
pub(in crate::http::page) async fn email(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<EmailForm>,
) -> PageResult {
    visitor.operator(Permission::Look)?;
    match own::change_email(&visitor, &limits, client, &form).await {
        Ok(()) => Ok(visitor.go("/letter").finish()),
        Err(error) => {
            let values = context! { failed => "email", ..values(&visitor).await? };
            visitor.again(TEMPLATE, Fields::typed([("email", &form.email)]), error, values)
        }
    }
}

/// Sets another password; all other sessions end.
pub(in crate::http::page) async fn password(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<PasswordForm>,
) -> PageResult {
    visitor.operator(Permission::Look)?;
    match own::change_password(&visitor, &limits, client, &form).await {
        Ok(()) => Ok(visitor.go_saying(PAGE, "password-changed").finish()),
        Err(error) => {
            let values = context! { failed => "password", ..values(&visitor).await? };
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
    }
}
