//! What the test bench told, kept for whoever has the link.

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::bench_reports as reports;
use crate::base::Timestamp;
use crate::base::id::{BenchReportId, PartnerId};

/// A row of `bench_reports`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = reports)]
pub struct BenchReportRow {
    /// Its id.
    pub id: BenchReportId,
    /// Whose call it was.
    pub partner_id: PartnerId,
    /// SHA-256 of the link's code.
    pub digest: String,
    /// The report as JSON, without secrets and without shoppers.
    pub body: String,
    /// Who shared it.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when the link works.
    pub expires_at: Timestamp,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// Adds a report.
///
/// # Errors
/// [`DbError`].
pub fn bench_report_insert(conn: &mut Conn, row: &BenchReportRow) -> Result<(), DbError> {
    diesel::insert_into(reports::table).values(row).execute(conn)?;
    Ok(())
}

/// The report that a link's code leads to, if the link still works at `now`.
///
/// # Errors
/// [`DbError`].
pub fn bench_report_find(conn: &mut Conn, digest: &str, now: Timestamp) -> Result<Option<BenchReportRow>, DbError> {
    let live = reports::table
        .filter(reports::digest.eq(digest))
        .filter(reports::revoked_at.is_null().and(reports::expires_at.gt(now)));
    Ok(live.select(BenchReportRow::as_select()).first(conn).optional()?)
}

/// A partner's reports whose links work at `now`, newest first: at most `limit` before `before`.
///
/// # Errors
/// [`DbError`].
pub fn bench_report_list(
    conn: &mut Conn,
    partner: PartnerId,
    now: Timestamp,
    before: Option<BenchReportId>,
    limit: i64,
) -> Result<Vec<BenchReportRow>, DbError> {
    let mut query = reports::table
        .filter(reports::partner_id.eq(partner))
        .filter(reports::revoked_at.is_null().and(reports::expires_at.gt(now)))
        .select(BenchReportRow::as_select())
        .order(reports::id.desc())
        .limit(limit)
        .into_boxed::<MultiBackend>();
    if let Some(before) = before {
        query = query.filter(reports::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// Takes a partner's report back; says whether its link worked until now.
///
/// # Errors
/// [`DbError`].
pub fn bench_report_revoke(
    conn: &mut Conn,
    partner: PartnerId,
    id: BenchReportId,
    at: Timestamp,
) -> Result<bool, DbError> {
    let live = reports::table.find(id).filter(reports::partner_id.eq(partner).and(reports::revoked_at.is_null()));
    Ok(diesel::update(live).set(reports::revoked_at.eq(at)).execute(conn)? == 1)
}

/// Forgets reports whose links ended before `before`; gives how many.
///
/// # Errors
/// [`DbError`].
pub fn bench_report_purge(conn: &mut Conn, before: Timestamp) -> Result<usize, DbError> {
    let over = reports::table.filter(reports::expires_at.lt(before).or(reports::revoked_at.lt(before)));
    Ok(diesel::delete(over).execute(conn)?)
}
