//! Reading one state of the database while others write.

use std::thread;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};

use super::conn::Conn;
use super::error::DbError;
use crate::both;

/// How often two connections to SQLite are tried for the same state. A commit must fall between two questions for a try to
/// fail, so one or two do; a thousand would take a writer that never rests.
const TRIES: u32 = 1000;

/// Runs queries on one unchanging state of the database, however long they take.
///
/// # Errors
/// What `query` returns, or the database's failure.
pub fn snapshot<T, E: From<DbError>>(conn: &mut Conn, query: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    begin(conn).map_err(DbError::from)?;
    end(conn, query)
}

/// Runs two queries at the same time, each over a connection of its own, on one and the same unchanging state.
///
/// # Errors
/// What either query returns, the first one's before the other's; or the database's failure.
pub fn snapshot_in_two<T: Send, U: Send, E: From<DbError> + Send>(
    [first, second]: [&mut Conn; 2],
    one: impl FnOnce(&mut Conn) -> Result<T, E> + Send,
    other: impl FnOnce(&mut Conn) -> Result<U, E> + Send,
) -> Result<(T, U), E> {
    begin_both(first, second)?;
    thread::scope(|scope| {
        let beside = scope.spawn(|| end(second, other));
        let one = end(first, one);
        let other = beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((one?, other?))
    })
}

fn begin(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Lite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN DEFERRED"),
        Conn::Pg(c) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
    }
}

fn end<T, E: From<DbError>>(conn: &mut Conn, query: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    let result = query(conn);
    conn.rollback().map_err(DbError::from)?;
    result
}

/// Begins both on the same state. PostgreSQL lets one transaction take another's; SQLite tells a connection whether the state that
/// it sees is the one that it saw before.
fn begin_both(first: &mut Conn, second: &mut Conn) -> Result<(), DbError> {
    if let Conn::Pg(_) = first {
        begin(first)?;
        begin(second)?;
        let Exported { name } = both!(first, c => sql_query("SELECT pg_export_snapshot() AS name").get_result(c))?;
        return Ok(both!(second, c => c.batch_execute(&format!("SET TRANSACTION SNAPSHOT '{name}'")))?);
    }
    for _ in 0..TRIES {
        let before = version(second)?;
        begin(first)?;
        // A transaction sees what was there when it first looked.
        version(first)?;
        begin(second)?;
        if version(second)? == before {
            return Ok(());
        }
        first.rollback()?;
        second.rollback()?;
    }
    Err(DbError::Unavailable("the database changes too fast for two to read the same state of it".to_owned()))
}

#[derive(QueryableByName)]
struct Exported {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

/// A number that changes whenever the connection sees what another one has committed since.
fn version(conn: &mut Conn) -> Result<i64, DbError> {
    let Version { data_version } = both!(conn, c => sql_query("PRAGMA data_version").get_result(c))?;
    Ok(data_version)
}
