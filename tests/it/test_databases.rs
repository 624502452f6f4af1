//! The tests' own databases: each test has one, and nothing of it is left.

use std::path::Path;
use std::sync::mpsc;

use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::BigInt};

use crate::both;
use crate::support::db::{TestDb, on_postgres, on_sqlite};

both![a_test_has_a_database_to_itself, servers_run_inside_a_test];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Runs the statements in one connection; the last one gives a number `n`.
fn ask(db: &TestDb, statements: &[&str]) -> i64 {
    fn each<C: Connection>(connection: &mut C, statements: &[&str], last: impl Fn(&mut C, &str) -> Count) -> i64 {
        let (question, before) = statements.split_last().unwrap();
        before.iter().for_each(|statement| connection.batch_execute(statement).unwrap());
        last(connection, question).n
    }
    if db.is_postgres() {
        each(&mut PgConnection::establish(&db.url).unwrap(), statements, |c, q| sql_query(q).get_result(c).unwrap())
    } else {
        let file = db.url.trim_start_matches("sqlite://");
        each(&mut SqliteConnection::establish(file).unwrap(), statements, |c, q| sql_query(q).get_result(c).unwrap())
    }
}

async fn a_test_has_a_database_to_itself(db: TestDb) {
    let other = if db.is_postgres() { TestDb::postgres().unwrap() } else { TestDb::sqlite() };
    let make = ["create table mine (n bigint)", "insert into mine values (7)", "select n from mine"];
    assert_eq!(ask(&db, &make), 7);
    // The same table is not there yet in the other one.
    assert_eq!(ask(&other, &make), 7);
    assert_ne!(db.url, other.url);
}

async fn servers_run_inside_a_test(db: TestDb) {
    use actix_web::{App, HttpServer, web};
    use std::io::{Read, Write};

    let url = db.url.clone();
    let app = move || {
        App::new()
            .app_data(web::Data::new(url.clone()))
            .route("/", web::get().to(async |url: web::Data<String>| url.to_string()))
    };
    let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let stop = server.handle();
    let running = actix_web::rt::spawn(server);
    let answer = tokio::task::spawn_blocking(move || {
        let mut connection = std::net::TcpStream::connect(address).unwrap();
        connection.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    });
    assert!(answer.await.unwrap().ends_with(&db.url));
    stop.stop(true).await;
    running.await.unwrap().unwrap();
}

#[test]
fn nothing_is_left_of_a_sqlite_database() {
    let (send, receive) = mpsc::channel();
    on_sqlite(async |db| send.send(db.url.clone()).unwrap());
    let url = receive.recv().unwrap();
    assert!(!Path::new(url.trim_start_matches("sqlite://")).exists());
}

#[test]
fn nothing_is_left_of_a_postgres_database() {
    let (send, receive) = mpsc::channel();
    on_postgres(async |db| send.send(db.url.clone()).unwrap());
    if let Ok(url) = receive.try_recv() {
        assert!(PgConnection::establish(&url).is_err(), "still there");
    }
}

#[test]
fn a_panic_in_a_test_fails_it() {
    let outcome = std::panic::catch_unwind(|| on_sqlite(async |db| assert_eq!(db.url, "")));
    assert!(outcome.is_err());
}
