//! Operators sign in at a door of their own.

use actix_web::web;

use crate::http::page::account::sign_in::{Door, Form, Next};
use crate::http::page::{PageResult, Visitor};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts::{self, Session};
use crate::service::limits::Limits;

const DOOR: Door = Door { template: "operator_sign_in.html", home: "/operator" };

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
    limits.operator_sign_in(client.0, &form.email)?;
    accounts::operator_sign_in(&visitor.app, &form.email, &form.password).await.map_err(HttpError::from)
}
