//! What a partner owes, from the ledger's own accounts.

use actix_web::{get, web};
use serde::Deserialize;

use crate::base::Timestamp;
use crate::http::caller::PartnerActor;
use crate::http::{HttpResult, Page, PageOf};
use crate::service::App;
use crate::service::desk::statement::{Entry, Statement, entries, statement as told};

/// Which time.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Period {
    /// From this time on.
    from: Timestamp,
    /// Until this time, which is not part of it.
    to: Timestamp,
}

/// What the partner owes for a period.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Period), responses((status = 200, body = Statement)))]
#[get("/api/v1/partner/statement")]
pub(super) async fn statement(
    app: web::Data<App>,
    partner: PartnerActor,
    period: web::Query<Period>,
) -> HttpResult<web::Json<Statement>> {
    let Period { from, to } = period.into_inner();
    Ok(web::Json(told(&app, partner.0, from, to).await?))
}

/// Lists what a period's statement is made of, newest first. A page may be short, or empty, and more follow: go on as long as
/// there is a `next`.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Period, Page), responses((status = 200, body = PageOf<Entry>)))]
#[get("/api/v1/partner/statement/entries")]
pub(super) async fn statement_entries(
    app: web::Data<App>,
    partner: PartnerActor,
    period: web::Query<Period>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<Entry>>> {
    let Period { from, to } = period.into_inner();
    let (lines, next) = entries(&app, partner.0, (from, to), page.key()?, page.limit()?).await?;
    Ok(web::Json(PageOf::before(lines, next)?))
}
