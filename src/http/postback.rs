//! `GET|POST /postback/{partner}`: a partner reports. The answer carries the true verdict.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, route, web};
use serde::Serialize;

use super::error::HttpError;
use super::extract::ClientIp;
use crate::base::Secret;
use crate::base::id::PostbackId;
use crate::domain::adapter::RawCall;
use crate::domain::reason::Reason;
use crate::domain::verdict::Verdict;
use crate::service::App;
use crate::service::ingest_postback::{Ingested, ReportOutcome, ingest_postback};

/// What a partner is answered, unless its adapter says what the network wants to read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PostbackAnswer {
    /// The id that the call is kept under.
    pub postback: PostbackId,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What was read out of it.
    pub reports: Vec<ReportOutcome>,
}

/// Report sales
///
/// In the partner's own format: its adapter says how the call is authenticated and read. What is authentic and
/// kept is answered 200 whatever became of it, since networks repeat other answers and give up on addresses
/// that refuse too often.
#[utoipa::path(
    tag = "public",
    request_body(content = String, description = "The partner's own format: a form, JSON, XML, or nothing"),
    params(("partner" = String, Path, description = "The partner's slug")),
    responses(
        (status = 200, description = "Kept; the verdict says what became of it", body = PostbackAnswer),
        (status = 401, description = "Not authentic; moved nothing", body = PostbackAnswer),
        (status = 403, description = "The partner is paused", body = PostbackAnswer),
        (status = 404, description = "No such partner; not kept"),
        (status = 413, description = "The body is over 64 KiB"),
        (status = 503, description = "Could not be kept now; call again"),
    ),
)]
#[route("/postback/{partner}", method = "GET", method = "POST")]
pub async fn postback(
    request: HttpRequest,
    path: web::Path<String>,
    app: web::Data<App>,
    ip: ClientIp,
    body: web::Bytes,
) -> Result<HttpResponse, HttpError> {
    take(&request, &app, &path, None, ip, &body).await
}

/// Report sales, with a secret in the path
///
/// For networks that can put a secret only into the address.
#[utoipa::path(
    tag = "public",
    request_body(content = String, description = "The partner's own format: a form, JSON, XML, or nothing"),
    params(
        ("partner" = String, Path, description = "The partner's slug"),
        ("secret" = String, Path, description = "The partner's secret"),
    ),
    responses(
        (status = 200, description = "Kept; the verdict says what became of it", body = PostbackAnswer),
        (status = 401, description = "Not authentic; moved nothing", body = PostbackAnswer),
    ),
)]
#[route("/postback/{partner}/{secret}", method = "GET", method = "POST")]
pub async fn postback_with_secret(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    app: web::Data<App>,
    ip: ClientIp,
    body: web::Bytes,
) -> Result<HttpResponse, HttpError> {
    let (partner, secret) = path.into_inner();
    take(&request, &app, &partner, Some(Secret::new(secret)), ip, &body).await
}

async fn take(
    request: &HttpRequest,
    app: &App,
    partner: &str,
    path_secret: Option<Secret>,
    ip: ClientIp,
    body: &[u8],
) -> Result<HttpResponse, HttpError> {
    let headers = request.headers().iter();
    let text = |value: &actix_web::http::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let public_url = called_at(request, app, path_secret.as_ref());
    let call = RawCall {
        method: request.method().as_str().to_owned(),
        path_secret,
        query: request.query_string().to_owned(),
        body: body.to_vec(),
        headers: headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        peer: ip.0,
        public_url,
    };
    let ingested = ingest_postback(app, partner, call).await?;
    Ok(respond(ingested))
}

/// The address as it was called. A secret in the path is written in its plain form, however the caller encoded it: the
/// secret is looked for in that form, to be hidden before the address is kept or shown. A signature over the whole address
/// therefore needs a secret that has nothing to encode, like those that we make.
fn called_at(request: &HttpRequest, app: &App, path_secret: Option<&Secret>) -> String {
    let uri = request.uri();
    let path = match (path_secret, uri.path().rsplit_once('/')) {
        (Some(secret), Some((before, _encoded))) => format!("{before}/{}", secret.expose()),
        (Some(_), None) | (None, _) => uri.path().to_owned(),
    };
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    app.public_url(&format!("{path}{query}"))
}

fn respond(ingested: Ingested) -> HttpResponse {
    let paused = ingested.reason.as_deref() == Some(Reason::PartnerPaused.as_str());
    let wanted = ingested.answer;
    let status = match (ingested.verdict, &wanted) {
        (Verdict::Refused, _) if paused => StatusCode::FORBIDDEN,
        (Verdict::Refused, _) => StatusCode::UNAUTHORIZED,
        (_, Some(answer)) => StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK),
        (_, None) => StatusCode::OK,
    };
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store"));
    match wanted.and_then(|answer| answer.body.map(|body| (answer.content_type, body))) {
        Some((content_type, body)) => response.content_type(content_type).body(body),
        None => response.json(PostbackAnswer {
            postback: ingested.id,
            verdict: ingested.verdict,
            reason: ingested.reason,
            detail: ingested.detail,
            reports: ingested.reports,
        }),
    }
}
