//! What `kopilka ledger verify` finds after somebody with the database's own password was there: the guards are taken
//! down, one thing is changed, and the finding must name it.

use diesel::connection::SimpleConnection;
use kopilka::db::{Conn, Kind};
use kopilka::domain::chain::{BadHead, Head};
use kopilka::service::seal_ledger::seal_ledger;
use kopilka::service::verify_ledger::{Report, verify_ledger, verify_ledger_against};
use serde_json::json;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![
    whatever_a_transaction_says_is_sealed,
    a_transaction_is_sealed_or_waits,
    what_a_transaction_was_posted_for_is_there,
    a_row_that_belongs_to_nothing_is_found,
    an_order_is_what_was_promised_and_noted,
    a_kept_head_tells_a_chain_made_anew,
];

/// Three confirmed orders and a correction with a note, all sealed.
async fn sealed(db: &TestDb) -> Market {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    for order in ["A-1", "A-2", "A-3"] {
        assert_eq!(market.report(order, click, 1, "100.00").await["verdict"], "applied");
    }
    let given = json!({ "key": "k-1", "shopper": market.shopper, "fund": "house/margin", "reason": "two\nlines \\n",
        "amount": { "amount": "1.00", "currency": "RUB" } });
    market.send(&market.as_admin, "/api/v1/operator/adjustments", &given, 201).await;
    assert_eq!(seal_ledger(&market.server.app, 100).await.unwrap(), 4);
    assert_eq!(checks(&market).await, Vec::<&str>::new());
    market
}

async fn report(market: &Market) -> Report {
    verify_ledger(&market.server.app).await.unwrap()
}

/// The names of what was found, each once.
async fn checks(market: &Market) -> Vec<&'static str> {
    let mut checks: Vec<&str> = report(market).await.findings.iter().map(|finding| finding.check).collect();
    checks.sort_unstable();
    checks.dedup();
    checks
}

/// Tables whose rows are only ever added.
const GUARDED: [&str; 5] =
    ["ledger_transactions", "ledger_transfers", "ledger_seals", "conversion_revisions", "payout_events"];

/// A connection that no trigger and no foreign key stops.
pub fn unguarded(db: &TestDb) -> Conn {
    let mut conn = db.connect();
    match db.kind() {
        Kind::Postgres => conn.batch_execute("set session_replication_role = replica").unwrap(),
        Kind::Sqlite => {
            conn.batch_execute("pragma foreign_keys = off").unwrap();
            for table in GUARDED {
                for what in ["update", "delete"] {
                    conn.batch_execute(&format!("drop trigger {table}_no_{what}")).unwrap();
                }
            }
        }
    }
    conn
}

/// An id that nothing has.
fn nothing(db: &TestDb) -> &'static str {
    match db.kind() {
        Kind::Sqlite => "x'00000000000000000000000000000001'",
        Kind::Postgres => "cast('00000000-0000-0000-0000-000000000001' as uuid)",
    }
}

/// Whatever statement is run must change something.
fn run(conn: &mut Conn, statement: &str) {
    use diesel::RunQueryDsl;
    let changed = diesel::sql_query(statement).execute(conn).unwrap_or_else(|error| panic!("{statement}: {error}"));
    assert!(changed > 0, "{statement}");
}

async fn whatever_a_transaction_says_is_sealed(db: TestDb) {
    let market = sealed(&db).await;
    let mut conn = unguarded(&db);
    let id = nothing(&db);
    for (column, value) in [
        ("shopper_id", id),
        ("shopper_id", "null"),
        ("partner_id", id),
        ("conversion_id", id),
        ("payout_id", id),
        ("note", "'three lines'"),
        ("note", "null"),
        ("note", "''"),
        ("note", "'two\\nlines \\n'"),
        ("kind", "'partner_payment'"),
    ] {
        let keep = format!("create table kept as select id, {column} as was from ledger_transactions");
        conn.batch_execute(&keep).unwrap();
        run(&mut conn, &format!("update ledger_transactions set {column} = {value} where note is not null"));
        let found = report(&market).await.findings;
        let named = found.iter().any(|one| one.check == "chain" && one.row.ends_with("(position 4)"));
        assert!(named, "{column} = {value}: {found:?}");
        let back = "(select was from kept where kept.id = ledger_transactions.id)";
        run(&mut conn, &format!("update ledger_transactions set {column} = {back}"));
        conn.batch_execute("drop table kept").unwrap();
        assert_eq!(checks(&market).await, Vec::<&str>::new(), "{column}");
    }
}

async fn a_transaction_is_sealed_or_waits(db: TestDb) {
    let market = sealed(&db).await;
    let mut conn = unguarded(&db);
    let click = market.click(market.shopper).await;
    market.report("A-4", click, 1, "100.00").await;
    // One is hidden from the sealer and another is put before it again, so the numbers still agree.
    run(&mut conn, "delete from ledger_unsealed");
    run(&mut conn, "insert into ledger_unsealed select transaction_id from ledger_seals where position = 2");
    let found = report(&market).await.findings;
    let chain: Vec<&str> =
        found.iter().filter(|one| one.check == "chain").filter_map(|one| one.row.split(' ').next()).collect();
    assert_eq!(chain, ["ledger_transactions", "ledger_unsealed"], "{found:?}");
    assert_eq!(seal_ledger(&market.server.app, 100).await.unwrap(), 0, "nothing is sealed or folded twice");
}

