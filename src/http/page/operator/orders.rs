//! Orders of all shoppers, and the whole story of one with its calls in full.

use std::collections::BTreeSet;

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::id::{ConversionId, ShopperId};
use crate::db::conversions::ConversionFilter;
use crate::domain::access::Permission;
use crate::domain::conversion::State;
use crate::http::Page;
use crate::http::api::orders::{Eyes, operator_trail, orders};
use crate::http::page::shopper::orders::Line;
use crate::http::page::shopper::story::steps;
use crate::http::page::{PageResult, Visitor, of};

/// How many orders a page shows.
const SHOWN: i64 = 30;

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    state: String,
    /// Only of this shopper.
    shopper: Option<ShopperId>,
    /// Only of the partner of this slug.
    #[serde(default)]
    partner: String,
    after: Option<String>,
}

/// The orders, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let known = visitor.app.catalogue.snapshot();
    let partner = known.partners.get(&query.partner);
    let filter = ConversionFilter {
        shopper_id: query.shopper,
        partner_id: partner.map(|partner| partner.row.id),
        state: query.state.parse::<State>().ok(),
        ..ConversionFilter::default()
    };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = orders(&visitor.app, Eyes::Operator, filter, &part).await?.map(|order| Line::of(&known, order));
    visitor.page(
        "operator_orders.html",
        context! {
            orders => of(found.items), next => found.next, first => query.after.is_none(), state => query.state.as_str(),
            states => State::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>(), shopper => of(query.shopper),
            partner => query.partner.as_str(),
            partners => of(known.partners.keys().collect::<BTreeSet<_>>()),
        },
    )
}

/// One order.
pub(in crate::http::page) async fn one(visitor: Visitor, id: web::Path<ConversionId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let story = operator_trail(&visitor.app, id.into_inner()).await?;
    let known = visitor.app.catalogue.snapshot();
    let partner = story.order.partner_id.and_then(|id| known.partner(id).map(|partner| partner.row.name.clone()));
    let steps = steps(story.postbacks, story.revisions, story.transactions);
    visitor.page(
        "operator_order.html",
        context! {
            click => of(&story.click), steps => of(steps), later_payouts => of(&story.later_payouts), partner => partner,
            order => of(Line::of(&known, story.order)),
        },
    )
}
