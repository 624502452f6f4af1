//! The shopper's clicks.

use actix_web::web;
use minijinja::context;
use serde::Serialize;

use crate::http::Page;
use crate::http::api::orders::{ClickView, clicks_of};
use crate::http::page::{PageResult, Visitor, of};

/// How many clicks a page shows.
const SHOWN: i64 = 30;

/// A click with the store's name.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    click: ClickView,
    store_name: Option<String>,
}

/// The clicks, newest first.
pub(in crate::http::page) async fn show(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let shopper = visitor.shopper()?;
    let part = Page { limit: Some(SHOWN), ..page.into_inner() };
    let first = part.after.is_none();
    let known = visitor.app.catalogue.snapshot();
    let found = clicks_of(&visitor.app, shopper, &part).await?.map(|click| Line {
        store_name: click.store.as_ref().and_then(|slug| known.stores.get(slug)).map(|store| store.row.name.clone()),
        click,
    });
    visitor.page("clicks.html", context! { clicks => of(found.items), next => found.next, first => first })
}
