//! What can go wrong below the services.

use diesel::result::{DatabaseErrorKind, Error};

/// A database's failure. Never a "not found": a missing row is a `None`.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DbError {
    /// No connection, a full disk, a shutdown: nothing was written, trying later may work.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// More writes are waiting than the queue holds.
    #[error("too many writes are waiting")]
    Overloaded,
    /// Another transaction was in the way; the lane tries again by itself.
    #[error("a concurrent transaction was in the way: {0}")]
    Again(String),
    /// A unique key is taken. Carries the constraint (PostgreSQL) or `table.column` list (SQLite).
    #[error("already there: {0}")]
    Taken(String),
    /// What was read cannot be what was written: an enum's unknown word, a broken JSON text.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// The database refused a statement: a defect of ours, or a row that a trigger protects.
    #[error("the database refused: {0}")]
    Refused(String),
}

impl DbError {
    /// A stored JSON text or word that cannot be read back.
    pub(crate) fn corrupt(what: &str, cause: impl std::fmt::Display) -> Self {
        Self::Corrupt(format!("{what}: {cause}"))
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::DatabaseError(kind, info) => classify(&kind, info.message(), info.constraint_name()),
            Error::DeserializationError(_) | Error::InvalidCString(_) => Self::Corrupt(text),
            Error::BrokenTransactionManager | Error::NotInTransaction | Error::AlreadyInTransaction => {
                Self::Unavailable(text)
            }
            Error::RollbackErrorOnCommit { .. } | Error::RollbackTransaction => Self::Unavailable(text),
            Error::NotFound | Error::QueryBuilderError(_) | Error::SerializationError(_) | _ => Self::Refused(text),
        }
    }
}

/// Both databases' messages, told apart. Deadlocks and "busy" have no kind of their own in diesel.
fn classify(kind: &DatabaseErrorKind, message: &str, constraint: Option<&str>) -> DbError {
    let text = message.to_owned();
    let has = |needle: &str| message.contains(needle);
    match kind {
        DatabaseErrorKind::UniqueViolation => DbError::Taken(constraint.map_or(text, str::to_owned)),
        // SQLite's guard of the tables that are only added to speaks before its unique indexes can.
        _ if has(": already there, rows are only inserted") => DbError::Taken(text),
        DatabaseErrorKind::SerializationFailure => DbError::Again(text),
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => DbError::Unavailable(text),
        DatabaseErrorKind::ReadOnlyTransaction => DbError::Unavailable(text),
        // The last is a click that waited for the default partition while its month was made: it belongs there now.
        _ if has("deadlock detected")
            || has("database is locked")
            || has("database table is locked")
            || has("violates partition constraint") =>
        {
            DbError::Again(text)
        }
        _ if has("disk is full")
            || has("disk I/O error")
            || has("No space left")
            || has("could not extend file")
            || has("server closed the connection")
            || has("terminating connection")
            || has("due to statement timeout")
            || has("due to conflict with recovery")
            || has("the database system is")
            || has("connection to server")
            || has("no connection to the server") =>
        {
            DbError::Unavailable(text)
        }
        DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation
        | DatabaseErrorKind::ExclusionViolation
        | _ => DbError::Refused(text),
    }
}
