//! Those who want to be partners, and what is decided; and how far a partner's integration has come.

use actix_web::{get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{ApplicationId, PartnerId};
use crate::db::applications::{ApplicationRow, application_find, application_list_waiting};
use crate::db::people::person_find;
use crate::domain::access::Permission;
use crate::domain::application::ApplicationState;
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult};
use crate::service::accounts::{Verdict, application_decide};
use crate::service::desk::checklist::{Checklist, checklist as tell};
use crate::service::{App, ServiceError};

/// How many applications are listed.
const MOST: i64 = 100;

/// An application.
#[derive(Serialize, utoipa::ToSchema)]
struct ApplicationView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ApplicationId,
    /// The partner that was made of it, paused at first; absent before the address is confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    partner: Option<PartnerId>,
    /// The name for people.
    name: String,
    /// The site.
    site: String,
    /// The format of its calls.
    adapter: String,
    /// What else was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Where it stands.
    state: ApplicationState,
    /// The address of whoever applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// When it was made.
    created_at: Timestamp,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// What was said with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl ApplicationView {
    fn of(row: ApplicationRow, email: Option<String>) -> Self {
        let ApplicationRow { id, person_id: _, partner_id: partner, name, site, adapter, note, state, .. } = row;
        let ApplicationRow { created_at, decided_at, decided_by, answer, .. } = row;
        Self { id, partner, name, site, adapter, note, state, email, created_at, decided_at, decided_by, answer }
    }
}

/// Applications.
#[derive(Serialize, utoipa::ToSchema)]
struct Applications {
    /// The oldest first, at most 100.
    items: Vec<ApplicationView>,
}

/// Lists the applications that wait for a decision.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = Applications)))]
#[get("/api/v1/operator/applications")]
pub(super) async fn list(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<Applications>> {
    operator.require(Permission::Look)?;
    let rows = app.db.read(|conn| application_list_waiting(conn, MOST).map_err(HttpError::from)).await?;
    Ok(web::Json(Applications { items: rows.into_iter().map(|row| ApplicationView::of(row, None)).collect() }))
}

async fn one(app: &App, id: ApplicationId) -> HttpResult<web::Json<ApplicationView>> {
    let read = app.db.read(move |conn| {
        let row = application_find(conn, id)?.ok_or(ServiceError::NotFound("application"))?;
        let email = person_find(conn, row.person_id)?.map(|person| person.email);
        Ok::<_, HttpError>(ApplicationView::of(row, email))
    });
    Ok(web::Json(read.await?))
}

/// One application, with the address of whoever applied.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The application")), responses((status = 200, body = ApplicationView), (status = 404)))]
#[get("/api/v1/operator/applications/{id}")]
pub(super) async fn get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ApplicationId>,
) -> HttpResult<web::Json<ApplicationView>> {
    operator.require(Permission::Look)?;
    one(&app, id.into_inner()).await
}

/// What goes into the letter.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Said {
    /// Up to 500 characters; to decline, at least one.
    #[serde(default)]
    answer: String,
}

async fn decide(
    app: &App,
    operator: Operator,
    id: ApplicationId,
    verdict: Verdict,
    said: &Said,
) -> HttpResult<web::Json<ApplicationView>> {
    application_decide(app, &operator.actor(), id, verdict, &said.answer).await?;
    one(app, id).await
}

/// Lets a partner in that applied: its calls are taken from now on, and a letter tells. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The application")), request_body = Said, responses((status = 200, body = ApplicationView), (status = 404), (status = 409)))]
#[post("/api/v1/operator/applications/{id}/approve")]
pub(super) async fn approve(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ApplicationId>,
    body: web::Json<Said>,
) -> HttpResult<web::Json<ApplicationView>> {
    decide(&app, operator, id.into_inner(), Verdict::Approve, &body).await
}

/// Turns an application down; a letter says why. It can still be approved later. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The application")), request_body = Said, responses((status = 200, body = ApplicationView), (status = 404), (status = 409), (status = 422)))]
#[post("/api/v1/operator/applications/{id}/decline")]
pub(super) async fn decline(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<ApplicationId>,
    body: web::Json<Said>,
) -> HttpResult<web::Json<ApplicationView>> {
    decide(&app, operator, id.into_inner(), Verdict::Decline, &body).await
}

/// Tells how far a partner's integration has come, by the calls that really came.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner")), responses((status = 200, body = Checklist)))]
#[get("/api/v1/operator/partners/{id}/checklist")]
pub(super) async fn checklist(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
) -> HttpResult<web::Json<Checklist>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(tell(&app, id.into_inner()).await?))
}
