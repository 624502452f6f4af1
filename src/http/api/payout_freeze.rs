//! Freezing payouts, and ending that.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::base::id::ShopperId;
use crate::base::{Secret, Timestamp};
use crate::http::caller::{Operator, Shopper, SignedIn};
use crate::http::{ClientIp, HttpResult};
use crate::service::App;
use crate::service::limits::Limits;
use crate::service::payouts::freeze::{
    FreezeLink, freeze_by_link, freeze_own, frozen_since, operator_set_frozen, unfreeze_own,
};

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(state)
        .service(freeze)
        .service(end)
        .service(operator_freeze)
        .service(operator_end)
        .service(by_letter);
}

/// Whether payouts are frozen.
#[derive(Serialize, utoipa::ToSchema)]
struct FreezeState {
    /// Since when; absent when they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen_since: Option<Timestamp>,
}

/// What ending a freeze takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct EndBody {
    /// The password of the account.
    #[schema(value_type = String)]
    password: Secret,
    /// A code of the second factor, wanted where the account has one.
    #[serde(default)]
    code: String,
}

/// Why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FreezeReason {
    /// Kept in the audit trail, 1 to 500 characters.
    #[schema(example = "asked for by telephone")]
    reason: String,
}

/// Says whether one's payouts are frozen.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = FreezeState)))]
#[get("/api/v1/payout-freeze")]
async fn state(app: web::Data<App>, shopper: Shopper) -> HttpResult<web::Json<FreezeState>> {
    Ok(web::Json(FreezeState { frozen_since: frozen_since(&app, shopper.0).await? }))
}

/// Freezes one's payouts: nothing is requested, approved or sent until that ends. A letter tells.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), responses((status = 200, body = FreezeState)))]
#[post("/api/v1/payout-freeze")]
async fn freeze(app: web::Data<App>, shopper: Shopper) -> HttpResult<web::Json<FreezeState>> {
    freeze_own(&app, shopper.0).await?;
    Ok(web::Json(FreezeState { frozen_since: frozen_since(&app, shopper.0).await? }))
}

/// Ends the freeze of one's payouts. Needs a session, the password, and a code where there is a second factor. A letter tells.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), request_body = EndBody,
    responses((status = 204), (status = 422, description = "`wrong_password`, `code_needed`, `wrong_code`"))
)]
#[post("/api/v1/payout-freeze/end")]
async fn end(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    caller: SignedIn,
    body: web::Json<EndBody>,
) -> HttpResult<HttpResponse> {
    unfreeze_own(&app, &limits, &caller.0, &body.password, &body.code).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Freezes a shopper's payouts. Needs the permission `money`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The shopper")),
    request_body = FreezeReason, responses((status = 204), (status = 404))
)]
#[post("/api/v1/operator/shoppers/{id}/freeze")]
async fn operator_freeze(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ShopperId>,
    body: web::Json<FreezeReason>,
) -> HttpResult<HttpResponse> {
    operator_set_frozen(&app, &operator.actor(), id.into_inner(), true, &body.reason).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends the freeze of a shopper's payouts. Needs the permission `money`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The shopper")),
    request_body = FreezeReason, responses((status = 204), (status = 404))
)]
#[post("/api/v1/operator/shoppers/{id}/unfreeze")]
async fn operator_end(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ShopperId>,
    body: web::Json<FreezeReason>,
) -> HttpResult<HttpResponse> {
    operator_set_frozen(&app, &operator.actor(), id.into_inner(), false, &body.reason).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the link in a letter says.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    /// Its `who`.
    #[schema(value_type = String)]
    who: ShopperId,
    /// Its `until`.
    until: i64,
    /// Its `sign`.
    sign: String,
}

/// Freezes payouts by the link of a letter, without signing in. The same again changes nothing.
#[utoipa::path(
    tag = "public", request_body = LinkBody, responses((status = 204), (status = 422, description = "`link_not_valid`"))
)]
#[post("/api/v1/payout-freeze/by-letter")]
async fn by_letter(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    client: ClientIp,
    body: web::Json<LinkBody>,
) -> HttpResult<HttpResponse> {
    limits.code(client.0)?;
    let LinkBody { who, until, sign } = body.into_inner();
    freeze_by_link(&app, &FreezeLink { who, until, sign }).await?;
    Ok(HttpResponse::NoContent().finish())
}
