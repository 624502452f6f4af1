//! Errors for people: where a browser asked for a page, an error is a page in the reader's language.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, LOCATION};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use minijinja::context;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::account::sign_in::door_to;
use super::visitor::{Seen, bare_page, reader_of};
use crate::domain::reason::Language;
use crate::http::HttpError;
use crate::service::{App, ServiceError};
use crate::web::{Reader, Web};

/// What programs call: their errors stay as they are, whatever they accept.
const FOR_PROGRAMS: [&str; 7] = ["/api/", "/postback/", "/webhooks/", "/metrics", "/healthz", "/readyz", "/static/"];

/// The page to show instead of an error; `None` when the asker is no browser that wants one. Strangers who ask for a page
/// that needs an account are sent to sign in, and come back afterwards.
pub(in crate::http) fn instead(request: &HttpRequest, error: &HttpError) -> Option<HttpResponse> {
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = request.path();
    if !accepts.contains("text/html") || FOR_PROGRAMS.iter().any(|known| path.starts_with(known)) {
        return None;
    }
    let app = request.app_data::<web::Data<App>>()?;
    let site = request.app_data::<web::Data<Web>>()?;
    if matches!(error, HttpError::Service(ServiceError::Unauthenticated)) {
        let form = door_to(path);
        let to = if request.method().is_safe() {
            let whole = request.uri().path_and_query().map_or(path, |whole| whole.as_str());
            format!("{form}?next={}", utf8_percent_encode(whole, NON_ALPHANUMERIC))
        } else {
            form.to_owned()
        };
        return Some(HttpResponse::SeeOther().insert_header((LOCATION, to)).finish());
    }
    let (mut reader, mut around) = (reader_of(request, app, None), context! { path => path, role => "stranger" });
    if let Some(language) = request.extensions().get::<Language>() {
        reader = Reader { language: *language, ..reader };
    }
    if let Some(seen) = request.extensions().get::<Seen>() {
        (reader, around) = (seen.reader, seen.around.clone());
    }
    let (status, _) = error.status_and_code();
    let problem = error.problem();
    let kind = match status {
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::METHOD_NOT_ALLOWED => "method",
        StatusCode::TOO_MANY_REQUESTS => "too-many",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        other if other.is_client_error() => "request",
        _other => "internal",
    };
    let values = context! {
        kind => kind,
        reference => problem.instance.map(|text| text.rsplit(':').next().unwrap_or_default().to_owned()),
        in_english => "/?lang=en", in_russian => "/?lang=ru",
        ..around
    };
    match site.render("error.html", reader, values) {
        Ok(page) => Some(bare_page(status, error, page)),
        Err(cause) => {
            tracing::error!(%cause, "the page for errors is broken");
            None
        }
    }
}
