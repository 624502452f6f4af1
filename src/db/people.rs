//! People who act for a partner.

use std::collections::HashMap;

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::partner_people as people;
use crate::base::Timestamp;
use crate::base::id::{PartnerId, PersonId};
use crate::domain::access::AccountStatus;
use crate::domain::reason::Language;

/// One person. `Debug` would show the address and the password's hash, so there is none.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = people)]
pub struct PersonRow {
    /// Its id.
    pub id: PersonId,
    /// The partner; none while somebody who applied has not confirmed the address.
    pub partner_id: Option<PartnerId>,
    /// Normalised address.
    pub email: String,
    /// How colleagues see it.
    pub name: String,
    /// PHC string.
    pub password_hash: String,
    /// Whether the account may be used.
    pub status: AccountStatus,
    /// The language to write in.
    pub language: Language,
    /// When a code sent to the address came back.
    pub email_confirmed_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// Adds a person.
///
/// # Errors
/// [`DbError::Taken`] when the address is known.
pub fn person_insert(conn: &mut Conn, row: &PersonRow) -> Result<(), DbError> {
    diesel::insert_into(people::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// One person.
///
/// # Errors
/// [`DbError`].
pub fn person_find(conn: &mut Conn, id: PersonId) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table.find(id).select(PersonRow::as_select()).first(conn).optional()?)
}

/// The person with a normalised address.
///
/// # Errors
/// [`DbError`].
pub fn person_find_by_email(conn: &mut Conn, email: &str) -> Result<Option<PersonRow>, DbError> {
    Ok(people::table.filter(people::email.eq(email)).select(PersonRow::as_select()).first(conn).optional()?)
}

/// A partner's people, oldest first: at most `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn person_list(
    conn: &mut Conn,
    partner: PartnerId,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<PersonRow>, DbError> {
    let mut query = people::table
        .filter(people::partner_id.eq(partner))
        .select(PersonRow::as_select())
        .order(people::id.asc())
        .limit(limit)
        .into_boxed::<MultiBackend>();
    if let Some(after) = after {
        query = query.filter(people::id.gt(after));
    }
    Ok(query.load(conn)?)
}

/// Replaces a password's hash if it still is `old`; says whether it was.
///
/// # Errors
/// [`DbError`].
pub fn person_set_password(conn: &mut Conn, id: PersonId, old: &str, new: &str) -> Result<bool, DbError> {
    let current = people::table.filter(people::id.eq(id).and(people::password_hash.eq(old)));
    Ok(diesel::update(current).set(people::password_hash.eq(new)).execute(conn)? == 1)
}

/// Notes that the address was confirmed; says whether it had not been.
///
/// # Errors
/// [`DbError`].
pub fn person_confirm_email(conn: &mut Conn, id: PersonId, at: Timestamp) -> Result<bool, DbError> {
    let unconfirmed = people::table.filter(people::id.eq(id).and(people::email_confirmed_at.is_null()));
    Ok(diesel::update(unconfirmed).set(people::email_confirmed_at.eq(at)).execute(conn)? == 1)
}

/// Gives a person its partner; says whether it had none.
///
/// # Errors
/// [`DbError`].
pub fn person_set_partner(conn: &mut Conn, id: PersonId, partner: PartnerId) -> Result<bool, DbError> {
    let of_none = people::table.filter(people::id.eq(id).and(people::partner_id.is_null()));
    Ok(diesel::update(of_none).set(people::partner_id.eq(partner)).execute(conn)? == 1)
}

/// Sets the language to write in; says whether there is such a person.
///
/// # Errors
/// [`DbError`].
pub fn person_set_language(conn: &mut Conn, id: PersonId, language: Language) -> Result<bool, DbError> {
    Ok(diesel::update(people::table.find(id)).set(people::language.eq(language)).execute(conn)? == 1)
}

/// Moves an account from one status to another; says whether it stood at `from`.
///
/// # Errors
/// [`DbError`].
pub fn person_set_status(
    conn: &mut Conn,
    id: PersonId,
    from: AccountStatus,
    to: AccountStatus,
) -> Result<bool, DbError> {
    let current = people::table.filter(people::id.eq(id).and(people::status.eq(from)));
    Ok(diesel::update(current).set(people::status.eq(to)).execute(conn)? == 1)
}

/// The partners that people with these normalised addresses act for.
///
/// # Errors
/// [`DbError`].
pub fn person_partners_of(conn: &mut Conn, emails: &[String]) -> Result<HashMap<String, PartnerId>, DbError> {
    let known = people::table.filter(people::email.eq_any(emails.to_vec()));
    let rows: Vec<(String, Option<PartnerId>)> = known.select((people::email, people::partner_id)).load(conn)?;
    Ok(rows.into_iter().filter_map(|(email, partner)| Some((email, partner?))).collect())
}
