//! Payouts that wait for a decision, or that a person has to look at.

use actix_web::web;
use minijinja::context;
use serde::Deserialize;

use crate::base::id::PayoutId;
use crate::db::payouts::PayoutFilter;
use crate::domain::access::Permission;
use crate::domain::payout::PayoutState;
use crate::http::api::operator::payouts::{OperatorPayout, OperatorPayoutDetail};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::payouts::look::{payout_with_events, payouts};
use crate::service::payouts::review_payout::{Decision, review_payout};

/// How many payouts a page shows.
const SHOWN: i64 = 30;
const TEMPLATE: &str = "operator_payout.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// `review`, `attention`, or anything else for all.
    #[serde(default)]
    of: String,
    after: Option<String>,
}

/// The payouts, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let filter = PayoutFilter {
        state: (query.of == "review").then_some(PayoutState::Review),
        attention: query.of == "attention",
        before: part.key()?,
        ..PayoutFilter::default()
    };
    let rows = payouts(&visitor.app, filter, SHOWN + 1).await?;
    let found = PageOf::new(rows, SHOWN, |row| row.id)?.map(OperatorPayout::from);
    visitor.page(
        "operator_payouts.html",
        context! {
            payouts => of(found.items), next => found.next, first => query.after.is_none(), chosen => query.of.as_str(),
        },
    )
}

async fn find(visitor: &Visitor, id: PayoutId) -> HttpResult<OperatorPayoutDetail> {
    Ok(OperatorPayoutDetail::from(payout_with_events(&visitor.app, id, None).await?))
}

/// One payout with its history.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<PayoutId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let payout = find(&visitor, id.into_inner()).await?;
    visitor.page(TEMPLATE, context! { payout => of(payout) })
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    /// `approve`; anything else declines.
    decision: String,
    #[serde(default)]
    reason: String,
}

/// Lets a payout go, or refuses it.
pub(in crate::http::page) async fn decide(
    visitor: Visitor,
    id: web::Path<PayoutId>,
    form: web::Form<Form>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Money)?, id.into_inner());
    let (decision, said) = match form.decision.as_str() {
        "approve" => (Decision::Approve, "payout-approved"),
        _decline => (Decision::Decline { reason: form.reason.clone() }, "payout-declined"),
    };
    match review_payout(&visitor.app, actor, id, decision).await {
        Ok(_advanced) => Ok(visitor.go_saying("/operator/payouts?of=review", said).finish()),
        Err(error) => {
            let payout = find(&visitor, id).await?;
            let typed = Fields::typed([("reason", &form.reason)]);
            visitor.again(TEMPLATE, typed, HttpError::from(error), context! { payout => of(payout) })
        }
    }
}
