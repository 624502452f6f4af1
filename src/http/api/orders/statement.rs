//! What a partner owes, from the ledger's own accounts.

use actix_web::{get, web};
use serde::Deserialize;

use crate::base::Timestamp;
use crate::http::HttpResult;
use crate::http::caller::PartnerActor;
use crate::service::App;
use crate::service::desk::statement::{Statement, statement as told};

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
