//! Those who act for partners sign in at a door of their own, and set a new password there.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::http::page::account::sign_in::{Door, Form, Next};
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts::{self, Session};
use crate::service::limits::Limits;

const DOOR: Door = Door { template: "partner_sign_in.html", home: "/partner" };
const FORGOT: &str = "partner_forgot.html";

/// The form.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Next>) -> PageResult {
    DOOR.show(&visitor, &query)
}

/// Opens a session.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let done = open(&visitor, &limits, client, &form).await;
    DOOR.opened(&visitor, &form, done).await
}

async fn open(visitor: &Visitor, limits: &Limits, client: ClientIp, form: &Form) -> HttpResult<Session> {
    limits.person_sign_in(client.0, &form.email)?;
    accounts::person_sign_in(&visitor.app, &form.email, &form.password).await.map_err(HttpError::from)
}

/// The form for a forgotten password.
pub(in crate::http::page) async fn forgot(visitor: Visitor) -> PageResult {
    visitor.page(FORGOT, context! {})
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Asked {
    #[serde(default)]
    email: String,
}

/// Sends a letter, if there is an account.
pub(in crate::http::page) async fn remind(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Asked>,
) -> PageResult {
    let asked = async {
        limits.person_sign_in(client.0, &form.email)?;
        accounts::person_password_reset_ask(&visitor.app, &form.email).await.map_err(HttpError::from)
    };
    match asked.await {
        Ok(()) => Ok(visitor.go("/letter").finish()),
        Err(error) => visitor.again(FORGOT, Fields::typed([("email", &form.email)]), error, context! {}),
    }
}
