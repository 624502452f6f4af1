//! What is owed after an order was taken back: seen by whom it concerns, filled first by whatever comes, given up by two.

use kopilka::base::{Clock, Timestamp};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Role, TokenKind};
use kopilka::service::verify_ledger::verify_ledger;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::{Market, Token};

on_both![a_debt_is_seen_filled_and_given_up];

const PATH: &str = "/api/v1/operator/adjustments";

fn rub(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "RUB" })
}

async fn stands(market: &Market) -> [String; 2] {
    let balance = market.read(&market.as_shopper, "/api/v1/balance").await;
    ["available", "debt"].map(|part| balance[0][part]["amount"].as_str().unwrap().to_owned())
}

async fn a_debt_is_seen_filled_and_given_up(db: TestDb) {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let market = Market::open(TestApp::start_with(&db.url, clock, |_config| {}).await, 0).await;
    let app = &market.server.app;
    let (_, other) = {
        let id = accounts::operator(app, Role::Finance).await;
        let (token, _) = accounts::token(app, Owner::Operator(id), TokenKind::Session).await;
        (id, Token(token))
    };
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "200.00").await;
    assert_eq!(stands(&market).await, ["100.00", "0.00"]);
    // She spends 70 of it, then the order is taken back.
    let wanted = |key: &str, amount: &str, fund: &str| json!({ "key": key, "shopper": market.shopper, "amount": rub(amount), "fund": fund, "reason": "r" });
    market.send(&market.as_admin, PATH, &wanted("spent", "-70.00", "house/margin"), 201).await;
    market.report("A-1", click, 3, "200.00").await;
    assert_eq!(stands(&market).await, ["0.00", "70.00"]);

    let (session, _) = accounts::token(app, Owner::Shopper(market.shopper), TokenKind::Session).await;
    let hers = Browser::signed_in(&market.server, "en", &session);
    hers.page("/balance").await.has("An order was taken back after its cashback had been withdrawn").has("70.00");
    let orders = market.read(&market.as_shopper, "/api/v1/orders").await;
    let order = orders["items"][0]["id"].as_str().unwrap();
    hers.page(&format!("/orders/{order}")).await.has("your debt");

    // What is earned next fills it first.
    let click = market.click(market.shopper).await;
    market.report("A-2", click, 1, "40.00").await;
    assert_eq!(stands(&market).await, ["0.00", "50.00"]);

    // The rest is given up: no more than that, never by one, and never in the other direction.
    for amount in ["50.01", "-1.00"] {
        let refused = market.send(&market.as_admin, PATH, &wanted("w0", amount, "house/write_off"), 422).await;
        assert_eq!(refused["code"], "more_than_debt", "{amount}");
    }
    let admin = accounts::operator(app, Role::Admin).await;
    let (token, _) = accounts::token(app, Owner::Operator(admin), TokenKind::Session).await;
    let browser = Browser::signed_in(&market.server, "en", &token);
    browser.page(&format!("/operator/shoppers/{}", market.shopper)).await.has("Write off");
    let filled = browser.page(&format!("/operator/adjustments/new?shopper={}&write_off=RUB", market.shopper)).await;
    filled.has("value=\"50.00\"").has("value=\"house/write_off\"");
    let asked = market.send(&market.as_admin, PATH, &wanted("w1", "50.00", "house/write_off"), 202).await;
    assert_eq!(stands(&market).await, ["0.00", "50.00"], "one is not enough");
    let path = format!("{PATH}/{}/approve", asked["id"].as_str().unwrap());
    assert_eq!(market.send(&market.as_admin, &path, &json!({}), 422).await["code"], "same_operator");
    // Meanwhile something comes in: what is left to give up is less, and the old wish does not fit any more.
    let click = market.click(market.shopper).await;
    market.report("A-3", click, 1, "20.00").await;
    assert_eq!(market.send(&other, &path, &json!({}), 422).await["code"], "more_than_debt");
    let asked = market.send(&market.as_admin, PATH, &wanted("w2", "40.00", "house/write_off"), 202).await;
    market.send(&other, &format!("{PATH}/{}/approve", asked["id"].as_str().unwrap()), &json!({}), 200).await;
    assert_eq!(stands(&market).await, ["0.00", "0.00"]);
    let report = verify_ledger(app).await.unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}
