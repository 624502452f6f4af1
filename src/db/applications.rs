//! Applications of those who want to be partners.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::indexed::WAITING_APPLICATIONS;
use super::schema::partner_applications as applications;
use crate::base::Timestamp;
use crate::base::id::{ApplicationId, PartnerId, PersonId};
use crate::domain::application::ApplicationState;

/// A row of `partner_applications`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = applications)]
pub struct ApplicationRow {
    /// Its id.
    pub id: ApplicationId,
    /// Who applied.
    pub person_id: PersonId,
    /// The partner that was made of it, paused at first; none before the address is confirmed.
    pub partner_id: Option<PartnerId>,
    /// The name for people.
    pub name: String,
    /// The site.
    pub site: String,
    /// The preset that is to read its calls.
    pub adapter: String,
    /// What else was said.
    pub note: Option<String>,
    /// Where it stands.
    pub state: ApplicationState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why, for the one who applied.
    pub answer: Option<String>,
}

/// Adds an application.
///
/// # Errors
/// [`DbError`].
pub fn application_insert(conn: &mut Conn, row: &ApplicationRow) -> Result<(), DbError> {
    diesel::insert_into(applications::table).values(row).execute(conn)?;
    Ok(())
}

/// An application by id.
///
/// # Errors
/// [`DbError`].
pub fn application_find(conn: &mut Conn, id: ApplicationId) -> Result<Option<ApplicationRow>, DbError> {
    Ok(applications::table.find(id).select(ApplicationRow::as_select()).first(conn).optional()?)
}

/// What a person applied with.
///
/// # Errors
/// [`DbError`].
pub fn application_find_of_person(conn: &mut Conn, person: PersonId) -> Result<Option<ApplicationRow>, DbError> {
    let of_person = applications::table.filter(applications::person_id.eq(person));
    Ok(of_person.select(ApplicationRow::as_select()).first(conn).optional()?)
}

/// The application that a partner came of; none for those that operators added.
///
/// # Errors
/// [`DbError`].
pub fn application_find_of_partner(conn: &mut Conn, partner: PartnerId) -> Result<Option<ApplicationRow>, DbError> {
    let of_partner = applications::table.filter(applications::partner_id.eq(partner));
    Ok(of_partner.select(ApplicationRow::as_select()).first(conn).optional()?)
}

/// Applications that wait for a decision, the oldest first.
///
/// # Errors
/// [`DbError`].
pub fn application_list_waiting(conn: &mut Conn, limit: i64) -> Result<Vec<ApplicationRow>, DbError> {
    let waiting = applications::table.filter(WAITING_APPLICATIONS);
    Ok(waiting.order(applications::id.asc()).limit(limit).select(ApplicationRow::as_select()).load(conn)?)
}

/// Notes the partner that was made of an application, which waits from now on; says whether it was unconfirmed.
///
/// # Errors
/// [`DbError`].
pub fn application_arrive(conn: &mut Conn, id: ApplicationId, partner: PartnerId) -> Result<bool, DbError> {
    let current = applications::table.find(id).filter(applications::state.eq(ApplicationState::Unconfirmed));
    let changed = (applications::partner_id.eq(partner), applications::state.eq(ApplicationState::Waiting));
    Ok(diesel::update(current).set(changed).execute(conn)? == 1)
}

/// Decides on an application that stands at `from`; says whether it did.
///
/// # Errors
/// [`DbError`].
pub fn application_decide(
    conn: &mut Conn,
    id: ApplicationId,
    (from, to): (ApplicationState, ApplicationState),
    (at, by): (Timestamp, &str),
    answer: Option<&str>,
) -> Result<bool, DbError> {
    let current = applications::table.find(id).filter(applications::state.eq(from));
    let changed = (
        applications::state.eq(to),
        applications::decided_at.eq(at),
        applications::decided_by.eq(by),
        applications::answer.eq(answer),
    );
    Ok(diesel::update(current).set(changed).execute(conn)? == 1)
}
