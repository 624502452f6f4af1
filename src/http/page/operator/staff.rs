//! Operators and their roles.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::Secret;
use crate::base::id::OperatorId;
use crate::db::operators::operator_list;
use crate::domain::access::{AccountStatus, Permission, Role};
use crate::http::api::operator::operators::OperatorView;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::accounts::{operator_add, operator_set_role, operator_set_status};

const SHOWN: i64 = 50;
const TEMPLATE: &str = "operator_operators.html";

async fn values(visitor: &Visitor, page: &Page) -> HttpResult<Value> {
    let part = Page { limit: Some(SHOWN), ..page.clone() };
    let after = part.key()?;
    let rows = visitor.app.db.read(move |conn| operator_list(conn, after, SHOWN + 1).map_err(HttpError::from)).await?;
    let found = PageOf::new(rows, SHOWN, |row| row.id)?.map(OperatorView::from);
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Ok(context! { operators => of(found.items), next => found.next, first => part.after.is_none(), roles => roles })
}

/// The operators, oldest first.
pub(in crate::http::page) async fn list(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = values(&visitor, &page).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct New {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    role: Role,
    password: Secret,
}

/// Adds one.
pub(in crate::http::page) async fn add(visitor: Visitor, form: web::Form<New>) -> PageResult {
    let actor = visitor.operator(Permission::Staff)?;
    match operator_add(&visitor.app, actor, &form.email, &form.name, form.role, &form.password).await {
        Ok(_row) => Ok(visitor.go_saying("/operator/operators", "operator-added").finish()),
        Err(error) => {
            let typed = Fields::typed([("email", &form.email), ("name", &form.name), ("role", form.role.as_str())]);
            let values = values(&visitor, &Page::default()).await?;
            visitor.again(TEMPLATE, typed, error.into(), values)
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Change {
    /// Another role, or
    role: Option<Role>,
    /// another status.
    status: Option<AccountStatus>,
}

/// Changes a role, blocks or unblocks.
pub(in crate::http::page) async fn change(
    visitor: Visitor,
    id: web::Path<OperatorId>,
    form: web::Form<Change>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Staff)?, id.into_inner());
    let done = async {
        if let Some(role) = form.role {
            operator_set_role(&visitor.app, actor, id, role).await?;
        }
        if let Some(status) = form.status {
            operator_set_status(&visitor.app, actor, id, status).await?;
        }
        Ok::<_, HttpError>(())
    };
    match done.await {
        Ok(()) => Ok(visitor.go_saying("/operator/operators", "operator-changed").finish()),
        Err(error) => {
            let values = values(&visitor, &Page::default()).await?;
            visitor.again(TEMPLATE, Fields::default(), error, values)
        }
    }
}
