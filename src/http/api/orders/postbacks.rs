//! The log of partners' calls, and running held ones again.

use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{PostbackView, known};
use crate::base::Timestamp;
use crate::base::id::{PartnerId, PostbackId};
use crate::db::postbacks::{CallSearch, PostbackFilter, PostbackRow, postback_find, postback_list, postback_search};
use crate::domain::access::{Actor, Permission};
use crate::domain::verdict::Verdict;
use crate::http::caller::{Operator, PartnerActor};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::accounts::require;
use crate::service::ingest_postback::{Ingested, ReportOutcome, rerun_postback};
use crate::service::view::Words;
use crate::service::{App, ServiceError};

/// Which calls.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only held and refused ones that no later run has settled.
    waiting: Option<bool>,
    /// Only with this verdict.
    verdict: Option<Verdict>,
}

/// What else to look for among the partner's own calls.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only those that came at this time or later.
    from: Option<Timestamp>,
    /// Only those that came before this time.
    until: Option<Timestamp>,
    /// Only those that tell of this order, transaction or click reference.
    number: Option<String>,
}

/// Whose calls.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Only of this partner.
    #[param(value_type = Option<String>)]
    partner: Option<PartnerId>,
}

/// How to run a call again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rerun {
    /// Vouch for a refused call: leave out its authentication.
    trusted: Option<bool>,
    /// Why, 1 to 500 characters; kept in the audit trail.
    reason: String,
}

/// What a second run came to.
#[derive(Serialize, ToSchema)]
struct RerunResult {
    /// The new run.
    #[schema(value_type = String, format = "uuid")]
    id: PostbackId,
    /// Its verdict.
    verdict: Verdict,
    /// Why, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Why, in both languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Words>,
    /// Why, in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What was read out of it.
    reports: Vec<ReportOutcome>,
}

impl From<Ingested> for RerunResult {
    fn from(run: Ingested) -> Self {
        let Ingested { id, verdict, reason, detail, reports, answer: _ } = run;
        Self { id, verdict, words: reason.as_deref().and_then(Words::of), reason, detail, reports }
    }
}

/// A page of calls, newest first.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn calls(app: &App, filter: PostbackFilter, page: &Page) -> HttpResult<PageOf<PostbackView>> {
    let (limit, filter) = (page.limit()?, PostbackFilter { before: page.key()?, ..filter });
    let rows = app.db.read(move |conn| postback_list(conn, &filter, limit + 1).map_err(HttpError::from)).await?;
    let (known, page) = (known(app), PageOf::new(rows, limit, |row| row.id)?);
    let items = page.items.iter().map(|row| PostbackView::of(&app.master, &known, row)).collect::<Result<_, _>>()?;
    Ok(PageOf { items, next: page.next })
}

/// A page of a partner's calls that are looked for, newest first. It may be short, or empty, while more follow.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn search(
    app: &App,
    partner: PartnerId,
    wanted: CallSearch,
    page: &Page,
) -> HttpResult<PageOf<PostbackView>> {
    let (limit, wanted) = (page.limit()?, CallSearch { before: page.key()?, ..wanted });
    let found = app.db.read(move |conn| postback_search(conn, partner, &wanted, limit).map_err(HttpError::from));
    let (rows, next) = found.await?;
    let known = known(app);
    let items = rows.iter().map(|row| PostbackView::of(&app.master, &known, row)).collect::<Result<_, _>>()?;
    PageOf::before(items, next)
}

/// One of a partner's calls.
///
/// # Errors
/// A 404 also for another partner's; the database's failures.
pub(in crate::http) async fn call_of(app: &App, partner: PartnerId, id: PostbackId) -> HttpResult<PostbackView> {
    let row = find(app, id, Some(partner)).await?;
    Ok(PostbackView::of(&app.master, &known(app), &row)?)
}

/// Runs one of a partner's held calls again, for the partner.
///
/// # Errors
/// A 404 also for another partner's; what stands against another run.
pub(in crate::http) async fn partner_run(
    app: &App,
    actor: &Actor,
    partner: PartnerId,
    id: PostbackId,
) -> HttpResult<Ingested> {
    let kept = find(app, id, Some(partner)).await?;
    Ok(rerun_postback(app, actor, &kept, false, "by the partner").await?)
}

