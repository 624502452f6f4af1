//! Files of payouts for a bank: made once, kept sealed.

use diesel::prelude::*;

use super::bulk::bulk_insert;
use super::conn::Conn;
use super::error::DbError;
use super::schema::{payout_file_lines, payout_files, payouts};
use crate::base::Timestamp;
use crate::base::id::{PayoutFileId, PayoutId};
use crate::domain::money::{Amount, Currency};

/// A row of `payout_files`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_files)]
pub struct PayoutFileRow {
    /// Its id.
    pub id: PayoutFileId,
    /// Whose orders it holds.
    pub provider: String,
    /// The currency of all its payouts.
    pub currency: Currency,
    /// How many payouts it holds.
    pub payouts: i64,
    /// What they come to, in minor units.
    pub total: i64,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// As a table, sealed for [`file_context`].
    pub csv: String,
    /// As ISO 20022 pain.001, sealed for [`file_context`].
    pub pain: String,
}

impl PayoutFileRow {
    /// What its payouts come to.
    #[must_use]
    pub const fn total(&self) -> Amount {
        Amount::new(self.total, self.currency)
    }
}

/// A row of `payout_file_lines`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Insertable)]
#[diesel(table_name = payout_file_lines, treat_none_as_default_value = false)]
pub struct PayoutFileLineRow {
    /// The payout.
    pub payout_id: PayoutId,
    /// The file that it is in.
    pub file_id: PayoutFileId,
}

/// What the texts of a file are bound to.
#[must_use]
pub fn file_context(id: PayoutFileId, form: &str) -> String {
    format!("payout_file/{id}/{form}")
}

/// Keeps a file with its lines.
///
/// # Errors
/// [`DbError::Taken`] when a payout is in a file already.
pub fn payout_file_insert(conn: &mut Conn, row: &PayoutFileRow, lines: &[PayoutFileLineRow]) -> Result<(), DbError> {
    diesel::insert_into(payout_files::table).values(row.clone()).execute(conn)?;
    bulk_insert!(conn, payout_file_lines::table, lines)
}

/// One file.
///
/// # Errors
/// [`DbError`].
pub fn payout_file_find(conn: &mut Conn, id: PayoutFileId) -> Result<Option<PayoutFileRow>, DbError> {
    Ok(payout_files::table.find(id).select(PayoutFileRow::as_select()).first(conn).optional()?)
}

/// The keys of the payouts in a file.
///
/// # Errors
/// [`DbError`].
pub fn payout_file_keys(conn: &mut Conn, id: PayoutFileId) -> Result<Vec<String>, DbError> {
    let lines = payout_file_lines::table.filter(payout_file_lines::file_id.eq(id)).select(payout_file_lines::payout_id);
    let inside: Vec<PayoutId> = lines.load(conn)?;
    let mut keys = Vec::new();
    for part in inside.chunks(500) {
        let some = payouts::table.filter(payouts::id.eq_any(part.to_vec()));
        keys.append(&mut some.select(payouts::provider_key).load::<String>(conn)?);
    }
    Ok(keys)
}

/// The newest files.
///
/// # Errors
/// [`DbError`].
pub fn payout_file_list(conn: &mut Conn, limit: i64) -> Result<Vec<PayoutFileRow>, DbError> {
    let newest = payout_files::table.order(payout_files::id.desc()).limit(limit);
    Ok(newest.select(PayoutFileRow::as_select()).load(conn)?)
}
