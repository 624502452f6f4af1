//! Around every request: its id, the headers that protect pages, the access log, the metrics.

use std::borrow::Cow;
use std::time::Instant;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web;
use actix_web::{Error, ResponseError as _};

use super::error::HttpError;
use super::{cors, metrics, page, redirect};
use crate::base::Id;
use crate::service::App;

tokio::task_local! {
    static REQUEST_ID: Id<RequestMark>;
}

/// The id of the request that is being answered, for error bodies and the log.
pub(super) fn request_id() -> Option<String> {
    REQUEST_ID.try_with(ToString::to_string).ok()
}

enum RequestMark {}

/// Gives the request an id, protects the answer, logs and counts it. The log has the pattern of the route and not
/// the path or the query: those carry tokens, clicks and people.
pub(super) async fn around<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = Instant::now();
    let id = Id::<RequestMark>::new();
    let method = method_word(request.method());
    let https = request.app_data::<web::Data<App>>().is_some_and(|app| app.config.public_url.scheme() == "https");
    let open = cors::is_open(request.path());
    let mut answer = REQUEST_ID.scope(id, pass(request, next)).await?;
    // A browser that is sent on shows nothing that would need protection.
    if !answer.status().is_redirection() {
        protect(answer.headers_mut(), https);
    }
    if open {
        cors::open(answer.headers_mut());
    }
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let route = route(&answer);
    let status = answer.status().as_u16();
    let elapsed = started.elapsed();
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    // A click that was kept is a row; a line for each would be most of the log and much of the work.
    let route = route.as_ref();
    if route == redirect::ROUTE && status == StatusCode::FOUND.as_u16() {
        tracing::debug!(target: "kopilka::access", request = %id, method, route, status, micros, "answered");
    } else {
        tracing::info!(target: "kopilka::access", request = %id, method, route, status, micros, "answered");
    }
    metrics::count_request(method, route, status, elapsed);
    Ok(answer)
}

/// The pattern of the route that answered. Asking for it tries the routes once more, so a click that was kept, of which there
/// are thousands a second, is known by its answer: nothing else under that path sends anybody on.
fn route<B>(answer: &ServiceResponse<B>) -> Cow<'static, str> {
    if answer.status() == StatusCode::FOUND && answer.request().path().starts_with(redirect::UNDER) {
        return Cow::Borrowed(redirect::ROUTE);
    }
    answer.request().match_pattern().map_or(Cow::Borrowed("(none)"), Cow::Owned)
}

/// The method's name, for a label. A client may send any word for a method, and each would be a series of its own that
/// stays in memory.
fn method_word(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Hands the request on, unless it holds a NUL character.
async fn pass<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if request.method() == Method::OPTIONS && cors::is_open(request.path()) {
        return Ok(request.into_response(cors::preflight()).map_into_right_body());
    }
    match refuse_nul(&mut request).await {
        Ok(()) => next.call(request).await.map(in_our_words),
        Err(error) => Ok(request.into_response(error.error_response()).map_into_right_body()),
    }
}

/// No text of ours holds U+0000: one of the databases cannot keep it, so it is refused for both, here for all routes.
/// What networks and providers send in their own formats is kept as it came; its reader finds the character.
async fn refuse_nul(request: &mut ServiceRequest) -> Result<(), HttpError> {
    const PROBLEM: &str = "holds a NUL character (U+0000), which no text may have";
    let foreign = request.path().starts_with("/postback/") || request.path().starts_with("/webhooks/");
    let query = request.uri().query().filter(|_| !foreign).unwrap_or_default();
    if request.uri().path().contains("%00") || query.contains("%00") {
        return Err(HttpError::BadRequest(format!("the address {PROBLEM}")));
    }
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let has_nul = if kind.contains("json") {
        has_nul_escape
    } else if kind.contains("x-www-form-urlencoded") {
        has_nul_field
    } else {
        return Ok(());
    };
    if foreign {
        return Ok(());
    }
    let body = request.extract::<web::Bytes>().await.map_err(|error| HttpError::from_actix(&error))?;
    if has_nul(&body) {
        return Err(HttpError::BadRequest(format!("the body {PROBLEM}")));
    }
    let (_, mut payload) = actix_http::h1::Payload::create(true);
    payload.unread_data(body);
    request.set_payload(payload.into());
    Ok(())
}

/// Whether a JSON text has `\u0000` where the backslash is not itself escaped. A bare NUL is no JSON.
fn has_nul_escape(json: &[u8]) -> bool {
    let mut rest = json.iter();
    while let Some(byte) = rest.next() {
        // What follows a backslash belongs to it, so of two backslashes the second begins nothing.
        if *byte == b'\\' && rest.next() == Some(&b'u') && rest.as_slice().starts_with(b"0000") {
            return true;
        }
    }
    false
}

/// Whether a form's fields hold a NUL, as it is or in percent form.
fn has_nul_field(form: &[u8]) -> bool {
    form.contains(&0) || form.windows(3).any(|part| part == b"%00")
}

/// Errors that actix answers by itself, say for a body that is too large, become problems like all others; and a browser
/// that asked for a page gets one.
fn in_our_words<B: MessageBody>(answer: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    let Some(error) = answer.response().error() else { return answer.map_into_left_body() };
    let (page, foreign) = match error.as_error::<HttpError>() {
        Some(ours) => (page::instead(answer.request(), ours), None),
        None => {
            let error = HttpError::from_actix(error);
            (page::instead(answer.request(), &error), Some(error))
        }
    };
    match (page, foreign) {
        (Some(page), _) => answer.into_response(page).map_into_right_body(),
        (None, Some(error)) => answer.into_response(error.error_response()).map_into_right_body(),
        (None, None) => answer.map_into_left_body(),
    }
}

/// What pages may load: only what this server gives out. A handler that needs another policy sets its own.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

fn protect(headers: &mut HeaderMap, https: bool) {
    let mut unless_set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    unless_set(CONTENT_SECURITY_POLICY, POLICY);
    unless_set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(X_FRAME_OPTIONS, "DENY");
    unless_set(REFERRER_POLICY, "strict-origin-when-cross-origin");
    if https {
        unless_set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
