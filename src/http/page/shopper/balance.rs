//! The balance, and every posting that it is made of.

use std::cmp::Reverse;

use actix_web::web;
use minijinja::context;

use super::story::Posting;
use crate::http::api::orders::{Balance, balance_of, postings_of};
use crate::http::page::{PageResult, Visitor, of};
use crate::http::{HttpResult, Page};

/// How many postings a page shows.
const SHOWN: i64 = 20;

/// The shopper's balance by currency: first those that are paid out, of them first where most is to be had.
pub(in crate::http::page) async fn sorted(visitor: &Visitor) -> HttpResult<Vec<Balance>> {
    let mut balances = balance_of(&visitor.app, visitor.shopper()?).await?;
    let rules = &visitor.app.config.payouts.limits;
    let paid_out = |balance: &Balance| rules.iter().any(|rule| rule.currency == balance.available.currency());
    balances.sort_by_key(|balance| (!paid_out(balance), Reverse(balance.available.minor())));
    Ok(balances)
}

/// The balance.
pub(in crate::http::page) async fn show(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let shopper = visitor.shopper()?;
    let part = Page { limit: Some(SHOWN), ..page.into_inner() };
    let first = part.after.is_none();
    let balances = sorted(&visitor).await?;
    let found = postings_of(&visitor.app, shopper, &part).await?.map(Posting::from);
    visitor.page(
        "balance.html",
        context! { balances => of(balances), postings => of(found.items), next => found.next, first => first },
    )
}
