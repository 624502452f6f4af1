//! Static files. Their address holds a word that changes with them, so browsers may keep them for ever.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::{HttpError, HttpResult};
use crate::web::Web;

pub(super) async fn file(
    request: HttpRequest,
    site: web::Data<Web>,
    path: web::Path<(String, String)>,
) -> HttpResult<HttpResponse> {
    let (version, name) = path.into_inner();
    let file = site.file(&name).ok_or(HttpError::NoRoute)?;
    let tag = format!("\"{}\"", site.version());
    let current = version == site.version() && !site.is_live();
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|told| told.as_bytes() == tag.as_bytes());
    if known && current {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    // A page of an older program may still ask under its own address; the answer is not what that address promises.
    let keep = if current { "public, max-age=31536000, immutable" } else { "no-store" };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.kind))
        .insert_header((CACHE_CONTROL, keep))
        .insert_header((ETAG, tag))
        .body(file.text.into_owned()))
}
