//! The one table of routes. Each resource exports its handlers; here they get their place. Only what is
//! added with `service` is seen by the OpenAPI document.

use std::collections::BTreeSet;

use actix_web::dev::ResourceDef;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;

use super::error::HttpError;
use super::{api, health, openapi, postback, redirect, webhook};

/// Every route of the server, save for the pages of the documentation.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.configure(hot).configure(others);
}

/// What is called thousands of times a second. They stand first, since routes are tried one after the other, and answer
/// next to nothing, so there is nothing to compress.
pub(super) fn hot(config: &mut ServiceConfig<'_>) {
    config.service(redirect::go).service(postback::postback).service(postback::postback_with_secret);
}

/// All others.
pub(super) fn others(config: &mut ServiceConfig<'_>) {
    config.service(health::healthz).service(health::readyz).service(health::prometheus).service(openapi::openapi_json);
    config.service(webhook::webhook).configure(api::payouts::configure);
    config.configure(api::payout_freeze::configure).configure(api::partner::configure);
    config.configure(api::claim_files::configure);
    config.configure(api::account::configure).configure(api::operator::configure);
    config.configure(api::operator::configure_catalogue).configure(api::shopper::configure);
    config.configure(api::extension::configure).configure(api::orders::configure).configure(api::hooks::configure);
}

/// The routes of a server that follows tracking links alone.
pub fn configure_redirect(config: &mut ServiceConfig<'_>) {
    config.service(redirect::go);
    config.service(health::healthz).service(health::readyz_of_redirect).service(health::prometheus);
}

/// Which methods each path takes, for an honest 405.
pub(super) struct Methods(Vec<(ResourceDef, Vec<&'static str>)>);

impl Methods {
    pub(super) fn of(document: &OpenApi) -> Self {
        let known = document.paths.paths.iter().map(|(path, item)| {
            let takes = [
                ("GET", item.get.is_some()),
                ("PUT", item.put.is_some()),
                ("POST", item.post.is_some()),
                ("DELETE", item.delete.is_some()),
                ("HEAD", item.head.is_some()),
                ("PATCH", item.patch.is_some()),
            ];
            let words = takes.into_iter().filter_map(|(word, taken)| taken.then_some(word)).collect();
            (ResourceDef::new(path.as_str()), words)
        });
        Self(known.collect())
    }

    /// The methods of every pattern that the path fits, which may be several (`/stores/{id}`, `/stores/new`).
    fn for_path(&self, path: &str) -> Option<String> {
        let fitting = self.0.iter().filter(|(known, _)| known.is_match(path));
        let words: BTreeSet<&'static str> = fitting.flat_map(|(_, methods)| methods.iter().copied()).collect();
        (!words.is_empty()).then(|| words.into_iter().collect::<Vec<_>>().join(", "))
    }
}

/// What no route takes: 405 where the path is known, else 404.
pub(super) async fn nothing(request: HttpRequest, methods: web::Data<Methods>) -> Result<HttpResponse, HttpError> {
    Err(match methods.for_path(request.path()) {
        Some(known) => HttpError::NoMethod(known),
        None => HttpError::NoRoute,
    })
}
