//! Lists of orders.

use actix_web::{get, web};
use serde::Deserialize;

use super::view::{Eyes, OrderView, known};
use crate::base::id::{PartnerId, ShopperId};
use crate::db::conversions::{ConversionFilter, conversion_list};
use crate::domain::access::Permission;
use crate::domain::conversion::State;
use crate::http::caller::{Operator, PartnerActor, Shopper};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::{App, ServiceError};

/// Which orders.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only in this state.
    state: Option<State>,
    /// Only with this order number, or the partner's key.
    number: Option<String>,
}

/// Which orders, for partners.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OfStore {
    /// Only of the partner's store of this slug.
    store: Option<String>,
}

/// Which orders, for operators.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct WideFilter {
    /// Only of this shopper.
    #[param(value_type = Option<String>)]
    shopper: Option<ShopperId>,
    /// Only of this partner.
    #[param(value_type = Option<String>)]
    partner: Option<PartnerId>,
}

/// A page of orders, newest first.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn orders(
    app: &App,
    eyes: Eyes,
    filter: ConversionFilter,
    page: &Page,
) -> HttpResult<PageOf<OrderView>> {
    let (limit, filter) = (page.limit()?, ConversionFilter { before: page.key()?, ..filter });
    let rows = app.db.read(move |conn| conversion_list(conn, &filter, limit + 1).map_err(HttpError::from)).await?;
    let known = known(app);
    Ok(PageOf::new(rows, limit, |row| row.id)?.map(|row| OrderView::of(&known, eyes, row)))
}

/// Lists the shopper's orders, newest first.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(Page, Filter), responses((status = 200, body = PageOf<OrderView>)))]
#[get("/api/v1/orders")]
pub(super) async fn shopper_list(
    app: web::Data<App>,
    shopper: Shopper,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<OrderView>>> {
    let Filter { state, number } = filter.into_inner();
    let filter = ConversionFilter { shopper_id: Some(shopper.0), state, number, ..ConversionFilter::default() };
    Ok(web::Json(orders(&app, Eyes::Shopper, filter, &page).await?))
}

/// Lists the orders that the partner reported, newest first.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page, Filter, OfStore), responses((status = 200, body = PageOf<OrderView>)))]
#[get("/api/v1/partner/orders")]
pub(super) async fn partner_list(
    app: web::Data<App>,
    partner: PartnerActor,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
    of: web::Query<OfStore>,
) -> HttpResult<web::Json<PageOf<OrderView>>> {
    let (Filter { state, number }, partner_id) = (filter.into_inner(), Some(partner.0));
    let snapshot = known(&app);
    let store_id = match &of.store {
        Some(slug) => {
            let own = snapshot.stores.get(slug).filter(|store| Some(store.row.partner_id) == partner_id);
            Some(own.ok_or(ServiceError::NotFound("store"))?.row.id)
        }
        None => None,
    };
    let filter = ConversionFilter { partner_id, store_id, state, number, ..ConversionFilter::default() };
    Ok(web::Json(orders(&app, Eyes::Partner, filter, &page).await?))
}

/// Lists all orders, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Filter, WideFilter), responses((status = 200, body = PageOf<OrderView>)))]
#[get("/api/v1/operator/orders")]
pub(super) async fn operator_list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
    wide: web::Query<WideFilter>,
) -> HttpResult<web::Json<PageOf<OrderView>>> {
    operator.require(Permission::Look)?;
    let (Filter { state, number }, WideFilter { shopper, partner }) = (filter.into_inner(), wide.into_inner());
    let filter =
        ConversionFilter { shopper_id: shopper, partner_id: partner, state, number, ..ConversionFilter::default() };
    Ok(web::Json(orders(&app, Eyes::Operator, filter, &page).await?))
}
