//! Old clicks go by themselves, and what an order or a claim still needs stays.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt, sql_types::Text};
use kopilka::base::id::{ClickId, StoreId, TermsId};
use kopilka::base::{Clock, Timestamp};
use kopilka::db::click_retention::{default_partition_clean, partition_list, partition_make};
use kopilka::db::clicks::click_find;
use kopilka::db::stores::TermsRow;
use kopilka::db::{Conn, Kind};
use kopilka::domain::month::Month;
use kopilka::job;
use kopilka::service::ServiceError;
use kopilka::service::retention::{Retention, longest_window, partitions_make, retention_preview, retention_step};
use kopilka::service::verify_ledger::verify_ledger;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::try_bench::kopilka;

on_both![
    old_clicks_go_and_what_is_needed_stays,
    clicks_go_in_small_batches,
    a_click_finds_room_before_its_month_is_made,
    a_retention_shorter_than_a_window_removes_nothing,
    the_command_says_what_it_removed,
];

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn open(db: &TestDb, now: &str, retention_days: u32) -> Market {
    Market::open_at(&db.url, time(now), retention_days).await
}

async fn found(market: &Market, click: ClickId) -> bool {
    market.server.app.db.read(move |conn| click_find(conn, click)).await.unwrap().is_some()
}

fn count(conn: &mut Conn, table: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    sql_query(format!("select count(*) as n from {table}")).get_result::<Count>(conn).unwrap().n
}

async fn old_clicks_go_and_what_is_needed_stays(db: TestDb) {
    let market = open(&db, "2026-01-10T12:00:00Z", 400).await;
    let app = &market.server.app;
    job::drain(app).await.unwrap();
    let january = time("2026-01-10T11:00:00Z");
    let (ordered, claimed) = (market.click_at(january).await, market.click_at(january).await);
    let (nothing, later) = (market.click_at(january).await, market.click_at(time("2026-02-20T00:00:00Z")).await);
    assert_eq!(market.report("A-1", ordered, 1, "100.00").await["verdict"], "applied");
    let claim = json!({ "click": claimed.to_string(), "order_number": "B-2", "ordered_at": "2026-01-10T11:30:00Z" });
    let claim = market.send(&market.as_shopper, "/api/v1/claims", &claim, 201).await["id"].as_str().unwrap().to_owned();

    app.clock.advance(TimeDelta::days(399));
    assert_eq!(retention_preview(app).await.unwrap(), Retention::default());
    job::drain(app).await.unwrap();
    assert!(found(&market, nothing).await, "not a day too early");

    app.clock.advance(TimeDelta::days(25));
    let months = if db.kind() == Kind::Postgres { vec!["2026_01".to_owned()] } else { Vec::new() };
    let wanted = Retention { clicks: 3, kept: 2, months };
    assert_eq!(retention_preview(app).await.unwrap(), wanted);
    assert!(found(&market, nothing).await, "looking changes nothing");
    job::drain(app).await.unwrap();
    assert_eq!(retention_preview(app).await.unwrap(), Retention::default());

    assert!(!found(&market, nothing).await);
    assert!(found(&market, later).await);
    let trail = market.read(&market.as_shopper, "/api/v1/orders").await["items"][0]["id"].as_str().unwrap().to_owned();
    let trail = market.read(&market.as_shopper, &format!("/api/v1/orders/{trail}")).await;
    assert_eq!(trail["click"]["reference"], ordered.reference(), "the order still shows its click: {trail}");
    assert_eq!(market.read(&market.as_shopper, &format!("/api/v1/claims/{claim}")).await["order_number"], "B-2");
    assert_eq!(market.report("A-1", ordered, 3, "100.00").await["verdict"], "applied", "it can still be reversed");
    assert_eq!(verify_ledger(app).await.unwrap().findings, vec![]);
    let mut conn = db.connect();
    assert_eq!((count(&mut conn, "clicks"), count(&mut conn, "clicks_kept")), (1, 2));
    assert!(!partition_list(&mut conn).unwrap().contains(&Month::of(january)));
}

