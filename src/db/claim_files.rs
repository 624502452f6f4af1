//! Files that shoppers laid beside their claims.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::claim_files;
use crate::base::Timestamp;
use crate::base::id::{ClaimFileId, ClaimId};
use crate::domain::claim::FileKind;

/// A row of `claim_files` without its bytes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = claim_files)]
pub struct ClaimFileRow {
    /// Its id.
    pub id: ClaimFileId,
    /// The claim.
    pub claim_id: ClaimId,
    /// What the shopper called it.
    pub name: String,
    /// What it is.
    pub kind: FileKind,
    /// How many bytes it has.
    pub size: i64,
    /// When it came.
    pub created_at: Timestamp,
}

/// Adds a file.
///
/// # Errors
/// [`DbError`].
pub fn claim_file_insert(conn: &mut Conn, row: &ClaimFileRow, bytes: &[u8]) -> Result<(), DbError> {
    let values = (
        claim_files::id.eq(row.id),
        claim_files::claim_id.eq(row.claim_id),
        claim_files::name.eq(&row.name),
        claim_files::kind.eq(row.kind),
        claim_files::size.eq(row.size),
        claim_files::bytes.eq(bytes),
        claim_files::created_at.eq(row.created_at),
    );
    diesel::insert_into(claim_files::table).values(values).execute(conn)?;
    Ok(())
}

/// A claim's files, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn claim_file_list(conn: &mut Conn, claim: ClaimId) -> Result<Vec<ClaimFileRow>, DbError> {
    let of_claim = claim_files::table.filter(claim_files::claim_id.eq(claim)).order(claim_files::id.asc());
    Ok(of_claim.select(ClaimFileRow::as_select()).load(conn)?)
}

/// One of a claim's files, with its bytes.
///
/// # Errors
/// [`DbError`].
pub fn claim_file_find(
    conn: &mut Conn,
    claim: ClaimId,
    id: ClaimFileId,
) -> Result<Option<(ClaimFileRow, Vec<u8>)>, DbError> {
    let one = claim_files::table.find(id).filter(claim_files::claim_id.eq(claim));
    Ok(one.select((ClaimFileRow::as_select(), claim_files::bytes)).first(conn).optional()?)
}
