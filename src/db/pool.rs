//! The handle on a database: `read` for queries, `write` for the one transaction of a use case.

use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::r2d2::{self, ManageConnection, Pool};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::ask::{ReadSet, SetReader};
use super::conn::{Conn, Purpose};
use super::error::DbError;
use super::lane::{Lane, Lanes, Task, WriteError};
use super::migrate;
use super::set::{SetWriter, WriteSet};

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A SQLite file: the embedded default.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// `sqlite:<path>` or `postgres://…`. Never guessed: a URL without a scheme is refused.
    pub url: String,
    /// Connections for reading.
    pub readers: u32,
    /// How many writes are committed together at most; 1 gives each a transaction of its own.
    pub batch: usize,
    /// How many connections write clicks, on PostgreSQL.
    pub click_writers: usize,
    /// Be the one `serve` on this SQLite file; a second is refused.
    pub exclusive: bool,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self { url: String::new(), readers: 1, batch: 1024, click_writers: 1, exclusive: false }
    }
}

#[derive(Debug, Clone)]
enum Target {
    Sqlite(String),
    Postgres(String),
}

impl Target {
    fn parse(url: &str) -> Result<Self, DbError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.trim_start_matches("//").is_empty() => {
                Ok(Self::Sqlite(path.strip_prefix("//").unwrap_or(path).to_owned()))
            }
            _ => Err(DbError::Unavailable(
                "the database URL must begin with sqlite: or postgres://, for example sqlite:kopilka.db".to_owned(),
            )),
        }
    }

    fn open(&self, purpose: Purpose) -> Result<Conn, DbError> {
        match self {
            Self::Sqlite(path) => Conn::open_sqlite(path, purpose),
            Self::Postgres(url) => Conn::open_postgres(url, purpose),
        }
    }
}

/// How long a connection may rest before it is asked whether it still works: asking each time is a round trip more for every
/// question. One whose last question failed is asked too. So when PostgreSQL is started anew, each connection that has just been at
/// work may fail one question.
const REST: Duration = Duration::from_secs(1);

/// A connection for reading, and when it last answered.
struct Reader {
    conn: Conn,
    answered: Option<Instant>,
}

struct Manager(Target);

impl ManageConnection for Manager {
    type Connection = Reader;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Reader, r2d2::Error> {
        let opened = self.0.open(Purpose::Answering);
        let conn = opened
            .map_err(|error| r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(error.to_string())))?;
        Ok(Reader { conn, answered: None })
    }
    /// Called whenever one is taken out of the pool.
    fn is_valid(&self, reader: &mut Reader) -> Result<(), r2d2::Error> {
        use diesel::connection::SimpleConnection as _;
        match &mut reader.conn {
            Conn::Pg(c) if reader.answered.is_none_or(|last| last.elapsed() > REST) => {
                c.batch_execute("SELECT 1").map_err(r2d2::Error::QueryError)
            }
            // A local file does not go away between two queries.
            Conn::Pg(_) | Conn::Lite(_) => Ok(()),
        }
    }
    /// Called whenever one is put back.
    fn has_broken(&self, reader: &mut Reader) -> bool {
        use diesel::r2d2::R2D2Connection as _;
        reader.conn.is_broken()
    }
}

/// The connections for reading.
#[derive(Clone)]
pub(super) struct Readers(Pool<Manager>);

impl Readers {
    /// Asks on one of them, once one is free.
    pub(super) fn ask<T, E: From<DbError>>(&self, query: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
        let mut reader = self.0.get().map_err(|cause| DbError::Unavailable(cause.to_string()))?;
        let answer = query(&mut reader.conn);
        reader.answered = answer.is_ok().then(Instant::now);
        answer
    }
}

/// How many questions may wait or be answered at once before callers are told to come back: with a handful of connections, some
/// seconds of work.
pub(super) const QUESTIONS: usize = 2048;

/// A database: a pool for reading, lanes for writing. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    readers: Readers,
    questions: Arc<Semaphore>,
    lanes: Lanes,
    target: Target,
    _serving: Option<Arc<File>>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Db({:?})", self.kind())
    }
}

impl Db {
    /// Opens a database and brings its schema up to date.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when it cannot be reached, when the URL names no scheme, or when
    /// `exclusive` and another `serve` holds the file.
    pub fn open(options: &DbOptions) -> Result<Self, DbError> {
        let db = Self::open_as_is(options)?;
        let applied = db.migrate()?;
        if !applied.is_empty() {
            tracing::info!(count = applied.len(), "migrations were applied");
        }
        Ok(db)
    }

