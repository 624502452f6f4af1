//! Payouts that wait for a decision, or that a person has to look at.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::id::PayoutId;
use crate::db::payouts::PayoutFilter;
use crate::domain::access::Permission;
use crate::domain::payout::PayoutState;
use crate::http::api::operator::payouts::{OperatorPayout, OperatorPayoutDetail};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::payouts::ask_provider::ask_provider;
use crate::service::payouts::look::{payout_with_events, payouts};
use crate::service::payouts::resolve_payout::{Ending, Resolution, resolve_payout};
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

async fn values(visitor: &Visitor, id: PayoutId) -> HttpResult<Value> {
    let found = payout_with_events(&visitor.app, id, None).await?;
    let takes_two = visitor.app.config.payouts.takes_two(found.row.amount());
    Ok(context! { takes_two => takes_two, payout => of(OperatorPayoutDetail::from(found)) })
}

/// One payout with its history.
pub(in crate::http::page) async fn show(visitor: Visitor, id: web::Path<PayoutId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = values(&visitor, id.into_inner()).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    /// `approve`, `ask`, `paid`, `not_paid`; anything else declines.
    decision: String,
    #[serde(default)]
    reason: String,
    /// The provider's number of a payment.
    #[serde(default)]
    provider_ref: String,
}

/// Lets a payout go, refuses it, asks the provider, or says how it ended.
pub(in crate::http::page) async fn decide(
    visitor: Visitor,
    id: web::Path<PayoutId>,
    form: web::Form<Form>,
) -> PageResult {
    visitor.operator(Permission::Money)?;
    let id = id.into_inner();
    match act(&visitor, id, &form).await {
        Ok((path, said)) => Ok(visitor.go_saying(&path, said).finish()),
        Err(error @ HttpError::Service(ServiceError::NotFound(_))) => Err(error),
        Err(error) => {
            let values = values(&visitor, id).await?;
            let typed = Fields::typed([("reason", &form.reason), ("provider_ref", &form.provider_ref)]);
            visitor.again(TEMPLATE, typed, error, values)
        }
    }
}

async fn act(visitor: &Visitor, id: PayoutId, form: &Form) -> HttpResult<(String, &'static str)> {
    let (app, actor) = (&visitor.app, visitor.operator(Permission::Money)?);
    let (here, inbox) = (format!("/operator/payouts/{id}"), "/operator/payouts?of=review".to_owned());
    let ending = match form.decision.as_str() {
        "approve" => {
            let done = review_payout(app, actor, id, Decision::Approve).await?;
            let waits = done.row.state == PayoutState::Review;
            return Ok(if waits { (here, "payout-approved-once") } else { (inbox, "payout-approved") });
        }
        "ask" => {
            ask_provider(app, actor, id).await?;
            return Ok((here, "payout-asked"));
        }
        "paid" => Ending::Paid,
        "not_paid" => Ending::NotPaid,
        _decline => {
            review_payout(app, actor, id, Decision::Decline { reason: form.reason.clone() }).await?;
            return Ok((inbox, "payout-declined"));
        }
    };
    let provider_ref = Some(form.provider_ref.trim().to_owned()).filter(|text| !text.is_empty());
    let said = Resolution { outcome: ending, provider_ref, reason: form.reason.clone() };
    resolve_payout(app, actor, id, said).await?;
    Ok((here, "payout-resolved"))
}
