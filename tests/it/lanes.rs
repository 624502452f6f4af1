//! Lanes: how writes share a transaction and do not share their fate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};
use kopilka::base::Timestamp;
use kopilka::base::id::ShopperId;
use kopilka::db::health::{foreign_words, is_english};
use kopilka::db::partners::{AdapterRow, adapter_list, adapter_put};
use kopilka::db::payouts::payout_open_sums;
use kopilka::db::stores::store_load_all;
use kopilka::db::{Conn, Db, DbError, DbOptions, Lane};

use crate::on_both;
use crate::support::db::{TestDb, on_postgres};
use crate::support::said::tell;

on_both![
    a_refused_write_leaves_its_neighbours_alone,
    a_refused_write_undoes_itself_when_alone,
    a_write_that_panics_is_refused_and_the_lane_goes_on,
    a_write_that_never_succeeds_leaves_its_neighbours_alone,
    a_write_runs_again_when_another_was_in_the_way,
    a_full_queue_says_so_at_once,
    reading_goes_on_beside_a_write,
];

fn put(conn: &mut Conn, name: &str) -> Result<(), DbError> {
    let row = AdapterRow { name: name.to_owned(), body: "-".to_owned(), updated_at: Timestamp::EPOCH };
    adapter_put(conn, &row)
}

async fn names(db: &Db) -> Vec<String> {
    let rows = db.read(adapter_list).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

/// Holds the house's lane until told to go on, so that what is sent meanwhile becomes one batch.
async fn hold(db: &Db) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    hold_in(db, Lane::House).await
}

async fn hold_in(db: &Db, lane: Lane) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (go_on, wait) = mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel::<()>();
    let mut began = Some(began);
    let db = db.clone();
    let held = tokio::spawn(async move {
        let body = move |_: &mut Conn| {
            began.take().map(|began| began.send(()));
            wait.recv_timeout(Duration::from_secs(60)).unwrap();
            Ok::<_, DbError>(())
        };
        db.write(lane, body).await.unwrap();
    });
    begun.await.unwrap();
    (go_on, held)
}

type Body = Box<dyn FnMut(&mut Conn) -> Result<(), DbError> + Send>;

/// Runs these in one batch; gives what each was answered.
async fn batch(db: &Db, bodies: Vec<Body>) -> Vec<Result<(), DbError>> {
    let (go_on, held) = hold(db).await;
    let sent = Arc::new(AtomicU32::new(0));
    let mut running = Vec::new();
    for mut body in bodies {
        let (db, count) = (db.clone(), Arc::clone(&sent));
        let before = sent.load(Ordering::SeqCst);
        running.push(tokio::spawn(async move {
            let write = db.write(Lane::House, move |conn| body(conn));
            let mut write = std::pin::pin!(write);
            // The first poll puts it into the queue.
            let first = std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await;
            count.fetch_add(1, Ordering::SeqCst);
            match first {
                std::task::Poll::Ready(done) => done,
                std::task::Poll::Pending => write.await,
            }
        }));
        while sent.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
    }
    go_on.send(()).unwrap();
    held.await.unwrap();
    let mut out = Vec::new();
    for task in running {
        out.push(task.await.unwrap());
    }
    out
}

async fn a_refused_write_leaves_its_neighbours_alone(test: TestDb) {
    let db = test.open();
    let answers = batch(
        &db,
        vec![
            Box::new(|conn| put(conn, "first")),
            Box::new(|conn| {
                put(conn, "undone")?;
                Err(DbError::Refused("changed its mind".to_owned()))
            }),
            // What the database itself refuses: on PostgreSQL that spoils everything up to the savepoint.
            Box::new(|conn| {
                put(conn, "undone too")?;
                let row = AdapterRow { name: "first".into(), body: "-".into(), updated_at: Timestamp::EPOCH };
                diesel::RunQueryDsl::execute(
                    diesel::insert_into(kopilka::db::schema::adapters::table).values(&row),
                    conn,
                )?;
                Ok(())
            }),
            Box::new(|conn| put(conn, "last")),
        ],
    )
    .await;
    assert!(answers[0].is_ok() && answers[3].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(DbError::Refused(_))), "{answers:?}");
    assert!(matches!(answers[2], Err(DbError::Taken(_))), "{answers:?}");
    assert_eq!(names(&db).await, ["first", "last"]);
}

async fn a_refused_write_undoes_itself_when_alone(test: TestDb) {
    let db = test.open();
    let refused = db.write(Lane::House, |conn| {
        put(conn, "undone")?;
        Err::<(), _>(DbError::Refused("changed its mind".to_owned()))
    });
    assert!(matches!(refused.await, Err(DbError::Refused(_))));
    db.write(Lane::House, |conn| put(conn, "kept")).await.unwrap();
    assert_eq!(names(&db).await, ["kept"]);
}

