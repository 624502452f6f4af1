//! What two connections read of one state, while others write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kopilka::base::Timestamp;
use kopilka::db::partners::{AdapterRow, adapter_list, adapter_put};
use kopilka::db::{Conn, Db, DbError, Lane, snapshot_in_two};

use crate::on_both;
use crate::support::db::{TestDb, on_postgres};

on_both![two_who_read_at_once_see_the_same, what_one_of_two_is_refused_is_told];

/// Writes the number anew, over and over, until told to stop.
async fn write_on(db: Db, stop: Arc<AtomicBool>) {
    let mut number = 0_u64;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let row = AdapterRow { name: "counter".to_owned(), body: number.to_string(), updated_at: Timestamp::EPOCH };
        db.write(Lane::House, move |conn| adapter_put(conn, &row)).await.unwrap();
    }
}

fn number(conn: &mut Conn) -> Result<String, DbError> {
    let rows = adapter_list(conn)?;
    Ok(rows.into_iter().find(|row| row.name == "counter").map(|row| row.body).unwrap_or_default())
}

async fn two_who_read_at_once_see_the_same(db: TestDb) {
    let db = db.open();
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write_on(db.clone(), Arc::clone(&stop)));
    let reader = db.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let (mut first, mut second) = (reader.reading_connection().unwrap(), reader.reading_connection().unwrap());
        let mut before = String::new();
        let mut states = 0;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(120) {
            let (one, other) = snapshot_in_two([&mut first, &mut second], number, number).unwrap();
            assert_eq!(one, other);
            states += usize::from(one != before);
            before = one;
            if states == 300 {
                return;
            }
        }
        panic!("only {states} states were seen");
    });
    let read = reading.await;
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    read.unwrap();
}

async fn what_one_of_two_is_refused_is_told(db: TestDb) {
    let db = db.open();
    tokio::task::spawn_blocking(move || {
        let (mut first, mut second) = (db.reading_connection().unwrap(), db.reading_connection().unwrap());
        let refuse = |_: &mut Conn| Err::<String, _>(DbError::Refused("no".to_owned()));
        let refused = snapshot_in_two([&mut first, &mut second], number, refuse);
        assert!(matches!(refused, Err(DbError::Refused(_))), "{refused:?}");
        // Both connections are free again.
        snapshot_in_two([&mut first, &mut second], number, number).unwrap();
    })
    .await
    .unwrap();
}

async fn put(db: &TestDb, number: u64) {
    let row = AdapterRow { name: "counter".to_owned(), body: number.to_string(), updated_at: Timestamp::EPOCH };
    db.open().write(Lane::House, move |conn| adapter_put(conn, &row)).await.unwrap();
}

/// As two servers behind one address would be.
#[test]
fn two_connections_that_lead_elsewhere_still_see_the_same() {
    on_postgres(async |here| {
        let elsewhere = TestDb::postgres().unwrap();
        put(&here, 1).await;
        put(&elsewhere, 2).await;
        let (mut first, mut second) = (here.connect(), elsewhere.connect());
        let seen = snapshot_in_two([&mut first, &mut second], number, number).unwrap();
        assert_eq!(seen, ("1".to_owned(), "1".to_owned()));
    });
}
