//! The browser extension: keys of its list, the operator's stand-down packs, and links that shoppers asked for through it.

use diesel::prelude::*;

use super::clicks::{click_ids_of_shopper, click_list_by_ids};
use super::conn::Conn;
use super::error::DbError;
use super::schema::{activations, list_keys, standdown_packs};
use crate::base::Timestamp;
use crate::base::id::{ActivationId, ClickId, ShopperId, StoreId};
use crate::domain::extension::pack::Pack;

/// A row of `list_keys`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = list_keys)]
pub struct ListKeyRow {
    /// Its short name.
    pub id: String,
    /// Its public half, base64url.
    pub public_key: String,
    /// Its seed, sealed for `list_key/{id}`.
    pub sealed: String,
    /// The signature of the key before it over this one; none for the first.
    pub vouched: Option<String>,
    /// Since when it signs.
    pub created_at: Timestamp,
}

/// What a key's seed is bound to.
#[must_use]
pub fn list_key_context(id: &str) -> String {
    format!("list_key/{id}")
}

/// All keys of the list, newest first: the first one signs.
///
/// # Errors
/// [`DbError`].
pub fn list_key_list(conn: &mut Conn) -> Result<Vec<ListKeyRow>, DbError> {
    let newest = list_keys::table.order((list_keys::created_at.desc(), list_keys::id.desc()));
    Ok(newest.select(ListKeyRow::as_select()).load(conn)?)
}

/// Adds a key.
///
/// # Errors
/// [`DbError`].
pub fn list_key_insert(conn: &mut Conn, row: &ListKeyRow) -> Result<(), DbError> {
    diesel::insert_into(list_keys::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// The operator's own packs, by id.
///
/// # Errors
/// [`DbError`].
pub fn pack_list(conn: &mut Conn) -> Result<Vec<Pack>, DbError> {
    let bodies: Vec<String> =
        standdown_packs::table.order(standdown_packs::id.asc()).select(standdown_packs::body).load(conn)?;
    let read =
        |body: String| serde_json::from_str(&body).map_err(|cause| DbError::corrupt("standdown_packs.body", cause));
    bodies.into_iter().map(read).collect()
}

/// Puts a pack in the place of the one of its id.
///
/// # Errors
/// [`DbError`].
pub fn pack_put(conn: &mut Conn, id: &str, body: &str, now: Timestamp) -> Result<(), DbError> {
    let changed = diesel::update(standdown_packs::table.find(id))
        .set((standdown_packs::body.eq(body), standdown_packs::updated_at.eq(now)))
        .execute(conn)?;
    if changed == 0 {
        let row = (standdown_packs::id.eq(id), standdown_packs::body.eq(body), standdown_packs::updated_at.eq(now));
        diesel::insert_into(standdown_packs::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// How far two nodes' clocks may be apart, in seconds.
const CLOCKS_APART: i64 = 600;

/// How many of the shopper's newest clicks are looked through for an activation's: more than anybody makes in that time.
const LOOKED_THROUGH: i64 = 1000;

/// A row of `activations`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = activations)]
pub struct ActivationRow {
    /// Its id.
    pub id: ActivationId,
    /// Who asked.
    pub shopper_id: ShopperId,
    /// For which store.
    pub store_id: StoreId,
    /// When the link was made, in whole seconds: as the link itself says it.
    pub issued_at: Timestamp,
    /// Until when it may be followed.
    pub expires_at: Timestamp,
}

/// Adds an activation.
///
/// # Errors
/// [`DbError`].
pub fn activation_insert(conn: &mut Conn, row: &ActivationRow) -> Result<(), DbError> {
    diesel::insert_into(activations::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// A shopper's own activation.
///
/// # Errors
/// [`DbError`].
pub fn activation_find(
    conn: &mut Conn,
    shopper: ShopperId,
    id: ActivationId,
) -> Result<Option<ActivationRow>, DbError> {
    let own = activations::table.find(id).filter(activations::shopper_id.eq(shopper));
    Ok(own.select(ActivationRow::as_select()).first(conn).optional()?)
}

/// The first click that followed the activation's link, and when it was. Of the shopper's clicks from then on, which are few,
/// the one of this store and this time of issue is it. The click's id may be of a node whose clock is behind.
///
/// # Errors
/// [`DbError`].
pub fn activation_click(conn: &mut Conn, row: &ActivationRow) -> Result<Option<(ClickId, Timestamp)>, DbError> {
    let from = ClickId::first_at(row.issued_at.plus_seconds(-CLOCKS_APART));
    let since = click_ids_of_shopper(conn, row.shopper_id, Some(from), None, LOOKED_THROUGH)?;
    let clicks = click_list_by_ids(conn, &since)?.into_iter();
    let own = clicks.filter(|click| click.store_id == row.store_id && click.issued_at == row.issued_at);
    Ok(own.map(|click| (click.id, click.at)).min())
}

/// Forgets activations whose links ended before `before`; gives how many.
///
/// # Errors
/// [`DbError`].
pub fn activation_purge(conn: &mut Conn, before: ActivationId) -> Result<usize, DbError> {
    Ok(diesel::delete(activations::table.filter(activations::id.lt(before))).execute(conn)?)
}

/// Forgets all activations of a shopper.
///
/// # Errors
/// [`DbError`].
pub fn activation_delete_all(conn: &mut Conn, shopper: ShopperId) -> Result<(), DbError> {
    diesel::delete(activations::table.filter(activations::shopper_id.eq(shopper))).execute(conn)?;
    Ok(())
}
