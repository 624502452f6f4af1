//! Questions that are asked together: each caller is told what it asked for, and nobody waits for one who has gone.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use kopilka::db::tokens::Owner;
use kopilka::db::{Conn, Db, DbError, DbOptions, ReadSet, SetReader};
use kopilka::domain::access::{AccountStatus, Actor, Role, TokenKind};
use kopilka::service::ServiceError;
use kopilka::service::accounts::{authenticate, shopper_set_status};
use tokio::sync::oneshot;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::db::TestDb;

on_both![
    callers_who_come_together_are_each_themselves,
    who_comes_while_none_is_free_is_asked_for_together,
    a_failure_is_told_to_all_and_to_nobody_later,
    too_many_are_told_to_come_back,
    nobody_waits_for_a_runtime_that_has_ended,
];

type Waiting<T> = Pin<Box<dyn Future<Output = T>>>;

/// Begins it: the first poll puts a question into the basket.
async fn begun<T>(future: impl Future<Output = T> + 'static) -> Waiting<T> {
    let mut waiting: Waiting<T> = Box::pin(future);
    let first = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await;
    assert!(first.is_pending());
    waiting
}

/// Takes a connection for reading until something is sent.
async fn hold(db: &Db) -> mpsc::Sender<()> {
    let (go_on, wait) = mpsc::channel::<()>();
    let (begins, began) = oneshot::channel();
    let db = db.clone();
    drop(tokio::spawn(async move {
        let held = db.read(move |_| {
            begins.send(()).unwrap();
            wait.recv_timeout(Duration::from_secs(60)).unwrap();
            Ok::<_, DbError>(())
        });
        held.await.unwrap();
    }));
    began.await.unwrap();
    go_on
}

async fn callers_who_come_together_are_each_themselves(db: TestDb) {
    let server = TestApp::start(&db.url).await;
    let app = &server.app;
    let mut wanted: Vec<(String, Option<(Actor, TokenKind)>)> = vec![("nobody's".to_owned(), None)];
    for number in 0..20 {
        let shopper = accounts::shopper(app).await;
        let kind = if number % 2 == 0 { TokenKind::Session } else { TokenKind::Api };
        let (token, _) = accounts::token(app, Owner::Shopper(shopper), kind).await;
        let blocked = number % 5 == 3;
        if blocked {
            let support = Actor::Operator(accounts::operator(app, Role::Support).await, Role::Support);
            shopper_set_status(app, &support, shopper, AccountStatus::Blocked, "test").await.unwrap();
        }
        wanted.push((token, (!blocked).then_some((Actor::Shopper(shopper), kind))));
        // What signs nobody in.
        let (code, _) = accounts::token(app, Owner::Shopper(shopper), TokenKind::EmailConfirm).await;
        wanted.push((code, None));
    }
    let operator = accounts::operator(app, Role::Finance).await;
    let partner = accounts::partner(app).await;
    let person = accounts::person(app, partner).await;
    for (owner, actor) in [
        (Owner::Operator(operator), Actor::Operator(operator, Role::Finance)),
        (Owner::Partner(partner), Actor::Partner(partner)),
        (Owner::Person(person), Actor::Person(person, partner)),
    ] {
        let (token, _) = accounts::token(app, owner, TokenKind::Api).await;
        wanted.push((token, Some((actor, TokenKind::Api))));
    }
    // Some come twice.
    wanted.extend(wanted.iter().take(12).cloned().collect::<Vec<_>>());

    let held = [hold(&app.db).await, hold(&app.db).await];
    let mut waiting = Vec::new();
    for (token, is) in &wanted {
        let (app, token) = (app.clone(), token.clone());
        waiting.push((begun(async move { authenticate(&app, &token).await }).await, is));
    }
    held.iter().for_each(|held| held.send(()).unwrap());
    for (caller, is) in waiting {
        match (caller.await, is) {
            (Ok(caller), Some(is)) => assert_eq!((caller.actor, caller.kind), *is),
            (Err(ServiceError::Unauthenticated), None) => {}
            (told, is) => panic!("{told:?} in place of {is:?}"),
        }
    }
}

