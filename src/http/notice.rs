//! The plain page that a shopper sees when a link cannot be followed.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use super::error::HttpError;
use crate::base::Secret;
use crate::domain::reason::Language;
use crate::service::ServiceError;

const TEMPLATE: &str = include_str!("../web/templates/notice.html");

/// What the page says.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The heading.
    pub title: String,
    /// A sentence or two.
    pub text: String,
    /// Where the page leads on to, and the words of that link.
    pub link: Option<(String, &'static str)>,
}

/// Answers with the page.
///
/// # Errors
/// An internal error when the template is broken, which a test keeps from happening.
pub fn notice(status: StatusCode, language: Language, notice: &Notice) -> Result<HttpResponse, HttpError> {
    let nonce = Secret::random(16).map_err(ServiceError::internal)?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_name| AutoEscape::Html);
    let values = context! {
        language => language.as_str(),
        title => notice.title.as_str(),
        text => notice.text.as_str(),
        link => notice.link.as_ref().map(|(url, _)| url),
        link_text => notice.link.as_ref().map(|(_, text)| *text),
        nonce => nonce.expose(),
    };
    let page = environment.render_str(TEMPLATE, values).map_err(ServiceError::internal)?;
    let policy =
        format!("default-src 'none'; style-src 'nonce-{}'; base-uri 'none'; form-action 'none'", nonce.expose());
    Ok(HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .body(page))
}
