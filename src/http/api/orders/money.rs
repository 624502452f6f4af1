//! What operators book by hand.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{Eyes, TransactionView};
use crate::base::Timestamp;
use crate::base::id::{AdjustmentId, PartnerId, ShopperId, TransactionId};
use crate::db::adjustments::{AdjustmentFilter, AdjustmentRow};
use crate::domain::access::Permission;
use crate::domain::adjustment::AdjustmentState;
use crate::domain::money::Amount;
use crate::http::caller::Operator;
use crate::http::{HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::adjust::{
    Adjusted, Adjustment, Done, PartnerPayment, adjust as adjust_balance, adjust_preview, book_partner_payment,
};
use crate::service::adjust_second::{SecondWord, adjustment_decide, adjustment_one, adjustments};
use crate::service::view::TransferView;

/// A correction of a shopper's balance.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAdjustment {
    /// Your own key: the same key is booked once. 1 to 100 letters, digits, - _ and .
    #[schema(example = "ticket-1042")]
    key: String,
    /// Whose balance.
    #[schema(value_type = String, format = "uuid")]
    shopper: ShopperId,
    /// Above zero is given, below zero is taken.
    amount: Amount,
    /// `house/budget/{name}`, `house/margin` or `house/write_off`.
    #[schema(example = "house/budget/goodwill")]
    fund: String,
    /// Why, 1 to 500 characters; the shopper sees it.
    reason: String,
}

/// A partner's payment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPayment {
    /// The account it arrived on: `bank/{name}`.
    #[schema(example = "bank/main")]
    bank: String,
    /// How much.
    amount: Amount,
    /// The payment's reference: booked once for each partner.
    #[schema(example = "invoice-2026-10")]
    reference: String,
}

fn answer(done: &Done) -> HttpResponse {
    let view = TransactionView::of(Eyes::Operator, &done.posted);
    if done.repeated { HttpResponse::Ok().json(view) } else { HttpResponse::Created().json(view) }
}

/// A correction that waits for a second operator, or waited.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AdjustmentView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: AdjustmentId,
    /// The asker's key.
    key: String,
    /// Whose balance.
    #[schema(value_type = String, format = "uuid")]
    shopper: ShopperId,
    /// Above zero is given, below zero is taken.
    amount: Amount,
    /// The account on the other side.
    fund: String,
    /// Why.
    reason: String,
    /// Where it stands.
    state: AdjustmentState,
    /// Who asked: `operator/{id}` or `console`.
    asked_by: String,
    /// When.
    asked_at: Timestamp,
    /// Until when somebody may decide.
    expires_at: Timestamp,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// Why it was turned down.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// What was booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    transaction: Option<TransactionId>,
}

impl AdjustmentView {
    pub fn of(row: AdjustmentRow, now: Timestamp) -> Self {
        Self {
            amount: row.amount(),
            state: row.state_at(now),
            id: row.id,
            key: row.key,
            shopper: row.shopper_id,
            fund: row.fund,
            reason: row.reason,
            asked_by: row.asked_by,
            asked_at: row.asked_at,
            expires_at: row.expires_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            answer: row.answer,
            transaction: row.transaction_id,
        }
    }
}

/// Corrects a shopper's balance. Needs the permission `money`. 200 when the same was booked before; 202 when it takes a
/// second operator (`limits.adjustment_maximum`), who decides on it.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = NewAdjustment, responses((status = 201, body = TransactionView), (status = 200, body = TransactionView), (status = 202, body = AdjustmentView), (status = 409), (status = 422)))]
#[post("/api/v1/operator/adjustments")]
pub(super) async fn adjust(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<NewAdjustment>,
) -> HttpResult<HttpResponse> {
    let NewAdjustment { key, shopper, amount, fund, reason } = body.into_inner();
    let wanted = Adjustment { key, shopper, amount, fund, reason };
    Ok(match adjust_balance(&app, &operator.actor(), wanted).await? {
        Adjusted::Booked(done) => answer(&done),
        Adjusted::Asked(row) => HttpResponse::Accepted().json(AdjustmentView::of(row, app.clock.now())),
    })
}

/// What a correction would do.
#[derive(Serialize, ToSchema)]
struct AdjustmentLook {
    /// What would be booked.
    transfers: Vec<TransferView>,
    /// What the shopper can withdraw now, and afterwards.
    available: [Amount; 2],
    /// What the shopper owes, below zero, now and afterwards.
    debt: [Amount; 2],
    /// It takes a second operator.
    second: bool,
}

