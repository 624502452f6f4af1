//! Stores and their terms.

use actix_web::{HttpResponse, get, patch, post, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{PartnerId, StoreId, TermsId};
use crate::db::stores::{StoreFilter, StoreRow, TermsRow, store_find_by_slug, store_list, terms_list};
use crate::domain::access::Permission;
use crate::domain::extension::{ExtensionChange, StoreExtension};
use crate::domain::partner::Status;
use crate::domain::rate::Terms;
use crate::http::caller::Operator;
use crate::http::extract::table_body;
use crate::http::{HttpError, HttpResult, Page, PageOf};
use crate::service::catalogue::Snapshot;
use crate::service::stores::{self, Imported, NewStore, StoreChange, TermsDifference};
use crate::service::{App, ServiceError};

/// A store.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct StoreView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: StoreId,
    /// Its name in URLs.
    slug: String,
    /// The partner that it is reached through.
    #[schema(value_type = String, format = "uuid")]
    partner_id: PartnerId,
    /// Its name for people.
    name: String,
    /// Active or paused.
    status: Status,
    /// Its own home page.
    home_url: String,
    /// Its domains.
    domains: Vec<String>,
    /// Where a click leads.
    landing_url: String,
    /// Where a click with a deep link leads.
    deep_link_url: Option<String>,
    /// Words for the catalogue.
    categories: Vec<String>,
    /// What the browser extension may do.
    extension: StoreExtension,
    /// Since when.
    created_at: Timestamp,
    /// When it last changed.
    updated_at: Timestamp,
    /// What is doubtful about its links: they are followed all the same.
    warnings: Vec<String>,
}

impl StoreView {
    pub fn of(row: StoreRow, known: &Snapshot) -> HttpResult<Self> {
        Ok(Self {
            warnings: stores::link_doubts(known.partner(row.partner_id).map(AsRef::as_ref), &row),
            domains: row.domains()?,
            categories: row.categories()?,
            extension: row.extension()?,
            id: row.id,
            slug: row.slug,
            partner_id: row.partner_id,
            name: row.name,
            status: row.status,
            home_url: row.home_url,
            landing_url: row.landing_url,
            deep_link_url: row.deep_link_url,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Which stores.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only of this partner.
    #[param(value_type = Option<String>)]
    partner: Option<PartnerId>,
    /// Only with this status.
    status: Option<Status>,
    /// Only those whose slug or name contains this.
    search: Option<String>,
}

/// Lists stores by slug, paused ones included.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page, Filter), responses((status = 200, body = PageOf<StoreView>)))]
#[get("/api/v1/operator/stores")]
pub(super) async fn list(
    app: web::Data<App>,
    operator: Operator,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<StoreView>>> {
    operator.require(Permission::Look)?;
    let Filter { partner, status, search } = filter.into_inner();
    let wanted = StoreFilter { partner_id: partner, status, after_slug: page.key()?, search };
    let limit = page.limit()?;
    let rows = app.db.read(move |conn| store_list(conn, &wanted, limit + 1).map_err(HttpError::from)).await?;
    let rows = PageOf::new(rows, limit, |row| row.slug.clone())?;
    let known = app.catalogue.snapshot();
    let items = rows.items.into_iter().map(|row| StoreView::of(row, &known)).collect::<HttpResult<_>>()?;
    Ok(web::Json(PageOf { items, next: rows.next }))
}

/// Shows a store.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("slug" = String, Path, description = "The store")), responses((status = 200, body = StoreView), (status = 404)))]
#[get("/api/v1/operator/stores/{slug}")]
pub(super) async fn get(
    app: web::Data<App>,
    operator: Operator,
    slug: web::Path<String>,
) -> HttpResult<web::Json<StoreView>> {
    operator.require(Permission::Look)?;
    let found = app.db.read(move |conn| store_find_by_slug(conn, &slug).map_err(HttpError::from)).await?;
    let row = found.ok_or(ServiceError::NotFound("store"))?;
    Ok(web::Json(StoreView::of(row, &app.catalogue.snapshot())?))
}

/// Whether to bring it in.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HowToImport {
    /// `true`: only tell what each line would do. Has to be said, so that no slip of the pen brings in what was to be looked at.
    dry_run: bool,
}

/// Brings in a CSV file of stores, at most 2 MiB: new ones are added, those that differ are changed. A line that is wrong is told
/// and keeps no other back; the same file again changes nothing. Needs the permission `catalogue`.
#[utoipa::path(
    tag = "operator", security(("bearer" = [])), params(HowToImport),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 413), (status = 422))
)]
#[post("/api/v1/operator/import-stores")]
pub(super) async fn import(
    app: web::Data<App>,
    operator: Operator,
    how: web::Query<HowToImport>,
    body: web::Payload,
) -> HttpResult<web::Json<Imported>> {
    operator.require(Permission::Catalogue)?;
    let csv = table_body(body, stores::LARGEST_CSV).await?;
    Ok(web::Json(stores::store_import_csv(&app, &operator.actor(), "api", &csv, how.dry_run).await?))
}

