//! Clicks.

use actix_web::{get, web};

use serde::Serialize;

use super::view::{ClickView, Eyes, OrderView, known};
use crate::base::Timestamp;
use crate::base::id::{ClickId, PartnerId, ShopperId};
use crate::db::clicks::{click_find, click_list_of_partner, click_list_of_shopper};
use crate::db::conversions::conversion_list_of_click;
use crate::domain::access::Permission;
use crate::http::caller::{Operator, PartnerActor, Shopper};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::desk::conversion_rate::{Row as ConversionRate, conversion_rate};
use crate::service::{App, ServiceError};

/// Lists the shopper's clicks, newest first.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<ClickView>)))]
#[get("/api/v1/clicks")]
pub(super) async fn shopper_list(
    app: web::Data<App>,
    shopper: Shopper,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<ClickView>>> {
    Ok(web::Json(clicks_of(&app, shopper.0, &page).await?))
}

/// A page of a shopper's clicks, newest first.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn clicks_of(app: &App, shopper: ShopperId, page: &Page) -> HttpResult<PageOf<ClickView>> {
    let (limit, before) = (page.limit()?, page.key()?);
    let rows = app
        .db
        .read(move |conn| click_list_of_shopper(conn, shopper, before, limit + 1).map_err(HttpError::from))
        .await?;
    let known = known(app);
    Ok(PageOf::new(rows, limit, |row| row.id)?.map(|row| ClickView::of(&known, row)))
}

/// One of the shopper's clicks, by its reference or its UUID.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = ClickView), (status = 404)))]
#[get("/api/v1/clicks/{id}")]
pub(super) async fn shopper_get(
    app: web::Data<App>,
    shopper: Shopper,
    id: web::Path<ClickId>,
) -> HttpResult<web::Json<ClickView>> {
    Ok(web::Json(click_of(&app, shopper.0, id.into_inner()).await?))
}

/// One of a shopper's clicks.
///
/// # Errors
/// A 404 also for another shopper's; the database's failures.
pub(in crate::http) async fn click_of(app: &App, shopper: ShopperId, id: ClickId) -> HttpResult<ClickView> {
    let found = app.db.read(move |conn| click_find(conn, id).map_err(HttpError::from)).await?;
    let row = found.filter(|row| row.shopper_id == shopper).ok_or(ServiceError::NotFound("click"))?;
    Ok(ClickView::of(&known(app), row))
}

/// Lists the clicks that led to the partner, newest first. Tells nothing of who clicked.
///
/// A page may be short, or empty, and more follow: go on as long as there is a `next`.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<ClickView>)))]
#[get("/api/v1/partner/clicks")]
pub(super) async fn partner_list(
    app: web::Data<App>,
    partner: PartnerActor,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<ClickView>>> {
    Ok(web::Json(clicks_of_partner(&app, partner.0, &page).await?))
}

/// A page of the clicks that led to a partner, newest first. It may be short, or empty, while more follow.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn clicks_of_partner(
    app: &App,
    partner: PartnerId,
    page: &Page,
) -> HttpResult<PageOf<ClickView>> {
    let (limit, before) = (page.limit()?, page.key()?);
    let (rows, next) =
        app.db.read(move |conn| click_list_of_partner(conn, partner, before, limit).map_err(HttpError::from)).await?;
    let known = known(app);
    Ok(PageOf::before(rows, next)?.map(|row| ClickView::of(&known, row)))
}

/// How many clicks became orders.
#[derive(Serialize, utoipa::ToSchema)]
struct Rates {
    /// Newest month first, each with the stores by name.
    items: Vec<ConversionRate>,
}

/// Tells how many of the clicks that led to the partner became orders, by store, for the last three months.
#[utoipa::path(tag = "partner", security(("bearer" = [])), responses((status = 200, body = Rates)))]
#[get("/api/v1/partner/conversion-rates")]
pub(super) async fn rates(app: web::Data<App>, partner: PartnerActor) -> HttpResult<web::Json<Rates>> {
    Ok(web::Json(Rates { items: conversion_rate(&app, partner.0).await? }))
}

/// A click, as operators see it.
#[derive(Serialize, utoipa::ToSchema)]
struct OperatorClick {
    /// The click.
    #[serde(flatten)]
    click: ClickView,
    /// Who clicked.
    #[schema(value_type = String, format = "uuid")]
    shopper: ShopperId,
    /// Whose store it led to.
    #[schema(value_type = String, format = "uuid")]
    partner: PartnerId,
    /// When the link was made.
    issued_at: Timestamp,
    /// What the browser said: where it came from,
    referrer: Option<String>,
    /// what it is,
    user_agent: Option<String>,
    /// the network that it called from,
    address: Option<String>,
    /// and how it fetched.
    sec_fetch: Option<String>,
    /// The orders that came of it.
    orders: Vec<OrderView>,
}

/// One click with the orders that came of it, by its reference or its UUID.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = OperatorClick), (status = 404)))]
#[get("/api/v1/operator/clicks/{id}")]
pub(super) async fn operator_get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ClickId>,
) -> HttpResult<web::Json<OperatorClick>> {
    operator.require(Permission::Look)?;
    let id = id.into_inner();
    let read = app.db.read(move |conn| {
        let row = click_find(conn, id)?.ok_or(ServiceError::NotFound("click"))?;
        Ok::<_, ServiceError>((row, conversion_list_of_click(conn, id)?))
    });
    let (row, orders) = read.await?;
    let known = known(&app);
    Ok(web::Json(OperatorClick {
        shopper: row.shopper_id,
        partner: row.partner_id,
        issued_at: row.issued_at,
        referrer: row.referrer_host.clone(),
        user_agent: row.user_agent.clone(),
        address: row.ip_prefix.clone(),
        sec_fetch: row.sec_fetch.clone(),
        orders: orders.into_iter().map(|order| OrderView::of(&known, Eyes::Operator, order)).collect(),
        click: ClickView::of(&known, row),
    }))
}

/// Lists a shopper's clicks, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The shopper"), Page), responses((status = 200, body = PageOf<ClickView>)))]
#[get("/api/v1/operator/shoppers/{id}/clicks")]
pub(super) async fn operator_list(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ShopperId>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<ClickView>>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(clicks_of(&app, id.into_inner(), &page).await?))
}
