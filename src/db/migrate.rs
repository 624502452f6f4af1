//! Migrations, embedded in the binary: one folder for each database, with the same names.

use diesel::backend::Backend;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
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

/// On SQLite the write lock is the turn.
const PATIENT_LITE: &str = "PRAGMA busy_timeout = 3600000";

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
    if let Conn::Lite(c) = &mut conn {
        c.batch_execute(PATIENT_LITE)?;
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
    match conn {
        Conn::Pg(c) => {
            let applied = c.run_pending_migrations(POSTGRES).map_err(failed)?;
            Ok(applied.iter().map(ToString::to_string).collect())
        }
        Conn::Lite(c) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?;
            let applied = apply(c);
            match applied {
                Ok(_) => AnsiTransactionManager::commit_transaction(c)?,
                // SQLite may have undone all of it already, say when the disk is full; told is what failed first.
                Err(_) => drop(AnsiTransactionManager::rollback_transaction(c)),
            }
            applied
        }
    }
}

/// Inside the one transaction. Diesel's own way opens a savepoint for each migration, and where SQLite undoes everything by itself it
/// tells that the savepoint is gone, and not why.
fn apply(conn: &mut SqliteConnection) -> Result<Vec<String>, DbError> {
    let mut applied = Vec::new();
    for migration in conn.pending_migrations(SQLITE).map_err(failed)? {
        migration.run(conn).map_err(failed)?;
        let version = migration.name().version().to_string();
        let known = sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES (?)");
        known.bind::<Text, _>(&version).execute(conn)?;
        applied.push(version);
    }
    Ok(applied)
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
