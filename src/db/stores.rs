//! Stores and their terms.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{stores, terms};
use crate::base::Timestamp;
use crate::base::id::{PartnerId, StoreId, TermsId};
use crate::domain::extension::StoreExtension;
use crate::domain::partner::Status;
use crate::domain::rate::Terms;

/// A row of `stores`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = stores)]
pub struct StoreRow {
    /// Its id.
    pub id: StoreId,
    /// Its name in URLs.
    pub slug: String,
    /// The partner it is reached through.
    pub partner_id: PartnerId,
    /// Its name for people.
    pub name: String,
    /// Active or paused.
    pub status: Status,
    /// Its own home page, without any tracking.
    pub home_url: String,
    /// Its domains as a JSON array.
    pub domains: String,
    /// Where a click leads: a template with `{click}`.
    pub landing_url: String,
    /// Where a click with a deep link leads: a template with `{click}` and `{deep_link}`.
    pub deep_link_url: Option<String>,
    /// Words for the catalogue as a JSON array.
    pub categories: String,
    /// What the browser extension may do, as JSON.
    pub extension: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

fn words(column: &str, json: &str) -> Result<Vec<String>, DbError> {
    serde_json::from_str(json).map_err(|cause| DbError::corrupt(column, cause))
}

impl StoreRow {
    /// Its domains.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn domains(&self) -> Result<Vec<String>, DbError> {
        words("stores.domains", &self.domains)
    }
    /// Its categories.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn categories(&self) -> Result<Vec<String>, DbError> {
        words("stores.categories", &self.categories)
    }
    /// What the browser extension may do.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn extension(&self) -> Result<StoreExtension, DbError> {
        serde_json::from_str(&self.extension).map_err(|cause| DbError::corrupt("stores.extension", cause))
    }
}

/// A row of `terms`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = terms)]
pub struct TermsRow {
    /// Its id.
    pub id: TermsId,
    /// The store.
    pub store_id: StoreId,
    /// Counts the store's versions from 1.
    pub version: i64,
    /// From when links are made with it.
    pub valid_from: Timestamp,
    /// [`Terms`] as JSON.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
}

impl TermsRow {
    /// The terms.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn terms(&self) -> Result<Terms, DbError> {
        serde_json::from_str(&self.body).map_err(|cause| DbError::corrupt("terms.body", cause))
    }
}

/// The store of this slug.
///
/// # Errors
/// [`DbError`].
pub fn store_find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<StoreRow>, DbError> {
    Ok(stores::table.filter(stores::slug.eq(slug)).select(StoreRow::as_select()).first(conn).optional()?)
}

/// The store of this id.
///
/// # Errors
/// [`DbError`].
pub fn store_find(conn: &mut Conn, id: StoreId) -> Result<Option<StoreRow>, DbError> {
    Ok(stores::table.find(id).select(StoreRow::as_select()).first(conn).optional()?)
}

/// Which stores to list.
#[derive(Debug, Clone, Default)]
pub struct StoreFilter {
    /// Only of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only with this status.
    pub status: Option<Status>,
    /// Only those whose slug comes after this one.
    pub after_slug: Option<String>,
    /// Only those whose slug or name contains this, in any case of ASCII letters.
    pub search: Option<String>,
}

/// Stores by slug.
///
/// # Errors
/// [`DbError`].
pub fn store_list(conn: &mut Conn, filter: &StoreFilter, limit: i64) -> Result<Vec<StoreRow>, DbError> {
    let mut query = stores::table.select(StoreRow::as_select()).order(stores::slug.asc()).limit(limit).into_boxed();
    if let Some(partner) = filter.partner_id {
        query = query.filter(stores::partner_id.eq(partner));
    }
    if let Some(status) = filter.status {
        query = query.filter(stores::status.eq(status));
    }
    if let Some(after) = &filter.after_slug {
        query = query.filter(stores::slug.gt(after.clone()));
    }
    if let Some(search) = &filter.search {
        let like = format!("%{}%", search.replace(['%', '_', '\\'], ""));
        let lowered = format!("%{}%", search.replace(['%', '_', '\\'], "").to_lowercase());
        query = query.filter(stores::slug.like(lowered).or(stores::name.like(like)));
    }
    Ok(query.load(conn)?)
}

