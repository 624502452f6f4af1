//! Receipts beside claims. They come as a form with a file, since that is the one line for curl that carries the name and the
//! bytes: `curl -F receipt=@receipt.pdf`.

use actix_multipart::MultipartError;
use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::error::PayloadError;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, get, post, web};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::base::Timestamp;
use crate::base::id::{ClaimFileId, ClaimId};
use crate::db::claim_files::ClaimFileRow;
use crate::domain::access::Actor;
use crate::domain::claim::FileKind;
use crate::http::HttpResult;
use crate::http::caller::{Shopper, SignedIn};
use crate::service::claim_files::{LARGEST, claim_file, claim_file_add, claim_files};
use crate::service::{App, Outcome, ServiceError};

/// The routes of this part.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(add).service(get);
}

/// A file beside a claim.
#[derive(Serialize, utoipa::ToSchema)]
struct ClaimFile {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ClaimFileId,
    /// What the shopper called it.
    #[schema(example = "receipt.pdf")]
    name: String,
    /// What it is, told from its bytes.
    kind: FileKind,
    /// How many bytes it has.
    size: i64,
    /// When it came.
    created_at: Timestamp,
}

impl From<ClaimFileRow> for ClaimFile {
    fn from(row: ClaimFileRow) -> Self {
        let ClaimFileRow { id, claim_id: _, name, kind, size, created_at } = row;
        Self { id, name, kind, size, created_at }
    }
}

/// The files beside a claim.
#[derive(Serialize, utoipa::ToSchema)]
struct ClaimFiles {
    /// Oldest first, at most three.
    items: Vec<ClaimFile>,
}

/// What is sent.
#[derive(MultipartForm)]
struct Upload {
    #[multipart(limit = "6 MiB")]
    receipt: Bytes,
}

/// The same, for the document.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it stands for the form in the document, and is never made")]
struct UploadForm {
    /// A PDF, JPEG, PNG or WebP, at most 5 MiB.
    #[schema(value_type = String, format = Binary)]
    receipt: String,
}

/// The file of a form that is sent: its name and its bytes. They are read once it is known whose they are.
///
/// # Errors
/// [`ServiceError::Invalid`] for `receipt`.
pub(in crate::http) async fn uploaded(request: &HttpRequest, payload: web::Payload) -> Outcome<(String, Vec<u8>)> {
    let read = MultipartForm::<Upload>::from_request(request, &mut payload.into_inner()).await;
    let Upload { receipt: file } = read.map_err(|error| unreadable(&error))?.into_inner();
    Ok((file.file_name.unwrap_or_default(), file.data.to_vec()))
}

fn unreadable(error: &actix_web::Error) -> ServiceError {
    let problem = match error.as_error() {
        Some(MultipartError::Payload(PayloadError::Overflow)) => format!("has more than {} MiB", LARGEST / 1024 / 1024),
        Some(MultipartError::Payload(_) | MultipartError::Incomplete) => {
            "did not come in whole; send it again".to_owned()
        }
        _ => "is sent as the field `receipt` of a form (multipart/form-data)".to_owned(),
    };
    ServiceError::invalid("receipt", problem)
}

/// A file, to be kept and not shown: whatever is in it runs nowhere near our pages.
pub(in crate::http) fn download(row: &ClaimFileRow, bytes: Vec<u8>) -> HttpResponse {
    let name = utf8_percent_encode(&row.name, NON_ALPHANUMERIC);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, row.kind.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}

/// Lists the receipts beside a claim: for its shopper, its partner, and operators.
#[utoipa::path(tag = "account", security(("bearer" = [])), params(("id" = String, Path, description = "The claim")), responses((status = 200, body = ClaimFiles), (status = 404)))]
#[get("/api/v1/claims/{id}/files")]
async fn list(app: web::Data<App>, caller: SignedIn, id: web::Path<ClaimId>) -> HttpResult<web::Json<ClaimFiles>> {
    let rows = claim_files(&app, &caller.0.actor, id.into_inner()).await?;
    Ok(web::Json(ClaimFiles { items: rows.into_iter().map(ClaimFile::from).collect() }))
}

/// Lays a receipt beside one's open claim: at most three, each a PDF or a picture of at most 5 MiB.
#[utoipa::path(
    tag = "shopper", security(("bearer" = [])), params(("id" = String, Path, description = "The claim")),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = ClaimFile), (status = 404), (status = 409), (status = 422))
)]
#[post("/api/v1/claims/{id}/files")]
async fn add(
    app: web::Data<App>,
    shopper: Shopper,
    id: web::Path<ClaimId>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResult<HttpResponse> {
    let id = id.into_inner();
    // Somebody else's claim is not there, whatever is sent for it.
    claim_files(&app, &Actor::Shopper(shopper.0), id).await?;
    let (name, bytes) = uploaded(&request, payload).await?;
    let row = claim_file_add(&app, shopper.0, id, &name, bytes).await?;
    Ok(HttpResponse::Created().json(ClaimFile::from(row)))
}

/// One receipt with its bytes, for the same as the list.
#[utoipa::path(
    tag = "account", security(("bearer" = [])),
    params(("id" = String, Path, description = "The claim"), ("file" = String, Path, description = "The file")),
    responses((status = 200, description = "The file as it was sent"), (status = 404))
)]
#[get("/api/v1/claims/{id}/files/{file}")]
async fn get(
    app: web::Data<App>,
    caller: SignedIn,
    path: web::Path<(ClaimId, ClaimFileId)>,
) -> HttpResult<HttpResponse> {
    let (claim, id) = path.into_inner();
    let (row, bytes) = claim_file(&app, &caller.0.actor, claim, id).await?;
    Ok(download(&row, bytes))
}
