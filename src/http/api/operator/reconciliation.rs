//! Reconciliation: cases, walks through a provider's list, and statements of providers and banks.

use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{CaseId, PartnerId, PayoutId, StatementId};
use crate::db::reconciliation::{CaseFilter, CaseRow, StatementKind, StatementRow};
use crate::domain::money::Amount;
use crate::domain::reconcile::{Class, Finding};
use crate::domain::statement::BadRow;
use crate::http::caller::Operator;
use crate::http::{HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::reconcile::{
    Booked, Compared, Looked, NewStatement, Payment, case_ask, case_close, case_get, cases, mapping_of, reconcile_list,
    statement_apply, statement_look, statement_put,
};

/// How many findings, payments and bad lines of a statement one answer has.
const MOST: usize = 1000;

/// A difference.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Case {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: CaseId,
    /// The provider, or `bank/{name}`.
    rail: String,
    /// What kind.
    class: Class,
    /// The payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    payout: Option<PayoutId>,
    /// The partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    partner: Option<PartnerId>,
    /// Their reference, or the bill's.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// What we say.
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<Amount>,
    /// What they say.
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<Amount>,
    /// Both sides in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<String>,
    /// Where it was found: `list`, or `statement/{id}`.
    found_in: String,
    /// When it happened.
    happened_at: Timestamp,
    /// When it was found first.
    opened_at: Timestamp,
    /// When it was found last.
    seen_at: Timestamp,
    /// How many days it has been open, or was.
    age_days: i64,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Case {
    pub fn of(row: CaseRow, now: Timestamp) -> Self {
        Self {
            ours: row.ours(),
            theirs: row.theirs(),
            age_days: row.closed_at.unwrap_or(now).since(row.opened_at).num_days(),
            id: row.id,
            rail: row.rail,
            class: row.class,
            payout: row.payout_id,
            partner: row.partner_id,
            reference: row.reference,
            said: row.said,
            found_in: row.found_in,
            happened_at: row.happened_at,
            opened_at: row.opened_at,
            seen_at: row.seen_at,
            closed_at: row.closed_at,
            closed_by: row.closed_by,
            reason: row.reason,
        }
    }
}

/// Which cases.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only of this provider, or `bank/{name}`.
    rail: Option<String>,
    /// Only open ones, or only closed ones.
    open: Option<bool>,
    /// Only of this class.
    class: Option<Class>,
}

/// Lists differences, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Which, Page), responses((status = 200, body = PageOf<Case>)))]
#[get("/api/v1/operator/reconciliation/cases")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    which: web::Query<Which>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<Case>>> {
    let (limit, now) = (page.limit()?, app.clock.now());
    let Which { rail, open, class } = which.into_inner();
    let filter = CaseFilter { rail, open, class, before: page.key()? };
    let rows = cases(&app, &operator.actor(), filter, limit + 1).await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(|row| Case::of(row, now))))
}

/// One difference.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The case")), responses((status = 200, body = Case)))]
#[get("/api/v1/operator/reconciliation/cases/{id}")]
pub(super) async fn get(app: web::Data<App>, operator: Operator, id: web::Path<CaseId>) -> HttpResult<web::Json<Case>> {
    let row = case_get(&app, &operator.actor(), id.into_inner()).await?;
    Ok(web::Json(Case::of(row, app.clock.now())))
}

/// The explanation of a case.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CloseBody {
    /// 1 to 500 characters.
    reason: String,
}

/// Closes a case that is explained. The last one of unexplained money lets its provider be sent to again.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The case")), request_body = CloseBody, responses((status = 200, body = Case)))]
#[post("/api/v1/operator/reconciliation/cases/{id}/close")]
pub(super) async fn close(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<CaseId>,
    body: web::Json<CloseBody>,
) -> HttpResult<web::Json<Case>> {
    let row = case_close(&app, &operator.actor(), id.into_inner(), &body.reason).await?;
    Ok(web::Json(Case::of(row, app.clock.now())))
}

/// Asks the provider about the payout of a case.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The case")), responses((status = 204)))]
#[post("/api/v1/operator/reconciliation/cases/{id}/ask")]
pub(super) async fn ask(app: web::Data<App>, operator: Operator, id: web::Path<CaseId>) -> HttpResult<HttpResponse> {
    case_ask(&app, &operator.actor(), id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A walk through a provider's list.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct RunBody {
    /// The provider.
    #[schema(example = "sandbox")]
    provider: String,
    /// From when
    from: Timestamp,
    /// until before when, 100 days at most.
    until: Timestamp,
}

/// Compares with a provider's own list now.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = RunBody, responses((status = 200, body = Compared)))]
#[post("/api/v1/operator/reconciliation/run")]
pub(super) async fn run(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<RunBody>,
) -> HttpResult<web::Json<Compared>> {
    let RunBody { provider, from, until } = body.into_inner();
    Ok(web::Json(reconcile_list(&app, &operator.actor(), &provider, from, until).await?))
}

/// A statement.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StatementBody {
    /// Whose.
    kind: StatementKind,
    /// The provider, or our account at the bank.
    #[schema(example = "sandbox")]
    rail: String,
    /// Which column means what: `kopilka`, `yookassa`, `bank`, or a mapping as TOML.
    #[schema(example = "kopilka")]
    mapping: String,
    /// The CSV file.
    csv: String,
}

