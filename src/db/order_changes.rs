//! Files of changes to orders.

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::order_changes as changes;
use crate::base::Timestamp;
use crate::base::id::{OrderChangesId, PartnerId};

/// A row of `order_changes`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = changes)]
pub struct OrderChangesRow {
    /// Its id.
    pub id: OrderChangesId,
    /// Whose orders.
    pub partner_id: PartnerId,
    /// Who uploaded it.
    pub made_by: String,
    /// Its text.
    pub body: String,
    /// How many lines it has beside the header.
    pub lines: i64,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was carried out.
    pub applied_at: Option<Timestamp>,
    /// What became of each line, as JSON.
    pub result: Option<String>,
}

/// Adds a file.
///
/// # Errors
/// [`DbError`].
pub fn order_changes_insert(conn: &mut Conn, row: &OrderChangesRow) -> Result<(), DbError> {
    diesel::insert_into(changes::table).values(row).execute(conn)?;
    Ok(())
}

/// A partner's file.
///
/// # Errors
/// [`DbError`].
pub fn order_changes_find(
    conn: &mut Conn,
    partner: PartnerId,
    id: OrderChangesId,
) -> Result<Option<OrderChangesRow>, DbError> {
    let own = changes::table.find(id).filter(changes::partner_id.eq(partner));
    Ok(own.select(OrderChangesRow::as_select()).first(conn).optional()?)
}

/// A file in a list, without its text.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = changes)]
pub struct OrderChangesFact {
    /// Its id.
    pub id: OrderChangesId,
    /// How many lines it has beside the header.
    pub lines: i64,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was carried out.
    pub applied_at: Option<Timestamp>,
}

/// A partner's files, newest first: at most `limit` before `before`.
///
/// # Errors
/// [`DbError`].
pub fn order_changes_list(
    conn: &mut Conn,
    partner: PartnerId,
    before: Option<OrderChangesId>,
    limit: i64,
) -> Result<Vec<OrderChangesFact>, DbError> {
    let mut query = changes::table
        .filter(changes::partner_id.eq(partner))
        .select(OrderChangesFact::as_select())
        .order(changes::id.desc())
        .limit(limit)
        .into_boxed::<MultiBackend>();
    if let Some(before) = before {
        query = query.filter(changes::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// Notes what became of a file that was not carried out yet; says whether it had not been.
///
/// # Errors
/// [`DbError`].
pub fn order_changes_applied(
    conn: &mut Conn,
    id: OrderChangesId,
    at: Timestamp,
    result: &str,
) -> Result<bool, DbError> {
    let open = changes::table.find(id).filter(changes::applied_at.is_null());
    Ok(diesel::update(open).set((changes::applied_at.eq(at), changes::result.eq(result))).execute(conn)? == 1)
}

/// How many of a partner's files were not carried out.
///
/// # Errors
/// [`DbError`].
pub fn order_changes_count_open(conn: &mut Conn, partner: PartnerId) -> Result<i64, DbError> {
    let open = changes::table.filter(changes::partner_id.eq(partner)).filter(changes::applied_at.is_null());
    Ok(open.count().get_result(conn)?)
}

/// Forgets a partner's files of before `before` that were not carried out; gives how many.
///
/// # Errors
/// [`DbError`].
pub fn order_changes_purge(conn: &mut Conn, partner: PartnerId, before: Timestamp) -> Result<usize, DbError> {
    let old = changes::table.filter(changes::partner_id.eq(partner)).filter(changes::created_at.lt(before));
    Ok(diesel::delete(old.filter(changes::applied_at.is_null())).execute(conn)?)
}