async fn a_write_that_panics_is_refused_and_the_lane_goes_on(test: TestDb) {
    let db = test.open();
    let panics = |conn: &mut Conn| -> Result<(), DbError> {
        put(conn, "undone")?;
        panic!("on purpose, by a test");
    };
    assert!(matches!(db.write(Lane::House, panics).await, Err(DbError::Refused(_))));
    let answers =
        batch(&db, vec![Box::new(|conn| put(conn, "first")), Box::new(panics), Box::new(|conn| put(conn, "last"))])
            .await;
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(DbError::Refused(_))), "{answers:?}");
    assert_eq!(names(&db).await, ["first", "last"]);
}

async fn a_write_that_never_succeeds_leaves_its_neighbours_alone(test: TestDb) {
    let db = test.open();
    let answers = batch(
        &db,
        vec![
            Box::new(|conn| put(conn, "first")),
            Box::new(|conn| {
                put(conn, "undone")?;
                Err(DbError::Again("always".to_owned()))
            }),
            Box::new(|conn| put(conn, "last")),
        ],
    )
    .await;
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(DbError::Unavailable(_))), "{answers:?}");
    assert_eq!(names(&db).await, ["first", "last"]);
}

async fn a_write_runs_again_when_another_was_in_the_way(test: TestDb) {
    let db = test.open();
    let mut tries = 0;
    let write = db.write(Lane::House, move |conn| {
        tries += 1;
        put(conn, &format!("try {tries}"))?;
        if tries < 3 { Err(DbError::Again("not yet".to_owned())) } else { Ok(tries) }
    });
    assert_eq!(write.await.unwrap(), 3);
    assert_eq!(names(&db).await, ["try 3"]);
}

async fn a_full_queue_says_so_at_once(test: TestDb) {
    let db = test.open();
    let (go_on, held) = hold(&db).await;
    let mut waiting = Vec::new();
    let mut overloaded = 0;
    for _ in 0..9000 {
        let db = db.clone();
        let mut write = Box::pin(async move { db.write(Lane::House, |_: &mut Conn| Ok::<_, DbError>(())).await });
        match std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await {
            std::task::Poll::Ready(answer) => {
                assert!(matches!(answer, Err(DbError::Overloaded)), "{answer:?}");
                overloaded += 1;
            }
            std::task::Poll::Pending => waiting.push(write),
        }
    }
    assert!(overloaded > 0 && waiting.len() >= 1000, "{overloaded} of 9000 were told to come back");
    go_on.send(()).unwrap();
    held.await.unwrap();
    for write in waiting {
        write.await.unwrap();
    }
    db.write(Lane::House, |conn| put(conn, "after")).await.unwrap();
    assert_eq!(names(&db).await, ["after"]);
}

async fn reading_goes_on_beside_a_write(test: TestDb) {
    let db = test.open();
    db.write(Lane::House, |conn| put(conn, "before")).await.unwrap();
    let (go_on, wait) = mpsc::channel::<()>();
    let (began, begun) = mpsc::channel::<()>();
    let writer = db.clone();
    let write = tokio::spawn(async move {
        let body = move |conn: &mut Conn| {
            put(conn, "during")?;
            began.send(()).unwrap();
            wait.recv_timeout(Duration::from_secs(60)).unwrap();
            Ok::<_, DbError>(())
        };
        writer.write(Lane::House, body).await.unwrap();
    });
    tokio::task::spawn_blocking(move || begun.recv_timeout(Duration::from_secs(60)).unwrap()).await.unwrap();
    assert_eq!(names(&db).await, ["before"], "what is not committed is not seen, and nobody waits for it");
    go_on.send(()).unwrap();
    write.await.unwrap();
    assert_eq!(names(&db).await, ["before", "during"]);
    let shopper = Lane::Shopper(ShopperId::new());
    let refused = db.read(|conn| put(conn, "by a reader"));
    if test.kind() == kopilka::db::Kind::Sqlite {
        assert!(refused.await.is_err(), "a reading connection does not write");
    }
    db.write(shopper, |conn| put(conn, "in another lane")).await.unwrap();
}

