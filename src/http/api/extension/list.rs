//! The signed list of stores and stand-down packs, and the key that it is signed with.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;

use crate::http::HttpResult;
use crate::service::App;
use crate::service::extension::{SignedList, list_keys, signed_list};

/// The list of stores that the extension may remind of, and of the links it stands down for. The payload, decoded, is
/// `Payload`. The same for everybody; ask again with If-None-Match: unchanged lists are answered 304.
#[utoipa::path(
    tag = "extension",
    responses(
        (status = 200, body = SignedList, headers(("ETag" = String, description = "Send it back as If-None-Match"))),
        (status = 304, description = "The list is as it was"),
    ),
)]
#[get("/api/v1/extension/list")]
pub(super) async fn list(request: HttpRequest, app: web::Data<App>) -> HttpResult<HttpResponse> {
    let ready = signed_list(&app).await?;
    let tag = format!("\"{}\"", ready.tag);
    let known = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|value| {
        // RFC 9110, 13.1.2: compared weakly.
        value.split(',').map(str::trim).any(|given| given == "*" || given.trim_start_matches("W/") == tag)
    });
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "public, max-age=300"));
    Ok(if known { answer.finish() } else { answer.content_type("application/json").body(ready.body.clone()) })
}

/// Keys of the list.
#[derive(Serialize, utoipa::ToSchema)]
struct Keys {
    /// The one that signs now, alone.
    keys: Vec<Key>,
}

/// A key.
#[derive(Serialize, utoipa::ToSchema)]
struct Key {
    /// Its short name.
    key_id: String,
    /// Its 32 bytes (Ed25519), base64url.
    public_key: String,
}

/// The key that signs the list. Trust it once, when the browser is connected; a later one is vouched for in the list.
#[utoipa::path(tag = "extension", responses((status = 200, body = Keys)))]
#[get("/api/v1/extension/key")]
pub(super) async fn key(app: web::Data<App>) -> HttpResult<HttpResponse> {
    let known = list_keys(&app).await?;
    let key = Key { key_id: known.id, public_key: known.key.public() };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-cache")).json(Keys { keys: vec![key] }))
}
