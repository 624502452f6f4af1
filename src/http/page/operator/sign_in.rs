//! Operators sign in at a door of their own.

use actix_web::web;
use minijinja::context;

use crate::http::page::account::sign_in::{Form, Next, local, opened};
use crate::http::page::{PageResult, Visitor};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts::{self, Session};
use crate::service::limits::Limits;

const TEMPLATE: &str = "operator_sign_in.html";
const HOME: &str = "/operator";

/// The form.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Next>) -> PageResult {
    let next = local(query.next.as_deref().unwrap_or(HOME));
    visitor.page(TEMPLATE, context! { next => next })
}

/// Opens a session.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    let next = if form.next.is_empty() { HOME } else { local(&form.next) };
    let done = open(&visitor, &limits, client, &form).await;
    opened(&visitor, TEMPLATE, &form, next, done).await
}

async fn open(visitor: &Visitor, limits: &Limits, client: ClientIp, form: &Form) -> HttpResult<Session> {
    limits.operator_sign_in(client.0, &form.email)?;
    accounts::operator_sign_in(&visitor.app, &form.email, &form.password).await.map_err(HttpError::from)
}
