//! The tests' own databases: each test has one, and nothing of it is left.

use std::path::Path;
use std::sync::mpsc;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
use kopilka::db::{Kind, migrate};

use crate::on_both;
use crate::support::db::{TestDb, on_postgres, on_sqlite};

on_both![a_test_has_a_database_to_itself, it_has_the_schema_of_now, servers_run_inside_a_test];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

async fn a_test_has_a_database_to_itself(db: TestDb) {
    let other = match db.kind() {
        Kind::Sqlite => TestDb::sqlite(),
        Kind::Postgres => TestDb::postgres().unwrap(),
    };
    for (db, number) in [(&db, 7), (&other, 8)] {
        // A table of the other one's would be in the way here.
        let mut connection = db.connect();
        connection.batch_execute(&format!("create table mine (n bigint); insert into mine values ({number})")).unwrap();
        let found: Count = sql_query("select n from mine").get_result(&mut connection).unwrap();
        assert_eq!(found.n, number);
    }
}

async fn it_has_the_schema_of_now(db: TestDb) {
    assert!(!migrate::pending(&mut db.connect()).unwrap());
    let opened = db.open();
    assert_eq!(opened.kind(), db.kind());
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
        assert!(diesel::PgConnection::establish(&url).is_err(), "still there");
    }
}

#[test]
fn a_panic_in_a_test_fails_it() {
    let outcome = std::panic::catch_unwind(|| on_sqlite(async |db| assert_eq!(db.url, "")));
    assert!(outcome.is_err());
}
