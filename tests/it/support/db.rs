//! A database of its own for every test, on SQLite and on PostgreSQL.
//!
//! A test is an `async fn(db: TestDb)`; `on_both![name, …]` makes it two tests, `sqlite::name` and `postgres::name`.
//! PostgreSQL is the server in `TEST_DATABASE_URL` (`make test` starts one); without it those tests say so and end.

use std::env;
use std::fs;
use std::future::Future;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use actix_web::rt::System;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::Text};
use kopilka::db::{Conn, Db, DbOptions, Kind, migrate as migrations};
use tempfile::TempDir;
use url::Url;

/// Every database of a test is named this, the process, and a number.
const PREFIX: &str = "kopilka_test_";

/// The first key of the advisory lock that a process holds as long as its databases may be in use.
const IN_USE: i32 = 0x6b6f_7074;

/// One test's database, migrated and otherwise empty. It goes when this value does.
pub struct TestDb {
    /// What the application is configured with: `sqlite:///…` or `postgres://…`.
    pub url: String,
    place: Place,
}

enum Place {
    Sqlite { _folder: TempDir },
    Postgres { name: String },
}

/// Makes two tests of each `async fn name(db: TestDb)`: `sqlite::name` and `postgres::name`. Once in a module.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::support::db::on_sqlite(super::$name); })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::support::db::on_postgres(super::$name); })+
        }
    };
}

/// Whether this is the long run (`make test-long`), which tries everything more often.
pub fn long() -> bool {
    env::var("TEST_LONG").is_ok_and(|word| word == "1")
}

/// Runs `body` with a SQLite database of its own.
pub fn on_sqlite<F: Future<Output = ()>>(body: impl FnOnce(TestDb) -> F) {
    run(body(TestDb::sqlite()));
}

/// Runs `body` with a PostgreSQL database of its own, or says that there is no server.
pub fn on_postgres<F: Future<Output = ()>>(body: impl FnOnce(TestDb) -> F) {
    match TestDb::postgres() {
        Some(db) => run(body(db)),
        None => println!("NOT TESTED: PostgreSQL (TEST_DATABASE_URL is not set)"),
    }
}

/// Runs a test's future where actix servers, `actix_web::rt::spawn` and `tokio::spawn` all work: a tokio runtime of two
/// threads inside an actix system, so that a test that waits for the database does not hold up what it started.
pub fn run(body: impl Future<Output = ()>) {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    };
    System::with_tokio_rt(runtime).block_on(body);
}

impl TestDb {
    /// A file in a folder of its own.
    pub fn sqlite() -> Self {
        static MIGRATED: OnceLock<Vec<u8>> = OnceLock::new();
        let migrated = MIGRATED.get_or_init(|| {
            let folder = TempDir::new().unwrap();
            let file = folder.path().join("template.db");
            // As one file: a write-ahead log beside it begins only when the application opens it.
            migrate(connect(&sqlite_url(&file)));
            fs::read(file).unwrap()
        });
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("kopilka.db");
        fs::write(&file, migrated).unwrap();
        Self { url: sqlite_url(&file), place: Place::Sqlite { _folder: folder } }
    }

    /// A database on the server in `TEST_DATABASE_URL`; `None` when that is not set.
    pub fn postgres() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(1);
        let server = server()?;
        let name = format!("{PREFIX}{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let mut admin = server.admin();
        execute(&mut admin, &format!("create database {name} template {}", server.template)).unwrap();
        Some(Self { url: server.url_of(&name), place: Place::Postgres { name } })
    }

    /// Which database it is, for the few things that the two do differently.
    pub fn kind(&self) -> Kind {
        match self.place {
            Place::Sqlite { .. } => Kind::Sqlite,
            Place::Postgres { .. } => Kind::Postgres,
        }
    }

    /// The application's handle on it.
    pub fn open(&self) -> Db {
        Db::open(&DbOptions { url: self.url.clone(), readers: 2, ..Default::default() }).unwrap()
    }

