//! How the business stands: figures, alarms, how much waits; and finding things.

use actix_web::{get, put, web};
use serde::{Deserialize, Serialize};

use crate::domain::access::Permission;
use crate::domain::alarm::Alarm;
use crate::domain::reason::Language;
use crate::http::HttpResult;
use crate::http::caller::Operator;
use crate::service::App;
use crate::service::search::{Found, search};
use crate::service::watch::{self, Figures, LastCheck, Waiting};

/// What is wrong.
#[derive(Serialize, utoipa::ToSchema)]
struct Alarms {
    /// The worst first.
    items: Vec<Alarm>,
    /// The last check of the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_check: Option<LastCheck>,
}

/// Lists what is wrong now.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Alarms)))]
#[get("/api/v1/operator/alarms")]
pub(super) async fn alarms(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Alarms>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(Alarms { items: watch::alarms(&app).await?, last_check: watch::last_check(&app).await? }))
}

/// How much waits for a person; 100 stands for as many or more.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Waiting)))]
#[get("/api/v1/operator/waiting")]
pub(super) async fn waiting(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Waiting>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(watch::waiting(&app).await?))
}

/// The business in figures: who is owed what and for how long, and the last 30 days. May be five minutes old.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Figures)))]
#[get("/api/v1/operator/figures")]
pub(super) async fn figures(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Figures>> {
    operator.require(Permission::Look)?;
    let told = watch::figures(&app).await?;
    Ok(web::Json(Figures::clone(&told)))
}

/// What to look for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// An id of any kind, a click's reference, an order's number, an e-mail address or a part of it, a name, a payout's
    /// reference at its provider.
    q: String,
}

/// What was found.
#[derive(Serialize, utoipa::ToSchema)]
struct AllFound {
    /// At most ten of each kind.
    items: Vec<Found>,
}

/// Finds things of any kind.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Wanted), responses((status = 200, body = AllFound)))]
#[get("/api/v1/operator/search")]
pub(super) async fn find(
    app: web::Data<App>,
    operator: Operator,
    wanted: web::Query<Wanted>,
) -> HttpResult<web::Json<AllFound>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(AllFound { items: search(&app, &wanted.q).await? }))
}

/// Letters about alarms.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AlarmLetters {
    /// Their language; null for none. Has to be said.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    language: Option<Language>,
}

/// Tells whether the asker gets letters about alarms.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = AlarmLetters)))]
#[get("/api/v1/operator/alarm-letters")]
pub(super) async fn letters(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<AlarmLetters>> {
    Ok(web::Json(AlarmLetters { language: watch::alarm_letters(&app, &operator.actor()).await? }))
}

/// Turns the asker's letters about alarms on or off.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = AlarmLetters, responses((status = 200, body = AlarmLetters)))]
#[put("/api/v1/operator/alarm-letters")]
pub(super) async fn set_letters(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<AlarmLetters>,
) -> HttpResult<web::Json<AlarmLetters>> {
    watch::alarm_letters_set(&app, &operator.actor(), body.language).await?;
    Ok(body)
}
