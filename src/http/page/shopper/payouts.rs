//! Withdrawals: the list, one with its history, and calling one back.

use actix_web::web;
use minijinja::context;

use crate::base::id::PayoutId;
use crate::db::payouts::PayoutFilter;
use crate::http::api::payouts::{PayoutDetail, PayoutView};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::payouts::cancel_payout::cancel_payout;
use crate::service::payouts::look::{payout_with_events, payouts};

/// How many payouts a page shows.
const SHOWN: i64 = 20;
const TEMPLATE: &str = "payout.html";

/// The payouts, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, page: web::Query<Page>) -> PageResult {
    let (shopper, page) = (visitor.shopper()?, page.into_inner());
    let filter = PayoutFilter { shopper_id: Some(shopper), before: page.key()?, ..PayoutFilter::default() };
    let rows = payouts(&visitor.app, filter, SHOWN + 1).await?;
    let found = PageOf::new(rows, SHOWN, |row| row.id)?.map(|row| PayoutView::from(&row));
    visitor.page(
        "payouts.html",
        context! { payouts => of(found.items), next => found.next, first => page.after.is_none() },
    )
}

async fn detail(visitor: &Visitor, id: PayoutId) -> HttpResult<PayoutDetail> {
    let found = payout_with_events(&visitor.app, id, Some(visitor.shopper()?)).await?;
    Ok(PayoutDetail::from(found))
}

/// One payout.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<PayoutId>) -> PageResult {
    let payout = detail(&visitor, id.into_inner()).await?;
    visitor.page(TEMPLATE, context! { payout => of(payout) })
}

/// Calls a payout back that was not sent yet.
pub(in crate::http::page) async fn cancel(visitor: Visitor, id: web::Path<PayoutId>) -> PageResult {
    let (shopper, id) = (visitor.shopper()?, id.into_inner());
    match cancel_payout(&visitor.app, shopper, id).await {
        Ok(_advanced) => Ok(visitor.go_saying(&format!("/payouts/{id}"), "payout-cancelled").finish()),
        Err(error) => {
            let payout = detail(&visitor, id).await?;
            visitor.again(TEMPLATE, Fields::default(), HttpError::from(error), context! { payout => of(payout) })
        }
    }
}
