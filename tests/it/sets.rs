//! Sets: what waits together is written together, and one bad item leaves its neighbours alone.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use kopilka::base::Timestamp;
use kopilka::db::partners::{AdapterRow, adapter_list, adapter_put};
use kopilka::db::{Answers, Conn, Db, DbError, Lane, SetWriter, WriteSet};

use crate::on_both;
use crate::support::db::TestDb;

on_both![
    what_waits_together_is_one_set,
    a_bad_item_leaves_its_neighbours_alone,
    an_item_that_panics_is_refused_alone,
    a_set_is_written_again_when_another_was_in_the_way,
    a_full_basket_says_so_at_once,
    it_is_busy_when_many_wait,
];

/// Writes names; answers each with the size of the set that it was written in.
enum Names {}

impl WriteSet for Names {
    type Item = &'static str;
    type Done = usize;
    type Error = DbError;
    const FOR_CALLERS: bool = true;

    fn write(conn: &mut Conn, items: &[&'static str]) -> Result<Answers<Self>, DbError> {
        for name in items {
            let row = AdapterRow { name: (*name).to_owned(), body: "-".to_owned(), updated_at: Timestamp::EPOCH };
            adapter_put(conn, &row)?;
            match *name {
                "bad" => return Err(DbError::Refused("this one is bad".to_owned())),
                "panics" => panic!("as it is meant to"),
                // What the database itself refuses: on PostgreSQL that spoils everything up to the savepoint.
                "taken" => {
                    let again = AdapterRow { name: "taken".into(), body: "-".into(), updated_at: Timestamp::EPOCH };
                    diesel::RunQueryDsl::execute(
                        diesel::insert_into(kopilka::db::schema::adapters::table).values(&again),
                        conn,
                    )?;
                }
                "late" if !conn_was_tried(conn)? => return Err(DbError::Again("once".to_owned())),
                _ => {}
            }
        }
        Ok(items.iter().map(|_| Ok(items.len())).collect())
    }
}

thread_local! {
    static TRIED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// False the first time that a lane's thread asks.
fn conn_was_tried(_: &mut Conn) -> Result<bool, DbError> {
    Ok(TRIED.with(|tried| tried.replace(true)))
}

/// Puts these into one basket while the lane is held; gives what each was answered.
async fn together(db: &Db, names: &[&'static str]) -> BTreeMap<&'static str, Result<usize, DbError>> {
    let (go_on, wait) = mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel::<()>();
    let mut began = Some(began);
    let holder = db.clone();
    let held = tokio::spawn(async move {
        let body = move |_: &mut Conn| {
            began.take().map(|began| began.send(()));
            wait.recv_timeout(Duration::from_secs(60)).unwrap();
            Ok::<_, DbError>(())
        };
        holder.write(Lane::House, body).await.unwrap();
    });
    begun.await.unwrap();
    let writer: SetWriter<Names> = db.set_writer();
    let mut waiting = Vec::new();
    for name in names {
        let mut write = Box::pin({
            let writer = writer.clone();
            async move { writer.write(Lane::House, *name).await }
        });
        // The first poll puts it into the basket.
        let first = std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await;
        assert!(first.is_pending());
        waiting.push((*name, write));
    }
    go_on.send(()).unwrap();
    held.await.unwrap();
    let mut out = BTreeMap::new();
    for (name, write) in waiting {
        out.insert(name, write.await);
    }
    out
}

async fn stored(db: &Db) -> Vec<String> {
    db.read(adapter_list).await.unwrap().into_iter().map(|row| row.name).collect()
}

async fn what_waits_together_is_one_set(test: TestDb) {
    let db = test.open();
    let answers = together(&db, &["a", "b", "c"]).await;
    assert!(answers.values().all(|answer| matches!(answer, Ok(3))), "{answers:?}");
    assert_eq!(stored(&db).await, ["a", "b", "c"]);
    let later = together(&db, &["d"]).await;
    assert!(matches!(later["d"], Ok(1)), "a lone one waits for nobody: {later:?}");
}

async fn a_bad_item_leaves_its_neighbours_alone(test: TestDb) {
    let db = test.open();
    let answers = together(&db, &["a", "bad", "b", "taken", "c"]).await;
    assert!(matches!(answers["bad"], Err(DbError::Refused(_))), "{answers:?}");
    assert!(matches!(answers["taken"], Err(DbError::Taken(_))), "{answers:?}");
    for good in ["a", "b", "c"] {
        assert!(matches!(answers[good], Ok(1)), "each for itself: {answers:?}");
    }
    assert_eq!(stored(&db).await, ["a", "b", "c"]);
}

async fn an_item_that_panics_is_refused_alone(test: TestDb) {
    let db = test.open();
    let answers = together(&db, &["a", "panics", "b"]).await;
    assert!(matches!(answers["panics"], Err(DbError::Refused(_))), "{answers:?}");
    assert_eq!(stored(&db).await, ["a", "b"]);
    assert!(matches!(together(&db, &["c"]).await["c"], Ok(1)), "the lane goes on");
}

async fn a_set_is_written_again_when_another_was_in_the_way(test: TestDb) {
    let db = test.open();
    let answers = together(&db, &["a", "late", "b"]).await;
    assert!(answers.values().all(|answer| matches!(answer, Ok(3))), "{answers:?}");
    assert_eq!(stored(&db).await, ["a", "b", "late"]);
}

async fn it_is_busy_when_many_wait(test: TestDb) {
    let db = test.open();
    together(&db, &["1", "2", "3", "4", "5", "6", "7"]).await;
    assert!(!db.is_busy(), "a few are not many");
    // It is forgotten a second later, so on a machine that stands still for so long it is looked again.
    for _ in 0..20 {
        together(&db, &["1", "2", "3", "4", "5", "6", "7", "8"]).await;
        if db.is_busy() {
            return;
        }
    }
    panic!("it was never busy");
}

async fn a_full_basket_says_so_at_once(test: TestDb) {
    let db = test.open();
    let (go_on, wait) = mpsc::channel::<()>();
    let holder = db.clone();
    let held = tokio::spawn(async move {
        let body = move |_: &mut Conn| {
            wait.recv_timeout(Duration::from_secs(60)).unwrap();
            Ok::<_, DbError>(())
        };
        holder.write(Lane::House, body).await.unwrap();
    });
    let writer: SetWriter<Names> = db.set_writer();
    let mut waiting = Vec::new();
    let refused = loop {
        let mut write = Box::pin({
            let writer = writer.clone();
            async move { writer.write(Lane::House, "same").await }
        });
        let first = std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await;
        match first {
            std::task::Poll::Pending => waiting.push(write),
            std::task::Poll::Ready(answer) => break answer,
        }
        assert!(waiting.len() < 100_000, "a basket without a bottom");
    };
    assert!(matches!(refused, Err(DbError::Overloaded)), "{refused:?}");
    go_on.send(()).unwrap();
    held.await.unwrap();
    for write in waiting {
        write.await.unwrap();
    }
    assert_eq!(stored(&db).await, ["same"]);
}
