//! Claims: orders that shoppers miss.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::awaited::AwaitedOrder;
use super::view::known;
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ClickId, PartnerId, ShopperId};
use crate::db::claims::{ClaimFilter, ClaimRow, claim_find, claim_list};
use crate::domain::access::{Actor, Permission};
use crate::domain::claim::ClaimState;
use crate::domain::money::Amount;
use crate::http::caller::{Operator, PartnerActor, Shopper};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::await_order::{Told, order_tell};
use crate::service::catalogue::Snapshot;
use crate::service::claims::{NewClaim, claim_answer};
use crate::service::desk::claim_accept::{Facts, claim_accept, claim_get};
use crate::service::{App, ServiceError};

/// A claim.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ClaimView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ClaimId,
    /// The click's reference.
    click: String,
    /// The store's slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The order's number.
    order_number: String,
    /// What was paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    /// When it was ordered.
    ordered_at: Timestamp,
    /// The shopper's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Where it stands.
    pub state: ClaimState,
    /// The answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// When it was made.
    created_at: Timestamp,
    /// Until when it should be answered.
    pub answer_by: Timestamp,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<Timestamp>,
}

impl ClaimView {
    pub fn of(known: &Snapshot, row: ClaimRow) -> Self {
        Self {
            amount: row.amount(),
            id: row.id,
            click: row.click_id.reference(),
            store: known.store(row.store_id).map(|store| store.row.slug.clone()),
            order_number: row.order_number,
            ordered_at: row.ordered_at,
            note: row.note,
            state: row.state,
            answer: row.answer,
            created_at: row.created_at,
            answer_by: row.answer_by,
            answered_at: row.answered_at,
        }
    }
}

/// Which claims.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only in this state.
    state: Option<ClaimState>,
}

/// A new claim.
#[derive(Deserialize, ToSchema)]
#[schema(as = ClaimWanted)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The click's reference, or its UUID.
    #[schema(value_type = String)]
    click: ClickId,
    /// The order's number, 1 to 100 characters.
    order_number: String,
    /// What was paid.
    amount: Option<Amount>,
    /// When it was ordered.
    ordered_at: Timestamp,
    /// Anything else, up to 2000 characters.
    note: Option<String>,
    /// To be made by itself when the store has had as long as it usually takes, if the order is not there by then. Answered 202.
    #[serde(default)]
    wait: bool,
}

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// Agreed: the order is to be reported. Else turned down.
    accepted: bool,
    /// Why, 1 to 2000 characters; the shopper reads it.
    answer: String,
}

/// A page of claims, newest first.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn claims(app: &App, filter: ClaimFilter, page: &Page) -> HttpResult<PageOf<ClaimView>> {
    let (limit, filter) = (page.limit()?, ClaimFilter { before: page.key()?, ..filter });
    let rows = app.db.read(move |conn| claim_list(conn, &filter, limit + 1).map_err(HttpError::from)).await?;
    let known = known(app);
    Ok(PageOf::new(rows, limit, |row| row.id)?.map(|row| ClaimView::of(&known, row)))
}

async fn answer(app: &App, actor: &Actor, id: ClaimId, said: Answer) -> HttpResult<web::Json<ClaimView>> {
    let row = claim_answer(app, actor, id, said.accepted, &said.answer).await?;
    Ok(web::Json(ClaimView::of(&known(app), row)))
}

