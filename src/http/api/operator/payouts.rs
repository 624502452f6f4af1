//! Payouts for operators: what waits for a decision, what a person has to look at, and the whole history.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{JobId, PayoutId, ShopperId};
use crate::db::jobs::{JobRow, job_list};
use crate::db::payouts::{PayoutEventRow, PayoutFilter, PayoutRow};
use crate::db::protection::{ApprovalRow, ReviewRow};
use crate::db::provider_events::{ProviderEventRow, provider_event_list_waiting};
use crate::domain::access::Permission;
use crate::domain::money::Amount;
use crate::domain::payout::{MethodKind, PayoutState, PersonWhy, ReviewRule};
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::payouts::ask_provider::ask_provider;
use crate::service::payouts::look::{PayoutWithEvents, payout_with_events, payouts};
use crate::service::payouts::resolve_payout::{Ending, Resolution, resolve_payout};
use crate::service::payouts::review_payout::{Decision, review_payout};
use crate::service::restart_job::restart_job;

/// A payout, as operators see it.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct OperatorPayout {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PayoutId,
    /// Whose it is.
    #[schema(value_type = String, format = "uuid")]
    shopper: ShopperId,
    /// Where it stands.
    state: PayoutState,
    /// Why it failed or came back.
    reason: Option<String>,
    /// Why a person has to look.
    attention: Option<PersonWhy>,
    /// What was reserved, the fee included.
    amount: Amount,
    /// What of it stays here.
    fee: Amount,
    /// Who pays it out.
    provider: String,
    /// The provider's reference, once it is known.
    provider_ref: Option<String>,
    /// The key that the provider knows it by.
    provider_key: String,
    /// How often it was handed to the provider.
    sends: i64,
    /// How often the provider was asked.
    polls: i64,
    /// Card or wallet.
    kind: MethodKind,
    /// The destination's last digits.
    masked: String,
    /// When it was requested.
    requested_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
}

impl From<PayoutRow> for OperatorPayout {
    fn from(row: PayoutRow) -> Self {
        Self {
            id: row.id,
            shopper: row.shopper_id,
            state: row.state,
            amount: row.amount(),
            fee: row.fee(),
            reason: row.reason,
            attention: row.attention,
            provider: row.provider,
            provider_ref: row.provider_ref,
            provider_key: row.provider_key,
            sends: row.sends,
            polls: row.polls,
            kind: row.kind,
            masked: row.masked,
            requested_at: row.requested_at,
            updated_at: row.updated_at,
        }
    }
}

/// A step in a payout's life.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct PayoutStep {
    /// Which change.
    revision: i64,
    /// When.
    at: Timestamp,
    /// Where it stood afterwards.
    state: PayoutState,
    /// Where it came from.
    #[schema(example = "webhook")]
    cause: String,
    /// More about it.
    detail: Option<String>,
}

impl From<PayoutEventRow> for PayoutStep {
    fn from(row: PayoutEventRow) -> Self {
        Self { revision: row.revision, at: row.at, state: row.state, cause: row.cause, detail: row.detail }
    }
}

/// A payout with its history.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct OperatorPayoutDetail {
    /// The payout.
    #[serde(flatten)]
    payout: OperatorPayout,
    /// What happened to it, oldest first.
    events: Vec<PayoutStep>,
    /// Every rule that held it for an operator.
    reviews: Vec<ReviewReason>,
    /// Who let it go.
    approvals: Vec<Approval>,
    /// Since when its shopper's payouts are frozen; nothing is sent then.
    frozen_since: Option<Timestamp>,
}

/// A rule that held a payout for an operator.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct ReviewReason {
    /// Which.
    rule: ReviewRule,
    /// What it saw.
    #[schema(example = "12000.00 RUB")]
    seen: String,
    /// What would have passed.
    #[schema(example = "10000.00 RUB")]
    allowed: String,
}

/// An operator's approval.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Approval {
    /// Who.
    actor: String,
    /// When.
    at: Timestamp,
    /// Which change of the payout it was given to.
    revision: i64,
}

