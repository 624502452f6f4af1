//! Changes a store: what redirects and pages show of it, and whether its links are followed.

use std::collections::BTreeMap;

use serde_json::json;

use super::check;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::stores::{self, StoreRow, store_find_by_slug};
use crate::domain::access::{Actor, Permission};
use crate::domain::extension::ExtensionChange;
use crate::domain::extension::pack::Pack;
use crate::domain::partner::Status;
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct StoreChange {
    /// Its name for people.
    pub name: Option<String>,
    /// Active, or paused: then its links lead to a page that says so.
    pub status: Option<Status>,
    /// Its own home page.
    pub home_url: Option<String>,
    /// Its domains.
    pub domains: Option<Vec<String>>,
    /// Where a click leads.
    pub landing_url: Option<String>,
    /// Where a click with a deep link leads; an empty text takes it away.
    pub deep_link_url: Option<String>,
    /// Words for the catalogue.
    pub categories: Option<Vec<String>>,
    /// What the browser extension may do.
    pub extension: ExtensionChange,
}

/// The columns that the change sets, checked.
#[derive(Clone)]
struct Checked {
    change: StoreChange,
    domains: Option<String>,
    categories: Option<String>,
}

impl StoreChange {
    fn check(mut self) -> Outcome<Checked> {
        self.name = self.name.as_deref().map(check::check_name).transpose()?;
        self.home_url.as_deref().map(check::check_home_url).transpose()?;
        self.landing_url.as_deref().map(check::check_landing_url).transpose()?;
        self.deep_link_url.as_deref().filter(|text| !text.is_empty()).map(check::check_deep_link_url).transpose()?;
        let domains = self.domains.as_deref().map(check::check_domains).transpose()?;
        let categories = self.categories.as_deref().map(check::check_categories).transpose()?;
        Ok(Checked {
            domains: domains.as_deref().map(check::words).transpose()?,
            categories: categories.as_deref().map(check::words).transpose()?,
            change: self,
        })
    }
}

impl Checked {
    fn on(&self, row: StoreRow, packs: &BTreeMap<String, Pack>) -> Outcome<StoreRow> {
        let change = self.change.clone();
        let extension = match change.extension == ExtensionChange::default() {
            true => row.extension,
            false => {
                let domains =
                    StoreRow { domains: self.domains.clone().unwrap_or_else(|| row.domains.clone()), ..row.clone() };
                check::extension(&change.extension.on(row.extension()?), &domains.domains()?, packs)?
            }
        };
        let deep_link_url = match change.deep_link_url {
            Some(text) => Some(text).filter(|text| !text.is_empty()),
            None => row.deep_link_url,
        };
        Ok(StoreRow {
            name: change.name.unwrap_or(row.name),
            status: change.status.unwrap_or(row.status),
            home_url: change.home_url.unwrap_or(row.home_url),
            domains: self.domains.clone().unwrap_or(row.domains),
            landing_url: change.landing_url.unwrap_or(row.landing_url),
            deep_link_url,
            categories: self.categories.clone().unwrap_or(row.categories),
            extension,
            ..row
        })
    }
}

/// Changes a store; it counts from the next link and click on.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::NotFound`];
/// [`ServiceError::Invalid`] names the field.
pub async fn store_update(app: &App, actor: &Actor, slug: &str, change: StoreChange) -> Outcome<StoreRow> {
    require(actor, Permission::Catalogue)?;
    let now = app.clock.now();
    let detail = json!({
        "name": change.name, "status": change.status, "home_url": change.home_url, "domains": change.domains,
        "landing_url": change.landing_url, "deep_link_url": change.deep_link_url, "categories": change.categories,
        "extension": change.extension,
    });
    let known = app.catalogue.snapshot();
    let checked = change.check()?;
    let audit = AuditRow::new(now, actor, "store.update", "store", &detail);
    let slug = slug.to_owned();
    let row = app
        .db
        .write(Lane::House, move |conn| {
            let row = store_find_by_slug(conn, &slug)?.ok_or(ServiceError::NotFound("store"))?;
            let row = StoreRow { updated_at: now, ..checked.on(row, &known.packs)? };
            stores::store_update(conn, &row)?;
            audit_insert_in_tx(conn, &AuditRow { subject: format!("store/{}", row.id), ..audit.clone() })?;
            Ok::<_, ServiceError>(row)
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(row)
}
