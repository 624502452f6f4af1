//! Operators' accounts.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::operators;
use crate::base::Timestamp;
use crate::base::id::OperatorId;
use crate::domain::access::{AccountStatus, Role};
use crate::domain::reason::Language;

/// One operator. `Debug` would show the address and the password's hash, so there is none.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = operators)]
pub struct OperatorRow {
    /// Its id.
    pub id: OperatorId,
    /// Normalised address.
    pub email: String,
    /// How colleagues see it.
    pub name: String,
    /// PHC string.
    pub password_hash: String,
    /// What it is trusted with.
    pub role: Role,
    /// Whether the account may be used.
    pub status: AccountStatus,
    /// When the account was made.
    pub created_at: Timestamp,
    /// The language of letters about alarms; none where the operator wants none.
    pub letters: Option<Language>,
}

/// Adds an operator.
///
/// # Errors
/// [`DbError::Taken`] when the address is known.
pub fn operator_insert(conn: &mut Conn, row: &OperatorRow) -> Result<(), DbError> {
    diesel::insert_into(operators::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// One operator.
///
/// # Errors
/// [`DbError`].
pub fn operator_find(conn: &mut Conn, id: OperatorId) -> Result<Option<OperatorRow>, DbError> {
    let query = operators::table.filter(operators::id.eq(id)).select(OperatorRow::as_select());
    Ok(query.first(conn).optional()?)
}

/// The operator with a normalised address.
///
/// # Errors
/// [`DbError`].
pub fn operator_find_by_email(conn: &mut Conn, email: &str) -> Result<Option<OperatorRow>, DbError> {
    let query = operators::table.filter(operators::email.eq(email)).select(OperatorRow::as_select());
    Ok(query.first(conn).optional()?)
}

/// Operators, oldest first: at most `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn operator_list(conn: &mut Conn, after: Option<OperatorId>, limit: i64) -> Result<Vec<OperatorRow>, DbError> {
    let after = after.unwrap_or_else(|| OperatorId::from_uuid(uuid::Uuid::nil()));
    let query = operators::table.filter(operators::id.gt(after)).select(OperatorRow::as_select());
    Ok(query.order(operators::id.asc()).limit(limit).load(conn)?)
}

/// How many admins could sign in if `except` could not: zero means that `except` is the last one.
///
/// # Errors
/// [`DbError`].
pub fn operator_count_other_admins(conn: &mut Conn, except: OperatorId) -> Result<i64, DbError> {
    let admins = operators::role.eq(Role::Admin).and(operators::status.eq(AccountStatus::Active));
    Ok(operators::table.filter(admins.and(operators::id.ne(except))).count().get_result(conn)?)
}

/// Replaces a password's hash if it still is `old`; says whether it was.
///
/// # Errors
/// [`DbError`].
pub fn operator_set_password(conn: &mut Conn, id: OperatorId, old: &str, new: &str) -> Result<bool, DbError> {
    let current = operators::table.filter(operators::id.eq(id).and(operators::password_hash.eq(old)));
    Ok(diesel::update(current).set(operators::password_hash.eq(new)).execute(conn)? == 1)
}

/// Gives an account another address if it still has `old`; says whether it had.
///
/// # Errors
/// [`DbError::Taken`] when the address is another operator's.
pub fn operator_set_email(conn: &mut Conn, id: OperatorId, old: &str, new: &str) -> Result<bool, DbError> {
    let current = operators::table.filter(operators::id.eq(id).and(operators::email.eq(old)));
    Ok(diesel::update(current).set(operators::email.eq(new)).execute(conn)? == 1)
}

/// Changes a role if it still is `from`; says whether it was.
///
/// # Errors
/// [`DbError`].
pub fn operator_set_role(conn: &mut Conn, id: OperatorId, from: Role, to: Role) -> Result<bool, DbError> {
    let current = operators::table.filter(operators::id.eq(id).and(operators::role.eq(from)));
    Ok(diesel::update(current).set(operators::role.eq(to)).execute(conn)? == 1)
}

/// Moves an account from one status to another; says whether it stood at `from`.
///
/// # Errors
/// [`DbError`].
pub fn operator_set_status(
    conn: &mut Conn,
    id: OperatorId,
    from: AccountStatus,
    to: AccountStatus,
) -> Result<bool, DbError> {
    let current = operators::table.filter(operators::id.eq(id).and(operators::status.eq(from)));
    Ok(diesel::update(current).set(operators::status.eq(to)).execute(conn)? == 1)
}

/// Those who are written to about alarms, oldest first: at most `limit`.
///
/// # Errors
/// [`DbError`].
pub fn operator_list_told(conn: &mut Conn, limit: i64) -> Result<Vec<OperatorRow>, DbError> {
    let told = operators::status.eq(AccountStatus::Active).and(operators::letters.is_not_null());
    let query = operators::table.filter(told).select(OperatorRow::as_select());
    Ok(query.order(operators::id.asc()).limit(limit).load(conn)?)
}

/// Sets the language of letters about alarms, or that there are none; says whether there is such an operator.
///
/// # Errors
/// [`DbError`].
pub fn operator_set_letters(conn: &mut Conn, id: OperatorId, letters: Option<Language>) -> Result<bool, DbError> {
    Ok(diesel::update(operators::table.find(id)).set(operators::letters.eq(letters)).execute(conn)? == 1)
}
