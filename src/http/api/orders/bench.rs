//! The test bench: what would a call do? Nothing is written.

use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::id::BenchReportId;
use crate::base::{Secret, Timestamp};
use crate::db::Conn;
use crate::db::bench_reports::{BenchReportRow, bench_report_list};
use crate::domain::access::Permission;
use crate::domain::adapter::RawCall;
use crate::domain::partner::PartnerSettings;
use crate::http::caller::{Operator, PartnerActor, PartnerPerson};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::desk::bench_share::{bench_share, bench_shared, bench_unshare, told};
use crate::service::try_postback::{Asker, Trial, bench_partner, try_postback};
use crate::service::{App, ServiceError};

/// One header.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Header {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

/// A call as a partner would make it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Call {
    /// `GET` or `POST`.
    method: String,
    /// The secret in the path, where the partner's stands there.
    #[schema(value_type = Option<String>)]
    path_secret: Option<Secret>,
    /// The raw query, without the question mark.
    #[serde(default)]
    query: String,
    /// The headers.
    #[serde(default)]
    headers: Vec<Header>,
    /// The raw body.
    #[serde(default)]
    body: String,
    /// The address that the call comes from.
    #[schema(value_type = Option<String>)]
    peer: Option<std::net::IpAddr>,
    /// When it came, for a call whose signed time has grown old; now when absent.
    at: Option<Timestamp>,
}

impl Call {
    fn raw(self, app: &App, partner: &str) -> HttpResult<RawCall> {
        if self.method != "GET" && self.method != "POST" {
            return Err(ServiceError::invalid("method", "must be GET or POST").into());
        }
        let secret = self.path_secret.as_ref().map(|secret| format!("/{}", secret.expose())).unwrap_or_default();
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        Ok(RawCall {
            public_url: app.public_url(&format!("/postback/{partner}{secret}{query}")),
            method: self.method,
            path_secret: self.path_secret,
            query: self.query,
            body: self.body.into_bytes(),
            headers: self.headers.into_iter().map(|one| (one.name.to_ascii_lowercase(), one.value)).collect(),
            peer: self.peer,
        })
    }
}

/// A call, and who is to have made it: a partner by slug, or an adapter with secrets and settings.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OperatorTrial {
    /// The partner's slug.
    partner: Option<String>,
    /// Instead of a partner: a preset's name, or an adapter's TOML text.
    adapter: Option<String>,
    /// The secrets to accept, with `adapter`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    secrets: Vec<Secret>,
    /// The partner's settings, with `adapter`.
    #[serde(default)]
    settings: PartnerSettings,
    /// The call.
    call: Call,
}

/// Tries a call of the partner's own. Nothing is written.
#[utoipa::path(tag = "partner", security(("bearer" = [])), request_body = Call, responses((status = 200, body = Trial)))]
#[post("/api/v1/partner/postbacks/try")]
pub(super) async fn partner_try(
    app: web::Data<App>,
    partner: PartnerActor,
    body: web::Json<Call>,
) -> HttpResult<web::Json<Trial>> {
    let known = app.catalogue.snapshot();
    let partner = known.partner(partner.0).ok_or(ServiceError::NotFound("partner"))?;
    let (at, call) = (body.at, body.into_inner());
    let call = call.raw(&app, &partner.row.slug)?;
    Ok(web::Json(try_postback(&app, Asker::Partner, partner, call, at).await?))
}

/// Tries a call of any partner, or with an adapter that nobody uses yet. Nothing is written.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = OperatorTrial, responses((status = 200, body = Trial)))]
#[post("/api/v1/operator/postbacks/try")]
pub(super) async fn operator_try(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<OperatorTrial>,
) -> HttpResult<web::Json<Trial>> {
    operator.require(Permission::Look)?;
    let OperatorTrial { partner, adapter, secrets, settings, call } = body.into_inner();
    let partner = match (partner, adapter) {
        (Some(slug), None) => app.partner(&slug).await?,
        (None, Some(adapter)) => bench_partner(&adapter, secrets, settings, app.clock.now())?,
        (Some(_), Some(_)) | (None, None) => {
            return Err(ServiceError::invalid("partner", "give either partner or adapter").into());
        }
    };
    let (at, call) = (call.at, call.raw(&app, &partner.row.slug)?);
    Ok(web::Json(try_postback(&app, Asker::Operator, &partner, call, at).await?))
}