/// A new store.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StoreWanted {
    /// Its name in URLs: 1 to 64 of a-z, 0-9 and `-`.
    #[schema(example = "books")]
    slug: String,
    /// The slug of the partner that it is reached through.
    #[schema(example = "admitad")]
    partner: String,
    /// Its name for people.
    name: String,
    /// Its own home page, without any tracking.
    #[schema(example = "https://books.example/")]
    home_url: String,
    /// Its domains.
    domains: Vec<String>,
    /// Where a click leads, with `{click}` where the partner takes the sub-id.
    #[schema(example = "https://network.example/g/abc?subid={click}")]
    landing_url: String,
    /// Where a click with a deep link leads, with `{click}` and `{deep_link}`.
    #[serde(default)]
    deep_link_url: Option<String>,
    /// Words for the catalogue.
    #[serde(default)]
    categories: Vec<String>,
    /// What the browser extension may do; nothing, where it is not said.
    #[serde(default)]
    extension: ExtensionChange,
}

/// Adds a store. Needs the permission `catalogue`. Links to it are made once it has terms.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = StoreWanted, responses((status = 201, body = StoreView)))]
#[post("/api/v1/operator/stores")]
pub(super) async fn add(
    app: web::Data<App>,
    operator: Operator,
    body: web::Json<StoreWanted>,
) -> HttpResult<HttpResponse> {
    let StoreWanted { slug, partner, name, home_url, domains, landing_url, deep_link_url, categories, extension } =
        body.into_inner();
    let wanted = NewStore { slug, partner, name, home_url, domains, landing_url, deep_link_url, categories, extension };
    let row = stores::store_add(&app, &operator.actor(), wanted).await?;
    Ok(HttpResponse::Created().json(StoreView::of(row, &app.catalogue.snapshot())?))
}

/// What to change; what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct StorePatch {
    /// Its name for people.
    name: Option<String>,
    /// `paused` follows its links no more, `active` does again.
    status: Option<Status>,
    /// Its own home page.
    home_url: Option<String>,
    /// All its domains.
    domains: Option<Vec<String>>,
    /// Where a click leads.
    landing_url: Option<String>,
    /// Where a click with a deep link leads; an empty text takes it away.
    deep_link_url: Option<String>,
    /// All its categories.
    categories: Option<Vec<String>>,
    /// What the browser extension may do; what is left out in it stays too.
    #[serde(default)]
    extension: ExtensionChange,
}

/// Changes, pauses or resumes a store. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = StorePatch, responses((status = 200, body = StoreView)))]
#[patch("/api/v1/operator/stores/{slug}")]
pub(super) async fn change(
    app: web::Data<App>,
    operator: Operator,
    slug: web::Path<String>,
    body: web::Json<StorePatch>,
) -> HttpResult<web::Json<StoreView>> {
    let StorePatch { name, status, home_url, domains, landing_url, deep_link_url, categories, extension } =
        body.into_inner();
    let change = StoreChange { name, status, home_url, domains, landing_url, deep_link_url, categories, extension };
    let row = stores::store_update(&app, &operator.actor(), &slug, change).await?;
    Ok(web::Json(StoreView::of(row, &app.catalogue.snapshot())?))
}

