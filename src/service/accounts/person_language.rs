//! Somebody who acts for a partner chooses the language of letters and pages.

use super::Caller;
use crate::db::Lane;
use crate::db::people::person_set_language;
use crate::domain::access::Actor;
use crate::domain::reason::Language;
use crate::service::{App, Outcome, ServiceError};

/// Sets the language of the asker's account.
///
/// # Errors
/// [`ServiceError::Forbidden`] to others; [`ServiceError::NotFound`] when the account went away meanwhile.
pub async fn person_change_language(app: &App, caller: &Caller, language: Language) -> Outcome<()> {
    let Actor::Person(person, _) = caller.actor else { return Err(ServiceError::Forbidden) };
    let done = app.db.write(Lane::House, move |conn| person_set_language(conn, person, language)).await?;
    if done { Ok(()) } else { Err(ServiceError::NotFound("person")) }
}
