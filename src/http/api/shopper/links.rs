//! Tracking links.

use std::borrow::Cow;

use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::http::HttpResult;
use crate::http::caller::Shopper;
use crate::service::App;
use crate::service::limits::Limits;
use crate::service::make_link::make_link;

/// Where the link is to lead.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLink {
    /// The store's slug.
    #[schema(example = "books")]
    store: String,
    /// A page inside the store: an https address on one of its domains.
    #[serde(default)]
    deep_link: Option<String>,
}

/// A tracking link and what it promises.
#[derive(Serialize, utoipa::ToSchema)]
struct MadeLink {
    /// The address to follow.
    url: String,
    /// The store's slug.
    store: String,
    /// The page inside the store, in its normal form.
    deep_link: Option<String>,
    /// The version of the store's terms that the link promises.
    terms_version: i64,
    /// Until when it may be followed.
    expires_at: Timestamp,
}

/// Makes a signed link to a store, or to a page of it, for the shopper who asks.
#[utoipa::path(tag = "shopper", security(("bearer" = [])), request_body = NewLink, responses((status = 201, body = MadeLink)))]
#[post("/api/v1/links")]
pub(super) async fn create(
    app: web::Data<App>,
    limits: web::Data<Limits>,
    shopper: Shopper,
    body: web::Json<NewLink>,
) -> HttpResult<HttpResponse> {
    limits.links.check(&shopper.0.to_string())?;
    let made = make_link(&app, shopper.0, &body.store, body.deep_link.as_deref()).await?;
    Ok(HttpResponse::Created().json(MadeLink {
        url: made.url,
        store: made.link.store.into_owned(),
        deep_link: made.link.deep_link.map(Cow::into_owned),
        terms_version: made.link.terms_version,
        expires_at: made.link.expires_at,
    }))
}
