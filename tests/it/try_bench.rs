//! The test bench: what a call would do, told over HTTP and on the command line, with nothing written.

use std::path::Path;
use std::process::{Command, Output};

use kopilka::db::{Conn, Kind};
use kopilka::domain::adapter::Adapter;
use kopilka::domain::call_file;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::{MASTER_KEY, TestApp};
use crate::support::db::TestDb;
use crate::support::fixtures;
use crate::support::market::{Market, SECRET};

on_both![a_trial_tells_what_the_call_would_do_and_writes_nothing, the_command_works_beside_the_server];

/// How many rows each table of interest has.
pub fn row_counts(db: &TestDb) -> Vec<(String, i64)> {
    use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let tables = "clicks postbacks conversions conversion_revisions ledger_transactions ledger_transfers ledger_unsealed \
                  ledger_seals ledger_folded shopper_balances audit jobs claims partners tokens";
    let mut conn = db.connect();
    let mut count = |table: &str| {
        let query = format!("select count(*) as n from {table}");
        match &mut conn {
            Conn::Lite(conn) => sql_query(query).get_result::<Count>(conn).unwrap().n,
            Conn::Pg(conn) => sql_query(query).get_result::<Count>(conn).unwrap().n,
        }
    };
    tables.split_ascii_whitespace().map(|table| (table.to_owned(), count(table))).collect()
}

