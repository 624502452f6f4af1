//! What stands in the table of calls: secrets only sealed, and the call still the call that was made.

use diesel::connection::SimpleConnection as _;
use kopilka::db::postbacks::{PostbackFilter, PostbackRow, postback_list};
use kopilka::service::verify_ledger::verify_ledger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};

on_both![
    a_secret_is_sealed_wherever_it_stands,
    a_call_without_a_secret_is_kept_in_the_open,
    a_refused_call_is_authenticated_once_the_secret_is_mended,
    the_same_call_counts_once_although_it_is_sealed,
    a_call_of_another_key_does_not_hide_the_others,
];

/// Takes the secret from four places, and amounts as differences.
const ADAPTER: &str = r#"
name = "own"
[auth]
kind = "any"
of = [
    { kind = "path" },
    { kind = "field", field = "query:secret" },
    { kind = "field", field = "header:x-secret" },
    { kind = "field", field = "json:/secret" },
]
[fields]
transaction_id = "id"
click_ref = "click"
commission = "sum"
currency = { const = "RUB" }
[amounts]
kind = "delta"
[status]
constant = "confirmed"
"#;

async fn open(db: &TestDb) -> Market {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    put_adapter(&market, ADAPTER).await;
    let path = format!("/api/v1/operator/partners/{}", market.partner);
    let change = market.server.request(Method::PATCH, &path).bearer_auth(&market.as_admin.0);
    assert_eq!(change.json(&json!({ "adapter": "own" })).send().await.unwrap().status(), 200);
    market
}

async fn put_adapter(market: &Market, body: &str) {
    let put = market.server.request(Method::PUT, "/api/v1/operator/adapters/own").bearer_auth(&market.as_admin.0);
    let answer = put.json(&json!({ "body": body })).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

/// Sends an order with `secret` at `place`; gives the status and the answer.
async fn call(market: &Market, place: &str, secret: &str, order: &str) -> (u16, Value) {
    let click = market.click(market.shopper).await.reference();
    let query = format!("id={order}&click={click}&sum=10.00");
    let request = match place {
        "path" => market.server.request(Method::GET, &format!("/postback/network/{secret}?{query}")),
        "query" => market.server.request(Method::GET, &format!("/postback/network?{query}&secret={secret}")),
        "header" => {
            market.server.request(Method::GET, &format!("/postback/network?{query}")).header("x-secret", secret)
        }
        _ => market
            .server
            .request(Method::POST, "/postback/network")
            .json(&json!({ "id": order, "click": click, "sum": "10.00", "secret": secret })),
    };
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn kept(market: &Market) -> Vec<PostbackRow> {
    market.server.app.db.read(|conn| postback_list(conn, &PostbackFilter::default(), 100)).await.unwrap()
}

fn assert_nowhere(rows: &[PostbackRow], secret: &str) {
    for row in rows {
        let text = format!("{row:?} {}", String::from_utf8_lossy(&row.body));
        assert!(!text.contains(secret), "{text}");
    }
}

async fn a_secret_is_sealed_wherever_it_stands(db: TestDb) {
    let market = open(&db).await;
    for place in ["query", "header", "body"] {
        let (status, told) = call(&market, place, SECRET, place).await;
        assert_eq!((status, &told["verdict"]), (200, &json!("applied")), "{place}: {told}");
        let (status, refused) = call(&market, place, "n0t-Th3-one", place).await;
        assert_eq!(status, 401, "{place}");
        for (told, secret) in [(told, SECRET), (refused, "n0t-Th3-one")] {
            let path = format!("/api/v1/operator/postbacks/{}", told["postback"].as_str().unwrap());
            let shown = market.read(&market.as_admin, &path).await["call"].to_string();
            assert!(!shown.contains(secret), "{place}: {shown}");
            assert!(shown.contains("10.00") && shown.contains("***"), "{place}: the rest is as it was sent: {shown}");
        }
    }
    let rows = kept(&market).await;
    assert_eq!(rows.len(), 6);
    assert_nowhere(&rows, SECRET);
    assert_nowhere(&rows, "n0t-Th3-one");
}

async fn a_call_without_a_secret_is_kept_in_the_open(db: TestDb) {
    let market = open(&db).await;
    assert_eq!(call(&market, "path", SECRET, "1").await.1["verdict"], "applied");
    let rows = kept(&market).await;
    let row = rows.first().unwrap();
    assert!(row.sealed.is_none() && row.query.starts_with("id=1&click="), "{row:?}");
    assert!(row.public_url.contains("/postback/network/***?id=1&click="), "{row:?}");
    assert_nowhere(&rows, SECRET);
}

async fn a_refused_call_is_authenticated_once_the_secret_is_mended(db: TestDb) {
    let market = open(&db).await;
    let mut waiting = Vec::new();
    for place in ["path", "query", "header", "body"] {
        let (status, told) = call(&market, place, "th3-n3w-Secret-0123456789", place).await;
        assert_eq!(status, 401, "{place}");
        waiting.push(told["postback"].as_str().unwrap().to_owned());
    }
    let rerun = async |id: &str| {
        let path = format!("/api/v1/operator/postbacks/{id}/rerun");
        market.send(&market.as_admin, &path, &json!({ "reason": "the secret was mended" }), 200).await
    };
    assert_eq!(rerun(&waiting[0]).await["verdict"], "refused", "not before");
    let path = format!("/api/v1/operator/partners/{}/secrets", market.partner);
    let answer = market.post(&market.as_admin, &path, &json!({ "secret": "th3-n3w-Secret-0123456789" })).await;
    assert!(answer.status().is_success());
    for id in &waiting {
        let run = rerun(id).await;
        assert_eq!(run["verdict"], "applied", "{run}");
    }
    assert_nowhere(&kept(&market).await, "th3-n3w-Secret-0123456789");
    assert_eq!(verify_ledger(&market.server.app).await.unwrap().findings, vec![]);
}

async fn the_same_call_counts_once_although_it_is_sealed(db: TestDb) {
    let market = open(&db).await;
    let click = market.click(market.shopper).await.reference();
    let send = async |sum: &str| -> Value {
        let query = format!("id=7&click={click}&sum={sum}&whole=99.00&secret={SECRET}");
        market.server.get(&format!("/postback/network?{query}")).await.json().await.unwrap()
    };
    assert_eq!(send("10.00").await["verdict"], "applied");
    // The adapter reads the very same call otherwise now: it is still the same call.
    put_adapter(&market, &ADAPTER.replace("\"sum\"", "\"whole\"")).await;
    let again = send("10.00").await;
    assert_eq!((&again["verdict"], &again["reason"]), (&json!("superseded"), &json!("repeated_delta")));
    assert_eq!(send("11.00").await["verdict"], "applied", "another call is another one");
    let order = market.read(&market.as_admin, "/api/v1/operator/orders").await;
    assert_eq!(order["items"][0]["commission"]["amount"], "109.00", "{order}");
}

async fn a_call_of_another_key_does_not_hide_the_others(db: TestDb) {
    let market = open(&db).await;
    call(&market, "query", SECRET, "1").await;
    db.connect().batch_execute("update postbacks set sealed = '00000000.AAAA.AAAA'").unwrap();
    call(&market, "query", SECRET, "2").await;
    let list = market.read(&market.as_admin, "/api/v1/operator/postbacks").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert!(list["items"][0].get("call").is_some() && list["items"][1].get("call").is_none(), "{list}");
}
