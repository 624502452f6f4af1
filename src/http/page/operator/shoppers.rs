//! Shoppers: the list, and one with all that is known of it; blocking and unblocking.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::id::ShopperId;
use crate::db::adjustments::AdjustmentFilter;
use crate::db::claims::ClaimFilter;
use crate::db::conversions::ConversionFilter;
use crate::db::payouts::PayoutFilter;
use crate::db::shoppers::shopper_list;
use crate::domain::access::{AccountStatus, Permission};
use crate::http::api::operator::payouts::OperatorPayout;
use crate::http::api::operator::shoppers::{ShopperView, shopper_of};
use crate::http::api::orders::{Eyes, asked, balance_of, claims, clicks_of, operator_postings_of, orders};
use crate::http::page::shopper::orders::Line;
use crate::http::page::shopper::story::Posting;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::accounts::shopper_set_status;
use crate::service::payouts::freeze::operator_set_frozen;
use crate::service::payouts::look::payouts;

const SHOWN: i64 = 30;
/// How many of each kind stand on a shopper's page, the newest.
const NEWEST: i64 = 5;
const TEMPLATE: &str = "operator_shopper.html";

/// The shoppers, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let part = Page { limit: Some(SHOWN), ..page.into_inner() };
    let before = part.key()?;
    let rows = visitor.app.db.read(move |conn| shopper_list(conn, before, None, SHOWN + 1).map_err(HttpError::from));
    let found = PageOf::new(rows.await?, SHOWN, |row| row.id)?.map(ShopperView::from);
    visitor.page(
        "operator_shoppers.html",
        context! { shoppers => of(found.items), next => found.next, first => part.after.is_none() },
    )
}

async fn values(visitor: &Visitor, id: ShopperId) -> HttpResult<Value> {
    let app = &visitor.app;
    let told = shopper_of(app, id).await?;
    let part = Page { after: None, limit: Some(NEWEST) };
    let known = app.catalogue.snapshot();
    let of_orders = ConversionFilter { shopper_id: Some(id), ..ConversionFilter::default() };
    let of_claims = ClaimFilter { shopper_id: Some(id), ..ClaimFilter::default() };
    let of_payouts = PayoutFilter { shopper_id: Some(id), ..PayoutFilter::default() };
    let second = AdjustmentFilter { shopper_id: Some(id), ..AdjustmentFilter::default() };
    let found = orders(app, Eyes::Operator, of_orders, &part).await?.map(|order| Line::of(&known, order));
    let paid: Vec<_> = payouts(app, of_payouts, NEWEST).await?.into_iter().map(OperatorPayout::from).collect();
    let postings = operator_postings_of(app, id, &part).await?.map(Posting::from);
    Ok(context! {
        sessions => told.sessions,
        frozen => of(told.frozen_since),
        frozen_by => told.frozen_by.clone(),
        shopper => of(told),
        balances => of(balance_of(app, id).await?),
        orders => of(found.items),
        payouts => of(paid),
        claims => of(claims(app, of_claims, &part).await?.items),
        clicks => of(clicks_of(app, id, &part).await?.items),
        adjustments => of(asked(app, second, &part).await?.items),
        postings => of(postings.items),
    })
}

/// One shopper.
pub(in crate::http::page) async fn one(visitor: Visitor, id: web::Path<ShopperId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = values(&visitor, id.into_inner()).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    status: AccountStatus,
    #[serde(default)]
    reason: String,
}

/// Blocks or unblocks.
pub(in crate::http::page) async fn set_status(
    visitor: Visitor,
    id: web::Path<ShopperId>,
    form: web::Form<Form>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Care)?, id.into_inner());
    match shopper_set_status(&visitor.app, actor, id, form.status, &form.reason).await {
        Ok(row) => {
            let said = match row.status {
                AccountStatus::Active => "shopper-unblocked",
                AccountStatus::Blocked | AccountStatus::Erased => "shopper-blocked",
            };
            Ok(visitor.go_saying(&format!("/operator/shoppers/{id}"), said).finish())
        }
        Err(error) => {
            let values = values(&visitor, id).await?;
            visitor.again(TEMPLATE, Fields::typed([("reason", &form.reason)]), error.into(), values)
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Freeze {
    /// `yes` freezes; anything else ends that.
    #[serde(default)]
    frozen: String,
    #[serde(default)]
    reason: String,
}

/// Freezes a shopper's payouts, or ends that.
pub(in crate::http::page) async fn set_frozen(
    visitor: Visitor,
    id: web::Path<ShopperId>,
    form: web::Form<Freeze>,
) -> PageResult {
    let (actor, id, frozen) = (visitor.operator(Permission::Money)?, id.into_inner(), form.frozen == "yes");
    match operator_set_frozen(&visitor.app, actor, id, frozen, &form.reason).await {
        Ok(()) => {
            let said = if frozen { "payouts-frozen" } else { "payouts-unfrozen" };
            Ok(visitor.go_saying(&format!("/operator/shoppers/{id}"), said).finish())
        }
        Err(error) => {
            let values = values(&visitor, id).await?;
            visitor.again(TEMPLATE, Fields::typed([("reason", &form.reason)]), error.into(), values)
        }
    }
}
