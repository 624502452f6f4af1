//! Whether the database answers and is of our version.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::indexed::JOBS_GOING_ON;
use super::schema::jobs;
use super::{Conn, DbError, migrate};
use crate::base::Timestamp;

/// What a readiness check finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether every migration of this binary is applied.
    pub migrations_current: bool,
    /// When the oldest job that should be running was due.
    pub oldest_due_job: Option<Timestamp>,
}

/// Asks the database. The jobs are looked at only when the schema is ours.
///
/// # Errors
/// [`DbError`] when it does not answer.
pub fn check(conn: &mut Conn, now: Timestamp) -> Result<State, DbError> {
    let migrations_current = !migrate::pending(conn)?;
    let oldest_due_job = if migrations_current { jobs_oldest_due(conn, now)? } else { None };
    Ok(State { migrations_current, oldest_due_job })
}

/// When the oldest job was due that nobody works on and that is not given up; `None` when none waits.
///
/// # Errors
/// [`DbError`].
pub fn jobs_oldest_due(conn: &mut Conn, now: Timestamp) -> Result<Option<Timestamp>, DbError> {
    let due = jobs::table
        .filter(JOBS_GOING_ON)
        .filter(jobs::run_at.le(now))
        .filter(jobs::leased_until.is_null().or(jobs::leased_until.lt(now)))
        .order(jobs::run_at.asc())
        .select(jobs::run_at)
        .first(conn)
        .optional()?;
    Ok(due)
}

/// The locale that PostgreSQL words its messages in, when that is not English: failures are told apart by the words. `None` on
/// SQLite, which has one language.
///
/// # Errors
/// [`DbError`].
pub fn foreign_words(conn: &mut Conn) -> Result<Option<String>, DbError> {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        locale: String,
    }
    let Conn::Pg(c) = conn else { return Ok(None) };
    let told: Setting = sql_query("SELECT current_setting('lc_messages') AS locale").get_result(c)?;
    Ok(Some(told.locale).filter(|locale| !is_english(locale)))
}

/// Whether a locale's language is English.
#[must_use]
pub fn is_english(locale: &str) -> bool {
    let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
    matches!(language, "C" | "POSIX" | "en" | "English")
}

/// What to do about it.
pub const TO_ENGLISH: &str = "as a superuser: ALTER ROLE <the role of database.url> SET lc_messages = 'C'";
