//! Orders that a shopper told of and that wait to become claims.

use actix_web::{HttpResponse, delete, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::known;
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ShopperId};
use crate::db::awaited_orders::AwaitedRow;
use crate::domain::money::Amount;
use crate::http::HttpResult;
use crate::http::caller::Shopper;
use crate::service::App;
use crate::service::await_order::{awaited, awaited_forget};
use crate::service::catalogue::Snapshot;

/// An order that is waited for: it becomes a claim, with an id of its own, unless it comes.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AwaitedOrder {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ClaimId,
    /// The click's reference.
    click: String,
    /// The store's slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The order's number.
    order_number: String,
    /// What was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    /// When it was ordered.
    ordered_at: Timestamp,
    /// The shopper's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// When the shopper told.
    told_at: Timestamp,
    /// When it becomes a claim.
    opens_at: Timestamp,
}

impl AwaitedOrder {
    pub fn of(known: &Snapshot, row: AwaitedRow) -> Self {
        Self {
            amount: row.amount(),
            id: row.id,
            click: row.click_id.reference(),
            store: known.store(row.store_id).map(|store| store.row.slug.clone()),
            order_number: row.order_number,
            ordered_at: row.ordered_at,
            note: row.note,
            told_at: row.told_at,
            opens_at: row.opens_at,
        }
    }
}

/// Lists the orders that wait to become claims, newest first.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = Vec<AwaitedOrder>)))]
#[get("/api/v1/claims/awaited")]
pub(super) async fn awaited_list(app: web::Data<App>, shopper: Shopper) -> HttpResult<web::Json<Vec<AwaitedOrder>>> {
    Ok(web::Json(awaited_of(&app, shopper.0).await?))
}

/// A shopper's orders that wait to become claims, newest first.
///
/// # Errors
/// The database's failures.
pub(in crate::http) async fn awaited_of(app: &App, shopper: ShopperId) -> HttpResult<Vec<AwaitedOrder>> {
    let (rows, known) = (awaited(app, shopper).await?, known(app));
    Ok(rows.into_iter().map(|row| AwaitedOrder::of(&known, row)).collect())
}

/// Takes back an order that waits to become a claim.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 204), (status = 404)))]
#[delete("/api/v1/claims/awaited/{id}")]
pub(super) async fn awaited_delete(
    app: web::Data<App>,
    shopper: Shopper,
    id: web::Path<ClaimId>,
) -> HttpResult<HttpResponse> {
    awaited_forget(&app, shopper.0, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