    /// Opens a database without touching its schema: for commands that only read.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_as_is(options: &DbOptions) -> Result<Self, DbError> {
        let target = Target::parse(&options.url)?;
        let serving = match (&target, options.exclusive) {
            (Target::Sqlite(path), true) => Some(Arc::new(lock_file(path)?)),
            (Target::Sqlite(_), false) | (Target::Postgres(_), _) => None,
        };
        // Opened once for writing first: creates a SQLite file, and shows the real cause of a failure.
        drop(target.open(Purpose::Maintenance)?);
        let readers = Pool::builder()
            .max_size(options.readers.max(1))
            .min_idle(Some(1))
            .connection_timeout(Duration::from_secs(5))
            .test_on_check_out(true)
            .build(Manager(target.clone()))
            .map_err(|cause| DbError::Unavailable(cause.to_string()))?;
        let sqlite = matches!(target, Target::Sqlite(_));
        let lanes = Lanes::start(sqlite, options.batch.max(1), options.click_writers.max(1), || {
            let target = target.clone();
            Box::new(move || target.open(Purpose::Lane))
        })?;
        let readers = Readers(readers);
        Ok(Self { readers, questions: Arc::new(Semaphore::new(QUESTIONS)), lanes, target, _serving: serving })
    }

    /// Which database it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.target {
            Target::Sqlite(_) => Kind::Sqlite,
            Target::Postgres(_) => Kind::Postgres,
        }
    }

    /// The SQLite file, if it is one.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&str> {
        match &self.target {
            Target::Sqlite(path) => Some(path),
            Target::Postgres(_) => None,
        }
    }

    /// Runs queries on a reading connection, off the async threads.
    ///
    /// # Errors
    /// What `query` returns; [`DbError::Overloaded`] at once when too many wait; [`DbError::Unavailable`] when no connection can be had,
    /// or PostgreSQL has not answered a question for five minutes.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let waiting = Arc::clone(&self.questions).try_acquire_owned().map_err(|_none_left| DbError::Overloaded)?;
        let readers = self.readers.clone();
        let done = spawn_blocking(move || {
            let _waiting = waiting;
            readers.ask(query)
        });
        done.await.map_err(|cause| E::from(DbError::Unavailable(cause.to_string())))?
    }

    /// Runs queries that may read a whole table, on a connection of their own and for as long as they take.
    ///
    /// # Errors
    /// What `query` returns; [`DbError::Unavailable`] when no connection can be had.
    pub async fn read_much<T, E, F>(&self, query: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let db = self.clone();
        let done = spawn_blocking(move || query(&mut db.reading_connection()?));
        done.await.map_err(|cause| E::from(DbError::Unavailable(cause.to_string())))?
    }

    /// Runs `body` in a write transaction of `lane`, together with whatever else is waiting, and answers
    /// after the commit. `body` may run more than once; an `Err` undoes all that it wrote.
    ///
    /// # Errors
    /// What `body` returns; [`DbError::Overloaded`] at once when the queue is full;
    /// [`DbError::Unavailable`] when nothing was committed, or when that cannot be known.
    pub async fn write<T, E, F>(&self, lane: Lane, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: WriteError,
        F: FnMut(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let (task, answer) = Task::new(body);
        self.lanes.send(self.lanes.index(lane), Box::new(task))?;
        answer.await.map_err(|_gone| E::from(DbError::Unavailable("the writer has stopped".to_owned())))?
    }

    /// A writer of sets of one kind. One for each kind is enough: its clones share their baskets.
    #[must_use]
    pub fn set_writer<S: WriteSet>(&self) -> SetWriter<S> {
        SetWriter::new(self.lanes.clone())
    }

    /// A reader of sets of one kind. One for each kind is enough: its clones ask together.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when its threads cannot be started.
    pub fn set_reader<S: ReadSet>(&self) -> Result<SetReader<S>, DbError> {
        SetReader::start(&self.readers)
    }

    /// Whether many callers have just waited for answers at once.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.lanes.crowd.is_there()
    }

    /// A connection of its own for long reading (verification, export, backup).
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub fn reading_connection(&self) -> Result<Conn, DbError> {
        self.target.open(Purpose::Reading)
    }

    /// Brings the schema up to date; gives the names of the migrations that were applied.
    ///
    /// # Errors
    /// [`DbError`] when a migration fails; on PostgreSQL what was applied before it stays.
    pub fn migrate(&self) -> Result<Vec<String>, DbError> {
        migrate::up_in_turn(|| self.maintenance_connection())
    }

    /// A connection of its own for migrations and maintenance.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub fn maintenance_connection(&self) -> Result<Conn, DbError> {
        self.target.open(Purpose::Maintenance)
    }
}

/// Holds `<database>.lock` for as long as the process lives; the system frees it if the process dies.
fn lock_file(path: &str) -> Result<File, DbError> {
    let name = format!("{path}.lock");
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&name);
    let file = file.map_err(|cause| DbError::Unavailable(format!("cannot open {name}: {cause}")))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_held) => Err(DbError::Unavailable(format!(
            "another kopilka is serving {path}. Stop it first, or use PostgreSQL for several at once."
        ))),
    }
}