impl From<PayoutWithEvents> for OperatorPayoutDetail {
    fn from(found: PayoutWithEvents) -> Self {
        let events = found.events.into_iter().map(PayoutStep::from).collect();
        let reason = |row: ReviewRow| ReviewReason { rule: row.rule, seen: row.seen, allowed: row.allowed };
        let approval = |row: ApprovalRow| Approval { actor: row.actor, at: row.at, revision: row.revision };
        Self {
            payout: OperatorPayout::from(found.row),
            events,
            reviews: found.reviews.into_iter().map(reason).collect(),
            approvals: found.approvals.into_iter().map(approval).collect(),
            frozen_since: found.freeze.map(|freeze| freeze.at),
        }
    }
}

/// A provider's message that no payout has taken in.
#[derive(Serialize, utoipa::ToSchema)]
struct WaitingEvent {
    /// Who sent it.
    provider: String,
    /// The provider's id of the message.
    event_id: String,
    /// When it came.
    received_at: Timestamp,
    /// The provider's reference.
    provider_ref: Option<String>,
    /// The key that it names.
    provider_key: Option<String>,
    /// What it says.
    #[schema(example = "paid")]
    status: String,
    /// Why it waits.
    problem: Option<String>,
}

impl From<ProviderEventRow> for WaitingEvent {
    fn from(row: ProviderEventRow) -> Self {
        let ProviderEventRow { provider, event_id, received_at, provider_ref, provider_key, status, problem, .. } = row;
        Self { provider, event_id, received_at, provider_ref, provider_key, status, problem }
    }
}

/// Which payouts.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only in this state: `review` for those that wait for a decision.
    state: Option<PayoutState>,
    /// `true`: only those that a person has to look at.
    #[serde(default)]
    attention: bool,
    /// Only of this shopper.
    #[param(value_type = Option<String>)]
    shopper: Option<ShopperId>,
}

/// Why a payout is declined.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct DeclineBody {
    /// For the shopper.
    reason: String,
}

/// Lists payouts, newest first.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(Page, Filter),
    responses((status = 200, body = PageOf<OperatorPayout>))
)]
#[get("/api/v1/operator/payouts")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<OperatorPayout>>> {
    operator.require(Permission::Look)?;
    let (limit, before) = (page.limit()?, page.key()?);
    let Filter { state, attention, shopper: shopper_id } = filter.into_inner();
    let filter = PayoutFilter { shopper_id, state, attention, before };
    let rows = payouts(&app, filter, limit + 1).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(OperatorPayout::from)))
}

/// Shows a payout with its history.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The payout")),
    responses((status = 200, body = OperatorPayoutDetail), (status = 404))
)]
#[get("/api/v1/operator/payouts/{id}")]
pub(super) async fn get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PayoutId>,
) -> HttpResult<web::Json<OperatorPayoutDetail>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(OperatorPayoutDetail::from(payout_with_events(&app, id.into_inner(), None).await?)))
}

/// Lets a payout go that waits for a decision. Where it takes two operators (`payouts.second_above`), the first leaves it waiting.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The payout")),
    responses((status = 200, body = OperatorPayout), (status = 409, description = "Not in this state"))
)]
#[post("/api/v1/operator/payouts/{id}/approve")]
pub(super) async fn approve(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PayoutId>,
) -> HttpResult<web::Json<OperatorPayout>> {
    let advanced = review_payout(&app, &operator.actor(), id.into_inner(), Decision::Approve).await?;
    Ok(web::Json(OperatorPayout::from(advanced.row)))
}

/// Refuses a payout that was not sent yet; the reserve goes back.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The payout")),
    request_body = DeclineBody,
    responses((status = 200, body = OperatorPayout), (status = 409, description = "Not in this state"))
)]
#[post("/api/v1/operator/payouts/{id}/decline")]
pub(super) async fn decline(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PayoutId>,
    body: web::Json<DeclineBody>,
) -> HttpResult<web::Json<OperatorPayout>> {
    let decision = Decision::Decline { reason: body.into_inner().reason };
    let advanced = review_payout(&app, &operator.actor(), id.into_inner(), decision).await?;
    Ok(web::Json(OperatorPayout::from(advanced.row)))
}

