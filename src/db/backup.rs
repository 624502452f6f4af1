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

/// Why there is no good copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be made or written; nothing was left behind, nothing overwritten.
    #[error("{file}: {problem}")]
    Unwritten {
        /// The file.
        file: String,
        /// Why.
        problem: String,
    },
    /// The copy did not pass SQLite's own check; it is left for looking at.
    #[error("the copy {file} is damaged: {problem}")]
    Damaged {
        /// The file.
        file: String,
        /// What the check said.
        problem: String,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Copies `db` into the new file `to` and checks the copy; gives its size in bytes. Readers and writers go on
/// meanwhile: the copy is what was committed when it began.
///
/// # Errors
/// [`BackupError`]; also when the database is not SQLite.
pub fn copy(db: &Db, to: &Path) -> Result<u64, BackupError> {
    let unfit = |problem: &str| BackupError::Unwritten { file: to.display().to_string(), problem: problem.to_owned() };
    // Made here and not by SQLite: nothing may come between looking and making, and only its owner may read it.
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let name = to.to_str().ok_or_else(|| unfit("the name is not UTF-8"))?;
    let made = options.open(to).map_err(|cause| {
        let exists = cause.kind() == std::io::ErrorKind::AlreadyExists;
        if exists { unfit("exists already; a backup never overwrites a file") } else { unfit(&cause.to_string()) }
    })?;
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

fn check(path: &str) -> Result<(), BackupError> {
    let damaged = |problem: String| BackupError::Damaged { file: path.to_owned(), problem };
    let mut copy = diesel::sqlite::SqliteConnection::establish(path).map_err(|cause| damaged(cause.to_string()))?;
    let rows = diesel::sql_query("PRAGMA integrity_check").load::<Check>(&mut copy);
    let found = rows.map_err(|cause| damaged(cause.to_string()))?;
    match found.first() {
        Some(row) if row.integrity_check == "ok" => Ok(()),
        Some(row) => Err(damaged(row.integrity_check.clone())),
        None => Err(damaged("the check gave no answer".to_owned())),
    }
}
