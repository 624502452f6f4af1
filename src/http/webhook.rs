//! `POST /webhooks/{provider}`: a payout provider reports. The answer says whether the call was kept, and nothing else.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Serialize;

use super::error::HttpResult;
use super::extract::{ClientIp, headers_to_vec};
use crate::provider::WebhookCall;
use crate::service::App;
use crate::service::payouts::take_webhook::{Taken, take_webhook};

/// What a provider is answered.
#[derive(Serialize, utoipa::ToSchema)]
struct WebhookAnswer {
    /// Whether the message was kept.
    kept: bool,
}

/// Report on payouts
///
/// In the provider's own format, signed in its own way. What is authentic is kept and answered 200 whatever becomes of
/// it, since providers repeat everything else.
#[utoipa::path(
    tag = "public",
    request_body(content = String, description = "The provider's own format"),
    params(("provider" = String, Path, description = "The provider's name")),
    responses(
        (status = 200, description = "Kept", body = WebhookAnswer),
        (status = 401, description = "Not authentic; not kept", body = WebhookAnswer),
        (status = 404, description = "No such provider"),
        (status = 503, description = "Could not be kept now; send it again"),
    ),
)]
#[post("/webhooks/{provider}")]
pub(super) async fn webhook(
    request: HttpRequest,
    provider: web::Path<String>,
    app: web::Data<App>,
    ip: ClientIp,
    body: web::Bytes,
) -> HttpResult<HttpResponse> {
    let headers = headers_to_vec(request.headers());
    let call = WebhookCall {
        headers: &headers,
        raw_body: &body,
        peer_ip: ip.0.unwrap_or(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)),
        received_at: app.clock.now(),
    };
    let (status, kept) = match take_webhook(&app, &provider, call).await? {
        Taken::Applied | Taken::Repeated | Taken::Waiting => (StatusCode::OK, true),
        Taken::Unrelated => (StatusCode::OK, false),
        Taken::NotAuthentic => (StatusCode::UNAUTHORIZED, false),
        Taken::Later => (StatusCode::SERVICE_UNAVAILABLE, false),
    };
    Ok(HttpResponse::build(status).json(WebhookAnswer { kept }))
}
