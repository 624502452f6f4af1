//! Clicks by day and store, counted once: the days of weeks cost as many rows as there are stores, not clicks.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{click_days, clicks};
use crate::base::Timestamp;
use crate::base::id::{ClickId, StoreId};

/// What counting needs of a click.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct CountedClick {
    /// Its id.
    pub id: ClickId,
    /// The store.
    pub store: StoreId,
    /// When.
    pub at: Timestamp,
}

/// The next clicks by id: those after `after` and before `end`, at most `limit`.
///
/// # Errors
/// [`DbError`].
pub fn click_walk(
    conn: &mut Conn,
    after: Option<ClickId>,
    end: ClickId,
    limit: i64,
) -> Result<Vec<CountedClick>, DbError> {
    let mut query = clicks::table
        .filter(clicks::id.lt(end))
        .order(clicks::id.asc())
        .limit(limit)
        .select((clicks::id, clicks::store_id, clicks::at))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(clicks::id.gt(after));
    }
    Ok(query.load(conn)?)
}

/// Adds to a store's clicks of the day that begins at `day`.
///
/// # Errors
/// [`DbError`].
pub fn click_day_add(conn: &mut Conn, day: Timestamp, store: StoreId, clicks: i64) -> Result<(), DbError> {
    let changed = diesel::update(click_days::table.find((day, store)))
        .set(click_days::clicks.eq(click_days::clicks + clicks))
        .execute(conn)?;
    if changed == 0 {
        let row = (click_days::day.eq(day), click_days::store_id.eq(store), click_days::clicks.eq(clicks));
        diesel::insert_into(click_days::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// The clicks of each store by day, of the days from `since` on.
///
/// # Errors
/// [`DbError`].
pub fn click_day_list(conn: &mut Conn, since: Timestamp) -> Result<Vec<(Timestamp, StoreId, i64)>, DbError> {
    let days = click_days::table.filter(click_days::day.ge(since));
    Ok(days.select((click_days::day, click_days::store_id, click_days::clicks)).load(conn)?)
}
