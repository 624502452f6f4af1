//! Receipts beside claims: laid there by the shopper, looked at by all whom the claim concerns.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use minijinja::value::Value;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::claims;
use crate::base::id::{ClaimFileId, ClaimId};
use crate::db::claim_files::ClaimFileRow;
use crate::http::HttpResult;
use crate::http::page::{PageResult, Visitor, of};
use crate::service::ServiceError;
use crate::service::claim_files::{LARGEST, claim_file, claim_file_add, claim_files};

/// A file beside a claim, as pages show it.
#[derive(Serialize)]
struct File {
    id: ClaimFileId,
    name: String,
    kilobytes: i64,
}

/// The files beside a claim, for whoever looks.
pub(in crate::http::page) async fn shown(visitor: &Visitor, claim: ClaimId) -> HttpResult<Value> {
    let caller = visitor.signed_in()?;
    let rows = claim_files(&visitor.app, &caller.actor, claim).await?;
    let file = |row: ClaimFileRow| File { id: row.id, name: row.name, kilobytes: row.size.saturating_add(1023) / 1024 };
    Ok(of(rows.into_iter().map(file).collect::<Vec<File>>()))
}

/// What the browser sends.
#[derive(MultipartForm)]
pub(in crate::http::page) struct Upload {
    #[multipart(limit = "6 MiB")]
    receipt: Bytes,
}

/// Lays a file beside an open claim. Its bytes are read once it is known whose they are.
pub(in crate::http::page) async fn add(
    visitor: Visitor,
    claim: web::Path<ClaimId>,
    request: HttpRequest,
    payload: web::Payload,
) -> PageResult {
    let (shopper, claim) = (visitor.shopper()?, claim.into_inner());
    let done = async {
        let read = MultipartForm::<Upload>::from_request(&request, &mut payload.into_inner()).await;
        let Upload { receipt: file } = read.map_err(|error| unreadable(&error))?.into_inner();
        let name = file.file_name.unwrap_or_default();
        claim_file_add(&visitor.app, shopper, claim, &name, file.data.to_vec()).await
    };
    match done.await {
        Ok(_row) => Ok(visitor.go_saying(&format!("/claims/{claim}"), "file-added").finish()),
        Err(error) => claims::again(&visitor, claim, error.into()).await,
    }
}

fn unreadable(error: &actix_web::Error) -> ServiceError {
    let problem = match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => format!("has more than {} MiB", LARGEST / 1024 / 1024),
        _ => "did not come in whole; send it again".to_owned(),
    };
    ServiceError::invalid("receipt", problem)
}

/// A file, to be kept and not shown: whatever is in it runs nowhere near our pages.
pub(in crate::http::page) async fn get(
    visitor: Visitor,
    path: web::Path<(ClaimId, ClaimFileId)>,
) -> HttpResult<HttpResponse> {
    let (claim, id) = path.into_inner();
    let caller = visitor.signed_in()?;
    let (row, bytes) = claim_file(&visitor.app, &caller.actor, claim, id).await?;
    let name = utf8_percent_encode(&row.name, NON_ALPHANUMERIC);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, row.kind.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(bytes))
}
