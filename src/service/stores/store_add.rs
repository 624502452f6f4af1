//! A new store.

use std::collections::BTreeMap;

use serde_json::json;

use super::check;
use crate::base::Timestamp;
use crate::base::id::{PartnerId, StoreId};
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::partners::partner_find_by_slug;
use crate::db::stores::{StoreRow, store_find_by_slug, store_insert};
use crate::domain::access::{Actor, Permission};
use crate::domain::extension::pack::Pack;
use crate::domain::extension::{ExtensionChange, StoreExtension};
use crate::domain::partner::Status;
use crate::service::accounts::require;
use crate::service::{App, Outcome, ServiceError};

/// What is wanted of a new store.
#[derive(Debug, Clone, Default)]
pub struct NewStore {
    /// Its name in URLs: 1 to 64 of a-z, 0-9 and `-`.
    pub slug: String,
    /// The slug of the partner that it is reached through.
    pub partner: String,
    /// Its name for people.
    pub name: String,
    /// Its own home page, without any tracking.
    pub home_url: String,
    /// Its domains.
    pub domains: Vec<String>,
    /// Where a click leads: a template with `{click}`.
    pub landing_url: String,
    /// Where a click with a deep link leads: a template with `{click}` and `{deep_link}`.
    pub deep_link_url: Option<String>,
    /// Words for the catalogue.
    pub categories: Vec<String>,
    /// What the browser extension may do; nothing, where it is not said.
    pub extension: ExtensionChange,
}

impl NewStore {
    /// The row that it makes. The partner's id is filled in when it is known.
    pub(super) fn row(&self, packs: &BTreeMap<String, Pack>, now: Timestamp) -> Outcome<StoreRow> {
        check::check_slug("slug", &self.slug)?;
        check::check_home_url(&self.home_url)?;
        check::check_landing_url(&self.landing_url)?;
        if let Some(template) = &self.deep_link_url {
            check::check_deep_link_url(template)?;
        }
        Ok(StoreRow {
            id: StoreId::new(),
            slug: self.slug.clone(),
            partner_id: PartnerId::new(),
            name: check::check_name(&self.name)?,
            status: Status::Active,
            home_url: self.home_url.clone(),
            domains: check::words(&check::check_domains(&self.domains)?)?,
            landing_url: self.landing_url.clone(),
            deep_link_url: self.deep_link_url.clone(),
            categories: check::words(&check::check_categories(&self.categories)?)?,
            extension: check::extension(&self.extension.on(StoreExtension::default()), &self.domains, packs)?,
            created_at: now,
            updated_at: now,
        })
    }
}

/// Adds a store. Links to it are made once it has terms.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `catalogue`; [`ServiceError::Invalid`] names the field;
/// [`ServiceError::Conflict`] `slug_taken`.
pub async fn store_add(app: &App, actor: &Actor, wanted: NewStore) -> Outcome<StoreRow> {
    require(actor, Permission::Catalogue)?;
    let now = app.clock.now();
    let row = wanted.row(&app.catalogue.snapshot().packs, now)?;
    let detail = json!({ "slug": row.slug, "partner": wanted.partner, "extension": wanted.extension });
    let audit = AuditRow::new(now, actor, "store.add", format!("store/{}", row.id), &detail);
    let row = app
        .db
        .write(Lane::House, move |conn| {
            if store_find_by_slug(conn, &row.slug)?.is_some() {
                return Err(ServiceError::conflict("slug_taken", format!("there is a store {:?} already", row.slug)));
            }
            let partner = partner_find_by_slug(conn, &wanted.partner)?;
            let partner = partner.ok_or_else(|| no_such_partner(&wanted.partner))?;
            let row = StoreRow { partner_id: partner.id, ..row.clone() };
            store_insert(conn, &row)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok(row)
        })
        .await?;
    app.reload_catalogue().await?;
    Ok(row)
}

pub(super) fn no_such_partner(slug: &str) -> ServiceError {
    ServiceError::invalid("partner", format!("there is no partner {slug:?}; add it first"))
}