/// Runs the binary in `folder` on a database.
pub fn kopilka(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kopilka"));
    command.current_dir(folder).env_clear().env("KOPILKA_DATABASE_URL", url).env("KOPILKA_LOG_LEVEL", "error");
    command.env("KOPILKA_SECRETS_MASTER_KEY", MASTER_KEY).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn a_trial_tells_what_the_call_would_do_and_writes_nothing(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    let before = row_counts(&db);
    let call = |query: &str| json!({ "method": "GET", "query": query });
    let good = market.query("A-1", &click.reference(), 1, "100.00");
    let trial = market.send(&market.as_partner, "/api/v1/partner/postbacks/try", &call(&good), 200).await;
    assert_eq!((&trial["verdict"], &trial["authentication"]["passed"]), (&json!("applied"), &json!(true)));
    let report = &trial["reports"][0];
    assert_eq!(report["state_after"], "confirmed");
    assert_eq!((&report["matched"]["store"], &report["matched"]["terms_version"]), (&json!("books"), &json!(1)));
    assert_eq!(report["cashback"], json!({ "amount": "50.00", "currency": "RUB" }));
    assert_eq!(report["transfers"].as_array().unwrap().len(), 2);
    let whole = trial.to_string();
    assert!(!whole.contains(SECRET), "{whole}");
    let shopper = report["matched"]["shopper"].as_str().unwrap();
    assert_eq!(shopper.chars().count(), 5, "the shopper is masked: {shopper}");

    let wrong = good.replace(SECRET, "wrong");
    let trial = market.send(&market.as_partner, "/api/v1/partner/postbacks/try", &call(&wrong), 200).await;
    assert_eq!((&trial["verdict"], &trial["reading"]["outcome"]), (&json!("refused"), &json!("reports")));
    let stranger = market.query("A-1", &kopilka::base::id::ClickId::new().reference(), 1, "100.00");
    let body = json!({ "partner": "network", "call": call(&stranger) });
    let trial = market.send(&market.as_viewer, "/api/v1/operator/postbacks/try", &body, 200).await;
    assert_eq!((&trial["verdict"], &trial["reason"]), (&json!("held"), &json!("unknown_click")));
    assert!(trial["words"]["ru"].is_string());
    let body = json!({ "adapter": "affise", "secrets": ["other"], "call": call(&good) });
    let trial = market.send(&market.as_viewer, "/api/v1/operator/postbacks/try", &body, 200).await;
    assert_eq!(trial["verdict"], "refused");
    let body = json!({ "adapter": "name = 3", "call": call(&good) });
    assert_eq!(market.send(&market.as_viewer, "/api/v1/operator/postbacks/try", &body, 422).await["field"], "adapter");
    assert_eq!(row_counts(&db), before);

    // The real call does what the trial said.
    assert_eq!(market.report("A-1", click, 1, "100.00").await["verdict"], "applied");
    assert_ne!(row_counts(&db), before);
    let trial = market.send(&market.as_partner, "/api/v1/partner/postbacks/try", &call(&good), 200).await;
    assert_eq!((&trial["verdict"], &trial["reports"][0]["transfers"]), (&json!("unchanged"), &json!([])));
}

async fn the_command_works_beside_the_server(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, query: &str| {
        let call = format!("GET /postback/network?{query} HTTP/1.1\r\nHost: cashback.example\r\n\r\n");
        std::fs::write(folder.path().join(name), call).unwrap();
    };
    write("good.http", &market.query("A-1", &click.reference(), 1, "100.00"));
    write("bad.http", &market.query("A-1", &click.reference(), 1, "100.00").replace(SECRET, "wrong"));
    let before = row_counts(&db);
    let run = |file: &str| {
        kopilka(folder.path(), &db.url, &["postback", "try", "--partner", "network", "--call", file, "--json"])
    };
    let good = run("good.http");
    assert!(good.status.success(), "{}", text(&good.stderr));
    let trial: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!((&trial["verdict"], &trial["reports"][0]["state_after"]), (&json!("applied"), &json!("confirmed")));
    let bad = run("bad.http");
    assert_eq!(bad.status.code(), Some(1), "{}", text(&bad.stdout));
    assert_eq!(serde_json::from_slice::<Value>(&bad.stdout).unwrap()["verdict"], "refused");
    assert_eq!(run("none.http").status.code(), Some(2));
    assert_eq!(row_counts(&db), before);
    assert!(matches!(db.kind(), Kind::Sqlite | Kind::Postgres));
}

#[test]
fn presets_are_tried_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/postbacks");
    for case in fixtures::cases() {
        let file = data.join(format!("{}.json", case.file));
        let index = case.index.to_string();
        if case.file != "admitad" && case.index > 0 {
            continue;
        }
        let arguments = [
            "postback",
            "try",
            "--preset",
            case.preset,
            "--secret",
            case.secret,
            "--call",
            file.to_str().unwrap(),
            "--message",
            &index,
            "--json",
        ];
        let done = kopilka(folder.path(), "sqlite:none.db", &arguments);
        let trial: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", text(&done.stderr)));
        let outcome = trial["reading"]["outcome"].as_str().unwrap();
        match case.expect {
            fixtures::Expect::Ingest => assert_eq!((outcome, done.status.code()), ("reports", Some(0)), "{trial}"),
            fixtures::Expect::Ignore => assert_eq!((outcome, done.status.code()), ("ignored", Some(0)), "{trial}"),
            fixtures::Expect::Quarantine => assert_eq!(done.status.code(), Some(1), "{trial}"),
            fixtures::Expect::RejectAuth => assert_eq!(trial["verdict"], "refused", "{trial}"),
            fixtures::Expect::Undetermined => {}
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no database was made");
}

#[test]
fn raw_requests_are_read_with_either_line_end() {
    let lf =
        b"POST https://cashback.example/postback/dub/s3cret?a=1 HTTP/1.1\nContent-Type: text/plain\n\nline\r\n\r\nend";
    let crlf =
        b"POST https://cashback.example/postback/dub/s3cret?a=1 HTTP/1.1\r\nContent-Type: text/plain\r\n\r\nline\r\n\r\nend";
    let call = call_file::parse_http(lf).unwrap();
    assert_eq!(call, call_file::parse_http(crlf).unwrap());
    assert_eq!((call.method.as_str(), call.query.as_str()), ("POST", "a=1"));
    assert_eq!(call.path_secret.as_ref().unwrap().expose(), "s3cret");
    assert_eq!(call.header("content-type"), Some("text/plain"));
    assert_eq!(call.body, b"line\r\n\r\nend");
    for bad in ["", "GET", "get / HTTP/1.1\n\n", "GET / HTTP/1.1\nno header\n\n"] {
        assert!(call_file::parse_http(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(call_file::parse(br#"{"push": []}"#, 0).unwrap_err().contains("no push messages"));
    assert!(Adapter::of_preset("dub").unwrap().unwrap().auth_kind().contains("signature"));
}