/// Asks the provider now how a payout stands.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The payout")),
    responses((status = 200, body = OperatorPayout), (status = 404))
)]
#[post("/api/v1/operator/payouts/{id}/ask")]
pub(super) async fn ask(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PayoutId>,
) -> HttpResult<web::Json<OperatorPayout>> {
    let advanced = ask_provider(&app, &operator.actor(), id.into_inner()).await?;
    Ok(web::Json(OperatorPayout::from(advanced.row)))
}

/// How a payout ended.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResolveBody {
    /// How it ended.
    outcome: Ending,
    /// The provider's reference; wanted for `paid` unless it is known.
    #[serde(default)]
    provider_ref: Option<String>,
    /// How that was found out, for the audit trail.
    reason: String,
}

/// Ends a payout that a person has to look at, after the provider was asked once more.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The payout")),
    request_body = ResolveBody,
    responses(
        (status = 200, body = OperatorPayout),
        (status = 409, description = "Nobody has to look, the provider says otherwise, or it may still be paid")
    )
)]
#[post("/api/v1/operator/payouts/{id}/resolve")]
pub(super) async fn resolve(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PayoutId>,
    body: web::Json<ResolveBody>,
) -> HttpResult<web::Json<OperatorPayout>> {
    let ResolveBody { outcome, provider_ref, reason } = body.into_inner();
    let said = Resolution { outcome, provider_ref, reason };
    let advanced = resolve_payout(&app, &operator.actor(), id.into_inner(), said).await?;
    Ok(web::Json(OperatorPayout::from(advanced.row)))
}

/// Lists providers' messages that no payout has taken in, newest first: money that nobody here can explain.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<WaitingEvent>))
)]
#[get("/api/v1/operator/provider-events")]
pub(super) async fn waiting_events(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<WaitingEvent>>> {
    operator.require(Permission::Look)?;
    let (limit, before) = (page.limit()?, page.key()?);
    let rows =
        app.db.read(move |conn| provider_event_list_waiting(conn, before, limit + 1).map_err(HttpError::from)).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.received_at)?.map(WaitingEvent::from)))
}

/// A job of the queue.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Job {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: JobId,
    /// What it does.
    #[schema(example = "submit_payout")]
    kind: String,
    /// Names the work.
    key: String,
    /// Not before this time.
    run_at: Timestamp,
    /// How often it was tried.
    attempts: i64,
    /// Why the last try failed.
    last_error: Option<String>,
    /// Whether it was given up.
    dead: bool,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        let JobRow { id, kind, key, run_at, attempts, last_error, dead, .. } = row;
        Self { id, kind: kind.as_str().to_owned(), key, run_at, attempts, last_error, dead }
    }
}

/// Which jobs to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct JobFilter {
    /// Only those that were given up, or only those that were not.
    dead: Option<bool>,
}

/// Has a job tried again that was given up. Needs the permission `money`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The job")),
    responses((status = 204), (status = 404), (status = 409, description = "`job_not_given_up`"))
)]
#[post("/api/v1/operator/jobs/{id}/restart")]
pub(super) async fn restart(app: web::Data<App>, operator: Operator, id: web::Path<JobId>) -> HttpResult<HttpResponse> {
    restart_job(&app, &operator.actor(), id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lists the queue's jobs, newest first.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(Page, JobFilter), responses((status = 200, body = PageOf<Job>))
)]
#[get("/api/v1/operator/jobs")]
pub(super) async fn jobs(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<JobFilter>,
) -> HttpResult<web::Json<PageOf<Job>>> {
    operator.require(Permission::Look)?;
    let (limit, before, dead) = (page.limit()?, page.key()?, filter.dead);
    let rows = app.db.read(move |conn| job_list(conn, dead, before, limit + 1).map_err(HttpError::from)).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(Job::from)))
}
