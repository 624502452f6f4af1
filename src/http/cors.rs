//! What pages of other origins may ask for: the extension's routes, without cookies. The extension's own pages are of another
//! origin, and need not have been given ours.

use actix_web::HttpResponse;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue,
};

/// Whether a path may be asked for from everywhere. What stands behind it takes no cookie.
pub(super) fn is_open(path: &str) -> bool {
    path.starts_with("/api/v1/extension/")
}

/// Says so in an answer.
pub(super) fn open(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Retry-After, X-Request-Id"));
}

/// The answer to a browser that asks before it sends.
pub(super) fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-None-Match"))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
        .finish()
}
