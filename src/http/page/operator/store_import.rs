//! Bringing in many stores: what each line would do, then doing it. The file's text goes along from the first step to the
//! second, so that what is done is what was shown.

use actix_web::web;
use minijinja::context;
use url::form_urlencoded;

use crate::domain::access::Permission;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult};
use crate::service::ServiceError;
use crate::service::stores::{Imported, read_csv, store_import};

const TEMPLATE: &str = "operator_store_import.html";
/// The largest form, in bytes: some thousands of stores. More are brought in on the command line.
const LARGEST: usize = 2 * 1024 * 1024;
/// The most lines that are shown.
const SHOWN: usize = 500;

/// The form.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    visitor.page(TEMPLATE, context! { outcome => (), csv => "", done => false })
}

/// Shows what it would do, or does it.
pub(in crate::http::page) async fn submit(visitor: Visitor, body: web::Payload) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    let body = body.to_bytes_limited(LARGEST).await.map_err(|_over| HttpError::TooLarge { limit: LARGEST })?;
    let body = body.map_err(|cause| HttpError::BadRequest(cause.to_string()))?;
    let field =
        |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let (csv, confirmed) = (field("csv").unwrap_or_default(), field("confirmed").is_some());
    match import(&visitor, &csv, !confirmed).await {
        Ok(mut outcome) => {
            let all = outcome.lines.len();
            outcome.lines.truncate(SHOWN);
            let text = if confirmed { "" } else { csv.as_str() };
            visitor.page(TEMPLATE, context! { outcome => of(outcome), csv => text, done => confirmed, all => all })
        }
        Err(error) => {
            let values = context! { outcome => (), csv => "", done => false };
            visitor.again(TEMPLATE, Fields::typed([("csv", &csv)]), error, values)
        }
    }
}

async fn import(visitor: &Visitor, csv: &str, dry_run: bool) -> HttpResult<Imported> {
    let actor = visitor.operator(Permission::Catalogue)?;
    let in_form = |error| {
        if let ServiceError::Invalid { problem, .. } = error { ServiceError::invalid("csv", problem) } else { error }
    };
    let rows = read_csv(csv).map_err(in_form)?;
    if rows.is_empty() {
        return Err(ServiceError::invalid("csv", "there is no line below the header").into());
    }
    Ok(store_import(&visitor.app, actor, "page", rows, dry_run, &|_done| {}).await?)
}
