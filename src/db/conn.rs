//! One connection type over both databases, and how it is opened.
//!
//! Through the enum most queries are written once. What the enum cannot say (batch insert, ON CONFLICT)
//! repeats its body per connection with [`crate::both!`].
#![expect(missing_docs, reason = "the MultiConnection derive writes items without docs")]

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult};

use super::error::DbError;

/// What a connection is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Questions that somebody waits for. Every write is refused.
    Answering,
    /// Long reading. Every write is refused.
    Reading,
    /// The writes of a lane.
    Lane,
    /// Migrations, and whatever else is rare and may be large.
    Maintenance,
}

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Lite(SqliteConnection),
}

/// Repeats an expression for the live connection; for what the enum itself cannot express.
#[macro_export]
macro_rules! both {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::db::Conn::Pg($c) => $body,
            $crate::db::Conn::Lite($c) => $body,
        }
    };
}

/// What every SQLite connection is set to. FULL: a commit that was answered is on the disk. The cache is small on purpose:
/// a commit that split a page looks through all of it, and the system's own cache is nearly as fast. The log is short: the
/// writer begins it anew once all of it is in the database, and does the last of that itself, while everybody waits. A row that takes
/// the place of another deletes that one, and the triggers that refuse to delete hear of it (`recursive_triggers`).
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384; PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = ON; \
     PRAGMA wal_autocheckpoint = 4000;";

/// How long a file that is just being made is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a lane's is set to beside that. A statement that writes several rows, or has triggers, keeps each page as it was before,
/// so that it alone can be undone, and so does a savepoint: in memory, since in a file that was a fifth of what a postback costs.
/// The largest write of a lane, a shopper's erasure, changes a page or two for each of the shopper's clicks. Maintenance keeps the
/// file: it may sort a whole table.
const SQLITE_LANE: &str = "PRAGMA temp_store = MEMORY;";

/// What every PostgreSQL connection is set to. All questions go by a key. A plan that was made while the tables were nearly
/// empty, and reads them whole, is kept while they grow, until the statistics are made anew: in a busy first minute that
/// halves the rate. With this, such a plan is never made where there is an index. Checks of foreign keys are planned alike.
/// Where there is none, the plan is taken for so costly that the server would compile it: 60 ms for a question that takes less than one.
const POSTGRES_SETTINGS: &str = "SET enable_seqscan = off; SET jit = off";

/// What tells failures apart is the server's words (`error.rs`), which have to be English for that. Only a superuser may choose
/// them, and a role that was allowed to; where this one is not, `kopilka doctor` says what to do.
const POSTGRES_WORDS: &str =
    "DO $$ BEGIN SET lc_messages = 'C'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$";

/// What one that answers questions is set to beside that, where the server or the role has no limit of its own: a question that waits
/// for a lock for good would keep one of a handful of connections.
const POSTGRES_ANSWERS: &str =
    "SELECT set_config('statement_timeout', '5min', false) WHERE current_setting('statement_timeout') = '0'";

/// What all others are set to: nothing ends a proof of the ledger before it is done, and a write that takes long is no reason to fail
/// those that are committed together with it.
const POSTGRES_WORK: &str = "SET statement_timeout = 0";

/// What one for long reading is set to beside that: it may be long, and not for waiting.
const POSTGRES_READS: &str = "SET lock_timeout = '5min'";

/// What a writing one is set to beside that: its statements are few and go by a key, so the first plan of each is the right one
/// for any number of rows, and none is made anew.
/// While tables are small it would be quicker to read them whole and join what was read; such a plan would be kept as they grow,
/// so only joins that look up one row after the other are allowed.
const POSTGRES_WRITER: &str = "SET plan_cache_mode = force_generic_plan; SET enable_hashjoin = off; \
     SET enable_mergejoin = off; SET enable_material = off";

