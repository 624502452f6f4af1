//! The stores as anybody sees them: without partners, landing addresses and what is paused.

use std::ops::Bound;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::domain::money::Amount;
use crate::domain::rate::{CategoryRate, Exclusion, Rate};
use crate::domain::score::{Score, missing_after_hours};
use crate::http::{HttpResult, Page, PageOf};
use crate::service::catalogue::{Snapshot, Store, TermsVersion};
use crate::service::store_scores::store_scores;
use crate::service::{App, ServiceError};

/// A store.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct PublicStore {
    /// Its name in URLs.
    #[schema(example = "books")]
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its own home page.
    pub home_url: String,
    /// Words to find it by.
    pub categories: Vec<String>,
    /// Whether a link to one page of it can be made.
    pub deep_links: bool,
    /// The terms in force.
    pub terms: PublicTerms,
}

/// The terms in force.
#[derive(Serialize, utoipa::ToSchema)]
pub(in crate::http) struct PublicTerms {
    /// Which version: a link promises this one.
    pub version: i64,
    /// Since when.
    pub valid_from: Timestamp,
    /// The default rate.
    pub rate: Rate,
    /// Rates by category.
    pub categories: Vec<CategoryRate>,
    /// Another rate for the first order.
    pub first_order: Option<Rate>,
    /// The most that one order earns.
    pub cap_per_order: Option<Amount>,
    /// The most that one shopper earns in a calendar month.
    pub cap_per_month: Option<Amount>,
    /// Days between the store's confirmation and withdrawal.
    pub hold_days: u16,
    /// How many days after the click an order still counts.
    pub attribution_days: u16,
    /// What earns nothing.
    pub exclusions: Vec<Exclusion>,
}

impl From<&TermsVersion> for PublicTerms {
    fn from(version: &TermsVersion) -> Self {
        let terms = version.terms.as_ref().clone();
        Self {
            version: version.version,
            valid_from: version.valid_from,
            rate: terms.rate,
            categories: terms.categories,
            first_order: terms.first_order,
            cap_per_order: terms.cap_per_order,
            cap_per_month: terms.cap_per_month,
            hold_days: terms.hold_days,
            attribution_days: terms.attribution_days,
            exclusions: terms.exclusions,
        }
    }
}

/// `None` for a store that makes no promise now: paused, or without terms.
pub(in crate::http) fn public(store: &Store, now: Timestamp) -> Option<PublicStore> {
    let terms = store.is_active().then(|| store.terms_at(now)).flatten()?;
    Some(PublicStore {
        slug: store.row.slug.clone(),
        name: store.row.name.clone(),
        home_url: store.row.home_url.clone(),
        categories: store.categories.clone(),
        deep_links: store.row.deep_link_url.is_some(),
        terms: terms.into(),
    })
}

/// Which stores.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Filter {
    /// Only those whose slug or name contains this, in any case.
    pub search: Option<String>,
    /// Only those of this category.
    pub category: Option<String>,
}

impl Filter {
    fn fits(&self, store: &Store) -> bool {
        let found = self.search.as_ref().is_none_or(|search| {
            let search = search.to_lowercase();
            store.row.slug.contains(&search) || store.row.name.to_lowercase().contains(&search)
        });
        found && self.category.as_ref().is_none_or(|category| store.categories.contains(category))
    }
}

/// Lists the stores that cashback is to be had at, by slug.
#[utoipa::path(tag = "shopper", params(Page, Filter), responses((status = 200, body = PageOf<PublicStore>)))]
#[get("/api/v1/stores")]
pub(super) async fn list(
    app: web::Data<App>,
    page: web::Query<Page>,
    filter: web::Query<Filter>,
) -> HttpResult<web::Json<PageOf<PublicStore>>> {
    Ok(web::Json(public_page(&app.catalogue.snapshot(), app.clock.now(), &page, &filter)?))
}

/// A page of the stores that fit, by slug.
///
/// # Errors
/// A 422 for a limit or a cursor that is none.
pub(in crate::http) fn public_page(
    known: &Snapshot,
    now: Timestamp,
    page: &Page,
    filter: &Filter,
) -> HttpResult<PageOf<PublicStore>> {
    let (limit, after) = (page.limit()?, page.key::<String>()?);
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let fitting = known.stores.range::<String, _>((from, Bound::Unbounded)).map(|(_, store)| store);
    let shown = fitting.filter(|store| filter.fits(store)).filter_map(|store| public(store, now));
    let one_more = usize::try_from(limit).unwrap_or(0).saturating_add(1);
    let stores: Vec<PublicStore> = shown.take(one_more).collect();
    PageOf::new(stores, limit, |store| store.slug.clone())
}

/// Shows one store.
#[utoipa::path(tag = "shopper", responses((status = 200, body = PublicStore)))]
#[get("/api/v1/stores/{slug}")]
pub(super) async fn get(app: web::Data<App>, slug: web::Path<String>) -> HttpResult<web::Json<PublicStore>> {
    let store = app.store(&slug).await?;
    let shown = public(&store, app.clock.now());
    Ok(web::Json(shown.ok_or(ServiceError::NotFound("store"))?))
}

/// What a store's latest orders and claims say about it.
#[derive(Serialize, utoipa::ToSchema)]
struct ScoreView {
    /// The score; absent where there are too few orders for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<Score>,
    /// After how many hours an order that is not there counts as missing, and can well be claimed.
    missing_after_hours: i64,
}

/// Tells a store's honest score. May be ten minutes old.
#[utoipa::path(tag = "shopper", params(("slug" = String, Path, description = "The store")), responses((status = 200, body = ScoreView), (status = 404)))]
#[get("/api/v1/stores/{slug}/score")]
pub(super) async fn score(app: web::Data<App>, slug: web::Path<String>) -> HttpResult<web::Json<ScoreView>> {
    let store = app.store(&slug).await?;
    public(&store, app.clock.now()).ok_or(ServiceError::NotFound("store"))?;
    let score = store_scores(&app, &[&store]).await?.pop().flatten();
    Ok(web::Json(ScoreView { missing_after_hours: missing_after_hours(score.as_ref()), score }))
}
