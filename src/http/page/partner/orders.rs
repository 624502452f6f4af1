//! A partner's orders, one of them with its story, and how many clicks become orders.

use actix_web::web;
use minijinja::context;
use serde::{Deserialize, Serialize};

use super::calls::query_of;
use super::own;
use crate::base::id::ConversionId;
use crate::db::conversions::ConversionFilter;
use crate::domain::conversion::State;
use crate::http::Page;
use crate::http::api::orders::{ClickView, Eyes, clicks_of_partner, orders, partner_trail};
use crate::http::page::shopper::orders::Line;
use crate::http::page::shopper::story::steps;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::desk::conversion_rate::conversion_rate;

/// How many orders or clicks a page shows.
const SHOWN: i64 = 30;

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    state: String,
    #[serde(default)]
    store: String,
    #[serde(default)]
    number: String,
    after: Option<String>,
}

/// The orders, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let known = visitor.app.catalogue.snapshot();
    let stores: Vec<_> = known.stores.values().filter(|store| store.row.partner_id == partner.row.id).collect();
    let number = query.number.trim();
    let filter = ConversionFilter {
        partner_id: Some(partner.row.id),
        store_id: stores.iter().find(|store| store.row.slug == query.store).map(|store| store.row.id),
        // A word that is no state filters nothing, as the choice "all" does.
        state: query.state.parse::<State>().ok(),
        number: (!number.is_empty()).then(|| number.to_owned()),
        ..ConversionFilter::default()
    };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = orders(&visitor.app, Eyes::Partner, filter, &part).await?.map(|order| Line::of(&known, order));
    let kept = query_of(&[("state", &*query.state), ("store", &*query.store), ("number", number)]);
    let names: Vec<_> = stores
        .iter()
        .map(|store| context! { slug => store.row.slug.as_str(), name => store.row.name.as_str() })
        .collect();
    visitor.page(
        "partner_orders.html",
        context! {
            orders => of(found.items),
            next => found.next,
            first => query.after.is_none(),
            state => query.state.as_str(),
            store => query.store.as_str(),
            number => number,
            kept => kept,
            stores => names,
            states => State::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>(),
        },
    )
}

/// One order with its story.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<ConversionId>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let story = partner_trail(&visitor.app, partner.row.id, id.into_inner()).await?;
    let known = visitor.app.catalogue.snapshot();
    visitor.page(
        "partner_order.html",
        context! {
            click => of(&story.click),
            steps => of(steps(story.postbacks, story.revisions, story.transactions)),
            order => of(Line::of(&known, story.order)),
        },
    )
}

/// A click with the store's name.
#[derive(Serialize)]
struct ClickLine {
    #[serde(flatten)]
    click: ClickView,
    store_name: Option<String>,
}

/// The clicks, newest first, and what became of them by store and month.
pub(in crate::http::page) async fn clicks(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let (partner, _) = own(&visitor)?;
    let part = Page { limit: Some(SHOWN), ..page.into_inner() };
    let found = clicks_of_partner(&visitor.app, partner.row.id, &part).await?;
    let known = visitor.app.catalogue.snapshot();
    let found = found.map(|click| {
        let store = click.store.as_ref().and_then(|slug| known.stores.get(slug));
        ClickLine { store_name: store.map(|store| store.row.name.clone()), click }
    });
    let first = part.after.is_none();
    let rates = if first { Some(conversion_rate(&visitor.app, partner.row.id).await?) } else { None };
    visitor.page(
        "partner_clicks.html",
        context! { clicks => of(found.items), next => found.next, first => first, rates => of(rates) },
    )
}
