//! What operators book by hand.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{Eyes, TransactionView};
use crate::base::id::{PartnerId, ShopperId};
use crate::domain::money::Amount;
use crate::http::HttpResult;
use crate::http::caller::Operator;
use crate::service::App;
use crate::service::adjust::{Adjustment, Done, PartnerPayment, adjust as adjust_balance, book_partner_payment};

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

/// Corrects a shopper's balance. Needs the permission `money`. 200 when the same was booked before.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = NewAdjustment, responses((status = 201, body = TransactionView), (status = 200, body = TransactionView), (status = 409), (status = 422)))]
#[post("/api/v1/operator/adjustments")]
pub(super) async fn adjust(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<NewAdjustment>,
) -> HttpResult<HttpResponse> {
    let NewAdjustment { key, shopper, amount, fund, reason } = body.into_inner();
    let wanted = Adjustment { key, shopper, amount, fund, reason };
    Ok(answer(&adjust_balance(&app, &operator.actor(), wanted).await?))
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