async fn clicks_go_in_small_batches(db: TestDb) {
    let market = open(&db, "2026-08-01T00:00:00Z", 120).await;
    for minute in 0..5 {
        market.click_at(time("2026-03-01T00:00:00Z").plus_seconds(minute * 60)).await;
    }
    let mut steps = Vec::new();
    for _ in 0..4 {
        steps.push(retention_step(&market.server.app, 2).await.unwrap().clicks);
    }
    assert_eq!(steps, [2, 2, 1, 0]);
}

async fn a_click_finds_room_before_its_month_is_made(db: TestDb) {
    let market = open(&db, "2026-05-31T23:59:59Z", 400).await;
    let app = &market.server.app;
    let click = market.click_at(time("2026-05-31T23:59:59Z")).await;
    let next = market.click_at(time("2026-06-01T00:00:00Z")).await;
    let made = partitions_make(app).await.unwrap();
    assert_eq!(partitions_make(app).await.unwrap(), 0, "once is enough");
    assert!(found(&market, click).await && found(&market, next).await);
    assert_eq!(count(&mut db.connect(), "clicks"), 2);
    if db.kind() == Kind::Sqlite {
        assert_eq!(made, 0);
        return;
    }
    assert_eq!(made, 4, "this month and three more");
    let mut conn = db.connect();
    for (table, rows) in [("clicks_default", 0), ("clicks_2026_05", 1), ("clicks_2026_06", 1), ("clicks_2026_08", 0)] {
        assert_eq!(count(&mut conn, table), rows, "{table}");
    }
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(partitions_make(app).await.unwrap(), 1, "a new month has begun");
    market.click_at(time("2027-01-01T00:00:00Z")).await;
    assert_eq!(count(&mut conn, "clicks_default"), 1, "a click never fails for lack of a partition");
}

async fn a_retention_shorter_than_a_window_removes_nothing(db: TestDb) {
    let market = open(&db, "2026-08-01T00:00:00Z", 119).await;
    let click = market.click_at(time("2026-03-01T00:00:00Z")).await;
    let refused = retention_step(&market.server.app, 100).await.unwrap_err();
    let ServiceError::Refused { code, detail } = refused else { panic!("{refused}") };
    assert!(code == "retention_too_short" && detail.contains("119") && detail.contains("120"), "{detail}");
    job::drain(&market.server.app).await.unwrap();
    assert!(found(&market, click).await);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kopilka.toml"), "[clicks]\nretention_days = 119\n").unwrap();
    let command = kopilka(folder.path(), &db.url, &["retention"]);
    let said = String::from_utf8_lossy(&command.stderr).into_owned();
    assert!(command.status.code() == Some(1) && said.contains("retention_days is 119"), "{said}");
    let doctor = kopilka(folder.path(), &db.url, &["doctor", "--json"]);
    let findings: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let finding = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "retention").unwrap();
    assert_eq!(finding["grade"], "wrong", "{finding}");
}