/// Lists the shopper's claims, newest first.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(Page, Filter), responses((status = 200, body = PageOf<ClaimView>)))]
#[get("/api/v1/claims")]
pub(super) async fn shopper_list(
    app: web::Data<App>,
    shopper: Shopper,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<ClaimView>>> {
    let filter = ClaimFilter { shopper_id: Some(shopper.0), state: filter.state, ..ClaimFilter::default() };
    Ok(web::Json(claims(&app, filter, &page).await?))
}

/// Claims a missing order, at once or when the store's time is over.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), request_body = Wanted, responses((status = 201, body = ClaimView), (status = 202, body = AwaitedOrder), (status = 404), (status = 409), (status = 422)))]
#[post("/api/v1/claims")]
pub(super) async fn shopper_make(
    app: web::Data<App>,
    shopper: Shopper,
    body: web::Json<Wanted>,
) -> HttpResult<HttpResponse> {
    let Wanted { click, order_number, amount, ordered_at, note, wait } = body.into_inner();
    let claim = NewClaim { click, order_number, amount, ordered_at, note };
    Ok(match order_tell(&app, shopper.0, claim, wait).await? {
        Told::Claimed(row) => HttpResponse::Created().json(ClaimView::of(&known(&app), row)),
        Told::Waits(row) => HttpResponse::Accepted().json(AwaitedOrder::of(&known(&app), row)),
    })
}

/// One of the shopper's claims.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = ClaimView), (status = 404)))]
#[get("/api/v1/claims/{id}")]
pub(super) async fn shopper_get(
    app: web::Data<App>,
    shopper: Shopper,
    id: web::Path<ClaimId>,
) -> HttpResult<web::Json<ClaimView>> {
    Ok(web::Json(claim_of(&app, shopper.0, id.into_inner()).await?))
}

/// One of a shopper's claims.
///
/// # Errors
/// A 404 also for another shopper's; the database's failures.
pub(in crate::http) async fn claim_of(app: &App, shopper: ShopperId, id: ClaimId) -> HttpResult<ClaimView> {
    let found = app.db.read(move |conn| claim_find(conn, id).map_err(HttpError::from)).await?;
    let row = found.filter(|row| row.shopper_id == shopper).ok_or(ServiceError::NotFound("claim"))?;
    Ok(ClaimView::of(&known(app), row))
}

/// Lists the claims about the partner's orders, newest first.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page, Filter), responses((status = 200, body = PageOf<ClaimView>)))]
#[get("/api/v1/partner/claims")]
pub(super) async fn partner_list(
    app: web::Data<App>,
    partner: PartnerActor,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<ClaimView>>> {
    let filter = ClaimFilter { partner_id: Some(partner.0), state: filter.state, ..ClaimFilter::default() };
    Ok(web::Json(claims(&app, filter, &page).await?))
}

/// One claim about the partner's orders.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = ClaimView), (status = 404)))]
#[get("/api/v1/partner/claims/{id}")]
pub(super) async fn partner_get(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<ClaimId>,
) -> HttpResult<web::Json<ClaimView>> {
    let known = known(&app);
    let partner = known.partner(partner.0).ok_or(ServiceError::NotFound("partner"))?;
    let row = claim_get(&app, partner, id.into_inner()).await?;
    Ok(web::Json(ClaimView::of(&known, row)))
}

/// What the order was that a claim is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// The partner's own key for it, 1 to 200 characters: later calls about it name the same.
    key: String,
    /// Final already, or still to be checked.
    confirmed: bool,
    /// The order's amount.
    amount: Amount,
    /// What the partner owes for it, in the same currency.
    commission: Amount,
    /// The answer to the shopper, 1 to 2000 characters.
    answer: String,
}

/// Accepts a claim with the order's facts: the order is settled as if it had been reported. Where the rules would hold it
/// back, neither happens, and `code` is the rule's.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path)), request_body = Accepted, responses((status = 200, body = ClaimView), (status = 404), (status = 409), (status = 422)))]
#[post("/api/v1/partner/claims/{id}/accept")]
pub(super) async fn partner_accept(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<ClaimId>,
    body: web::Json<Accepted>,
) -> HttpResult<web::Json<ClaimView>> {
    let Accepted { key, confirmed, amount, commission, answer } = body.into_inner();
    let known = known(&app);
    let own = known.partner(partner.0).ok_or(ServiceError::NotFound("partner"))?;
    let facts = Facts { key, confirmed, amount, commission, answer };
    let accepted = claim_accept(&app, own, &partner.actor(), id.into_inner(), facts).await;
    let row = accepted.map_err(|error| error.renamed("claim_answer", "answer"))?;
    Ok(web::Json(ClaimView::of(&known, row)))
}

/// Answers a claim about the partner's own order: agrees, and reports the order afterwards, or turns it down.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path)), request_body = Answer, responses((status = 200, body = ClaimView), (status = 404), (status = 409)))]
#[post("/api/v1/partner/claims/{id}/answer")]
pub(super) async fn partner_answer(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<ClaimId>,
    body: web::Json<Answer>,
) -> HttpResult<web::Json<ClaimView>> {
    answer(&app, &partner.actor(), id.into_inner(), body.into_inner()).await
}

/// Whose claims.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Only of this shopper.
    #[param(value_type = Option<String>)]
    shopper: Option<ShopperId>,
}

/// A claim, as operators see it.
#[derive(Serialize, ToSchema)]
struct OperatorClaim {
    /// The claim.
    #[serde(flatten)]
    claim: ClaimView,
    /// Whose it is.
    #[schema(value_type = String, format = "uuid")]
    shopper: ShopperId,
    /// Whom it is about.
    #[schema(value_type = String, format = "uuid")]
    partner: PartnerId,
    /// Who answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_by: Option<String>,
}

/// One claim.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = OperatorClaim), (status = 404)))]
#[get("/api/v1/operator/claims/{id}")]
pub(super) async fn operator_get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ClaimId>,
) -> HttpResult<web::Json<OperatorClaim>> {
    operator.require(Permission::Look)?;
    let id = id.into_inner();
    let found = app.db.read(move |conn| claim_find(conn, id).map_err(HttpError::from)).await?;
    let row = found.ok_or(ServiceError::NotFound("claim"))?;
    let (shopper, partner, answered_by) = (row.shopper_id, row.partner_id, row.answered_by.clone());
    Ok(web::Json(OperatorClaim { claim: ClaimView::of(&known(&app), row), shopper, partner, answered_by }))
}

/// Lists all claims, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Filter, Whose), responses((status = 200, body = PageOf<ClaimView>)))]
#[get("/api/v1/operator/claims")]
pub(super) async fn operator_list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
    whose: web::Query<Whose>,
) -> HttpResult<web::Json<PageOf<ClaimView>>> {
    operator.require(Permission::Look)?;
    let filter = ClaimFilter { state: filter.state, shopper_id: whose.shopper, ..ClaimFilter::default() };
    Ok(web::Json(claims(&app, filter, &page).await?))
}

/// Answers a claim. Needs the permission `care`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), request_body = Answer, responses((status = 200, body = ClaimView), (status = 404), (status = 409)))]
#[post("/api/v1/operator/claims/{id}/answer")]
pub(super) async fn operator_answer(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ClaimId>,
    body: web::Json<Answer>,
) -> HttpResult<web::Json<ClaimView>> {
    answer(&app, &operator.actor(), id.into_inner(), body.into_inner()).await
}