async fn find(app: &App, id: PostbackId, partner: Option<PartnerId>) -> HttpResult<PostbackRow> {
    let found = app.db.read(move |conn| postback_find(conn, id).map_err(HttpError::from)).await?;
    let own = found.filter(|row| partner.is_none_or(|partner| partner == row.partner_id));
    Ok(own.ok_or(ServiceError::NotFound("postback"))?)
}

/// Lists the partner's own calls with their verdicts, newest first.
///
/// A page may be short, or empty, and more follow: go on as long as there is a `next`.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page, Filter, Wanted), responses((status = 200, body = PageOf<PostbackView>)))]
#[get("/api/v1/partner/postbacks")]
pub(super) async fn partner_list(
    app: web::Data<App>,
    partner: PartnerActor,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
    wanted: web::Query<Wanted>,
) -> HttpResult<web::Json<PageOf<PostbackView>>> {
    let Wanted { from, until, number } = wanted.into_inner();
    let (verdict, waiting) = (filter.verdict, filter.waiting.unwrap_or(false));
    let wanted = CallSearch { verdict, waiting, from, until, number, before: None };
    Ok(web::Json(search(&app, partner.0, wanted, &page).await?))
}

/// One of the partner's own calls, as it came, with what became of it.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = PostbackView), (status = 404)))]
#[get("/api/v1/partner/postbacks/{id}")]
pub(super) async fn partner_get(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<PostbackId>,
) -> HttpResult<web::Json<PostbackView>> {
    Ok(web::Json(call_of(&app, partner.0, id.into_inner()).await?))
}

/// Runs one of the partner's held calls again, against the adapter and settings of today.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = RerunResult), (status = 404), (status = 409)))]
#[post("/api/v1/partner/postbacks/{id}/rerun")]
pub(super) async fn partner_rerun(
    app: web::Data<App>,
    partner: PartnerActor,
    id: web::Path<PostbackId>,
) -> HttpResult<web::Json<RerunResult>> {
    Ok(web::Json(partner_run(&app, &partner.actor(), partner.0, id.into_inner()).await?.into()))
}

/// Lists calls, newest first; `waiting=true` for those that need a person.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Filter, Whose), responses((status = 200, body = PageOf<PostbackView>)))]
#[get("/api/v1/operator/postbacks")]
pub(super) async fn operator_list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
    whose: web::Query<Whose>,
) -> HttpResult<web::Json<PageOf<PostbackView>>> {
    operator.require(Permission::Look)?;
    let (verdict, waiting) = (filter.verdict, filter.waiting.unwrap_or(false));
    let filter = PostbackFilter { partner_id: whose.partner, verdict, waiting, before: None };
    Ok(web::Json(calls(&app, filter, &page).await?))
}

/// One call.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), responses((status = 200, body = PostbackView), (status = 404)))]
#[get("/api/v1/operator/postbacks/{id}")]
pub(super) async fn operator_get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PostbackId>,
) -> HttpResult<web::Json<PostbackView>> {
    operator.require(Permission::Look)?;
    let row = find(&app, id.into_inner(), None).await?;
    Ok(web::Json(PostbackView::of(&app.master, &known(&app), &row)?))
}

/// Runs a held or refused call again. Needs the permission `care`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), request_body = Rerun, responses((status = 200, body = RerunResult), (status = 404), (status = 409)))]
#[post("/api/v1/operator/postbacks/{id}/rerun")]
pub(super) async fn operator_rerun(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PostbackId>,
    body: web::Json<Rerun>,
) -> HttpResult<web::Json<RerunResult>> {
    let run =
        operator_run(&app, &operator.actor(), id.into_inner(), body.trusted.unwrap_or(false), &body.reason).await?;
    Ok(web::Json(run.into()))
}

/// Runs a held or refused call again, for an operator.
///
/// # Errors
/// A 403 without the permission `care`; a 422 without a reason; a 404; what stands against another run.
pub(in crate::http) async fn operator_run(
    app: &App,
    actor: &Actor,
    id: PostbackId,
    trusted: bool,
    reason: &str,
) -> HttpResult<Ingested> {
    require(actor, Permission::Care)?;
    let reason = reason.trim();
    if !(1..=500).contains(&reason.chars().count()) {
        return Err(ServiceError::invalid("reason", "must have 1 to 500 characters").into());
    }
    let kept = find(app, id, None).await?;
    Ok(rerun_postback(app, actor, &kept, trusted, reason).await?)
}
