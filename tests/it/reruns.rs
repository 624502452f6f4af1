//! Calls of several reports, run again: what waited is settled, what was settled is not settled twice.

use kopilka::base::id::ShopperId;
use kopilka::db::postbacks::{PostbackFilter, postback_list};
use kopilka::service::seal_ledger::seal_ledger;
use kopilka::service::verify_ledger::verify_ledger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};

on_both![
    a_held_report_is_settled_though_its_order_was_told_of_before,
    a_held_change_is_counted_once,
    a_click_of_another_shopper_leads_to_the_right_lane,
];

/// A market whose network sends lists of reports, and whose commissions above 100 wait for a person.
async fn open(db: &TestDb, kind: &str) -> Market {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let body = format!(
        r#"
        name = "lists"
        key = ["transaction_id"]
        [auth]
        kind = "field"
        field = "header:x-token"
        [fields]
        transaction_id = "item:/id"
        click_ref = "item:/click"
        commission = "item:/sum"
        [amounts]
        kind = "{kind}"
        [status]
        field = "item:/status"
        [status.map]
        new = "pending"
        confirmed = "confirmed"
        [items]
        from = "json:"
        mode = "reports"
        "#
    );
    market.change(Method::PUT, "/api/v1/operator/adapters/lists", &json!({ "body": body })).await;
    limit(&market, "100.00").await;
    market
}

async fn limit(market: &Market, most: &str) {
    let settings = json!({ "currency": "RUB", "max_commission": [{ "amount": most, "currency": "RUB" }] });
    let change = json!({ "adapter": "lists", "settings": settings });
    market.change(Method::PATCH, &format!("/api/v1/operator/partners/{}", market.partner), &change).await;
}

async fn call(market: &Market, reports: &Value) -> Value {
    let request = market.server.request(Method::POST, "/postback/network").header("x-token", SECRET).json(reports);
    request.send().await.unwrap().json().await.unwrap()
}

async fn again(market: &Market, call: &Value) -> Value {
    let path = format!("/api/v1/operator/postbacks/{}/rerun", call["postback"].as_str().unwrap());
    market.send(&market.as_admin, &path, &json!({ "reason": "the limit was raised" }), 200).await
}

async fn balance(market: &Market) -> Value {
    let all = market.read(&market.as_shopper, "/api/v1/balance").await;
    json!([all[0]["pending"]["amount"], all[0]["available"]["amount"]])
}

async fn clean(market: &Market) {
    seal_ledger(&market.server.app, 1000).await.unwrap();
    assert_eq!(verify_ledger(&market.server.app).await.unwrap().findings, []);
}

async fn a_held_report_is_settled_though_its_order_was_told_of_before(db: TestDb) {
    let market = open(&db, "total").await;
    let click = market.click(market.shopper).await.reference();
    let told = json!([
        { "id": "K", "click": click, "sum": "60.00", "status": "new" },
        { "id": "K", "click": click, "sum": "160.00", "status": "confirmed" },
        // The only one whose key is not told of twice.
        { "id": "L", "click": click, "sum": "160.00", "status": "confirmed" },
    ]);
    let held = call(&market, &told).await;
    assert_eq!((&held["verdict"], balance(&market).await), (&json!("held"), json!(["30.00", "0.00"])), "{held}");
    limit(&market, "1000.00").await;
    let run = again(&market, &held).await;
    assert_eq!((&run["verdict"], balance(&market).await), (&json!("applied"), json!(["0.00", "160.00"])), "{run}");
    clean(&market).await;
}

async fn a_held_change_is_counted_once(db: TestDb) {
    let market = open(&db, "delta").await;
    let click = market.click(market.shopper).await.reference();
    // Two lines in the same words, and two that differ: half of each sum is the shopper's.
    for (order, lines, available) in [("X", ["60.00", "60.00"], "60.00"), ("Y", ["61.00", "62.00"], "121.50")] {
        limit(&market, "100.00").await;
        let told: Vec<Value> =
            lines.iter().map(|sum| json!({ "id": order, "click": click, "sum": sum, "status": "confirmed" })).collect();
        let held = call(&market, &json!(told)).await;
        assert_eq!(held["verdict"], "held", "{held}");
        limit(&market, "1000.00").await;
        let run = again(&market, &held).await;
        assert_eq!((&run["verdict"], balance(&market).await), (&json!("applied"), json!(["0.00", available])), "{run}");
        let repeat = call(&market, &json!(told)).await;
        assert_eq!(repeat["verdict"], "superseded", "{repeat}");
        assert_eq!(balance(&market).await, json!(["0.00", available]), "{repeat}");
    }
    clean(&market).await;
}

/// A click's id tells the lane of its shopper. The order may belong to another one.
async fn a_click_of_another_shopper_leads_to_the_right_lane(db: TestDb) {
    let market = open(&db, "total").await;
    let click = market.click(market.shopper).await.reference();
    let line =
        |id: &str, click: &str, status: &str| json!({ "id": id, "click": click, "sum": "60.00", "status": status });
    assert_eq!(call(&market, &json!([line("K", &click, "new")])).await["verdict"], "applied");
    // One of these ends in another lane than the shopper's, wherever that is.
    for number in 0..4_u8 {
        let stranger = ShopperId::from_uuid(uuid::Uuid::from_bytes([number; 16]));
        let other = kopilka::base::id::ClickId::ending_as(&stranger).reference();
        let status = if number % 2 == 0 { "confirmed" } else { "new" };
        let told = json!([line("K", &other, status), line(&format!("M-{number}"), &click, "new")]);
        let done = call(&market, &told).await;
        assert_eq!(done["reports"][1]["verdict"], "applied", "{done}");
    }
    let rows = market.server.app.db.read(|conn| postback_list(conn, &PostbackFilter::default(), 100)).await.unwrap();
    assert_eq!(rows.len(), 5, "no call left a row of a try that came to nothing");
    assert_eq!(balance(&market).await, json!(["120.00", "30.00"]));
    clean(&market).await;
}
