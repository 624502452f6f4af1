//! The browser extension for operators: its list, the key of it, and when it stands down.

use actix_web::{HttpResponse, get, post, put, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::base::Timestamp;
use crate::domain::access::Permission;
use crate::domain::extension::pack::Pack;
use crate::domain::extension::sign::fingerprint;
use crate::http::HttpResult;
use crate::http::caller::Operator;
use crate::service::extension::{list_key_rotate, list_keys, pack_put, signed_list};
use crate::service::{App, ServiceError};

/// How the extension's list stands.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ExtensionView {
    /// The list's version.
    version: i64,
    /// When that version was made.
    issued_at: Timestamp,
    /// How many stores are in it.
    stores: usize,
    /// The key that signs it.
    key: KeyView,
    /// The stand-down packs that count, by id.
    packs: Vec<Pack>,
}

/// The key that signs.
#[derive(Serialize, ToSchema)]
struct KeyView {
    /// Its short name.
    id: String,
    /// Its 32 bytes, base64url.
    public_key: String,
    /// What people compare: the first half of its SHA-256.
    fingerprint: String,
    /// Since when it signs.
    since: Timestamp,
}

/// How the list stands.
///
/// # Errors
/// The database's failures.
pub(in crate::http) async fn extension(app: &App) -> HttpResult<ExtensionView> {
    let (ready, keys) = (signed_list(app).await?, list_keys(app).await?);
    let since = keys.rows.first().map(|row| row.created_at);
    let since = since.ok_or_else(|| ServiceError::internal("there is no key of the list"))?;
    let public_key = keys.key.public();
    Ok(ExtensionView {
        version: ready.issue.version,
        issued_at: ready.issue.issued_at,
        stores: ready.stores,
        key: KeyView { fingerprint: fingerprint(&public_key), id: keys.id, public_key, since },
        packs: app.catalogue.snapshot().packs.values().cloned().collect(),
    })
}

/// Tells the list's version, the key that signs it, and the stand-down packs that count.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = ExtensionView)))]
#[get("/api/v1/operator/extension")]
pub(super) async fn show(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<ExtensionView>> {
    operator.require(Permission::Look)?;
    Ok(web::Json(extension(&app).await?))
}

/// Adds a stand-down pack, or lengthens and broadens one; 422 where it would become shorter or narrower. Needs the permission
/// `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("id" = String, Path)), request_body = Pack, responses((status = 200, body = Pack), (status = 422)))]
#[put("/api/v1/operator/extension/packs/{id}")]
pub(super) async fn put(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<String>,
    body: web::Json<Pack>,
) -> HttpResult<web::Json<Pack>> {
    let pack = body.into_inner();
    if pack.id != *id {
        return Err(ServiceError::invalid("id", "must be the one in the address").into());
    }
    Ok(web::Json(pack_put(&app, &operator.actor(), pack).await?))
}

/// The new key.
#[derive(Serialize, ToSchema)]
#[schema(as = ListKeyMade)]
struct KeyMade {
    /// Its short name.
    id: String,
}

/// Puts a new key in place for the extension's list, vouched for by the one before. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 201, body = KeyMade)))]
#[post("/api/v1/operator/extension/keys/rotate")]
pub(super) async fn rotate(app: web::Data<App>, operator: Operator) -> HttpResult<HttpResponse> {
    Ok(HttpResponse::Created().json(KeyMade { id: list_key_rotate(&app, &operator.actor()).await? }))
}
