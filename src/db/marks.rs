//! What the service keeps in mind of its own work, by name: how far something was counted, what a check found last.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::marks;
use crate::base::Timestamp;

/// A mark.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = marks)]
pub struct MarkRow {
    /// Its name.
    pub name: String,
    /// When it was set.
    pub at: Timestamp,
    /// JSON; what it says is up to who set it.
    pub body: String,
}

/// The mark of this name.
///
/// # Errors
/// [`DbError`].
pub fn mark_find(conn: &mut Conn, name: &str) -> Result<Option<MarkRow>, DbError> {
    Ok(marks::table.find(name).select(MarkRow::as_select()).first(conn).optional()?)
}

/// Sets a mark, over the one before.
///
/// # Errors
/// [`DbError`].
pub fn mark_set(conn: &mut Conn, row: &MarkRow) -> Result<(), DbError> {
    let changed = diesel::update(marks::table.find(&row.name))
        .set((marks::at.eq(row.at), marks::body.eq(&row.body)))
        .execute(conn)?;
    if changed == 0 {
        diesel::insert_into(marks::table).values(row.clone()).execute(conn)?;
    }
    Ok(())
}
