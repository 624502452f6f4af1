//! A shopper's clicks are found among all others, however many came, in whatever order, and whichever of them are gone.

use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt, sql_types::Text};
use kopilka::base::Timestamp;
use kopilka::base::id::{ClickId, ShopperId};
use kopilka::db::clicks::{ClickRow, click_erase_all, click_insert_missing, click_list_by_ids};
use kopilka::db::{Conn, DbError, Kind, Lane, migrate};
use kopilka::service::retention::retention_step;

use crate::on_both;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![every_click_of_a_shopper_is_found, clicks_that_were_there_before_are_found];

/// How many clicks make a run on SQLite.
const RUN: i64 = 8192;
/// Two runs and a part of one.
const CLICKS: i64 = 20_000;

/// The shopper's clicks as the API lists them, page by page.
async fn listed(market: &Market) -> Vec<String> {
    let (mut found, mut path) = (Vec::new(), "/api/v1/clicks?limit=100".to_owned());
    loop {
        let page = market.read(&market.as_shopper, &path).await;
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|click| click["reference"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return found };
        path = format!("/api/v1/clicks?limit=100&after={next}");
    }
}

fn newest_first(rows: &[ClickRow], shopper: ShopperId) -> Vec<String> {
    let mut ids: Vec<ClickId> = rows.iter().filter(|row| row.shopper_id == shopper).map(|row| row.id).collect();
    ids.sort_by(|a, b| b.cmp(a));
    ids.iter().map(|id| id.reference()).collect()
}

fn number(conn: &mut Conn, query: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    sql_query(format!("select ({query}) as n")).get_result::<Number>(conn).unwrap().n
}

/// What the view gives is what the table holds, and on SQLite the runs hold so many clicks, and nothing else.
fn noted(db: &TestDb, in_runs: impl Into<Option<i64>>) {
    let mut conn = db.connect();
    let pairs = |one: &str, two: &str| format!("select count(*) from ({one} except {two}) as missing");
    let (view, table) = ("select shopper_id, click_id from shopper_clicks", "select shopper_id, id from clicks");
    assert_eq!((number(&mut conn, &pairs(view, table)), number(&mut conn, &pairs(table, view))), (0, 0));
    if db.kind() == Kind::Sqlite {
        let inside = number(&mut conn, "select count(*) from click_runs");
        let sealed = "select count(*) from clicks where seq < (select max(run) + 1 from click_runs) * 8192";
        assert_eq!(inside, number(&mut conn, sealed), "only clicks that are there are noted");
        assert!(in_runs.into().is_none_or(|wanted| wanted == inside), "{inside}");
    }
}

async fn every_click_of_a_shopper_is_found(db: TestDb) {
    let now: Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
    let market = Market::open_at(&db.url, now, 120).await;
    let others: Vec<ShopperId> = (0..50).map(|_| ShopperId::new()).collect();
    let (old, recent) = (now.plus_days(-150), now.plus_days(-10));
    let mut rows = Vec::new();
    for n in 0..CLICKS {
        // A few come late, as from a stream: their ids are smaller than those that are stored already.
        let late = if n % 7 == 0 { 5_000 } else { 0 };
        let at = if n % 3 == 0 { old } else { recent }.plus_seconds(n - late);
        let shopper = if n % 40 == 0 { market.shopper } else { others[usize::try_from(n % 50).unwrap()] };
        rows.push(ClickRow { user_agent: Some("a browser".to_owned()), ..market.click_row_at(shopper, at) });
    }
    let writer = &market.server.app.db;
    for (n, part) in rows.chunks(700).enumerate() {
        let part = part.to_vec();
        // Some are refused once after they were written, also among those that fill a run.
        let mut refused = n % 3 == 0;
        let write = move |conn: &mut Conn| {
            let added = click_insert_missing(conn, &part)?;
            if std::mem::take(&mut refused) { Err(DbError::Again("once more".to_owned())) } else { Ok(added) }
        };
        assert!(writer.write(Lane::Clicks, write).await.unwrap() > 0);
    }
    let all = newest_first(&rows, market.shopper);
    assert_eq!((all.len(), listed(&market).await), (500, all));
    // Numbers begin with 1.
    noted(&db, 2 * RUN - 1);

    while retention_step(&market.server.app, 3_000).await.unwrap().clicks > 0 {}
    rows.retain(|row| row.at >= recent.plus_seconds(-5_000));
    let left = newest_first(&rows, market.shopper);
    assert_eq!(listed(&market).await, left);
    assert!(left.len() > 300 && left.len() < 350, "{}", left.len());
    noted(&db, None);

    let shopper = market.shopper;
    writer.write(Lane::Clicks, move |conn| click_erase_all(conn, shopper)).await.unwrap();
    let ids: Vec<ClickId> = rows.iter().map(|row| row.id).collect();
    let mut stored = Vec::new();
    for part in ids.chunks(5_000) {
        let part = part.to_vec();
        let found = writer.read(move |conn| click_list_by_ids(conn, &part)).await;
        stored.extend(found.unwrap());
    }
    assert_eq!(stored.len(), rows.len());
    assert!(stored.iter().all(|row| row.user_agent.is_none() == (row.shopper_id == shopper)), "only the shopper's");
    let last = market.click(shopper).await;
    assert_eq!(listed(&market).await.first(), Some(&last.reference()), "a click is there at once");

    // Even when all are gone, nothing that comes later is taken for one that is noted.
    db.connect().batch_execute("delete from clicks").unwrap();
    noted(&db, 0);
    let last = market.click(shopper).await;
    assert_eq!(listed(&market).await, [last.reference()]);
    noted(&db, 0);
}

async fn clicks_that_were_there_before_are_found(db: TestDb) {
    let now: Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
    let market = Market::open_at(&db.url, now, 120).await;
    let rows: Vec<ClickRow> =
        (0..RUN + 100).map(|n| market.click_row_at(market.shopper, now.plus_seconds(n))).collect();
    let stored = rows.clone();
    let added = market.server.app.db.write(Lane::Clicks, move |conn| click_insert_missing(conn, &stored)).await;
    assert_eq!(added.unwrap(), rows.len());
    if db.kind() == Kind::Sqlite {
        // Back to the table as it was, and forward again.
        let mut conn = db.connect();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite/2026-11-27-000044_click_runs");
        let script = |name: &str| std::fs::read_to_string(format!("{folder}/{name}.sql")).unwrap();
        conn.batch_execute(&script("down")).unwrap();
        assert_eq!(number(&mut conn, "select count(*) from clicks indexed by clicks_by_shopper"), RUN + 100);
        conn.batch_execute(&script("up")).unwrap();
    }
    noted(&db, RUN - 1);
    let newest = newest_first(&rows, market.shopper);
    let page = market.read(&market.as_shopper, "/api/v1/clicks?limit=100").await;
    let first: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|one| one["reference"].as_str().unwrap()).collect();
    assert_eq!(first, newest[..100]);
    assert!(!migrate::pending(&mut db.connect()).unwrap());
}

/// Built in another way it is correct as well, but slower than the figures say.
#[test]
fn sqlite_is_built_as_this_program_uses_it() {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let mut conn = TestDb::sqlite().connect();
    let rows: Vec<Setting> = sql_query("pragma compile_options").load(&mut conn).unwrap();
    let all: Vec<String> = rows.into_iter().map(|row| row.compile_options).collect();
    assert!(all.iter().any(|one| one == "THREADSAFE=2"), "{all:?}");
    assert!(!all.iter().any(|one| one == "ENABLE_MEMORY_MANAGEMENT"), "{all:?}");
}
