//! Shoppers' claims: the list, and one with what is known of its click; answering.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;

use crate::base::id::ClaimId;
use crate::db::claims::{ClaimFilter, claim_find};
use crate::db::clicks::click_find;
use crate::db::conversions::conversion_list_of_click;
use crate::db::search::find_orders;
use crate::domain::access::Permission;
use crate::domain::claim::ClaimState;
use crate::http::Page;
use crate::http::api::orders::{ClaimView, ClickView, Eyes, OrderView, claims};
use crate::http::page::shopper::claim_files;
use crate::http::page::shopper::orders::Line;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::claims::claim_answer;

const SHOWN: i64 = 30;
/// How many orders of the same number are named.
const SAME: i64 = 5;
const TEMPLATE: &str = "operator_claim.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    /// Every claim, and not only open ones.
    #[serde(default)]
    all: bool,
    after: Option<String>,
}

/// The claims, newest first.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let filter = ClaimFilter { state: (!query.all).then_some(ClaimState::Open), ..ClaimFilter::default() };
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let found = claims(&visitor.app, filter, &part).await?;
    visitor.page(
        "operator_claims.html",
        context! { claims => of(found.items), next => found.next, first => query.after.is_none(), all => query.all },
    )
}

async fn values(visitor: &Visitor, id: ClaimId) -> HttpResult<Value> {
    let known = visitor.app.catalogue.snapshot();
    let read = visitor.app.db.read(move |conn| {
        let row = claim_find(conn, id)?.ok_or(ServiceError::NotFound("claim"))?;
        let click = click_find(conn, row.click_id)?;
        let orders = conversion_list_of_click(conn, row.click_id)?;
        // The store may have reported the order under another click, or another shopper's.
        let same = find_orders(conn, &row.order_number, vec![row.partner_id], SAME)?;
        Ok::<_, ServiceError>((row, click, orders, same))
    });
    let (row, click, orders, same) = read.await?;
    let late = row.state == ClaimState::Open && row.answer_by < visitor.now();
    let lines = orders.into_iter().map(|order| Line::of(&known, OrderView::of(&known, Eyes::Operator, order)));
    let same: Vec<String> = same.into_iter().map(|hit| hit.id.to_string()).collect();
    let partner = known.partner(row.partner_id).map(|partner| partner.row.name.clone());
    Ok(context! {
        shopper => of(row.shopper_id),
        answered_by => row.answered_by.clone(),
        partner => partner,
        click => of(click.map(|click| ClickView::of(&known, click))),
        orders => of(lines.collect::<Vec<_>>()),
        same => same,
        late => late,
        files => claim_files::shown(visitor, id).await?,
        claim => of(ClaimView::of(&known, row)),
    })
}

/// One claim.
pub(in crate::http::page) async fn one(visitor: Visitor, id: web::Path<ClaimId>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = values(&visitor, id.into_inner()).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    /// `accept`; anything else declines.
    decision: String,
    #[serde(default)]
    answer: String,
}

/// Answers it.
pub(in crate::http::page) async fn answer(
    visitor: Visitor,
    id: web::Path<ClaimId>,
    form: web::Form<Form>,
) -> PageResult {
    let (actor, id) = (visitor.operator(Permission::Care)?, id.into_inner());
    match claim_answer(&visitor.app, actor, id, form.decision == "accept", &form.answer).await {
        Ok(_row) => Ok(visitor.go_saying("/operator/claims", "claim-answered").finish()),
        Err(error) => {
            let values = values(&visitor, id).await?;
            visitor.again(TEMPLATE, Fields::typed([("answer", &form.answer)]), HttpError::from(error), values)
        }
    }
}
