//! For the browser extension: one list, the same for everybody, so that asking for it tells nothing about the asker.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::base::Timestamp;
use crate::base::secret::sha256_hex;
use crate::domain::rate::{Rate, Terms};
use crate::http::HttpResult;
use crate::service::catalogue::Store;
use crate::service::{App, ServiceError};

/// The extension's routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(stores);
}

/// Every store that cashback is to be had at.
#[derive(Serialize, utoipa::ToSchema)]
struct Stores {
    /// By slug.
    stores: Vec<Line>,
}

/// A store.
#[derive(Serialize, utoipa::ToSchema)]
struct Line {
    /// Its name in URLs.
    slug: String,
    /// Its name.
    name: String,
    /// The hosts that it is recognised by, their subdomains included.
    domains: Vec<String>,
    /// The best rate that it has.
    rate: Rate,
    /// Not every order earns that much: other categories, or later orders, earn less.
    up_to: bool,
}

fn line(store: &Store, now: Timestamp) -> Option<Line> {
    let terms = store.is_active().then(|| store.terms_at(now)).flatten()?;
    let (rate, up_to) = headline(&terms.terms);
    Some(Line {
        slug: store.row.slug.clone(),
        name: store.row.name.clone(),
        domains: store.domains.clone(),
        rate,
        up_to,
    })
}

/// The best of the rates that are of the default rate's kind, and whether there are lesser ones.
fn headline(terms: &Terms) -> (Rate, bool) {
    let others = terms.categories.iter().map(|entry| &entry.rate).chain(&terms.first_order);
    let best = others.clone().fold(&terms.rate, |best, rate| if beats(rate, best) { rate } else { best });
    (best.clone(), others.chain([&terms.rate]).any(|rate| rate != best))
}

fn beats(rate: &Rate, other: &Rate) -> bool {
    match (rate, other) {
        (Rate::PercentOfOrder(a), Rate::PercentOfOrder(b))
        | (Rate::ShareOfCommission(a), Rate::ShareOfCommission(b)) => a > b,
        (Rate::Fixed(a), Rate::Fixed(b)) => a.currency() == b.currency() && a.minor() > b.minor(),
        (Rate::PercentOfOrder(_) | Rate::ShareOfCommission(_) | Rate::Fixed(_), _) => false,
    }
}

/// Lists all stores with their domains. Ask again with If-None-Match: unchanged lists are answered 304.
#[utoipa::path(
    tag = "extension",
    responses(
        (status = 200, body = Stores, headers(("ETag" = String, description = "Send it back as If-None-Match"))),
        (status = 304, description = "The list is as it was"),
    ),
)]
#[get("/api/v1/extension/stores")]
pub(super) async fn stores(request: HttpRequest, app: web::Data<App>) -> HttpResult<HttpResponse> {
    let now = app.clock.now();
    let snapshot = app.catalogue.snapshot();
    let list = Stores { stores: snapshot.stores.values().filter_map(|store| line(store, now)).collect() };
    let body = serde_json::to_vec(&list).map_err(ServiceError::internal)?;
    let tag = format!("\"{}\"", sha256_hex(&body));
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|value| {
        // RFC 9110, 13.1.2: compared weakly.
        value.split(',').map(str::trim).any(|given| given == "*" || given.trim_start_matches("W/") == tag)
    });
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "public, max-age=300"));
    Ok(if known { answer.finish() } else { answer.content_type("application/json").body(body) })
}
