//! Whether the database answers and is of our version.

use diesel::prelude::*;

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