async fn the_command_says_what_it_removed(db: TestDb) {
    // The command goes by the clock of the machine.
    let now = Clock::System.now();
    let change = |config: &mut kopilka::config::Config| config.clicks.retention_days = 400;
    let market = Market::open(TestApp::start_with(&db.url, Clock::System, change).await, 0).await;
    let (old, recent) = (market.click_at(now.plus_days(-440)).await, market.click_at(now.plus_days(-10)).await);
    let month = Month::of(now.plus_days(-440));
    let months = if db.kind() == Kind::Postgres {
        partition_make(&market.server.app.db, month).unwrap();
        json!([month.to_string()])
    } else {
        json!([])
    };
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| -> Value {
        let done = kopilka(folder.path(), &db.url, arguments);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let wanted = json!({ "clicks": 1, "kept": 0, "months": months });
    assert_eq!(run(&["retention", "--dry-run", "--json"]), wanted);
    assert!(found(&market, old).await);
    assert_eq!(run(&["retention", "--json"]), wanted);
    assert!(!found(&market, old).await && found(&market, recent).await);
    assert_eq!(run(&["retention", "--json"]), json!({ "clicks": 0, "kept": 0, "months": [] }));
    let told = kopilka(folder.path(), &db.url, &["retention", "--dry-run"]);
    assert!(String::from_utf8_lossy(&told.stdout).starts_with("would remove 0 clicks older than 400 days"));
}

#[test]
fn terms_count_as_long_as_their_clicks_may_earn() {
    let start = time("2026-01-01T00:00:00Z");
    let store = StoreId::new();
    let row = |version: i64, valid_from: Timestamp, days: u16| TermsRow {
        id: TermsId::new(),
        store_id: store,
        version,
        valid_from,
        body: json!({ "rate": { "percent_of_order": "5" }, "attribution_days": days }).to_string(),
        created_at: start,
    };
    let rows = [row(2, start.plus_days(10), 30), row(1, start, 90)];
    // The last link to the first version is made on day 10 and followed within a day, the order is made within 90 days, and
    // told of 90 days later.
    for (day, longest) in [(0, 90), (100, 90), (190, 90), (191, 30), (1000, 30)] {
        assert_eq!(longest_window(&rows, 24, start.plus_days(day)).unwrap(), longest, "day {day}");
    }
    assert_eq!(longest_window(&[], 24, start).unwrap(), 0);
}

#[test]
fn months_are_read_as_they_are_written() {
    let month = Month::of(time("2026-12-31T23:59:59.999Z"));
    assert_eq!((month.to_string(), month.next().to_string()), ("2026_12".to_owned(), "2027_01".to_owned()));
    assert_eq!(month.next().start(), time("2027-01-01T00:00:00Z"));
    assert_eq!("2026_12".parse(), Ok(month));
    for bad in ["2026_13", "2026_1", "default", "2026_00", "02026_01", "+2026_01", ""] {
        assert!(bad.parse::<Month>().is_err(), "{bad}");
    }
    let (before, after) = (ClickId::first_at(time("2026-11-30T23:59:59.999Z")), ClickId::first_at(month.start()));
    assert!(before < after && after.uuid().get_version_num() == 7);
}

/// The lines of a plan on PostgreSQL that read a part of the clicks.
fn scans(conn: &mut Conn, statement: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let steps: Vec<Step> = sql_query(format!("explain {statement}")).load(conn).unwrap();
    steps.into_iter().map(|step| step.line).filter(|line| line.contains("Scan") && line.contains("clicks_")).collect()
}

#[test]
fn a_click_is_looked_for_in_one_partition() {
    crate::support::db::on_postgres(|db| async move {
        let open = db.open();
        for month in ["2026_01", "2026_02", "2026_03"] {
            partition_make(&open, month.parse().unwrap()).unwrap();
        }
        let mut conn = db.connect();
        conn.batch_execute("set enable_seqscan = off; set enable_bitmapscan = off").unwrap();
        let id = ClickId::first_at(time("2026-02-10T00:00:00Z"));
        let one = scans(&mut conn, &format!("select * from clicks where id = '{id}'"));
        assert!(one.len() == 1 && one[0].contains("clicks_2026_02_pkey"), "{one:?}");
        // As the application asks: the same statement again and again, planned once for all values.
        conn.batch_execute(
            "set plan_cache_mode = force_generic_plan; prepare find (uuid) as select * from clicks where id = $1",
        )
        .unwrap();
        let prepared = scans(&mut conn, &format!("execute find ('{id}')"));
        assert!(prepared.len() == 1 && prepared[0].contains("clicks_2026_02_pkey"), "{prepared:?}");
        let shoppers = "select click_id from shopper_clicks where shopper_id = '00000000-0000-7000-8000-000000000000' \
                        order by click_id desc limit 20";
        let all = scans(&mut conn, shoppers);
        assert!(all.len() == 4 && all.iter().all(|line| line.contains("Index")), "{all:?}");
    });
}

/// PostgreSQL: an order that is being committed while its click is removed keeps the click.
#[test]
fn a_click_whose_first_order_is_being_committed_stays() {
    crate::support::db::on_postgres(|db| async move {
        let market = open(&db, "2025-03-10T00:00:00Z", 120).await;
        let app = &market.server.app;
        // No month has been made: it is in the default partition.
        let click = market.click_at(time("2025-03-01T00:00:00Z")).await;
        let mut reader = db.connect();
        reader.batch_execute("begin; select count(*) from clicks_default").unwrap();
        let (open, end) = (app.db.clone(), ClickId::first_at(time("2025-04-01T00:00:00Z")));
        let (waits, again) = (open.clone(), end);
        let refused = tokio::task::spawn_blocking(move || default_partition_clean(&waits, again, 10)).await.unwrap();
        assert!(refused.is_err(), "it does not pass by those who have read the click: {refused:?}");
        assert_eq!(market.report("A-1", click, 1, "100.00").await["verdict"], "applied");
        reader.batch_execute("rollback").unwrap();
        let done = tokio::task::spawn_blocking(move || default_partition_clean(&open, end, 10)).await.unwrap().unwrap();
        assert_eq!((done.clicks, done.kept), (1, 1));
        assert!(found(&market, click).await);
    });
}

/// PostgreSQL: while clicks move into their month's partition, whoever asks finds each of them, in the one place or the other.
#[test]
fn a_click_is_found_while_its_month_is_made() {
    crate::support::db::on_postgres(|db| async move {
        let market = open(&db, "2025-03-10T00:00:00Z", 120).await;
        market.click_at(time("2025-03-01T00:00:00Z")).await;
        let (mut holder, mut watcher) = (db.connect(), db.connect());
        holder.batch_execute("begin; select count(*) from clicks_default").unwrap();
        let handle = market.server.app.db.clone();
        let making = tokio::task::spawn_blocking(move || partition_make(&handle, "2025_03".parse().unwrap()));
        waiters(&mut watcher, 1).await;
        // Nobody has asked this before: the question is planned now.
        let mut asking = db.connect();
        let asked = tokio::task::spawn_blocking(move || count(&mut asking, "clicks"));
        waiters(&mut watcher, 2).await;
        holder.batch_execute("rollback").unwrap();
        // It is moved now, or, where this took longer than it waits for others, another time.
        let made = making.await.unwrap();
        assert!(made.is_ok() || count(&mut db.connect(), "clicks_default") == 1, "{made:?}");
        assert_eq!(asked.await.unwrap(), 1);
    });
}

/// PostgreSQL: whoever was erased while a month's clicks were being copied to where they are kept is erased there as well.
#[test]
fn who_was_erased_meanwhile_is_not_kept() {
    crate::support::db::on_postgres(|db| async move {
        let market = open(&db, "2026-01-10T12:00:00Z", 400).await;
        let app = &market.server.app;
        job::drain(app).await.unwrap();
        let click = market.click_at(time("2026-01-10T11:00:00Z")).await;
        assert_eq!(market.report("A-1", click, 1, "100.00").await["verdict"], "applied");
        // What the copy and the erasure leave when neither sees the other.
        let mut conn = db.connect();
        conn.batch_execute(
            "update clicks set user_agent = 'a browser', ip_prefix = '192.0.2.0/24'; insert into clicks_kept select * from clicks; \
             update clicks set user_agent = null, ip_prefix = null; update shoppers set status = 'erased'",
        )
        .unwrap();
        app.clock.advance(TimeDelta::days(425));
        job::drain(app).await.unwrap();
        assert_eq!(count(&mut conn, "clicks_kept"), 1);
        assert_eq!(count(&mut conn, "clicks_kept where user_agent is not null or ip_prefix is not null"), 0);
    });
}

/// Waits until so many wait for a lock.
async fn waiters(conn: &mut Conn, wanted: i64) {
    let here = "database = (select oid from pg_database where datname = current_database())";
    for _ in 0..1000 {
        if count(conn, &format!("pg_locks where not granted and {here}")) >= wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("nobody waits");
}
