//! Orders that shoppers tell of while the store still has time: claimed by themselves when that is over, and let go when they came.

use chrono::TimeDelta;
use kopilka::base::{Clock, Timestamp};
use kopilka::job;
use kopilka::service::await_order::claim_awaited;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![
    what_does_not_come_is_claimed_by_itself,
    what_came_or_was_claimed_is_let_go,
    only_the_shopper_sees_and_forgets_it,
    what_cannot_be_claimed_is_not_awaited,
];

async fn market(db: &TestDb) -> Market {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    Market::open(TestApp::start_with(&db.url, clock, |_| {}).await, 0).await
}

fn told(click: &str, number: &str) -> Value {
    json!({ "click": click, "order_number": number, "ordered_at": "2026-03-01T12:00:00Z", "wait": true })
}

/// The store's time goes by; of a store that nobody knows, three days are waited.
async fn three_days(market: &Market) {
    market.server.app.clock.advance(TimeDelta::hours(72));
    job::drain(&market.server.app).await.unwrap();
}

async fn numbers(market: &Market, path: &str) -> Vec<Value> {
    let read = market.read(&market.as_shopper, path).await;
    let items = if read.is_array() { &read } else { &read["items"] };
    items.as_array().unwrap().iter().map(|item| item["order_number"].clone()).collect()
}

async fn what_does_not_come_is_claimed_by_itself(db: TestDb) {
    let market = market(&db).await;
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    let click = market.click(market.shopper).await.reference();
    let form = anna.page(&format!("/claims/new?click={click}")).await;
    form.has("usually reports an order by").has("4\u{a0}March 2026").has("Ask the store then").has("Ask at once");
    let fields = [("click", &*click), ("order_number", "A-1"), ("ordered_at", "2026-03-01"), ("wait", "true")];
    let done = anna.send("/claims/new", &fields).await;
    assert_eq!((done.status, &*done.location), (303, "/claims"), "{}", done.html);
    anna.page("/claims").await.has("Noted").has("Waiting for the store").has("A-1").has("4\u{a0}March 2026");
    let awaited = market.read(&market.as_shopper, "/api/v1/claims/awaited").await;
    assert_eq!(awaited[0]["opens_at"], "2026-03-04T12:00:00Z", "{awaited}");

    market.server.app.clock.advance(TimeDelta::hours(71));
    job::drain(&market.server.app).await.unwrap();
    let asked = market.read(&market.as_partner, "/api/v1/partner/claims").await;
    assert_eq!(asked["items"], json!([]), "the store still has time");
    three_days(&market).await;
    let asked = market.read(&market.as_partner, "/api/v1/partner/claims").await;
    let claim = &asked["items"][0];
    assert_eq!((&claim["order_number"], &claim["state"]), (&json!("A-1"), &json!("open")), "{asked}");
    assert_eq!(asked["items"].as_array().unwrap().len(), 1);
    assert_eq!(market.read(&market.as_shopper, "/api/v1/claims/awaited").await, json!([]));
    anna.page("/claims").await.lacks("Waiting for the store").has("A-1").has("Being looked into");
    // Now that the time is over there is nothing to wait for.
    anna.page(&format!("/claims/new?click={click}")).await.lacks("Ask the store then").has(">Send<");
    market.send(&market.as_shopper, "/api/v1/claims", &told(&click, "A-2"), 201).await;
    // An order of today has its time, however old the click is.
    let mut fresh = told(&click, "A-3");
    fresh["ordered_at"] = json!("2026-03-07T10:00:00Z");
    let waits = market.send(&market.as_shopper, "/api/v1/claims", &fresh, 202).await;
    assert_eq!(waits["opens_at"], "2026-03-10T10:00:00Z", "{waits}");
}

