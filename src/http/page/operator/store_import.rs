//! Bringing in many stores: what each line would do, then doing it. The file's text goes along from the first step to the
//! second, so that what is done is what was shown.

use actix_web::web;
use minijinja::context;
use url::form_urlencoded;

use crate::domain::access::Permission;
use crate::http::HttpError;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::service::stores::{LARGEST_CSV, store_import_csv};

const TEMPLATE: &str = "operator_store_import.html";
/// The most lines that are shown.
const SHOWN: usize = 500;

/// The form.
pub(in crate::http::page) async fn show(visitor: Visitor) -> PageResult {
    visitor.operator(Permission::Catalogue)?;
    visitor.page(TEMPLATE, context! { outcome => (), csv => "", done => false })
}

/// Shows what it would do, or does it.
pub(in crate::http::page) async fn submit(visitor: Visitor, body: web::Payload) -> PageResult {
    let actor = visitor.operator(Permission::Catalogue)?;
    let body = body.to_bytes_limited(LARGEST_CSV).await.map_err(|_over| HttpError::TooLarge { limit: LARGEST_CSV })?;
    let body = body.map_err(|cause| HttpError::BadRequest(cause.to_string()))?;
    let field =
        |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let (csv, confirmed) = (field("csv").unwrap_or_default(), field("confirmed").is_some());
    match store_import_csv(&visitor.app, actor, "page", &csv, !confirmed).await {
        Ok(mut outcome) => {
            let all = outcome.lines.len();
            outcome.lines.truncate(SHOWN);
            let text = if confirmed { "" } else { csv.as_str() };
            visitor.page(TEMPLATE, context! { outcome => of(outcome), csv => text, done => confirmed, all => all })
        }
        Err(error) => {
            let values = context! { outcome => (), csv => "", done => false };
            visitor.again(TEMPLATE, Fields::typed([("csv", &csv)]), error.into(), values)
        }
    }
}
