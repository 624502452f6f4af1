//! Files of payouts for a bank: exported, taken, and answered by the bank's own file.

use actix_web::{HttpResponse, web};
use minijinja::context;
use minijinja::value::Value;
use serde::Deserialize;
use url::form_urlencoded;

use crate::base::id::PayoutFileId;
use crate::domain::access::Permission;
use crate::domain::payout::bank_file::Form;
use crate::http::api::operator::payout_files::{LARGEST, PayoutFile, SHOWN, handed_out};
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::payouts::file_export::{file_export, file_text, files};
use crate::service::payouts::file_import::{Imported, file_import};

const TEMPLATE: &str = "operator_payout_files.html";
async fn values(visitor: &Visitor, done: Option<Imported>) -> HttpResult<Value> {
    let actor = visitor.operator(Permission::Money)?;
    let lines: Vec<PayoutFile> = files(&visitor.app, actor, SHOWN).await?.into_iter().map(PayoutFile::from).collect();
    let banks: Vec<String> = visitor
        .app
        .providers
        .iter()
        .filter(|provider| provider.drawn_on().is_some())
        .map(|provider| provider.name().to_owned())
        .collect();
    let done = done.map(|done| context! { applied => done.applied, unchanged => done.unchanged, unknown => done.unknown, contrary => done.contrary });
    Ok(context! { files => of(lines), banks => banks, done => done })
}

/// The files and the forms.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    let values = values(&visitor, None).await?;
    visitor.page(TEMPLATE, values)
}

/// Exports what is approved, or takes in a bank's answer.
pub(in crate::http::page) async fn act(visitor: Visitor, body: web::Payload) -> PageResult {
    visitor.operator(Permission::Money)?;
    let body = body.to_bytes_limited(LARGEST).await.map_err(|_over| HttpError::TooLarge { limit: LARGEST })?;
    let body = body.map_err(|cause| HttpError::BadRequest(cause.to_string()))?;
    let field = |name: &str| {
        let found = form_urlencoded::parse(&body).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let (provider, answer) = (field("provider"), field("bank_answer"));
    match carry_out(&visitor, &provider, &answer).await {
        Ok(None) => Ok(visitor.go_saying("/operator/payout-files", "payout-file-made").finish()),
        Ok(done) => {
            let values = values(&visitor, done).await?;
            visitor.page(TEMPLATE, values)
        }
        Err(error) => {
            let values = values(&visitor, None).await?;
            visitor.again(TEMPLATE, Fields::typed([("bank_answer", &answer)]), error, values)
        }
    }
}

/// What an answer came to; `None` when there was none and files were made.
async fn carry_out(visitor: &Visitor, provider: &str, answer: &str) -> HttpResult<Option<Imported>> {
    let actor = visitor.operator(Permission::Money)?;
    if answer.is_empty() {
        let made = file_export(&visitor.app, actor, provider).await?;
        if made.is_empty() {
            return Err(ServiceError::refused("nothing_to_export", "nothing is approved").into());
        }
        return Ok(None);
    }
    let done = file_import(&visitor.app, actor, provider, answer).await;
    Ok(Some(done.map_err(|error| error.renamed("file", "bank_answer"))?))
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Taken {
    form: Form,
}

/// A file, as it was made. Sent by a form, since it is noted who takes it.
pub(in crate::http::page) async fn take(
    visitor: Visitor,
    id: web::Path<PayoutFileId>,
    form: web::Form<Taken>,
) -> HttpResult<HttpResponse> {
    let actor = visitor.operator(Permission::Money)?;
    let (id, form) = (id.into_inner(), form.form);
    Ok(handed_out(id, form, file_text(&visitor.app, actor, id, form).await?))
}
