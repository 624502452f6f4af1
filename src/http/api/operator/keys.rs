//! The keys that sign tracking links.

use actix_web::{HttpResponse, post, web};
use serde::Serialize;

use crate::http::HttpResult;
use crate::http::caller::Operator;
use crate::service::App;
use crate::service::rotate_keys::rotate_keys_as;

/// The new key.
#[derive(Serialize, utoipa::ToSchema)]
struct KeyMade {
    /// Its name, which stands in the links that it signs.
    id: String,
}

/// Puts a new key in place; older links stay good until they expire. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 201, body = KeyMade)))]
#[post("/api/v1/operator/keys/rotate")]
pub(super) async fn rotate(app: web::Data<App>, operator: Operator) -> HttpResult<HttpResponse> {
    Ok(HttpResponse::Created().json(KeyMade { id: rotate_keys_as(&app, &operator.actor()).await? }))
}