/// Tries until nobody is in the way. Of several that turn the log of a new file on at the same time, SQLite refuses all but one at
/// once, whatever its own timeout is.
fn in_turn(mut what: impl FnMut() -> Result<(), DbError>) -> Result<(), DbError> {
    let begun = Instant::now();
    loop {
        match what() {
            Err(DbError::Again(_)) if begun.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
}

impl Conn {
    /// Opens a SQLite file.
    pub(super) fn open_sqlite(path: &str, purpose: Purpose) -> Result<Self, DbError> {
        make_private(path)?;
        let mut conn = SqliteConnection::establish(path)
            .map_err(|cause| DbError::Unavailable(format!("cannot open the SQLite file {path}: {cause}")))?;
        in_turn(|| Ok(conn.batch_execute(SQLITE_SETTINGS)?))?;
        match purpose {
            Purpose::Answering | Purpose::Reading => conn.batch_execute("PRAGMA query_only = ON;")?,
            Purpose::Lane => conn.batch_execute(SQLITE_LANE)?,
            Purpose::Maintenance => {}
        }
        Ok(Self::Lite(conn))
    }

    /// Connects to PostgreSQL.
    pub(super) fn open_postgres(url: &str, purpose: Purpose) -> Result<Self, DbError> {
        let mut conn = PgConnection::establish(url)
            .map_err(|cause| DbError::Unavailable(format!("cannot connect to PostgreSQL: {cause}")))?;
        conn.batch_execute(POSTGRES_SETTINGS)?;
        if let Err(cause) = conn.batch_execute(POSTGRES_WORDS) {
            tracing::debug!(%cause, "PostgreSQL's messages stay in the language that they are in");
        }
        match purpose {
            Purpose::Answering => conn.batch_execute(POSTGRES_ANSWERS)?,
            Purpose::Reading => conn.batch_execute(&format!("{POSTGRES_WORK}; {POSTGRES_READS}"))?,
            Purpose::Lane | Purpose::Maintenance => {
                conn.batch_execute(&format!("{POSTGRES_WORK}; {POSTGRES_WRITER}"))?
            }
        }
        Ok(Self::Pg(conn))
    }

    /// Begins a write transaction: on SQLite the write lock is taken at once, so that a read followed by a
    /// write cannot fail; on PostgreSQL the advisory lock of `shard` serialises those who move the same
    /// shoppers' money, also between nodes.
    pub(super) fn begin_write(&mut self, shard: Option<i32>) -> QueryResult<()> {
        match self {
            Self::Lite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
            Self::Pg(conn) => {
                // One round trip for both statements.
                let lock = shard
                    .map_or_else(String::new, |n| format!("; SELECT pg_advisory_xact_lock({ADVISORY_CLASS}, {n})"));
                let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED{lock}");
                AnsiTransactionManager::begin_transaction_sql(conn, &begin)
            }
        }
    }

    /// Opens a savepoint inside the running transaction.
    pub(super) fn savepoint(&mut self) -> QueryResult<()> {
        <Self as Connection>::TransactionManager::begin_transaction(self)
    }

    /// Commits the innermost savepoint or the transaction.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        <Self as Connection>::TransactionManager::commit_transaction(self)
    }

    /// Undoes the innermost savepoint or the transaction.
    pub(super) fn rollback(&mut self) -> QueryResult<()> {
        <Self as Connection>::TransactionManager::rollback_transaction(self)
    }
}

/// Makes the file of a new database so that only its owner may read it; SQLite gives its -wal and -shm the same mode.
fn make_private(path: &str) -> Result<(), DbError> {
    if path.starts_with("file:") || path.starts_with(':') || std::path::Path::new(path).exists() {
        return Ok(());
    }
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_made) => Ok(()),
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(DbError::Unavailable(format!("cannot make the SQLite file {path}: {cause}"))),
    }
}

/// The first key of our advisory locks ("kopi"), so that they meet nobody else's.
const ADVISORY_CLASS: i32 = 0x6b6f_7069;
