//! The audit trail.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::AuditId;
use crate::db::audit::{AuditFilter, AuditRow, audit_list};
use crate::domain::access::Permission;
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::App;

/// One action.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct Entry {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: AuditId,
    /// When.
    at: Timestamp,
    /// Who: `operator/{id}`, `partner/{id}` or `console`.
    #[schema(example = "console")]
    pub actor: String,
    /// What was done.
    #[schema(example = "shopper.block")]
    action: String,
    /// To what: `shopper/{id}` and the like.
    subject: String,
    /// What changed.
    #[schema(value_type = Object)]
    detail: serde_json::Value,
}

impl From<AuditRow> for Entry {
    fn from(row: AuditRow) -> Self {
        let detail = serde_json::from_str(&row.detail).unwrap_or(serde_json::Value::String(row.detail));
        Self { id: row.id, at: row.at, actor: row.actor, action: row.action, subject: row.subject, detail }
    }
}

/// Which entries.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those about this, such as `shopper/{id}`.
    subject: Option<String>,
    /// Only those by this actor, such as `operator/{id}` or `console`.
    actor: Option<String>,
    /// Only those from this time on.
    from: Option<Timestamp>,
    /// Only those before this time.
    until: Option<Timestamp>,
}

/// A page of the trail, newest first.
///
/// # Errors
/// A 422 for a limit or a cursor that is none; the database's failures.
pub(in crate::http) async fn trail_of(app: &App, filter: AuditFilter, page: &Page) -> HttpResult<PageOf<Entry>> {
    let (limit, filter) = (page.limit()?, AuditFilter { before: page.key()?, ..filter });
    let rows = app.db.read(move |conn| audit_list(conn, &filter, limit + 1).map_err(HttpError::from)).await?;
    Ok(PageOf::new(rows, limit, |row| row.id)?.map(Entry::from))
}

/// Lists what operators did and what partners changed of their own, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Filter), responses((status = 200, body = PageOf<Entry>)))]
#[get("/api/v1/operator/audit")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<Entry>>> {
    operator.require(Permission::Look)?;
    let Filter { subject, actor, from, until } = filter.into_inner();
    Ok(web::Json(trail_of(&app, AuditFilter { subject, actor, from, until, before: None }, &page).await?))
}
