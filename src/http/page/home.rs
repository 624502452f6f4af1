//! The first page: what this is, for strangers; how things stand, for shoppers.

use minijinja::context;

use crate::db::conversions::ConversionFilter;
use crate::domain::access::Actor;
use crate::http::Page;
use crate::http::api::orders::{Eyes, balance_of, orders};
use crate::http::page::shopper::orders::Line;
use crate::http::page::{PageResult, Visitor, of};

/// How many of the newest orders a summary shows.
const NEWEST: i64 = 5;

/// The page.
pub(super) async fn show(visitor: Visitor) -> PageResult {
    let known = visitor.app.catalogue.snapshot();
    let stores = known.stores.values().filter(|store| store.is_active()).count();
    let Some(Actor::Shopper(shopper)) = visitor.caller.as_ref().map(|caller| caller.actor.clone()) else {
        return visitor.page("home.html", context! { stores => stores });
    };
    let mut balances = balance_of(&visitor.app, shopper).await?;
    balances.sort_by_key(|balance| std::cmp::Reverse(balance.available.minor()));
    let filter = ConversionFilter { shopper_id: Some(shopper), ..ConversionFilter::default() };
    let newest = Page { after: None, limit: Some(NEWEST) };
    let found = orders(&visitor.app, Eyes::Shopper, filter, &newest).await?;
    let found = found.map(|order| Line::of(&known, order));
    visitor.page("summary.html", context! { balances => of(balances), orders => of(found.items), stores => stores })
}
