//! Partners and the secrets of their calls.

use actix_web::{HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};

use crate::base::id::PartnerId;
use crate::base::{Secret, Timestamp};
use crate::db::partners::{PartnerRow, partner_find, partner_list};
use crate::domain::access::Permission;
use crate::domain::partner::{PartnerSettings, Status};
use crate::http::caller::Operator;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::partners::{self, NewPartner, PartnerChange, SecretRotated};
use crate::service::{App, ServiceError};

/// A partner.
#[derive(Serialize, utoipa::ToSchema)]
struct PartnerView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PartnerId,
    /// Its name in URLs.
    slug: String,
    /// Its name for people.
    name: String,
    /// The preset or own adapter that reads its calls.
    adapter: String,
    /// What the adapter leaves open.
    settings: PartnerSettings,
    /// Active, or paused: then its calls are refused.
    status: Status,
    /// Where its calls go to. Networks that sign nothing get the secret as one more path segment.
    postback_url: String,
    /// Since when.
    created_at: Timestamp,
}

impl PartnerView {
    fn of(app: &App, row: PartnerRow) -> HttpResult<Self> {
        Ok(Self {
            settings: row.settings()?,
            postback_url: app.public_url(&format!("/postback/{}", row.slug)),
            id: row.id,
            slug: row.slug,
            name: row.name,
            adapter: row.adapter,
            status: row.status,
            created_at: row.created_at,
        })
    }
}

/// Lists partners, oldest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<PartnerView>)))]
#[get("/api/v1/operator/partners")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<PartnerView>>> {
    operator.require(Permission::Look)?;
    let (limit, after) = (page.limit()?, page.key()?);
    let rows = app.db.read(move |conn| partner_list(conn, after, limit + 1).map_err(HttpError::from)).await?;
    let rows = PageOf::new(rows, limit, |row| row.id)?;
    let items = rows.items.into_iter().map(|row| PartnerView::of(&app, row)).collect::<HttpResult<_>>()?;
    Ok(web::Json(PageOf { items, next: rows.next }))
}

/// Shows a partner.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner")), responses((status = 200, body = PartnerView)))]
#[get("/api/v1/operator/partners/{id}")]
pub(super) async fn get(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
) -> HttpResult<web::Json<PartnerView>> {
    operator.require(Permission::Look)?;
    let row = app.db.read(move |conn| partner_find(conn, *id).map_err(HttpError::from)).await?;
    Ok(web::Json(PartnerView::of(&app, row.ok_or(ServiceError::NotFound("partner"))?)?))
}

/// A new partner.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PartnerWanted {
    /// Its name in URLs: 1 to 64 of a-z, 0-9 and `-`.
    #[schema(example = "admitad")]
    slug: String,
    /// Its name for people.
    name: String,
    /// The preset or own adapter that reads its calls.
    #[schema(example = "admitad")]
    adapter: String,
    /// What the adapter leaves open.
    #[serde(default)]
    settings: PartnerSettings,
    /// The secret that the partner gave; without one, a fresh one is made.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    secret: Option<Secret>,
}

/// A partner with its secret.
#[derive(Serialize, utoipa::ToSchema)]
struct PartnerMade {
    /// The partner.
    partner: PartnerView,
    /// Its secret, told only now.
    secret: String,
}

/// Adds a partner. Needs the permission `catalogue`. The secret is told only in this answer.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = PartnerWanted, responses((status = 201, body = PartnerMade)))]
#[post("/api/v1/operator/partners")]
pub(super) async fn add(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<PartnerWanted>,
) -> HttpResult<HttpResponse> {
    let PartnerWanted { slug, name, adapter, settings, secret } = body.into_inner();
    let wanted = NewPartner { slug, name, adapter, settings, secret };
    let added = partners::partner_add(&app, &operator.actor(), wanted).await?;
    let secret = added.secret.expose().to_owned();
    Ok(HttpResponse::Created().json(PartnerMade { partner: PartnerView::of(&app, added.row)?, secret }))
}

/// What to change; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct PartnerPatch {
    /// Its name for people.
    name: Option<String>,
    /// The preset or own adapter that reads its calls.
    adapter: Option<String>,
    /// All its settings.
    settings: Option<PartnerSettings>,
    /// `paused` refuses its calls, `active` takes them again.
    status: Option<Status>,
}

/// Changes, pauses or resumes a partner. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner")), request_body = PartnerPatch, responses((status = 200, body = PartnerView)))]
#[patch("/api/v1/operator/partners/{id}")]
pub(super) async fn change(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
    body: web::Json<PartnerPatch>,
) -> HttpResult<web::Json<PartnerView>> {
    let PartnerPatch { name, adapter, settings, status } = body.into_inner();
    let change = PartnerChange { name, adapter, settings, status };
    let row = partners::partner_update(&app, &operator.actor(), id.into_inner(), change).await?;
    Ok(web::Json(PartnerView::of(&app, row)?))
}

/// A new secret.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SecretWanted {
    /// The secret that the partner gave; without one, a fresh one is made.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    secret: Option<Secret>,
    /// For how many hours the older ones are still accepted, 0 to 720.
    #[serde(default = "a_day")]
    #[schema(default = 24, maximum = 720)]
    keep_hours: u32,
}

pub(in crate::http::api) const fn a_day() -> u32 {
    24
}

/// A secret.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http::api) struct SecretMade {
    /// The secret, told only now.
    secret: String,
    /// Until when the older ones are accepted.
    old_until: Timestamp,
}

/// Answers with a secret that was just put in place.
pub(in crate::http::api) fn secret_made(made: SecretRotated) -> HttpResponse {
    let secret = made.secret.expose().to_owned();
    let body = SecretMade { secret, old_until: made.old_until };
    HttpResponse::Created().insert_header(("Cache-Control", "no-store")).json(body)
}

/// Gives a partner a new secret. Needs the permission `catalogue`. The secret is told only in this answer.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The partner")), request_body = SecretWanted, responses((status = 201, body = SecretMade)))]
#[post("/api/v1/operator/partners/{id}/secrets")]
pub(super) async fn rotate(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PartnerId>,
    body: web::Json<SecretWanted>,
) -> HttpResult<HttpResponse> {
    let SecretWanted { secret, keep_hours } = body.into_inner();
    let made = partners::partner_secret_rotate(&app, &operator.actor(), id.into_inner(), secret, keep_hours).await?;
    Ok(secret_made(made))
}
