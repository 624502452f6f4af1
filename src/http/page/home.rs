//! The first page: what this is, for strangers; how things stand, for shoppers.

use minijinja::context;

use crate::db::conversions::ConversionFilter;
use crate::domain::access::Actor;
use crate::http::Page;
use crate::http::api::orders::{Eyes, orders};
use crate::http::page::shopper::balance::sorted;
use crate::http::page::shopper::orders::Line;
use crate::http::page::{PageResult, Visitor, of};

/// How many of the newest orders a summary shows.
const NEWEST: i64 = 5;

/// The page.
pub(super) async fn show(visitor: Visitor) -> PageResult {
    let known = visitor.app.catalogue.snapshot();
    let stores = known.stores.values().filter(|store| store.is_active()).count();
    let shopper = match visitor.caller.as_ref().map(|caller| &caller.actor) {
        Some(Actor::Shopper(shopper)) => *shopper,
        Some(Actor::Operator(..)) => return Ok(visitor.go("/operator").finish()),
        Some(Actor::Person(..)) => return Ok(visitor.go("/partner").finish()),
        Some(Actor::Partner(_) | Actor::Console) | None => {
            return visitor.page("home.html", context! { stores => stores });
        }
    };
    let balances = sorted(&visitor).await?;
    let filter = ConversionFilter { shopper_id: Some(shopper), ..ConversionFilter::default() };
    let newest = Page { after: None, limit: Some(NEWEST) };
    let found = orders(&visitor.app, Eyes::Shopper, filter, &newest).await?;
    let found = found.map(|order| Line::of(&known, order));
    visitor.page("summary.html", context! { balances => of(balances), orders => of(found.items), stores => stores })
}
