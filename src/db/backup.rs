//! A copy of a SQLite database, made while others write to it.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Conn, Db, DbError};

#[derive(diesel::QueryableByName)]
struct Check {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Copies `db` into the new file `to` and checks the copy; gives its size in bytes. Readers and writers go on
/// meanwhile: the copy is what was committed when it began.
///
/// # Errors
/// [`DbError::Unavailable`] when `to` exists, cannot be written, or the database is not SQLite;
/// [`DbError::Corrupt`] when the copy does not pass SQLite's own check (the file is left for looking at).
pub fn copy(db: &Db, to: &Path) -> Result<u64, DbError> {
    let unfit = |problem: &str| DbError::Unavailable(format!("{}: {problem}", to.display()));
    // Made here and not by SQLite: nothing may come between looking and making, and only its owner may read it.
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(to).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => unfit("exists already; a backup never overwrites a file"),
        _ => unfit(&cause.to_string()),
    })?;
    let name = to.to_str().ok_or_else(|| unfit("the name is not UTF-8"))?;
    let written = match db.reading_connection()? {
        // VACUUM INTO writes into an empty file and leaves its source alone, but `query_only` stops it still.
        Conn::Lite(mut source) => source
            .batch_execute("PRAGMA query_only = OFF;")
            .and_then(|()| diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(&mut source))
            .map_err(|cause| unfit(&cause.to_string())),
        Conn::Pg(_) => Err(unfit("only SQLite databases are copied; use pg_dump for PostgreSQL")),
    };
    if let Err(error) = written {
        // Half a copy would be taken for a whole one.
        let _ = std::fs::remove_file(to);
        return Err(error);
    }
    made.sync_all().map_err(|cause| unfit(&cause.to_string()))?;
    check(name)?;
    made.metadata().map(|facts| facts.len()).map_err(|cause| unfit(&cause.to_string()))
}

fn check(path: &str) -> Result<(), DbError> {
    let mut copy = diesel::sqlite::SqliteConnection::establish(path)
        .map_err(|cause| DbError::Corrupt(format!("the copy {path} cannot be opened: {cause}")))?;
    let found: Vec<Check> = diesel::sql_query("PRAGMA integrity_check").load(&mut copy)?;
    match found.first() {
        Some(row) if row.integrity_check == "ok" => Ok(()),
        Some(row) => Err(DbError::Corrupt(format!("the copy {path} is damaged: {}", row.integrity_check))),
        None => Err(DbError::Corrupt(format!("the copy {path} could not be checked"))),
    }
}