async fn what_a_transaction_was_posted_for_is_there(db: TestDb) {
    let market = sealed(&db).await;
    let mut conn = unguarded(&db);
    let first = "(select conversion_id from ledger_transactions where conversion_id is not null order by id limit 1)";
    conn.batch_execute("create table kept as select * from conversion_revisions").unwrap();
    // One more revision, so that the last one still tells what the order is.
    run(&mut conn, &format!("update conversion_revisions set revision = 2 where conversion_id = {first}"));
    run(&mut conn, &format!("update conversions set revision = 2 where id = {first}"));
    assert_eq!(checks(&market).await, ["cause"]);
    run(&mut conn, &format!("update conversions set revision = 1 where id = {first}"));
    run(&mut conn, "delete from conversion_revisions");
    run(&mut conn, "insert into conversion_revisions select * from kept");
    assert_eq!(checks(&market).await, Vec::<&str>::new());

    run(&mut conn, &format!("delete from conversion_revisions where conversion_id = {first}"));
    run(&mut conn, &format!("delete from conversions where id = {first}"));
    let found = report(&market).await.findings;
    assert!(found.iter().any(|one| one.check == "cause" && one.detail.contains("is gone")), "{found:?}");
}

/// PostgreSQL itself does not look: see the migration `hot_rows`.
async fn a_row_that_belongs_to_nothing_is_found(db: TestDb) {
    let market = sealed(&db).await;
    let mut conn = unguarded(&db);
    let nothing = nothing(&db);
    for (table, columns, rest, check, row) in [
        (
            "ledger_transfers",
            "transaction_id, position, debit, credit, amount, currency",
            "1, 'house/margin', 'house/fees', 5, 'RUB'",
            "balance",
            "ledger_transfers",
        ),
        ("ledger_seals", "transaction_id, position, hash", "5, 'none'", "chain", "ledger_seals"),
        ("ledger_unsealed", "transaction_id", "", "chain", "ledger_unsealed"),
        (
            "conversion_revisions",
            "conversion_id, revision, at, state, hold, commission, cashback, cause",
            "1, at, state, hold, commission, cashback, cause from conversion_revisions limit 1",
            "conversion",
            "conversion_revisions",
        ),
    ] {
        let rest = if rest.is_empty() { rest.to_owned() } else { format!(", {rest}") };
        run(&mut conn, &format!("insert into {table} ({columns}) select {nothing}{rest}"));
        let found = report(&market).await.findings;
        assert_eq!(found.len(), 1, "{table}: {found:?}");
        assert!(found[0].check == check && found[0].row.starts_with(row), "{table}: {found:?}");
        let key = columns.split(',').next().unwrap();
        run(&mut conn, &format!("delete from {table} where {key} = {nothing}"));
        assert_eq!(checks(&market).await, Vec::<&str>::new(), "{table}");
    }
}

async fn an_order_is_what_was_promised_and_noted(db: TestDb) {
    let market = sealed(&db).await;
    let mut conn = unguarded(&db);
    // The promise as it will be read, and what was promised before.
    run(&mut conn, "update conversions set promise = replace(promise, '\"50\"', '\"60\"')");
    assert_eq!(checks(&market).await, ["conversion"]);
    run(&mut conn, "update conversions set promise = replace(promise, '\"60\"', '\"50\"')");
    assert_eq!(checks(&market).await, Vec::<&str>::new());
    for (table, change, back) in [
        ("conversion_revisions", "cashback = cashback + 1", "cashback = cashback - 1"),
        ("conversion_revisions", "state = 'declined'", "state = 'confirmed'"),
        ("conversion_revisions", "revision = 7", "revision = 1"),
        ("conversions", "hold = not hold", "hold = not hold"),
    ] {
        run(&mut conn, &format!("update {table} set {change}"));
        assert!(checks(&market).await.contains(&"conversion"), "{table} {change}");
        run(&mut conn, &format!("update {table} set {back}"));
        assert_eq!(checks(&market).await, Vec::<&str>::new(), "{table} {back}");
    }
}

async fn a_kept_head_tells_a_chain_made_anew(db: TestDb) {
    let market = sealed(&db).await;
    let app = &market.server.app;
    let head = report(&market).await.head;
    let against = async |text: &str| {
        let kept: Head = text.parse().unwrap();
        let findings = verify_ledger_against(app, Some(kept)).await.unwrap().findings;
        findings.iter().map(|finding| finding.check).collect::<Vec<_>>()
    };
    let kept = format!("4:{head}");
    assert_eq!(against(&kept).await, Vec::<&str>::new());
    assert_eq!(against(&format!("0:{}", "0".repeat(64))).await, Vec::<&str>::new());
    assert_eq!(against(&format!("5:{head}")).await, ["kept_head"], "the chain is shorter");
    assert_eq!(against(&format!("3:{head}")).await, ["kept_head"], "another hash");

    // A note is changed and everything is sealed anew: the chain holds by itself, and only the head tells.
    let mut conn = unguarded(&db);
    run(&mut conn, "update ledger_transactions set note = 'nothing to see' where note is not null");
    let broken = report(&market).await;
    assert_ne!(broken.head, head, "the head is computed, and not read from what is stored");
    run(&mut conn, "insert into ledger_unsealed select transaction_id from ledger_seals");
    run(&mut conn, "delete from ledger_seals");
    run(&mut conn, "delete from ledger_folded");
    assert_eq!(seal_ledger(app, 100).await.unwrap(), 4);
    assert_eq!(checks(&market).await, Vec::<&str>::new());
    assert_eq!(against(&kept).await, ["kept_head"]);

    for bad in ["", "4", "4:abc", "x:0", &format!("-1:{head}"), &format!("4:{head}0")] {
        assert_eq!(bad.parse::<Head>(), Err(BadHead), "{bad}");
    }
}