    /// A connection past the application, to look into tables or to spoil them.
    pub fn connect(&self) -> Conn {
        connect(&self.url)
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let (Place::Postgres { name }, Some(server)) = (&self.place, server())
            && let Err(error) = execute(&mut server.admin(), &drop_statement(name))
        {
            // Not a reason to fail: the next run sweeps it up.
            eprintln!("{name} was left behind: {error}");
        }
    }
}

/// A connection to the database at `url`, past the application. It waits for those who have the file locked.
pub fn connect(url: &str) -> Conn {
    match url.strip_prefix("sqlite://") {
        Some(file) => {
            let mut connection = SqliteConnection::establish(file).unwrap();
            sql_query("pragma busy_timeout = 60000").execute(&mut connection).unwrap();
            Conn::Lite(connection)
        }
        None => Conn::Pg(PgConnection::establish(url).unwrap()),
    }
}

/// Brings an empty database to the schema of now, and lets go of it, so that copies can be made.
fn migrate(mut connection: Conn) {
    migrations::up(&mut connection).unwrap();
}

pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// The PostgreSQL server of this process.
struct Server {
    url: Url,
    /// A migrated database that nobody is connected to, which the tests' databases are copies of.
    template: String,
    /// One connection for all that is done to whole databases. It holds the lock on [`IN_USE`].
    admin: Mutex<PgConnection>,
}

impl Server {
    /// A test that failed with the connection in hand leaves it usable: each statement stands alone.
    fn admin(&self) -> MutexGuard<'_, PgConnection> {
        self.admin.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn url_of(&self, database: &str) -> String {
        url_of(&self.url, database)
    }
}

fn url_of(server: &Url, database: &str) -> String {
    let mut url = server.clone();
    url.set_path(&format!("/{database}"));
    url.into()
}

/// The server, made ready at the first call: old databases swept, the template made and migrated.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let make = || {
        let text = env::var("TEST_DATABASE_URL").ok().filter(|text| !text.is_empty())?;
        let url = Url::parse(&text).expect("TEST_DATABASE_URL is no URL");
        let mut admin = PgConnection::establish(&text).expect("the server in TEST_DATABASE_URL does not answer");
        execute(&mut admin, &format!("select pg_advisory_lock({IN_USE}, {})", process::id())).unwrap();
        sweep(&mut admin);
        let template = format!("{PREFIX}{}_template", process::id());
        execute(&mut admin, &drop_statement(&template)).unwrap();
        execute(&mut admin, &format!("create database {template}")).unwrap();
        migrate(connect(&url_of(&url, &template)));
        Some(Server { url, template, admin: Mutex::new(admin) })
    };
    SERVER.get_or_init(make).as_ref()
}

/// Drops the databases of runs that are over: those whose process no longer holds its lock.
fn sweep(admin: &mut PgConnection) {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        datname: String,
    }
    let found = format!("select datname::text from pg_database where datname like '{PREFIX}%' order by 1");
    for Row { datname } in sql_query(found).load::<Row>(admin).unwrap() {
        let process = datname.trim_start_matches(PREFIX).split('_').next().and_then(|text| text.parse::<u32>().ok());
        let Some(process) = process.filter(|process| *process != process::id()) else { continue };
        let taken = format!(
            "select datname::text from pg_database where datname = '{datname}' and pg_try_advisory_lock({IN_USE}, {process})"
        );
        if !sql_query(taken).load::<Row>(admin).unwrap().is_empty() {
            // Another run may be sweeping too, and be first.
            execute(admin, &drop_statement(&datname)).unwrap();
            execute(admin, &format!("select pg_advisory_unlock({IN_USE}, {process})")).unwrap();
        }
    }
}

fn drop_statement(database: &str) -> String {
    format!("drop database if exists {database} with (force)")
}

fn execute(connection: &mut PgConnection, statement: &str) -> diesel::QueryResult<usize> {
    sql_query(statement).execute(connection)
}
