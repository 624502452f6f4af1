//! The balance, and every posting that it is made of.

use actix_web::web;
use minijinja::context;

use super::story::Posting;
use crate::http::Page;
use crate::http::api::orders::{balance_of, postings_of};
use crate::http::page::{PageResult, Visitor, of};

/// How many postings a page shows.
const SHOWN: i64 = 20;

/// The balance.
pub(in crate::http::page) async fn show(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let shopper = visitor.shopper()?;
    let part = Page { limit: Some(SHOWN), ..page.into_inner() };
    let first = part.after.is_none();
    let mut balances = balance_of(&visitor.app, shopper).await?;
    balances.sort_by_key(|balance| std::cmp::Reverse(balance.available.minor()));
    let found = postings_of(&visitor.app, shopper, &part).await?.map(Posting::from);
    visitor.page(
        "balance.html",
        context! { balances => of(balances), postings => of(found.items), next => found.next, first => first },
    )
}
