//! Second factors: the secrets of programs that make codes, and the codes for whoever lost theirs.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{recovery_codes, second_factors};
use super::tokens::{AnyOwner, Owner};
use crate::base::Timestamp;
use crate::base::id::Id;

/// A row of `second_factors`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = second_factors, treat_none_as_default_value = false)]
pub struct FactorRow {
    owner_id: Id<AnyOwner>,
    /// The secret, sealed.
    pub sealed: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a code made with it came back: before, nobody is asked for one.
    pub confirmed_at: Option<Timestamp>,
    /// The step of time of the last code that was taken.
    pub last_step: i64,
}

impl FactorRow {
    /// One that was just made.
    #[must_use]
    pub fn new(owner: Owner, sealed: String, created_at: Timestamp) -> Self {
        Self { owner_id: owner.id(), sealed, created_at, confirmed_at: None, last_step: 0 }
    }
}

/// An owner's second factor, confirmed or not.
///
/// # Errors
/// [`DbError`].
pub fn factor_find(conn: &mut Conn, owner: Owner) -> Result<Option<FactorRow>, DbError> {
    let own = second_factors::table.find(owner.id()).select(FactorRow::as_select());
    Ok(own.first(conn).optional()?)
}

/// Puts a factor in the place of one that was not confirmed; false when the one there is.
///
/// # Errors
/// [`DbError`].
pub fn factor_put(conn: &mut Conn, row: &FactorRow) -> Result<bool, DbError> {
    let own = second_factors::table.find(row.owner_id);
    diesel::delete(own.filter(second_factors::confirmed_at.is_null())).execute(conn)?;
    if own.count().get_result::<i64>(conn)? > 0 {
        return Ok(false);
    }
    diesel::insert_into(second_factors::table).values(row.clone()).execute(conn)?;
    Ok(true)
}

/// Takes the code of a step, and with `confirmed` turns on the factor that it was checked against; false when that step, or a later one, was taken before.
///
/// # Errors
/// [`DbError`].
pub fn factor_take_step(
    conn: &mut Conn,
    owner: Owner,
    step: i64,
    confirmed: Option<(Timestamp, &FactorRow)>,
) -> Result<bool, DbError> {
    let unused = second_factors::table.find(owner.id()).filter(second_factors::last_step.lt(step));
    let taken = match confirmed {
        Some((at, checked)) => {
            let same = second_factors::sealed.eq(&checked.sealed);
            let waiting = unused.filter(second_factors::confirmed_at.is_null()).filter(same);
            diesel::update(waiting)
                .set((second_factors::last_step.eq(step), second_factors::confirmed_at.eq(at)))
                .execute(conn)?
        }
        None => diesel::update(unused).set(second_factors::last_step.eq(step)).execute(conn)?,
    };
    Ok(taken == 1)
}

/// Takes an owner's factor and all recovery codes away; false when there was none.
///
/// # Errors
/// [`DbError`].
pub fn factor_delete(conn: &mut Conn, owner: Owner) -> Result<bool, DbError> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::owner_id.eq(owner.id()))).execute(conn)?;
    Ok(diesel::delete(second_factors::table.find(owner.id())).execute(conn)? == 1)
}

/// Puts recovery codes in the place of those that an owner had. `digests` are their SHA-256.
///
/// # Errors
/// [`DbError`].
pub fn recovery_put(conn: &mut Conn, owner: Owner, digests: &[String]) -> Result<(), DbError> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::owner_id.eq(owner.id()))).execute(conn)?;
    for digest in digests {
        let row = (recovery_codes::owner_id.eq(owner.id()), recovery_codes::digest.eq(digest));
        diesel::insert_into(recovery_codes::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Uses a recovery code up; false when there is none like it.
///
/// # Errors
/// [`DbError`].
pub fn recovery_take(conn: &mut Conn, owner: Owner, digest: &str) -> Result<bool, DbError> {
    Ok(diesel::delete(recovery_codes::table.find((owner.id(), digest))).execute(conn)? == 1)
}

/// How many recovery codes an owner has left.
///
/// # Errors
/// [`DbError`].
pub fn recovery_count(conn: &mut Conn, owner: Owner) -> Result<i64, DbError> {
    Ok(recovery_codes::table.filter(recovery_codes::owner_id.eq(owner.id())).count().get_result(conn)?)
}