/// One version of a store's terms.
#[derive(Serialize, utoipa::ToSchema)]
struct TermsView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: TermsId,
    /// Counts the store's versions from 1.
    version: i64,
    /// From when links are made with it.
    valid_from: Timestamp,
    /// When it was written.
    created_at: Timestamp,
    /// The terms.
    terms: Terms,
}

impl TermsView {
    fn of(row: &TermsRow) -> HttpResult<Self> {
        let terms = row.terms()?;
        let TermsRow { id, version, valid_from, created_at, .. } = *row;
        Ok(Self { id, version, valid_from, created_at, terms })
    }
}

/// Lists all versions of a store's terms, newest first.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(Page), responses((status = 200, body = PageOf<TermsView>)))]
#[get("/api/v1/operator/stores/{slug}/terms")]
pub(super) async fn list_terms(
    app: web::Data<App>,
    operator: Operator,
    slug: web::Path<String>,
    page: web::Query<Page>,
) -> HttpResult<web::Json<PageOf<TermsView>>> {
    operator.require(Permission::Look)?;
    let (limit, before) = (page.limit()?, page.key::<i64>()?);
    let rows = app
        .db
        .read(move |conn| {
            let store = store_find_by_slug(conn, &slug)?.ok_or(ServiceError::NotFound("store"))?;
            Ok::<_, HttpError>(terms_list(conn, store.id)?)
        })
        .await?;
    let rest = rows.into_iter().filter(|row| before.is_none_or(|before| row.version < before)).collect();
    let page: PageOf<TermsRow> = PageOf::new(rest, limit, |row: &TermsRow| row.version)?;
    let items = page.items.iter().map(TermsView::of).collect::<HttpResult<_>>()?;
    Ok(web::Json(PageOf { items, next: page.next }))
}

/// A new version of the terms.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TermsWanted {
    /// From when links are made with it; not in the past; from now on when absent.
    #[serde(default)]
    valid_from: Option<Timestamp>,
    /// The terms.
    terms: Terms,
}

/// What a new version would change.
#[derive(Serialize, utoipa::ToSchema)]
struct TermsLook {
    /// The newest version there is; 0 for none.
    version: i64,
    /// The fields that differ from it, in words.
    differences: Vec<TermsDifference>,
}

/// Holds new terms against a store's newest version; writes nothing. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), params(("slug" = String, Path, description = "The store")), request_body = TermsWanted, responses((status = 200, body = TermsLook), (status = 404), (status = 422)))]
#[post("/api/v1/operator/stores/{slug}/terms/preview")]
pub(super) async fn preview_terms(
    app: web::Data<App>,
    operator: Operator,
    slug: web::Path<String>,
    body: web::Json<TermsWanted>,
) -> HttpResult<web::Json<TermsLook>> {
    let TermsWanted { valid_from, terms } = body.into_inner();
    let told = stores::terms_preview(&app, &operator.actor(), &slug, &terms, valid_from).await?;
    Ok(web::Json(TermsLook { version: told.version, differences: told.differences }))
}

/// Adds a version of a store's terms; older links keep theirs. Needs the permission `catalogue`.
#[utoipa::path(tag = "operator", security(("bearer" = [])), request_body = TermsWanted, responses((status = 201, body = TermsView)))]
#[post("/api/v1/operator/stores/{slug}/terms")]
pub(super) async fn add_terms(
    app: web::Data<App>,
    operator: Operator,
    slug: web::Path<String>,
    body: web::Json<TermsWanted>,
) -> HttpResult<HttpResponse> {
    let TermsWanted { valid_from, terms } = body.into_inner();
    let row = stores::terms_add(&app, &operator.actor(), &slug, &terms, valid_from).await?;
    Ok(HttpResponse::Created().json(TermsView::of(&row)?))
}
