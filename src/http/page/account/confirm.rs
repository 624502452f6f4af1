//! Confirming an address, by the link in the letter and the password.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::Secret;
use crate::db::tokens::Owner;
use crate::domain::access::Permission;
use crate::http::page::account::sign_in::door_of;
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpError, HttpResult};
use crate::service::accounts;
use crate::service::limits::Limits;

const TEMPLATE: &str = "confirm.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    code: String,
    password: Secret,
}

/// The form, with the code of the link in it.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.page(TEMPLATE, context! { code => query.code.as_str() })
}

/// Uses the code up.
pub(in crate::http::page) async fn submit(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    match confirm(&visitor, &limits, client, &form).await {
        Ok(Owner::Shopper(_)) if visitor.caller.is_some() => {
            Ok(visitor.go_saying("/account", "email-confirmed").finish())
        }
        Ok(Owner::Operator(_)) if visitor.operator(Permission::Look).is_ok() => {
            Ok(visitor.go_saying("/operator/account", "email-confirmed").finish())
        }
        Ok(owner) => Ok(visitor.go_saying(door_of(owner), "email-confirmed").finish()),
        Err(error) => visitor.again(TEMPLATE, Fields::default(), error, context! { code => form.code.as_str() }),
    }
}

async fn confirm(visitor: &Visitor, limits: &Limits, client: ClientIp, form: &Form) -> HttpResult<Owner> {
    limits.code(client.0)?;
    accounts::confirm_email(&visitor.app, limits, &form.code, &form.password).await.map_err(HttpError::from)
}
