//! `kopilka ledger` beside a running server, the database's own guard of the ledger, and the script in docs/LEDGER.md.

use std::process::Command;

use diesel::connection::SimpleConnection;
use kopilka::db::{Conn, Kind};
use kopilka::service::seal_ledger::seal_ledger;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::try_bench::kopilka;

on_both![
    the_database_refuses_to_change_the_ledger,
    a_changed_row_is_named,
    an_export_is_verified_by_the_script_in_the_documents,
];

async fn with_orders(db: &TestDb) -> Market {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    for order in ["A-1", "A-2", "A-3"] {
        assert_eq!(market.report(order, click, 1, "100.00").await["verdict"], "applied");
    }
    assert_eq!(seal_ledger(&market.server.app, 100).await.unwrap(), 3);
    market
}

fn execute(conn: &mut Conn, statement: &str) -> Result<(), String> {
    match conn {
        Conn::Lite(conn) => conn.batch_execute(statement).map_err(|error| error.to_string()),
        Conn::Pg(conn) => conn.batch_execute(statement).map_err(|error| error.to_string()),
    }
}

async fn the_database_refuses_to_change_the_ledger(db: TestDb) {
    let market = with_orders(&db).await;
    let mut conn = db.connect();
    for statement in [
        "update ledger_transfers set amount = amount + 1",
        "delete from ledger_transfers",
        "update ledger_transactions set note = 'x'",
        "delete from ledger_transactions",
        "update ledger_seals set hash = 'x'",
        "delete from ledger_seals",
        "update conversion_revisions set cashback = 0",
    ] {
        let refusal = execute(&mut conn, statement).expect_err(statement);
        assert!(refusal.contains("never changed"), "{statement}: {refusal}");
    }
    drop(market);
    let folder = tempfile::tempdir().unwrap();
    assert!(kopilka(folder.path(), &db.url, &["ledger", "verify"]).status.success());
}

async fn a_changed_row_is_named(db: TestDb) {
    let _market = with_orders(&db).await;
    let folder = tempfile::tempdir().unwrap();
    let verify = || kopilka(folder.path(), &db.url, &["ledger", "verify", "--json"]);
    let good = verify();
    assert_eq!(good.status.code(), Some(0), "{}", String::from_utf8_lossy(&good.stderr));
    let report: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!((report["sealed"].as_i64(), report["findings"].as_array().map(Vec::len)), (Some(3), Some(0)));

    let head = kopilka(folder.path(), &db.url, &["ledger", "head", "--json"]);
    let head: Value = serde_json::from_slice(&head.stdout).unwrap();
    assert_eq!((head["position"].as_i64(), &head["hash"]), (Some(3), &report["head"]));

    let against = |head: &str| kopilka(folder.path(), &db.url, &["ledger", "verify", "--head", head]).status.code();
    let hash = head["hash"].as_str().unwrap();
    assert_eq!((against(&format!("3:{hash}")), against(&format!("2:{hash}"))), (Some(0), Some(1)));
    assert_eq!(against(hash), Some(2), "a head without its position is no head");

    let mut conn = db.connect();
    let unguard = match db.kind() {
        Kind::Sqlite => "drop trigger ledger_transfers_no_update",
        Kind::Postgres => "alter table ledger_transfers disable trigger user",
    };
    execute(&mut conn, unguard).unwrap();
    let second = "(select transaction_id from ledger_seals where position = 2)";
    execute(&mut conn, &format!("update ledger_transfers set amount = amount + 1 where transaction_id = {second}"))
        .unwrap();
    let bad = verify();
    assert_eq!(bad.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&bad.stdout).unwrap();
    let row = report["findings"][0]["row"].as_str().unwrap();
    assert!(row.starts_with("ledger_transactions ") && row.ends_with("(position 2)"), "{row}");
    let told = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(told.contains(row), "{told}");
    assert!(report["findings"].as_array().unwrap().iter().all(|one| one["row"] != "ledger_transactions (position 3)"));
}

/// The script as the document has it.
fn script() -> String {
    let document = include_str!("../../docs/LEDGER.md");
    let (_, after) = document.split_once("```python\n").unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

async fn an_export_is_verified_by_the_script_in_the_documents(db: TestDb) {
    let market = with_orders(&db).await;
    // A note with everything in it that a line, a quote or a backslash could spoil.
    let given = json!({ "key": "k-1", "shopper": market.shopper, "fund": "house/margin",
        "reason": "«two»\nlines \\n \"quoted\"\r\t\u{7f}", "amount": { "amount": "1.00", "currency": "RUB" } });
    market.send(&market.as_admin, "/api/v1/operator/adjustments", &given, 201).await;
    assert_eq!(seal_ledger(&market.server.app, 100).await.unwrap(), 1);
    let folder = tempfile::tempdir().unwrap();
    let export = || kopilka(folder.path(), &db.url, &["ledger", "export", "--out", "ledger.jsonl"]);
    let done = export();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(export().status.code(), Some(1), "an export never writes over a file");
    let head = kopilka(folder.path(), &db.url, &["ledger", "head"]);
    let head = String::from_utf8(head.stdout).unwrap();
    let hash = head.trim().split_once(' ').unwrap().1.to_owned();
    assert!(String::from_utf8_lossy(&done.stdout).contains(&hash));

    let verify = folder.path().join("verify.py");
    std::fs::write(&verify, script()).unwrap();
    let check = |file: &str, head: &str| {
        Command::new("python3").current_dir(folder.path()).arg(&verify).args([file, head]).output()
    };
    let Ok(checked) = check("ledger.jsonl", &hash) else {
        println!("NOT TESTED: there is no python3 to run the script of docs/LEDGER.md with");
        return;
    };
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert!(told.contains(&format!("4 transactions, head {hash}")) && told.contains("-30000 RUB partner/"), "{told}");

    let lines = std::fs::read_to_string(folder.path().join("ledger.jsonl")).unwrap();
    let spoiled: Vec<String> = lines
        .lines()
        .enumerate()
        .map(|(n, line)| if n == 1 { line.replace("5000", "5001") } else { line.into() })
        .collect();
    std::fs::write(folder.path().join("spoiled.jsonl"), spoiled.join("\n")).unwrap();
    let found = check("spoiled.jsonl", &hash).unwrap();
    assert_eq!(found.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&found.stderr).contains("broken at position 2"));
    let other = "f".repeat(64);
    assert_eq!(check("ledger.jsonl", &other).unwrap().status.code(), Some(1), "an unknown head is not in the chain");
}
