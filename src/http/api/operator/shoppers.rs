//! Shoppers, as operators see them.

use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::ShopperId;
use crate::db::protection::freeze_find;
use crate::db::shoppers::{ShopperRow, shopper_find, shopper_list};
use crate::db::tokens::{Owner, token_list};
use crate::domain::access::{AccountStatus, Permission, TokenKind};
use crate::domain::reason::Language;
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::accounts;
use crate::service::{App, ServiceError};

/// How many sessions are looked at.
const SESSIONS: i64 = 50;

/// A shopper.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct ShopperView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ShopperId,
    /// How its tracking links name it.
    public_id: String,
    /// Its address.
    email: String,
    /// Whether the account may be used.
    status: AccountStatus,
    /// The language of letters.
    language: Language,
    /// When the address was confirmed; absent when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    email_confirmed_at: Option<Timestamp>,
    /// When the account was made.
    created_at: Timestamp,
}

impl From<ShopperRow> for ShopperView {
    fn from(row: ShopperRow) -> Self {
        let ShopperRow { id, public_id, email, password_hash: _, status, language, email_confirmed_at, created_at } =
            row;
        Self { id, public_id, email, status, language, email_confirmed_at, created_at }
    }
}

/// Which shoppers.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those whose address contains this.
    email: Option<String>,
}

/// Lists shoppers, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Filter), responses((status = 200, body = PageOf<ShopperView>)))]
#[get("/api/v1/operator/shoppers")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<ShopperView>>> {
    operator.require(Permission::Look)?;
    let (limit, before, email) = (page.limit()?, page.key()?, filter.into_inner().email);
    let rows = app
        .db
        .read(move |conn| shopper_list(conn, before, email.as_deref(), limit + 1).map_err(HttpError::from))
        .await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(ShopperView::from)))
}

/// A shopper, and how the account stands.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct ShopperDetail {
    /// The shopper.
    #[serde(flatten)]
    shopper: ShopperView,
    /// How many sessions are open, of the newest 50.
    pub sessions: usize,
    /// Since when payouts are frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen_since: Option<Timestamp>,
    /// Who froze them: `shopper`, `letter`, or an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen_by: Option<String>,
}

/// A shopper, and how the account stands.
///
/// # Errors
/// A 404; the database's failures.
pub(in crate::http) async fn shopper_of(app: &App, id: ShopperId) -> HttpResult<ShopperDetail> {
    let now = app.clock.now();
    let read = app.db.read(move |conn| {
        let row = shopper_find(conn, id)?.ok_or(ServiceError::NotFound("shopper"))?;
        let sessions = token_list(conn, Owner::Shopper(id), TokenKind::Session, None, SESSIONS)?;
        Ok::<_, ServiceError>((row, freeze_find(conn, id)?, sessions.iter().filter(|one| one.is_live(now)).count()))
    });
    let (row, frozen, sessions) = read.await?;
    let (frozen_since, frozen_by) = frozen.map(|row| (row.at, row.actor)).unzip();
    Ok(ShopperDetail { shopper: row.into(), sessions, frozen_since, frozen_by })
}

/// One shopper, and how the account stands.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The shopper")), responses((status = 200, body = ShopperDetail)))]
#[get("/api/v1/operator/shoppers/{id}")]
pub(super) async fn get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ShopperId>,
) -> HttpResult<web::Json<ShopperDetail>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(shopper_of(&app, id.into_inner()).await?))
}

/// Why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Because {
    /// Kept in the audit trail, 1 to 500 characters.
    #[schema(example = "asked for by e-mail")]
    reason: String,
}

/// Blocks a shopper: all sessions and tokens end. Needs the permission `care`. The ledger is not touched.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The shopper")), request_body = Because, responses((status = 200, body = ShopperView)))]
#[post("/api/v1/operator/shoppers/{id}/block")]
pub(super) async fn block(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ShopperId>,
    body: web::Json<Because>,
) -> HttpResult<web::Json<ShopperView>> {
    set_status(&app, operator, id.into_inner(), AccountStatus::Blocked, &body.reason).await
}

/// Lets a shopper in again. Needs the permission `care`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The shopper")), request_body = Because, responses((status = 200, body = ShopperView)))]
#[post("/api/v1/operator/shoppers/{id}/unblock")]
pub(super) async fn unblock(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ShopperId>,
    body: web::Json<Because>,
) -> HttpResult<web::Json<ShopperView>> {
    set_status(&app, operator, id.into_inner(), AccountStatus::Active, &body.reason).await
}

async fn set_status(
    app: &App,
    operator: Operator,
    id: ShopperId,
    to: AccountStatus,
    reason: &str,
) -> HttpResult<web::Json<ShopperView>> {
    Ok(web::Json(accounts::shopper_set_status(app, &operator.actor(), id, to, reason).await?.into()))
}
