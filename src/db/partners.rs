//! Partners, their secrets, and the operator's own adapters.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{adapters, partner_secrets, partners};
use crate::base::Timestamp;
use crate::base::id::{KeyId, PartnerId};
use crate::domain::partner::{PartnerSettings, Status};

/// A row of `partners`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = partners)]
pub struct PartnerRow {
    /// Its id.
    pub id: PartnerId,
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The preset or own adapter that reads its calls.
    pub adapter: String,
    /// [`PartnerSettings`] as JSON.
    pub settings: String,
    /// Active or paused.
    pub status: Status,
    /// Since when.
    pub created_at: Timestamp,
}

impl PartnerRow {
    /// The settings.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn settings(&self) -> Result<PartnerSettings, DbError> {
        serde_json::from_str(&self.settings).map_err(|cause| DbError::corrupt("partners.settings", cause))
    }
}

/// A row of `partner_secrets`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = partner_secrets)]
pub struct PartnerSecretRow {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub partner_id: PartnerId,
    /// The secret, sealed for `partner/{partner_id}`.
    pub sealed: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when it is accepted.
    pub retired_at: Option<Timestamp>,
}

/// What the sealed secrets of a partner are bound to.
#[must_use]
pub fn partner_secret_context(id: PartnerId) -> String {
    format!("partner/{id}")
}

/// The partner of this slug.
///
/// # Errors
/// [`DbError`].
pub fn partner_find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<PartnerRow>, DbError> {
    Ok(partners::table.filter(partners::slug.eq(slug)).select(PartnerRow::as_select()).first(conn).optional()?)
}

/// The partner of this id.
///
/// # Errors
/// [`DbError`].
pub fn partner_find(conn: &mut Conn, id: PartnerId) -> Result<Option<PartnerRow>, DbError> {
    Ok(partners::table.find(id).select(PartnerRow::as_select()).first(conn).optional()?)
}

/// Partners in the order they came, after `after`.
///
/// # Errors
/// [`DbError`].
pub fn partner_list(conn: &mut Conn, after: Option<PartnerId>, limit: i64) -> Result<Vec<PartnerRow>, DbError> {
    let mut query = partners::table.select(PartnerRow::as_select()).order(partners::id.asc()).limit(limit).into_boxed();
    if let Some(after) = after {
        query = query.filter(partners::id.gt(after));
    }
    Ok(query.load(conn)?)
}

/// Adds a partner.
///
/// # Errors
/// [`DbError::Taken`] when the slug is.
pub fn partner_insert(conn: &mut Conn, row: &PartnerRow) -> Result<(), DbError> {
    diesel::insert_into(partners::table).values(row).execute(conn)?;
    Ok(())
}

/// Changes a partner's name, adapter, settings and status; false when there is none.
///
/// # Errors
/// [`DbError`].
pub fn partner_update(conn: &mut Conn, row: &PartnerRow) -> Result<bool, DbError> {
    let changed = diesel::update(partners::table.find(row.id))
        .set((
            partners::name.eq(&row.name),
            partners::adapter.eq(&row.adapter),
            partners::settings.eq(&row.settings),
            partners::status.eq(row.status),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// The secrets that are accepted at `now`, newest first.
///
/// # Errors
/// [`DbError`].
pub fn partner_secret_list(conn: &mut Conn, id: PartnerId, now: Timestamp) -> Result<Vec<PartnerSecretRow>, DbError> {
    Ok(partner_secrets::table
        .filter(partner_secrets::partner_id.eq(id))
        .filter(partner_secrets::retired_at.is_null().or(partner_secrets::retired_at.gt(now)))
        .order(partner_secrets::id.desc())
        .select(PartnerSecretRow::as_select())
        .load(conn)?)
}

/// Adds a secret.
///
/// # Errors
/// [`DbError`].
pub fn partner_secret_insert(conn: &mut Conn, row: &PartnerSecretRow) -> Result<(), DbError> {
    diesel::insert_into(partner_secrets::table).values(row).execute(conn)?;
    Ok(())
}

/// Lets the partner's present secrets end at `until`.
///
/// # Errors
/// [`DbError`].
pub fn partner_secret_retire_all(conn: &mut Conn, id: PartnerId, until: Timestamp) -> Result<usize, DbError> {
    let live = partner_secrets::table
        .filter(partner_secrets::partner_id.eq(id))
        .filter(partner_secrets::retired_at.is_null().or(partner_secrets::retired_at.gt(until)));
    Ok(diesel::update(live).set(partner_secrets::retired_at.eq(until)).execute(conn)?)
}

/// A row of `adapters`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = adapters)]
pub struct AdapterRow {
    /// Its name.
    pub name: String,
    /// Its TOML text.
    pub body: String,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The operator's own adapters, by name.
///
/// # Errors
/// [`DbError`].
pub fn adapter_list(conn: &mut Conn) -> Result<Vec<AdapterRow>, DbError> {
    Ok(adapters::table.order(adapters::name.asc()).select(AdapterRow::as_select()).load(conn)?)
}

/// Stores an adapter under its name, over an older one.
///
/// # Errors
/// [`DbError`].
pub fn adapter_put(conn: &mut Conn, row: &AdapterRow) -> Result<(), DbError> {
    let changed = diesel::update(adapters::table.find(&row.name))
        .set((adapters::body.eq(&row.body), adapters::updated_at.eq(row.updated_at)))
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(adapters::table).values(row).execute(conn)?;
    }
    Ok(())
}
