//! Stores: the list, one with its terms, pausing and resuming.

use actix_web::web;
use minijinja::context;
use minijinja::value::Value;
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::db::stores::{StoreFilter, StoreRow, store_find_by_slug, store_list, terms_list};
use crate::domain::access::Permission;
use crate::domain::partner::Status;
use crate::http::api::operator::stores::StoreView;
use crate::http::page::{Fields, PageResult, Visitor, of};
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::ServiceError;
use crate::service::stores::{StoreChange, TermsText, store_update};

const SHOWN: i64 = 50;
const TEMPLATE: &str = "operator_store.html";

#[derive(Deserialize)]
pub(in crate::http::page) struct Query {
    #[serde(default)]
    search: String,
    #[serde(default)]
    partner: String,
    #[serde(default)]
    status: String,
    after: Option<String>,
}

/// The stores, by slug.
pub(in crate::http::page) async fn list(visitor: Visitor, query: web::Query<Query>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let known = visitor.app.catalogue.snapshot();
    let part = Page { after: query.after.clone(), limit: Some(SHOWN) };
    let search = query.search.trim();
    let filter = StoreFilter {
        partner_id: known.partners.get(&query.partner).map(|partner| partner.row.id),
        status: query.status.parse::<Status>().ok(),
        after_slug: part.key()?,
        search: (!search.is_empty()).then(|| search.to_owned()),
    };
    let rows = visitor.app.db.read(move |conn| store_list(conn, &filter, SHOWN + 1).map_err(HttpError::from)).await?;
    let rows = PageOf::new(rows, SHOWN, |row| row.slug.clone())?;
    let items = rows.items.into_iter().map(|row| StoreView::of(row, &known)).collect::<HttpResult<Vec<_>>>()?;
    let partners: std::collections::BTreeSet<&String> = known.partners.keys().collect();
    visitor.page(
        "operator_stores.html",
        context! {
            stores => of(items), next => rows.next, first => query.after.is_none(), search => search,
            partner => query.partner.as_str(), status => query.status.as_str(), partners => of(partners),
        },
    )
}

/// A version of the terms, in words.
#[derive(Serialize)]
struct Version {
    version: i64,
    valid_from: Timestamp,
    created_at: Timestamp,
    /// The one that links are made with now.
    current: bool,
    #[serde(flatten)]
    text: TermsText,
}

/// A store's row.
pub(super) async fn find(visitor: &Visitor, slug: &str) -> HttpResult<StoreRow> {
    let slug = slug.to_owned();
    let found = visitor.app.db.read(move |conn| store_find_by_slug(conn, &slug).map_err(HttpError::from)).await?;
    Ok(found.ok_or(ServiceError::NotFound("store"))?)
}

async fn values(visitor: &Visitor, slug: &str) -> HttpResult<Value> {
    let row = find(visitor, slug).await?;
    let id = row.id;
    let versions = visitor.app.db.read(move |conn| terms_list(conn, id).map_err(HttpError::from)).await?;
    let now = visitor.now();
    let current = versions.iter().find(|one| one.valid_from <= now).map(|one| one.version);
    let shown = versions.iter().map(|one| {
        Ok(Version {
            version: one.version,
            valid_from: one.valid_from,
            created_at: one.created_at,
            current: Some(one.version) == current,
            text: TermsText::of(&one.terms()?),
        })
    });
    let shown = shown.collect::<HttpResult<Vec<_>>>()?;
    let known = visitor.app.catalogue.snapshot();
    let partner = known.partner(row.partner_id).map(|partner| (partner.row.slug.clone(), partner.row.name.clone()));
    Ok(context! { partner => of(partner), versions => of(shown), store => of(StoreView::of(row, &known)?) })
}

/// One store.
pub(in crate::http::page) async fn one(visitor: Visitor, slug: web::Path<String>) -> PageResult {
    visitor.operator(Permission::Look)?;
    let values = values(&visitor, &slug).await?;
    visitor.page(TEMPLATE, values)
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Form {
    status: Status,
}

/// Pauses or resumes.
pub(in crate::http::page) async fn set_status(
    visitor: Visitor,
    slug: web::Path<String>,
    form: web::Form<Form>,
) -> PageResult {
    let actor = visitor.operator(Permission::Catalogue)?;
    let change = StoreChange { status: Some(form.status), ..StoreChange::default() };
    match store_update(&visitor.app, actor, &slug, change).await {
        Ok(row) => {
            let said = match row.status {
                Status::Active => "store-resumed",
                Status::Paused => "store-paused",
            };
            Ok(visitor.go_saying(&format!("/operator/stores/{}", row.slug), said).finish())
        }
        Err(error) => {
            let values = values(&visitor, &slug).await?;
            visitor.again(TEMPLATE, Fields::default(), error.into(), values)
        }
    }
}