/// Tells each number again, and among how many it was asked for.
enum Numbers {}

impl ReadSet for Numbers {
    type Item = u32;
    type Found = (u32, usize);

    fn read(_: &mut Conn, items: &[u32]) -> Result<Vec<(u32, usize)>, DbError> {
        assert!(!items.contains(&13), "as it is meant to");
        if items.contains(&12) {
            return Err(DbError::Refused("a bad number".to_owned()));
        }
        Ok(items.iter().map(|number| (*number, items.len())).collect())
    }
}

fn open(test: &TestDb) -> (Db, SetReader<Numbers>) {
    let db = Db::open(&DbOptions { url: test.url.clone(), readers: 1, ..DbOptions::default() }).unwrap();
    let reader = db.set_reader();
    (db, reader)
}

fn ask(reader: &SetReader<Numbers>, number: u32) -> impl Future<Output = Result<(u32, usize), DbError>> + 'static {
    let reader = reader.clone();
    async move { reader.read(number).await }
}

/// Asks about all of these while no connection is free.
async fn together(db: &Db, reader: &SetReader<Numbers>, numbers: &[u32]) -> Vec<Result<(u32, usize), DbError>> {
    let held = hold(db).await;
    let mut waiting = Vec::new();
    for number in numbers {
        waiting.push(begun(ask(reader, *number)).await);
    }
    held.send(()).unwrap();
    let mut told = Vec::new();
    for one in waiting {
        told.push(one.await);
    }
    told
}

async fn who_comes_while_none_is_free_is_asked_for_together(test: TestDb) {
    let (db, reader) = open(&test);
    let told: Vec<(u32, usize)> = together(&db, &reader, &[5, 6, 7]).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(told, [(5, 3), (6, 3), (7, 3)]);
    assert_eq!(ask(&reader, 8).await.unwrap(), (8, 1), "a lone one waits for nobody");
}

async fn a_failure_is_told_to_all_and_to_nobody_later(test: TestDb) {
    let (db, reader) = open(&test);
    let told = together(&db, &reader, &[11, 12]).await;
    assert!(told.iter().all(|one| matches!(one, Err(DbError::Refused(_)))), "{told:?}");
    assert_eq!(ask(&reader, 11).await.unwrap(), (11, 1));
    let told = together(&db, &reader, &[11, 13]).await;
    assert!(told.iter().all(|one| matches!(one, Err(DbError::Unavailable(_)))), "{told:?}");
    assert_eq!(ask(&reader, 11).await.unwrap(), (11, 1));
}

async fn too_many_are_told_to_come_back(test: TestDb) {
    let (db, reader) = open(&test);
    let held = hold(&db).await;
    let mut waiting = Vec::new();
    let refused = loop {
        let mut next: Waiting<_> = Box::pin(ask(&reader, 1));
        match std::future::poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await {
            Poll::Ready(answer) => break answer,
            Poll::Pending => waiting.push(next),
        }
        assert!(waiting.len() < 100_000, "as many as like may wait");
    };
    assert!(matches!(refused, Err(DbError::Overloaded)), "{refused:?}");
    assert!(waiting.len() >= 1000, "{}", waiting.len());
    held.send(()).unwrap();
    for one in waiting {
        one.await.unwrap();
    }
    ask(&reader, 1).await.unwrap();
}

/// Each worker of the server has a runtime of its own, and they end one after the other.
async fn nobody_waits_for_a_runtime_that_has_ended(test: TestDb) {
    let (db, reader) = open(&test);
    let held = hold(&db).await;
    let ended = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = ended.handle().clone();
    ended.shutdown_background();
    let told = {
        // The turn is the ended runtime's, which runs it never.
        let _inside = handle.enter();
        let mut first: Waiting<_> = Box::pin(ask(&reader, 1));
        std::future::poll_fn(|context| Poll::Ready(first.as_mut().poll(context))).await
    };
    assert!(matches!(told, Poll::Ready(Err(DbError::Unavailable(_)))), "{told:?}");
    let second = begun(ask(&reader, 2)).await;
    held.send(()).unwrap();
    assert_eq!(second.await.unwrap(), (2, 1));
}