/// Every store, for the cache that redirects are answered from.
///
/// # Errors
/// [`DbError`].
pub fn store_load_all(conn: &mut Conn) -> Result<Vec<StoreRow>, DbError> {
    Ok(stores::table.select(StoreRow::as_select()).load(conn)?)
}

/// Adds a store.
///
/// # Errors
/// [`DbError::Taken`] when the slug is.
pub fn store_insert(conn: &mut Conn, row: &StoreRow) -> Result<(), DbError> {
    diesel::insert_into(stores::table).values(row).execute(conn)?;
    Ok(())
}

/// Changes everything but the slug and the partner; false when there is none.
///
/// # Errors
/// [`DbError`].
pub fn store_update(conn: &mut Conn, row: &StoreRow) -> Result<bool, DbError> {
    let changed = diesel::update(stores::table.find(row.id))
        .set((
            stores::name.eq(&row.name),
            stores::status.eq(row.status),
            stores::home_url.eq(&row.home_url),
            stores::domains.eq(&row.domains),
            stores::landing_url.eq(&row.landing_url),
            stores::deep_link_url.eq(&row.deep_link_url),
            stores::categories.eq(&row.categories),
            stores::extension.eq(&row.extension),
            stores::updated_at.eq(row.updated_at),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// One version of a store's terms.
///
/// # Errors
/// [`DbError`].
pub fn terms_find_version(conn: &mut Conn, store: StoreId, version: i64) -> Result<Option<TermsRow>, DbError> {
    Ok(terms::table
        .filter(terms::store_id.eq(store))
        .filter(terms::version.eq(version))
        .select(TermsRow::as_select())
        .first(conn)
        .optional()?)
}

/// Terms by id.
///
/// # Errors
/// [`DbError`].
pub fn terms_find(conn: &mut Conn, id: TermsId) -> Result<Option<TermsRow>, DbError> {
    Ok(terms::table.find(id).select(TermsRow::as_select()).first(conn).optional()?)
}

/// Terms by id, in no order.
///
/// # Errors
/// [`DbError`].
pub fn terms_list_by_ids(conn: &mut Conn, ids: Vec<TermsId>) -> Result<Vec<TermsRow>, DbError> {
    Ok(terms::table.filter(terms::id.eq_any(ids)).select(TermsRow::as_select()).load(conn)?)
}

/// The terms in force at `now`: of those that are valid already, the highest version.
///
/// # Errors
/// [`DbError`].
pub fn terms_find_current(conn: &mut Conn, store: StoreId, now: Timestamp) -> Result<Option<TermsRow>, DbError> {
    Ok(terms::table
        .filter(terms::store_id.eq(store))
        .filter(terms::valid_from.le(now))
        .order(terms::version.desc())
        .select(TermsRow::as_select())
        .first(conn)
        .optional()?)
}

/// All versions of a store's terms, newest first.
///
/// # Errors
/// [`DbError`].
pub fn terms_list(conn: &mut Conn, store: StoreId) -> Result<Vec<TermsRow>, DbError> {
    let of_store = terms::table.filter(terms::store_id.eq(store)).order(terms::version.desc());
    Ok(of_store.select(TermsRow::as_select()).load(conn)?)
}

/// Every version of all terms, for the cache that redirects are answered from.
///
/// # Errors
/// [`DbError`].
pub fn terms_load_all(conn: &mut Conn) -> Result<Vec<TermsRow>, DbError> {
    Ok(terms::table.select(TermsRow::as_select()).load(conn)?)
}

/// Adds a version.
///
/// # Errors
/// [`DbError::Taken`] when the version is.
pub fn terms_insert(conn: &mut Conn, row: &TermsRow) -> Result<(), DbError> {
    diesel::insert_into(terms::table).values(row).execute(conn)?;
    Ok(())
}