async fn what_came_or_was_claimed_is_let_go(db: TestDb) {
    let market = market(&db).await;
    let click = market.click(market.shopper).await;
    for number in ["B-1", "B-2", "B-3"] {
        market.send(&market.as_shopper, "/api/v1/claims", &told(&click.reference(), number), 202).await;
    }
    market.report("B-1", click, 2, "10.00").await;
    assert_eq!(numbers(&market, "/api/v1/claims/awaited").await, ["B-3", "B-2"], "what came is not waited for");
    // Nor is what came of another click.
    market.send(&market.as_shopper, "/api/v1/claims", &told(&click.reference(), "B-4"), 202).await;
    let second = market.click(market.shopper).await;
    market.report("B-4", second, 2, "10.00").await;
    assert_eq!(numbers(&market, "/api/v1/claims/awaited").await, ["B-3", "B-2"]);
    let mut at_once = told(&click.reference(), "B-2");
    at_once["wait"] = json!(false);
    market.send(&market.as_shopper, "/api/v1/claims", &at_once, 201).await;
    assert_eq!(numbers(&market, "/api/v1/claims/awaited").await, ["B-3"], "who asks at once waits no more");
    let app = &market.server.app;
    app.clock.advance(TimeDelta::hours(72));
    // On two nodes at once.
    let (one, other) = tokio::join!(claim_awaited(app, 10), claim_awaited(app, 10));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(numbers(&market, "/api/v1/claims").await, ["B-3", "B-2"], "each once, the newest claim first");
    assert!(numbers(&market, "/api/v1/claims/awaited").await.is_empty());
}

async fn only_the_shopper_sees_and_forgets_it(db: TestDb) {
    let market = market(&db).await;
    let click = market.click(market.shopper).await.reference();
    let made = market.send(&market.as_shopper, "/api/v1/claims", &told(&click, "C-1"), 202).await;
    market.send(&market.as_shopper, "/api/v1/claims", &told(&click, "C-2"), 202).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(market.read(&market.as_other, "/api/v1/claims/awaited").await, json!([]));
    let boris = Browser::signed_in(&market.server, "en", &market.as_other.0);
    boris.send(&format!("/claims/awaited/{id}/forget"), &[]).await;
    assert_eq!(numbers(&market, "/api/v1/claims/awaited").await, ["C-2", "C-1"], "it is not his to forget");
    let anna = Browser::signed_in(&market.server, "ru", &market.as_shopper.0);
    anna.set("kopilka_language", "ru");
    anna.page("/claims").await.has("Ждём магазин").has("C-1");
    for words in ["Забыли", "Ждём магазин"] {
        let done = anna.send(&format!("/claims/awaited/{id}/forget"), &[]).await;
        assert_eq!((done.status, &*done.location), (303, "/claims"));
        anna.page("/claims").await.has(words).lacks("C-1").has("C-2");
    }
    three_days(&market).await;
    assert_eq!(numbers(&market, "/api/v1/claims").await, ["C-2"]);
    // Who is blocked asks no store any more.
    let click = market.click(market.shopper).await.reference();
    let mut late = told(&click, "C-3");
    late["ordered_at"] = json!("2026-03-04T12:00:00Z");
    market.send(&market.as_shopper, "/api/v1/claims", &late, 202).await;
    let block = format!("/api/v1/operator/shoppers/{}/block", market.shopper);
    assert!(market.post(&market.as_admin, &block, &json!({ "reason": "invented orders" })).await.status().is_success());
    three_days(&market).await;
    let asked = market.read(&market.as_partner, "/api/v1/partner/claims").await;
    assert!(!asked.to_string().contains("C-3"), "{asked}");
}

async fn what_cannot_be_claimed_is_not_awaited(db: TestDb) {
    let market = market(&db).await;
    let click = market.click(market.shopper).await;
    let send = async |body: &Value, status: u16| {
        market.send(&market.as_shopper, "/api/v1/claims", body, status).await["code"].clone()
    };
    send(&told(&click.reference(), "D-1"), 202).await;
    assert_eq!(send(&told(&click.reference(), "D-1"), 409).await, "claim_exists");
    market.report("D-2", click, 2, "10.00").await;
    assert_eq!(send(&told(&click.reference(), "D-2"), 409).await, "order_known");
    let mut at_once = told(&click.reference(), "D-3");
    at_once["wait"] = json!(false);
    send(&at_once, 201).await;
    assert_eq!(send(&told(&click.reference(), "D-3"), 409).await, "claim_exists");
    send(&told(&click.reference(), ""), 422).await;
    market.send(&market.as_other, "/api/v1/claims", &told(&click.reference(), "D-4"), 404).await;
    for number in 0..48 {
        send(&told(&click.reference(), &format!("E-{number}")), 202).await;
    }
    assert_eq!(send(&told(&click.reference(), "E-49"), 409).await, "too_many_claims");
    let path = format!("/api/v1/claims/awaited/{}", kopilka::base::id::ClaimId::new());
    let request = market.server.request(Method::DELETE, &path).bearer_auth(&market.as_shopper.0);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
