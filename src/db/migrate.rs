//! Migrations, embedded in the binary: one folder for each database, with the same names.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::Conn;
use super::error::DbError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

fn failed(cause: impl std::fmt::Display) -> DbError {
    DbError::Refused(format!("migration: {cause}"))
}

/// Applies what is missing; gives the names applied.
///
/// # Errors
/// [`DbError`] when a migration fails; what was applied before it stays.
pub fn up(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let applied = match conn {
        Conn::Pg(c) => c.run_pending_migrations(POSTGRES).map_err(failed)?,
        Conn::Lite(c) => c.run_pending_migrations(SQLITE).map_err(failed)?,
    };
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Undoes every migration, newest first. For tests of the down scripts.
///
/// # Errors
/// [`DbError`] when a script fails.
pub fn down_all(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Pg(c) => c.revert_all_migrations(POSTGRES).map(drop).map_err(failed),
        Conn::Lite(c) => c.revert_all_migrations(SQLITE).map(drop).map_err(failed),
    }
}

/// True when a migration of this binary has not been applied.
///
/// # Errors
/// [`DbError`] when the database cannot be asked.
pub fn pending(conn: &mut Conn) -> Result<bool, DbError> {
    match conn {
        Conn::Pg(c) => c.has_pending_migration(POSTGRES).map_err(failed),
        Conn::Lite(c) => c.has_pending_migration(SQLITE).map_err(failed),
    }
}
