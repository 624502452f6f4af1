//! Migrations, embedded in the binary: one folder for each database, with the same names.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::Conn;
use super::error::DbError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

fn failed(cause: impl std::fmt::Display) -> DbError {
    DbError::Refused(format!("migration: {cause}"))
}

/// Whose turn it is to migrate, as a shard of [`Conn::begin_write`] that no lane has.
const TURN: i32 = -1;

/// Whoever has the turn is idle for as long as a migration takes, and whoever waits for it waits as long.
const PATIENT: &str = "SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0; SET statement_timeout = 0";

/// Applies what is missing; gives the names applied. Whoever does so at the same time takes turns: who waited finds nothing missing.
/// On PostgreSQL the turn is a transaction of a connection of its own, since each migration is a transaction too. So no migration may
/// build an index concurrently: it would wait for those who wait for the turn. On SQLite all that is missing is one transaction.
///
/// # Errors
/// As [`up`].
pub(super) fn up_in_turn(open: impl Fn() -> Result<Conn, DbError>) -> Result<Vec<String>, DbError> {
    let mut conn = open()?;
    if !pending(&mut conn)? {
        return Ok(Vec::new());
    }
    if matches!(conn, Conn::Lite(_)) {
        return up(&mut conn);
    }
    let mut turn = open()?;
    turn.batch_execute(PATIENT)?;
    turn.begin_write(Some(TURN))?;
    up(&mut conn)
}

/// Applies what is missing; gives the names applied.
///
/// # Errors
/// [`DbError`] when a migration fails; on PostgreSQL what was applied before it stays.
pub fn up(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    if matches!(conn, Conn::Lite(_)) {
        conn.begin_write(None)?;
    }
    let applied = match conn {
        Conn::Pg(c) => return names(c.run_pending_migrations(POSTGRES)),
        Conn::Lite(c) => names(c.run_pending_migrations(SQLITE)),
    };
    match applied {
        Ok(_) => conn.commit()?,
        // Closing the connection would undo it as well, so what failed first is told.
        Err(_) => drop(conn.rollback()),
    }
    applied
}

type Applied<'a> = Result<Vec<MigrationVersion<'a>>, Box<dyn std::error::Error + Send + Sync>>;

fn names(applied: Applied<'_>) -> Result<Vec<String>, DbError> {
    Ok(applied.map_err(failed)?.iter().map(ToString::to_string).collect())
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

/// The versions that are applied. Diesel's own question would first create its table, which a reading connection
/// must not.
fn applied(conn: &mut Conn) -> Result<Vec<String>, DbError> {
    let known = match conn {
        Conn::Pg(_) => {
            // The one that is found without naming a schema: another application may have its own beside it.
            "SELECT count(*) AS count FROM pg_catalog.pg_class WHERE oid = to_regclass('__diesel_schema_migrations')"
        }
        Conn::Lite(_) => "SELECT count(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
    };
    let tables: Count = sql_query(known).get_result(conn)?;
    if tables.count == 0 {
        return Ok(Vec::new());
    }
    let rows: Vec<Version> = sql_query("SELECT version FROM __diesel_schema_migrations").load(conn)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// True when a migration of this binary has not been applied. Changes nothing, so a reading connection will do.
///
/// # Errors
/// [`DbError`] when the database cannot be asked.
pub fn pending(conn: &mut Conn) -> Result<bool, DbError> {
    let applied = applied(conn)?;
    let ours = match conn {
        Conn::Pg(_) => versions::<Pg>(&POSTGRES)?,
        Conn::Lite(_) => versions::<Sqlite>(&SQLITE)?,
    };
    Ok(ours.iter().any(|version| !applied.contains(version)))
}

fn versions<DB: Backend>(embedded: &EmbeddedMigrations) -> Result<Vec<String>, DbError> {
    let migrations: Vec<Box<dyn Migration<DB>>> = embedded.migrations().map_err(failed)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}
