//! A forgotten password: asking for a letter, and setting a new one by the code in it.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::Secret;
use crate::http::page::account::sign_in::door_of;
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts;
use crate::service::limits::Limits;

const TEMPLATE: &str = "new_password.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    code: Option<String>,
}

/// With a code it is the second step, without one the first.
#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    #[serde(default)]
    email: String,
    code: Option<String>,
    password: Option<Secret>,
}

/// The form for the address, or for the password when the link in the letter was followed.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.page(TEMPLATE, context! { code => query.code.as_deref() })
}

/// Sends a letter, or sets the password.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let done = match (&form.code, &form.password) {
        (Some(code), Some(password)) => finish(&visitor, &limits, client, code, password).await,
        (_, _) => ask(&visitor, &limits, client, &form.email).await.map(|()| "/letter"),
    };
    match done {
        Ok(to) if form.code.is_some() => Ok(visitor.go_saying(to, "password-set").finish()),
        Ok(to) => Ok(visitor.go(to).finish()),
        Err(error) => {
            let typed = Fields::typed([("email", &form.email)]);
            visitor.again(TEMPLATE, typed, error, context! { code => form.code.as_deref() })
        }
    }
}

async fn ask(visitor: &Visitor, limits: &Limits, client: ClientIp, email: &str) -> HttpResult<()> {
    limits.sign_in(client.0, email)?;
    accounts::password_reset_ask(&visitor.app, email).await.map_err(HttpError::from)
}

async fn finish(
    visitor: &Visitor,
    limits: &Limits,
    client: ClientIp,
    code: &str,
    password: &Secret,
) -> HttpResult<&'static str> {
    limits.code(client.0)?;
    let done = accounts::password_reset_finish(&visitor.app, code, password).await;
    Ok(door_of(done?))
}
