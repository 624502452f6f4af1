//! The shopper's clicks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::web;
use minijinja::context;
use serde::Serialize;

use crate::base::Timestamp;
use crate::domain::score::missing_after_hours;
use crate::http::Page;
use crate::http::api::orders::{ClickView, clicks_of};
use crate::http::page::{PageResult, Visitor, of};
use crate::service::catalogue::Store;
use crate::service::store_scores::store_scores;

/// How many clicks a page shows.
const SHOWN: i64 = 30;

/// A click with the store's name.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    click: ClickView,
    store_name: Option<String>,
    /// From when on an order that is not there counts as missing: when the store has had as long as it usually takes.
    missing_from: Timestamp,
    /// Whether that is over.
    missing: bool,
}

/// The clicks, newest first.
pub(in crate::http::page) async fn show(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let shopper = visitor.shopper()?;
    let part = Page { limit: Some(SHOWN), ..page.into_inner() };
    let first = part.after.is_none();
    let known = visitor.app.catalogue.snapshot();
    let found = clicks_of(&visitor.app, shopper, &part).await?;
    let slugs: BTreeSet<&String> = found.items.iter().filter_map(|click| click.store.as_ref()).collect();
    let stores: Vec<&Arc<Store>> = slugs.into_iter().filter_map(|slug| known.stores.get(slug)).collect();
    let stores: Vec<&Store> = stores.into_iter().map(Arc::as_ref).collect();
    let scores = store_scores(&visitor.app, &stores).await?;
    let waits: BTreeMap<&str, i64> = stores
        .iter()
        .zip(&scores)
        .map(|(store, score)| (store.row.slug.as_str(), missing_after_hours(score.as_ref())))
        .collect();
    let now = visitor.now();
    let found = found.map(|click| {
        let hours = click.store.as_ref().and_then(|slug| waits.get(slug.as_str()).copied());
        let missing_from = click.at.plus_seconds(hours.unwrap_or_else(|| missing_after_hours(None)) * 3600);
        let store = click.store.as_ref().and_then(|slug| known.stores.get(slug));
        Line {
            store_name: store.map(|store| store.row.name.clone()),
            missing_from,
            missing: missing_from <= now,
            click,
        }
    });
    visitor.page("clicks.html", context! { clicks => of(found.items), next => found.next, first => first })
}