#[test]
fn a_second_server_on_one_file_is_refused_with_a_sentence() {
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().join("kopilka.db").display());
    let options = |exclusive| DbOptions { url: url.clone(), exclusive, ..Default::default() };
    let first = Db::open(&options(true)).unwrap();
    let second = Db::open(&options(true)).unwrap_err().to_string();
    assert!(second.contains("another kopilka is serving") && second.contains("Stop it first"), "{second}");
    assert!(Db::open(&options(false)).is_ok(), "a command that only looks is let in");
    drop(first);
    assert!(Db::open(&options(true)).is_ok(), "the lock goes with the server");
}

#[test]
fn a_database_is_never_guessed() {
    for url in ["kopilka.db", "", "sqlite:", "sqlite://", "mysql://localhost/x", "postgres:localhost", "/tmp/x.db"] {
        let error = Db::open(&DbOptions { url: url.to_owned(), ..Default::default() }).unwrap_err();
        assert!(error.to_string().contains("must begin with sqlite: or postgres://"), "{url}: {error}");
    }
}

/// PostgreSQL may end a connection that has just answered: one question may fail by that, and no other, also when the server has to
/// be told of both anew.
#[test]
fn a_connection_that_was_ended_fails_one_question_at_most() {
    on_postgres(|db| async move {
        let pool = Db::open(&DbOptions { url: db.url.clone(), readers: 1, ..DbOptions::default() }).unwrap();
        names(&pool).await;
        let others = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity \
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sql_query(others).execute(&mut db.connect()).unwrap();
        drop(pool.read(store_load_all).await);
        pool.read(payout_open_sums).await.unwrap();
    });
}

/// What PostgreSQL says is looked at to tell failures apart. A superuser's connections are made to speak English; others are warned.
#[test]
fn failures_are_told_apart_in_english() {
    on_postgres(|db| async move {
        let name = db.url.rsplit('/').next().unwrap();
        let set = format!("ALTER DATABASE {name} SET lc_messages = 'POSIX'");
        if sql_query(set).execute(&mut db.connect()).is_err() {
            tell("NOT TESTED: the language of PostgreSQL's messages, which only a superuser sets");
            return;
        }
        let ask = |conn: &mut Conn| {
            let told: Setting = sql_query("SELECT current_setting('lc_messages') AS value").get_result(conn)?;
            Ok::<_, DbError>((told.value, foreign_words(conn)?))
        };
        assert_eq!(db.open().read(ask).await.unwrap(), ("C".to_owned(), None));
    });
    for (locale, english) in [
        ("C", true),
        ("C.UTF-8", true),
        ("POSIX", true),
        ("en_GB.utf8", true),
        ("English_United States.1252", true),
        ("ru_RU.UTF-8", false),
        ("de_DE@euro", false),
        ("ens", false),
        ("", false),
    ] {
        assert_eq!(is_english(locale), english, "{locale}");
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// What PostgreSQL does not answer is given up after five minutes, or when the role says so, and whoever asked is told to come back.
/// Long reading has no end.
#[test]
fn a_question_is_given_up_in_the_end() {
    on_postgres(|test| async move {
        let db = test.open();
        let patience = |conn: &mut Conn| {
            let told: Setting = sql_query("SELECT current_setting('statement_timeout') AS value").get_result(conn)?;
            Ok::<_, DbError>(told.value)
        };
        assert_eq!(db.read(patience).await.unwrap(), "5min");
        assert_eq!(patience(&mut db.reading_connection().unwrap()).unwrap(), "0");
        let name = test.url.rsplit('/').next().unwrap();
        sql_query(format!("ALTER DATABASE {name} SET statement_timeout = '7s'")).execute(&mut test.connect()).unwrap();
        let limited = test.open();
        assert_eq!(limited.read(patience).await.unwrap(), "7s");
        assert_eq!(limited.read_much(patience).await.unwrap(), "0");
        // A write that takes long would fail those beside it.
        assert_eq!(limited.write(Lane::House, patience).await.unwrap(), "0");
        let asked = db.read(|conn| {
            sql_query("SET statement_timeout = 1").execute(conn)?;
            Ok::<_, DbError>(sql_query("SELECT pg_sleep(60)").execute(conn)?)
        });
        assert!(matches!(asked.await, Err(DbError::Unavailable(_))));
    });
}

/// One writer of clicks that waits, say for a replica, does not hold the other one up.
#[test]
fn writers_of_clicks_take_turns() {
    on_postgres(async |test| {
        let db = Db::open(&DbOptions { url: test.url.clone(), click_writers: 2, ..DbOptions::default() }).unwrap();
        let (go_on, held) = hold_in(&db, Lane::Clicks).await;
        db.write(Lane::Clicks, |conn| put(conn, "beside")).await.unwrap();
        assert_eq!(names(&db).await, ["beside"]);
        go_on.send(()).unwrap();
        held.await.unwrap();
    });
}
