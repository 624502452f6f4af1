//! The catalogue.

use actix_web::web;
use minijinja::context;
use serde::{Deserialize, Serialize};

use crate::domain::rate::Rate;
use crate::domain::score::Score;
use crate::http::Page;
use crate::http::api::shopper::stores::{Filter, PublicStore, public_page};
use crate::http::page::{PageResult, Visitor, of};
use crate::service::catalogue::{Snapshot, Store};
use crate::service::store_scores::store_scores;

/// How many stores a page shows.
const SHOWN: i64 = 30;

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    search: String,
    #[serde(default)]
    category: String,
    after: Option<String>,
}

/// A store as a line of the catalogue.
#[derive(Serialize)]
struct Line {
    slug: String,
    name: String,
    rate: Rate,
    /// There are better rates for some goods.
    more: bool,
    categories: Vec<String>,
    hold_days: u16,
    exclusions: usize,
    deep_links: bool,
    score: Option<Score>,
}

impl Line {
    fn of(store: PublicStore, score: Option<Score>) -> Self {
        let terms = store.terms;
        Self {
            slug: store.slug,
            name: store.name,
            more: !terms.categories.is_empty() || terms.first_order.is_some(),
            rate: terms.rate,
            categories: store.categories,
            hold_days: terms.hold_days,
            exclusions: terms.exclusions.len(),
            deep_links: store.deep_links,
            score,
        }
    }
}

/// The stores that fit what was typed and chosen, a page of them.
pub(in crate::http::page) async fn show(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    let Query { search, category, after } = query.into_inner();
    let (search, category) = (search.trim().to_owned(), category.trim().to_owned());
    let wanted = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let filter = Filter { search: wanted(&search), category: wanted(&category) };
    let known = visitor.app.catalogue.snapshot();
    let first = after.is_none();
    let part = Page { after, limit: Some(SHOWN) };
    let found = public_page(&known, visitor.now(), &part, &filter)?;
    let rows: Vec<&Store> =
        found.items.iter().filter_map(|store| known.stores.get(&store.slug)).map(AsRef::as_ref).collect();
    let scores = store_scores(&visitor.app, &rows).await?;
    let lines: Vec<Line> = found.items.into_iter().zip(scores).map(|(store, score)| Line::of(store, score)).collect();
    visitor.page(
        "stores.html",
        context! {
            stores => of(lines),
            next => found.next,
            first => first,
            search => search,
            category => category,
            categories => categories(&known),
        },
    )
}

/// All categories that a store is in, in the order of the alphabet.
fn categories(known: &Snapshot) -> Vec<String> {
    let active = known.stores.values().filter(|store| store.is_active());
    let all: std::collections::BTreeSet<&String> = active.flat_map(|store| &store.categories).collect();
    all.into_iter().cloned().collect()
}