/// Tells what a correction would do; books nothing. Needs the permission `money`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = NewAdjustment, responses((status = 200, body = AdjustmentLook), (status = 404), (status = 409), (status = 422)))]
#[post("/api/v1/operator/adjustments/preview")]
pub(super) async fn preview(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<NewAdjustment>,
) -> HttpResult<web::Json<AdjustmentLook>> {
    let NewAdjustment { key, shopper, amount, fund, reason } = body.into_inner();
    let wanted = Adjustment { key, shopper, amount, fund, reason };
    let told = adjust_preview(&app, &operator.actor(), wanted).await?;
    let sum = |minor| Amount::new(minor, amount.currency());
    Ok(web::Json(AdjustmentLook {
        transfers: told.transfers.iter().map(TransferView::from).collect(),
        available: [sum(told.before.available), sum(told.after.available)],
        debt: [sum(told.before.debt), sum(told.after.debt)],
        second: told.second,
    }))
}

/// One correction that took a second operator.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = AdjustmentView), (status = 404)))]
#[get("/api/v1/operator/adjustments/{id}")]
pub(super) async fn one(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<AdjustmentId>,
) -> HttpResult<web::Json<AdjustmentView>> {
    operator.require(Permission::Look)?;
    let row = adjustment_one(&app, id.into_inner()).await?;
    Ok(web::Json(AdjustmentView::of(row, app.clock.now())))
}

/// Which corrections.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only in this state.
    state: Option<AdjustmentState>,
    /// Only of this shopper.
    #[param(value_type = Option<String>)]
    shopper: Option<ShopperId>,
}

/// A page of corrections that took a second operator, newest first.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn asked(
    app: &App,
    filter: AdjustmentFilter,
    page: &Page,
) -> HttpResult<PageOf<AdjustmentView>> {
    let (limit, now) = (page.limit()?, app.clock.now());
    let rows = adjustments(app, AdjustmentFilter { before: page.key()?, ..filter }, limit + 1).await?;
    Ok(PageOf::new(rows, limit, |row| row.id)?.map(|row| AdjustmentView::of(row, now)))
}

/// Lists corrections that took a second operator, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Filter), responses((status = 200, body = PageOf<AdjustmentView>)))]
#[get("/api/v1/operator/adjustments")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<AdjustmentView>>> {
    operator.require(Permission::Look)?;
    let filter = AdjustmentFilter { state: filter.state, shopper_id: filter.shopper, ..AdjustmentFilter::default() };
    Ok(web::Json(asked(&app, filter, &page).await?))
}

/// Books a correction that another operator asked for. Needs the permission `money`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = AdjustmentView), (status = 404), (status = 409), (status = 422)))]
#[post("/api/v1/operator/adjustments/{id}/approve")]
pub(super) async fn approve(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<AdjustmentId>,
) -> HttpResult<web::Json<AdjustmentView>> {
    let (row, _booked) = adjustment_decide(&app, &operator.actor(), id.into_inner(), SecondWord::Approve).await?;
    Ok(web::Json(AdjustmentView::of(row, app.clock.now())))
}

/// Why it is turned down.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Turned {
    /// 1 to 500 characters.
    reason: String,
}

/// Turns a correction down, or calls it back. Needs the permission `money`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), request_body = Turned, responses((status = 200, body = AdjustmentView), (status = 404), (status = 409), (status = 422)))]
#[post("/api/v1/operator/adjustments/{id}/decline")]
pub(super) async fn decline(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<AdjustmentId>,
    body: web::Json<Turned>,
) -> HttpResult<web::Json<AdjustmentView>> {
    let word = SecondWord::Decline(body.into_inner().reason);
    let (row, _none) = adjustment_decide(&app, &operator.actor(), id.into_inner(), word).await?;
    Ok(web::Json(AdjustmentView::of(row, app.clock.now())))
}

/// Books what a partner paid. Needs the permission `money`. 200 when the same was booked before.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), request_body = NewPayment, responses((status = 201, body = TransactionView), (status = 200, body = TransactionView), (status = 404), (status = 409)))]
#[post("/api/v1/operator/partners/{id}/payments")]
pub(super) async fn payment(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
    body: web::Json<NewPayment>,
) -> HttpResult<HttpResponse> {
    let NewPayment { bank, amount, reference } = body.into_inner();
    let paid = PartnerPayment { partner: id.into_inner(), bank, amount, reference };
    Ok(answer(&book_partner_payment(&app, &operator.actor(), paid).await?))
}
