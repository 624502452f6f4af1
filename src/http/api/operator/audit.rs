//! The audit trail.

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::AuditId;
use crate::db::audit::{AuditRow, audit_list};
use crate::domain::access::Permission;
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::App;

/// One action.
#[derive(Serialize, utoipa::ToSchema)]
struct Entry {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: AuditId,
    /// When.
    at: Timestamp,
    /// Who: `operator/{id}`, `partner/{id}` or `console`.
    #[schema(example = "console")]
    actor: String,
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
    let (limit, before, subject) = (page.limit()?, page.key()?, filter.into_inner().subject);
    let rows = app
        .db
        .read(move |conn| audit_list(conn, subject.as_deref(), before, limit + 1).map_err(HttpError::from))
        .await?;
    Ok(web::Json(PageOf::new(rows, limit, |row| row.id)?.map(Entry::from)))
}
