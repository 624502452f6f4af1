//! The inbox: all that waits for a person, the newest of each kind first.

use minijinja::context;

use crate::db::adjustments::AdjustmentFilter;
use crate::db::claims::ClaimFilter;
use crate::db::payouts::PayoutFilter;
use crate::db::postbacks::PostbackFilter;
use crate::domain::access::Permission;
use crate::domain::adjustment::AdjustmentState;
use crate::domain::claim::ClaimState;
use crate::domain::payout::PayoutState;
use crate::http::Page;
use crate::http::api::operator::payouts::OperatorPayout;
use crate::http::api::orders::{asked, calls, claims};
use crate::http::page::{PageResult, Visitor, of};
use crate::service::payouts::look::payouts;

/// How many of each kind it shows.
const SHOWN: i64 = 5;

/// The page.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Look)?;
    let app = &visitor.app;
    let part = Page { after: None, limit: Some(SHOWN) };
    let waiting = PostbackFilter { waiting: true, ..PostbackFilter::default() };
    let open = ClaimFilter { state: Some(ClaimState::Open), ..ClaimFilter::default() };
    let second = AdjustmentFilter { state: Some(AdjustmentState::Open), ..AdjustmentFilter::default() };
    let review = PayoutFilter { state: Some(PayoutState::Review), ..PayoutFilter::default() };
    let attention = PayoutFilter { attention: true, ..PayoutFilter::default() };
    let rows = |rows: Vec<_>| rows.into_iter().map(OperatorPayout::from).collect::<Vec<_>>();
    visitor.page(
        "operator_inbox.html",
        context! {
            calls => of(calls(app, waiting, &part).await?.items),
            claims => of(claims(app, open, &part).await?.items),
            adjustments => of(asked(app, second, &part).await?.items),
            review => of(rows(payouts(app, review, SHOWN).await?)),
            attention => of(rows(payouts(app, attention, SHOWN).await?)),
        },
    )
}