/// A link to a report, with its code.
#[derive(Serialize, ToSchema)]
struct SharedReport {
    /// The address for whoever is to read it, told only now.
    address: String,
    /// The code in it, for `GET /api/v1/shared/bench/{code}`.
    code: String,
    /// Until when the link works.
    expires_at: Timestamp,
    /// The report.
    #[schema(value_type = Object)]
    trial: serde_json::Value,
}

/// A link to a report, without its code.
#[derive(Serialize, ToSchema)]
struct ReportLink {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: BenchReportId,
    /// When it was shared.
    created_at: Timestamp,
    /// Until when the link works.
    expires_at: Timestamp,
}

/// A report as whoever has the link reads it.
#[derive(Serialize, ToSchema)]
struct ReportView {
    /// When it was shared.
    created_at: Timestamp,
    /// Until when the link works.
    expires_at: Timestamp,
    /// What the call would have done, without secrets and without shoppers.
    #[schema(value_type = Object)]
    trial: serde_json::Value,
}

/// Tries a call of the partner's own, and makes a link by which others can read what came of it, for thirty days. For the
/// partner's people, in a session.
#[utoipa::path(tag = "partner", security(("bearer" = [])), request_body = Call, responses((status = 201, body = SharedReport), (status = 409), (status = 422)))]
#[post("/api/v1/partner/bench-reports")]
pub(super) async fn share(
    app: web::Data<App>,
    person: PartnerPerson,
    body: web::Json<Call>,
) -> HttpResult<HttpResponse> {
    let known = app.catalogue.snapshot();
    let partner = known.partner(person.partner).ok_or(ServiceError::NotFound("partner"))?;
    let (at, call) = (body.at, body.into_inner());
    let call = call.raw(&app, &partner.row.slug)?;
    let trial = told(&try_postback(&app, Asker::Partner, partner, call, at).await?, &partner.secrets)?;
    let shared = bench_share(&app, &person.caller.actor, person.partner, &trial).await?;
    let code = shared.code.expose().to_owned();
    let address = app.public_url(&format!("/shared/bench/{code}"));
    let body = SharedReport { address, code, expires_at: shared.expires_at, trial };
    Ok(HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(body))
}

/// Lists the partner's links that work, newest first.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<ReportLink>)))]
#[get("/api/v1/partner/bench-reports")]
pub(super) async fn shared_list(
    app: web::Data<App>,
    person: PartnerPerson,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<ReportLink>>> {
    let (limit, before, partner, now) = (page.limit()?, page.key()?, person.partner, app.clock.now());
    let read = move |conn: &mut Conn| bench_report_list(conn, partner, now, before, limit + 1).map_err(HttpError::from);
    let rows = PageOf::new(app.db.read(read).await?, limit, |row| row.id)?;
    let link = |row: BenchReportRow| ReportLink { id: row.id, created_at: row.created_at, expires_at: row.expires_at };
    Ok(web::Json(rows.map(link)))
}

/// Takes a link back.
#[utoipa::path(tag = "partner", security(("bearer" = [])), params(("id" = String, Path, description = "The link")), responses((status = 204), (status = 404)))]
#[delete("/api/v1/partner/bench-reports/{id}")]
pub(super) async fn unshare(
    app: web::Data<App>,
    person: PartnerPerson,
    id: web::Path<BenchReportId>,
) -> HttpResult<HttpResponse> {
    bench_unshare(&app, &person.caller.actor, person.partner, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The report that a link leads to: for anybody who has it.
#[utoipa::path(tag = "public", params(("code" = String, Path, description = "Out of the link")), responses((status = 200, body = ReportView), (status = 404)))]
#[get("/api/v1/shared/bench/{code}")]
pub(super) async fn shared_read(app: web::Data<App>, code: web::Path<String>) -> HttpResult<web::Json<ReportView>> {
    let row = bench_shared(&app, &code).await?;
    let trial = serde_json::from_str(&row.body).map_err(ServiceError::internal)?;
    Ok(web::Json(ReportView { created_at: row.created_at, expires_at: row.expires_at, trial }))
}
