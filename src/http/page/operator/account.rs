//! The operator's own account: another password.

use actix_web::web;
use minijinja::context;

use crate::domain::access::Permission;
use crate::http::ClientIp;
use crate::http::page::account::own::{self, PasswordForm};
use crate::http::page::{Fields, PageResult, Visitor};
use crate::service::limits::Limits;

const TEMPLATE: &str = "operator_account.html";

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    visitor.page(TEMPLATE, context! {})
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
        Ok(()) => Ok(visitor.go_saying("/operator/account", "password-changed").finish()),
        Err(error) => visitor.again(TEMPLATE, Fields::default(), error, context! {}),
    }
}
