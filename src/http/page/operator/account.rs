//! The operator's own account: another password.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::Secret;
use crate::domain::access::Permission;
use crate::http::page::{Fields, PageResult, Visitor};
use crate::http::{ClientIp, HttpError};
use crate::service::ServiceError;
use crate::service::accounts::operator_change_password;
use crate::service::limits::Limits;

const TEMPLATE: &str = "operator_account.html";

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    visitor.page(TEMPLATE, context! {})
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    old_password: Secret,
    password: Secret,
}

/// Sets another password; all other sessions end.
pub(in crate::http::page) async fn password(
    visitor: Visitor,
    limits: web::Data<Limits>,
    client: ClientIp,
    form: web::Form<Form>,
) -> PageResult {
    visitor.operator(Permission::Look)?;
    let done = async {
        let caller = visitor.caller.as_ref().ok_or(ServiceError::Unauthenticated)?;
        limits.code(client.0)?;
        let (old, new) = (&form.old_password, &form.password);
        operator_change_password(&visitor.app, &limits, caller, old, new).await.map_err(HttpError::from)
    };
    match done.await {
        Ok(_ended) => Ok(visitor.go_saying("/operator/account", "password-changed").finish()),
        Err(error) => visitor.again(TEMPLATE, Fields::default(), error, context! {}),
    }
}
