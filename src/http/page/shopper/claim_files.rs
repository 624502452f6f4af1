//! Receipts beside claims: laid there by the shopper, looked at by all whom the claim concerns.

use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::value::Value;
use serde::Serialize;

use super::claims;
use crate::base::id::{ClaimFileId, ClaimId};
use crate::db::claim_files::ClaimFileRow;
use crate::http::HttpResult;
use crate::http::api::claim_files::{download, uploaded};
use crate::http::page::{PageResult, Visitor, of};
use crate::service::claim_files::{claim_file, claim_file_add, claim_files};

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

/// Lays a file beside an open claim. Its bytes are read once it is known whose they are.
pub(in crate::http::page) async fn add(
    visitor: Visitor,
    claim: web::Path<ClaimId>,
    request: HttpRequest,
    payload: web::Payload,
) -> PageResult {
    let (shopper, claim) = (visitor.shopper()?, claim.into_inner());
    let done = async {
        let (name, bytes) = uploaded(&request, payload).await?;
        claim_file_add(&visitor.app, shopper, claim, &name, bytes).await
    };
    match done.await {
        Ok(_row) => Ok(visitor.go_saying(&format!("/claims/{claim}"), "file-added").finish()),
        Err(error) => claims::again(&visitor, claim, error.into()).await,
    }
}

/// A file, to be kept and not shown: whatever is in it runs nowhere near our pages.
pub(in crate::http::page) async fn get(
    visitor: Visitor,
    path: web::Path<(ClaimId, ClaimFileId)>,
) -> HttpResult<HttpResponse> {
    let (claim, id) = path.into_inner();
    let caller = visitor.signed_in()?;
    let (row, bytes) = claim_file(&visitor.app, &caller.actor, claim, id).await?;
    Ok(download(&row, bytes))
}
