//! Reading one state of the database while others write.

use std::thread;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};

use super::conn::Conn;
use super::error::DbError;
use crate::both;

/// How often two connections to SQLite are tried for the same state. A commit must fall between two questions for a try to
/// fail, so one or two do.
const TRIES: u32 = 1000;

/// Runs queries on one unchanging state of the database, however long they take.
///
/// # Errors
/// What `query` returns, or the database's failure.
pub fn snapshot<T, E: From<DbError>>(conn: &mut Conn, query: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    begin(conn).map_err(DbError::from)?;
    end(conn, query)
}

/// Runs two queries on one and the same unchanging state, each over a connection of its own, at the same time. Where the two
/// connections cannot see the same, as when they lead to two servers, both run over the first, one after the other.
///
/// # Errors
/// What either query returns, the first one's before the other's, when both have ended; or the database's failure.
pub fn snapshot_in_two<T: Send, U: Send, E: From<DbError> + Send>(
    [first, second]: [&mut Conn; 2],
    one: impl FnOnce(&mut Conn) -> Result<T, E> + Send,
    other: impl FnOnce(&mut Conn) -> Result<U, E> + Send,
) -> Result<(T, U), E> {
    if !begin_both(first, second)? {
        return end(first, |conn| Ok((one(conn)?, other(conn)?)));
    }
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
    // What went wrong first is the cause: a database that has failed may have no transaction to undo any more.
    let undone = conn.rollback();
    let read = result?;
    undone.map_err(DbError::from)?;
    Ok(read)
}

/// Begins both on the same state; says whether that could be done, else only the first has begun. PostgreSQL lets one transaction
/// take another's; SQLite tells a connection whether the state that it sees is the one that it saw before.
fn begin_both(first: &mut Conn, second: &mut Conn) -> Result<bool, DbError> {
    if let Conn::Pg(_) = first {
        begin(first)?;
        begin(second)?;
        let Exported { name } = both!(first, c => sql_query("SELECT pg_export_snapshot() AS name").get_result(c))?;
        let taken = both!(second, c => c.batch_execute(&format!("SET TRANSACTION SNAPSHOT '{name}'")));
        if taken.is_err() {
            second.rollback()?;
        }
        return Ok(taken.is_ok());
    }
    for _ in 0..TRIES {
        let before = version(second)?;
        begin(first)?;
        // A transaction sees what was there when it first looked.
        version(first)?;
        begin(second)?;
        if version(second)? == before {
            return Ok(true);
        }
        first.rollback()?;
        second.rollback()?;
    }
    begin(first)?;
    Ok(false)
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
