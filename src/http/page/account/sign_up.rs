//! Becoming a shopper.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::Secret;
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts::{self, SignUp};
use crate::service::limits::Limits;

const TEMPLATE: &str = "sign_up.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    email: String,
    password: Secret,
}

/// The form.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.page(TEMPLATE, context! {})
}

/// Asks for an account.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    match ask(&visitor, &limits, client, &form).await {
        Ok(()) => Ok(visitor.go("/letter").finish()),
        Err(error) => visitor.again(TEMPLATE, Fields::typed([("email", &form.email)]), error, context! {}),
    }
}

async fn ask(visitor: &Visitor, limits: &Limits, client: ClientIp, form: &Form) -> HttpResult<()> {
    limits.sign_in(client.0, &form.email)?;
    let (email, password, language) = (form.email.clone(), form.password.clone(), visitor.reader.language);
    accounts::sign_up(&visitor.app, SignUp { email, password, language }).await.map_err(HttpError::from)
}

/// A letter is on its way: the same page for every address and every wish.
pub(in crate::http::page) async fn letter(visitor: Visitor) -> PageResult {
    visitor.page("letter.html", context! {})
}
