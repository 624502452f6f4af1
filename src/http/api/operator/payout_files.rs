//! Files of payouts for a bank: exported, taken, and answered by the bank's own file.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::PayoutFileId;
use crate::db::payout_files::PayoutFileRow;
use crate::domain::money::Amount;
use crate::domain::payout::bank_file::Form;
use crate::http::HttpResult;
use crate::http::caller::Operator;
use crate::http::extract::table_body;
use crate::service::App;
use crate::service::payouts::file_export::{file_export, file_text, files};
use crate::service::payouts::file_import::{Imported, file_import};

/// How many files are listed.
pub(in crate::http) const SHOWN: i64 = 50;
/// The largest answer of a bank, in bytes.
pub(in crate::http) const LARGEST: usize = 4 * 1024 * 1024;

/// A file, without its text.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct PayoutFile {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PayoutFileId,
    /// Whose orders it holds.
    provider: String,
    /// How many payouts it holds.
    payouts: i64,
    /// What they come to.
    total: Amount,
    /// When it was made.
    created_at: Timestamp,
}

impl From<PayoutFileRow> for PayoutFile {
    fn from(row: PayoutFileRow) -> Self {
        let total = row.total();
        let PayoutFileRow { id, provider, payouts, created_at, .. } = row;
        Self { id, provider, payouts, total, created_at }
    }
}

/// Files.
#[derive(Serialize, utoipa::ToSchema)]
struct PayoutFiles {
    /// Newest first, at most 50.
    items: Vec<PayoutFile>,
}

/// Lists the newest files of payouts. Needs the permission `money`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), responses((status = 200, body = PayoutFiles)))]
#[get("/api/v1/operator/payout-files")]
pub(super) async fn list(app: web::Data<App>, operator: Operator) -> HttpResult<web::Json<PayoutFiles>> {
    let rows = files(&app, &operator.actor(), SHOWN).await?;
    Ok(web::Json(PayoutFiles { items: rows.into_iter().map(PayoutFile::from).collect() }))
}

/// Which bank.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportBody {
    /// A provider that takes files.
    #[schema(example = "bank")]
    provider: String,
}

/// Exports what is approved for a bank, one file a currency; none when nothing is. Exporting is the sending. Needs the
/// permission `money`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = ExportBody, responses((status = 201, body = PayoutFiles), (status = 409), (status = 422)))]
#[post("/api/v1/operator/payout-files")]
pub(super) async fn export(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<ExportBody>,
) -> HttpResult<HttpResponse> {
    let made = file_export(&app, &operator.actor(), &body.provider).await?;
    Ok(HttpResponse::Created().json(PayoutFiles { items: made.into_iter().map(PayoutFile::from).collect() }))
}

/// How a file is wanted.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeBody {
    /// A table, or ISO 20022 pain.001.
    form: Form,
}

/// Hands a file out as it was made. It holds whole account numbers, so the trail notes who took it. Needs the permission `money`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(("id" = String, Path, description = "The file")),
    request_body = TakeBody, responses((status = 200, description = "The file"), (status = 404))
)]
#[post("/api/v1/operator/payout-files/{id}/take")]
pub(super) async fn take(
    app: web::Data<App>,
    operator: Operator,
    id: web::Path<PayoutFileId>,
    body: web::Json<TakeBody>,
) -> HttpResult<HttpResponse> {
    let (id, form) = (id.into_inner(), body.form);
    Ok(handed_out(id, form, file_text(&app, &operator.actor(), id, form).await?))
}

/// A file as an answer.
pub(in crate::http) fn handed_out(id: PayoutFileId, form: Form, text: String) -> HttpResponse {
    let (kind, end) = match form {
        Form::Csv => ("text/csv; charset=utf-8", "csv"),
        Form::Pain => ("application/xml; charset=utf-8", "xml"),
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"payouts-{id}.{end}\"")))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text)
}

/// Which bank's.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OfBank {
    /// A provider that takes files.
    provider: String,
}

/// What became of the lines of a bank's answer.
#[derive(Serialize, utoipa::ToSchema)]
struct AnswerTaken {
    /// Lines that changed a payout.
    applied: usize,
    /// Lines that changed nothing: the payout stood there already, or is still being worked on.
    unchanged: usize,
    /// References that fit no payout of this bank.
    unknown: Vec<String>,
    /// References that contradict what is known, or leave it in doubt: a person has to look.
    contrary: Vec<String>,
}

impl From<Imported> for AnswerTaken {
    fn from(done: Imported) -> Self {
        let Imported { applied, unchanged, unknown, contrary } = done;
        Self { applied, unchanged, unknown, contrary }
    }
}

/// Takes a bank's answer in, as CSV or pain.002, at most 4 MiB: the same file twice changes nothing. Needs the permission `money`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(OfBank), request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = AnswerTaken), (status = 413), (status = 422))
)]
#[post("/api/v1/operator/payout-files/answers")]
pub(super) async fn answer(
    app: web::Data<App>,
    operator: Operator,
    bank: web::Query<OfBank>,
    body: web::Payload,
) -> HttpResult<web::Json<AnswerTaken>> {
    operator.require(crate::domain::access::Permission::Money)?;
    let text = table_body(body, LARGEST).await?;
    Ok(web::Json(file_import(&app, &operator.actor(), &bank.provider, &text).await?.into()))
}
