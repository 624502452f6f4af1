//! What is too much is told to come back, at once: nothing waits without an end.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
use kopilka::db::{Conn, Db, DbError, DbOptions, Lane};
use reqwest::{Method, Response};
use tokio::sync::oneshot;

use crate::on_both;
use crate::stream::{before_one_server, follow, link};
use crate::support::app::TestApp;
use crate::support::db::{TestDb, on_postgres, on_sqlite};
use crate::support::market::Market;
use crate::support::nats::until;

on_both![a_click_that_finds_a_full_lane_is_told_to_come_back, a_question_that_finds_too_many_is_told_to_come_back];

type Waiting<T> = Pin<Box<dyn Future<Output = T>>>;

/// Begins one after the other until one is answered at once; gives those that wait, and that answer.
async fn until_full<T, F: Future<Output = T> + 'static>(begin: impl Fn() -> F) -> (Vec<Waiting<T>>, T) {
    let mut waiting: Vec<Waiting<T>> = Vec::new();
    loop {
        let mut next: Waiting<T> = Box::pin(begin());
        match std::future::poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await {
            Poll::Ready(answer) => return (waiting, answer),
            Poll::Pending => waiting.push(next),
        }
        assert!(waiting.len() < 100_000, "as many as like may wait");
    }
}

/// Something that says when it begins, and lasts until it is told to go on.
struct Held {
    began: oneshot::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

fn held() -> (Held, impl FnMut(&mut Conn) -> Result<(), DbError> + Send + 'static) {
    let (go_on, wait) = mpsc::channel::<()>();
    let (begins, began) = oneshot::channel();
    let mut begins = Some(begins);
    let body = move |_: &mut Conn| {
        begins.take().map(|begins| begins.send(()));
        wait.recv_timeout(Duration::from_secs(60)).unwrap();
        Ok(())
    };
    (Held { began, go_on }, body)
}

fn told_to_come_back(answer: &Response) {
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "2");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert!(!answer.headers().contains_key("location"));
}

async fn a_click_that_finds_a_full_lane_is_told_to_come_back(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let link = link(&market).await;
    let (app, shopper) = (market.server.app.clone(), market.shopper);
    let (held, body) = held();
    let lane = app.db.clone();
    let holder = tokio::spawn(async move {
        lane.write(Lane::Clicks, body).await.unwrap();
    });
    held.began.await.unwrap();
    let clicks = |market: &Market| {
        let (app, row) = (app.clone(), market.click_to_come(shopper));
        async move { app.clicks.keep(row).await.map_err(|error| error.to_string()) }
    };
    let (waiting, refused) = until_full(|| clicks(&market)).await;
    assert!(refused.is_err());
    assert!(waiting.len() >= 8192, "{}", waiting.len());
    told_to_come_back(&follow(&market.server, &link).await);

    held.go_on.send(()).unwrap();
    holder.await.unwrap();
    let promised = waiting.len();
    for click in waiting {
        click.await.unwrap();
    }
    assert_eq!(follow(&market.server, &link).await.status(), 302);
    let mut conn = db.connect();
    assert_eq!(count(&mut conn, "select count(*) as n from clicks"), i64::try_from(promised).unwrap() + 1);
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(conn: &mut Conn, query: &str) -> i64 {
    sql_query(query).get_result::<Count>(conn).unwrap().n
}

async fn a_question_that_finds_too_many_is_told_to_come_back(test: TestDb) {
    let db = Db::open(&DbOptions { url: test.url.clone(), readers: 1, ..DbOptions::default() }).unwrap();
    let (held, body) = held();
    let reader = db.clone();
    let holder = tokio::spawn(async move { reader.read(body).await });
    held.began.await.unwrap();
    let ask = || {
        let db = db.clone();
        async move { db.read(|_| Ok::<_, DbError>(())).await }
    };
    let (waiting, refused) = until_full(ask).await;
    assert!(matches!(refused, Err(DbError::Overloaded)), "{refused:?}");
    assert!(waiting.len() >= 1000, "{}", waiting.len());
    held.go_on.send(()).unwrap();
    holder.await.unwrap().unwrap();
    for question in waiting {
        question.await.unwrap();
    }
    ask().await.unwrap();
}

/// The same before a stream that takes nothing.
#[test]
fn a_click_that_finds_the_way_to_the_stream_full_is_told_to_come_back() {
    on_sqlite(|db| async move {
        let Some((server, market, node)) = before_one_server(&db).await else { return };
        let link = link(&market).await;
        server.silence();
        let clicks = || {
            let (app, row) = (node.app.clone(), market.click_to_come(market.shopper));
            async move { app.clicks.keep(row).await.map_err(|error| error.to_string()) }
        };
        let (waiting, refused) = until_full(clicks).await;
        assert!(refused.unwrap_err().contains("too many clicks wait"));
        assert!(waiting.len() >= 8192, "{}", waiting.len());
        told_to_come_back(&follow(&node, &link).await);
    });
}

/// While the database does not answer, those who ask for what a node does not know wait for one of them.
#[test]
fn strangers_ask_the_database_one_at_a_time() {
    on_postgres(async |db| {
        let market = Market::open(TestApp::start(&db.url).await, 0).await;
        let mut admin = db.connect();
        let mut holder = db.connect();
        holder.batch_execute("begin; lock table stores in access exclusive mode").unwrap();
        market.server.app.db.read(|_| Ok::<_, DbError>(())).await.unwrap();
        until("the catalogue is older than a second", async || {
            let loaded = market.server.app.catalogue.loaded_at().unwrap();
            market.server.app.clock.now().since(loaded).num_milliseconds() > 1000
        })
        .await;
        let market = Arc::new(market);
        let mut strangers = tokio::task::JoinSet::new();
        for number in 0..40 {
            let market = Arc::clone(&market);
            strangers
                .spawn(async move { market.server.request(Method::GET, &format!("/go/x{number}?u=1")).send().await });
        }
        let waiting = "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        until("one of them waits", async || count(&mut admin, waiting) > 0).await;
        // Whoever else is to ask has come by now: each is a task that only waits for its answer.
        for _ in 0..25 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert_eq!(count(&mut admin, waiting), 1);
        }
        holder.batch_execute("rollback").unwrap();
        while let Some(answer) = strangers.join_next().await {
            assert_eq!(answer.unwrap().unwrap().status(), 404);
        }

        // Nobody waits for it as long as it likes.
        holder.batch_execute("begin; lock table stores in access exclusive mode").unwrap();
        until("a stranger is told to come back", async || market.server.get("/go/y?u=1").await.status() == 503).await;
        holder.batch_execute("rollback").unwrap();
        until("a stranger is answered", async || market.server.get("/go/y?u=1").await.status() == 404).await;
    });
}