/// What a statement would do, or did.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct StatementView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: StatementId,
    /// Whose.
    kind: StatementKind,
    /// The provider, or `bank/{name}`.
    rail: String,
    /// How many lines can be read.
    lines: i64,
    /// When it was brought in.
    created_at: Timestamp,
    /// When it was carried out; absent: nothing was written yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_at: Option<Timestamp>,
    /// Of a provider's: what the comparison came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
    /// Its differences, the first 1,000.
    findings: Vec<FindingView>,
    /// Of a bank's: its payments, the first 1,000.
    payments: Vec<Payment>,
    /// Of a bank's: the sums.
    #[serde(skip_serializing_if = "Option::is_none")]
    booked: Option<Booked>,
    /// Lines that cannot be read, the first 1,000.
    bad: Vec<BadLine>,
}

/// A difference that a statement shows.
#[derive(Serialize, utoipa::ToSchema)]
struct FindingView {
    /// What kind.
    class: Class,
    /// The payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    payout: Option<PayoutId>,
    /// Their reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// What we say.
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<Amount>,
    /// What they say.
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<Amount>,
    /// Both sides in words.
    said: String,
    /// When it happened.
    at: Timestamp,
}

impl From<Finding> for FindingView {
    fn from(found: Finding) -> Self {
        let Finding { class, payout, reference, ours, theirs, said, at } = found;
        Self { class, payout, reference, ours, theirs, said, at }
    }
}

/// A line that cannot be read.
#[derive(Serialize, utoipa::ToSchema)]
struct BadLine {
    /// Its number in the file.
    line: u64,
    /// The column.
    column: String,
    /// What is wrong with it.
    problem: String,
}

impl StatementView {
    pub fn of(row: StatementRow, looked: Looked) -> Self {
        let bad = looked.bad.into_iter().take(MOST);
        let bad = bad.map(|BadRow { line, column, problem }| BadLine { line, column, problem });
        Self {
            id: row.id,
            kind: row.kind,
            rail: row.rail,
            lines: row.lines,
            created_at: row.created_at,
            applied_at: row.applied_at,
            compared: looked.compared,
            findings: looked.findings.into_iter().take(MOST).map(FindingView::from).collect(),
            payments: looked.payments.into_iter().take(MOST).collect(),
            booked: looked.booked,
            bad: bad.collect(),
        }
    }
}

/// Brings a statement in, and tells what would come of it. Nothing else is written before it is applied.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = StatementBody, responses((status = 201, body = StatementView)))]
#[post("/api/v1/operator/statements")]
pub(super) async fn put_statement(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<StatementBody>,
) -> HttpResult<HttpResponse> {
    let StatementBody { kind, rail, mapping, csv } = body.into_inner();
    let new = NewStatement { kind, rail, mapping: mapping_of(&mapping)?, body: csv };
    let id = statement_put(&app, &operator.actor(), new).await?;
    let (row, looked) = statement_look(&app, &operator.actor(), id).await?;
    Ok(HttpResponse::Created().json(StatementView::of(row, looked)))
}

/// A statement: what would come of it, or what came of it.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The statement")), responses((status = 200, body = StatementView)))]
#[get("/api/v1/operator/statements/{id}")]
pub(super) async fn get_statement(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<StatementId>,
) -> HttpResult<web::Json<StatementView>> {
    let (row, looked) = statement_look(&app, &operator.actor(), id.into_inner()).await?;
    Ok(web::Json(StatementView::of(row, looked)))
}

/// Carries a statement out, once: differences become cases, partners' payments are booked.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The statement")), responses((status = 200, body = StatementView)))]
#[post("/api/v1/operator/statements/{id}/apply")]
pub(super) async fn apply(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<StatementId>,
) -> HttpResult<web::Json<StatementView>> {
    let (id, actor) = (id.into_inner(), operator.actor());
    statement_apply(&app, &actor, id).await?;
    let (row, looked) = statement_look(&app, &actor, id).await?;
    Ok(web::Json(StatementView::of(row, looked)))
}
