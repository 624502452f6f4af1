//! Questions that are asked together: each caller is told what it asked for, and what is wrong with one harms no other.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};
use kopilka::base::id::PartnerId;
use kopilka::db::schema::{operators, partner_people, tokens};
use kopilka::db::tokens::{Owner, token_revoke};
use kopilka::db::{Conn, Db, DbError, DbOptions, Lane, ReadSet, SetReader};
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
    a_bad_question_leaves_its_neighbours_alone,
    who_waited_too_long_is_told_and_nobody_else,
    too_many_are_told_to_come_back,
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
        // What signs nobody in: a code, and tokens that have ended.
        let (code, _) = accounts::token(app, Owner::Shopper(shopper), TokenKind::EmailConfirm).await;
        let (revoked, id) = accounts::token(app, Owner::Shopper(shopper), kind).await;
        let (over, ended) = accounts::token(app, Owner::Shopper(shopper), kind).await;
        let now = app.clock.now();
        let end = move |conn: &mut Conn| {
            token_revoke(conn, Owner::Shopper(shopper), id, now)?;
            diesel::update(tokens::table.find(ended)).set(tokens::expires_at.eq(Some(now))).execute(conn)?;
            Ok::<_, DbError>(())
        };
        app.db.write(Lane::House, end).await.unwrap();
        wanted.extend([(code, None), (revoked, None), (over, None)]);
    }
    let (operator, shut) = (accounts::operator(app, Role::Finance).await, accounts::operator(app, Role::Admin).await);
    let partner = accounts::partner(app).await;
    let (person, left) = (accounts::person(app, partner).await, accounts::person(app, partner).await);
    let shut_out = move |conn: &mut Conn| {
        diesel::update(operators::table.find(shut)).set(operators::status.eq("blocked")).execute(conn)?;
        let none = partner_people::partner_id.eq(None::<PartnerId>);
        diesel::update(partner_people::table.find(left)).set(none).execute(conn)?;
        Ok::<_, DbError>(())
    };
    app.db.write(Lane::House, shut_out).await.unwrap();
    for (owner, actor) in [
        (Owner::Operator(operator), Some(Actor::Operator(operator, Role::Finance))),
        (Owner::Operator(shut), None),
        (Owner::Partner(partner), Some(Actor::Partner(partner))),
        (Owner::Person(person), Some(Actor::Person(person, partner))),
        (Owner::Person(left), None),
    ] {
        let (token, _) = accounts::token(app, owner, TokenKind::Api).await;
        wanted.push((token, actor.map(|actor| (actor, TokenKind::Api))));
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
    let reader = db.set_reader().unwrap();
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
    let numbers: Vec<u32> = (20..60).collect();
    let told: Vec<(u32, usize)> = together(&db, &reader, &numbers).await.into_iter().map(Result::unwrap).collect();
    assert!(told.iter().map(|(number, _)| *number).eq(numbers), "{told:?}");
    // Two threads take one each, and one of them the rest.
    let largest = told.iter().map(|(_, size)| *size).max().unwrap();
    assert!(largest >= 39, "{told:?}");
    assert_eq!(ask(&reader, 8).await.unwrap(), (8, 1), "a lone one waits for nobody");
}

async fn a_bad_question_leaves_its_neighbours_alone(test: TestDb) {
    let (db, reader) = open(&test);
    for bad in [12, 13] {
        let told = together(&db, &reader, &[1, 2, 3, bad, 4]).await;
        for (number, told) in [1, 2, 3, bad, 4].into_iter().zip(told) {
            match told {
                Err(DbError::Refused(_)) => assert_eq!(number, bad),
                told => assert_eq!(told.unwrap().0, number),
            }
        }
        assert_eq!(ask(&reader, 11).await.unwrap(), (11, 1), "the threads go on");
    }
}

async fn who_waited_too_long_is_told_and_nobody_else(test: TestDb) {
    let (db, reader) = open(&test);
    let held = hold(&db).await;
    let mut early = [begun(ask(&reader, 1)).await, begun(ask(&reader, 2)).await];
    // Both threads wait for a connection by the time that the third comes.
    for one in &mut early {
        assert!(tokio::time::timeout(Duration::from_secs(1), one).await.is_err(), "before its time");
    }
    let late = begun(ask(&reader, 3)).await;
    for one in early {
        let told = one.await;
        assert!(matches!(told, Err(DbError::Unavailable(_))), "{told:?}");
    }
    held.send(()).unwrap();
    assert_eq!(late.await.unwrap(), (3, 1));
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
