//! Operators and their roles.

use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};

use crate::base::id::OperatorId;
use crate::base::{Secret, Timestamp};
use crate::db::operators::{OperatorRow, operator_list};
use crate::domain::access::{AccountStatus, Permission, Role};
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::accounts;

/// An operator.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct OperatorView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: OperatorId,
    /// Its address.
    email: String,
    /// Its name.
    name: String,
    /// What it is trusted with.
    role: Role,
    /// Whether it may sign in.
    status: AccountStatus,
    /// When it was added.
    created_at: Timestamp,
}

impl From<OperatorRow> for OperatorView {
    fn from(row: OperatorRow) -> Self {
        let OperatorRow { id, email, name, password_hash: _, role, status, created_at, letters: _ } = row;
        Self { id, email, name, role, status, created_at }
    }
}

/// Lists operators, oldest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<OperatorView>)))]
#[get("/api/v1/operator/operators")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<OperatorView>>> {
    operator.require(Permission::Look)?;
    let (limit, after) = (page.limit()?, page.key()?);
    let rows = app.db.read(move |conn| operator_list(conn, after, limit + 1).map_err(HttpError::from)).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(OperatorView::from)))
}

/// A new operator.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewOperator {
    /// The address to sign in with.
    #[schema(example = "olga@example.com")]
    email: String,
    /// How colleagues see it, 1 to 100 characters.
    #[schema(example = "Olga")]
    name: String,
    /// What it is trusted with.
    role: Role,
    /// Its first password, 10 to 128 characters.
    #[schema(value_type = String)]
    password: Secret,
}

/// Adds an operator. Needs the permission `staff`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = NewOperator, responses((status = 201, body = OperatorView)))]
#[post("/api/v1/operator/operators")]
pub(super) async fn add(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<NewOperator>,
) -> HttpResult<HttpResponse> {
    let body = body.into_inner();
    let actor = operator.actor();
    let row = accounts::operator_add(&app, &actor, &body.email, &body.name, body.role, &body.password).await?;
    Ok(HttpResponse::Created().json(OperatorView::from(row)))
}

/// A role.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    /// What the operator is trusted with from now on.
    role: Role,
}

/// Changes an operator's role. Needs the permission `staff`; the last admin stays one.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The operator")), request_body = NewRole, responses((status = 200, body = OperatorView)))]
#[put("/api/v1/operator/operators/{id}/role")]
pub(super) async fn set_role(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<OperatorId>,
    body: web::Json<NewRole>,
) -> HttpResult<web::Json<OperatorView>> {
    let row = accounts::operator_set_role(&app, &operator.actor(), id.into_inner(), body.role).await?;
    Ok(web::Json(row.into()))
}

/// Blocks an operator: all its sessions and tokens end. Needs the permission `staff`; the last admin stays.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The operator")), responses((status = 200, body = OperatorView)))]
#[post("/api/v1/operator/operators/{id}/block")]
pub(super) async fn block(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<OperatorId>,
) -> HttpResult<web::Json<OperatorView>> {
    set_status(&app, operator, id.into_inner(), AccountStatus::Blocked).await
}

/// Lets an operator in again. Needs the permission `staff`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The operator")), responses((status = 200, body = OperatorView)))]
#[post("/api/v1/operator/operators/{id}/unblock")]
pub(super) async fn unblock(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<OperatorId>,
) -> HttpResult<web::Json<OperatorView>> {
    set_status(&app, operator, id.into_inner(), AccountStatus::Active).await
}

async fn set_status(
    app: &App,
    operator: Operator,
    id: OperatorId,
    to: AccountStatus,
) -> HttpResult<web::Json<OperatorView>> {
    Ok(web::Json(accounts::operator_set_status(app, &operator.actor(), id, to).await?.into()))
}
