//! Corrections above what one operator may book alone: one asks, another decides, and it is booked once.

use chrono::TimeDelta;
use kopilka::base::id::{AdjustmentId, OperatorId};
use kopilka::base::{Clock, Timestamp};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::service::adjust_second::{SecondWord, adjustment_decide, adjustments_expire};
use kopilka::service::verify_ledger::verify_ledger;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::{Market, Token};

on_both![
    a_second_operator_decides,
    corrections_of_a_day_add_up,
    of_many_who_approve_one_books,
    what_nobody_decides_on_runs_out,
    a_correction_is_previewed_on_the_page,
];

const PATH: &str = "/api/v1/operator/adjustments";

async fn market(db: &TestDb) -> Market {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let server = TestApp::start_with(&db.url, clock, |config| {
        config.limits.adjustment_maximum = vec![serde_json::from_value(rub("1000.00")).unwrap()];
    });
    Market::open(server.await, 0).await
}

fn rub(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "RUB" })
}

fn wanted(market: &Market, key: &str, amount: &str) -> Value {
    json!({ "key": key, "shopper": market.shopper, "amount": rub(amount), "fund": "house/margin", "reason": "goodwill" })
}

/// Another operator, its token for the API and for pages.
async fn operator(market: &Market, role: Role) -> (OperatorId, Token) {
    let id = accounts::operator(&market.server.app, role).await;
    let (token, _) = accounts::token(&market.server.app, Owner::Operator(id), TokenKind::Session).await;
    (id, Token(token))
}

async fn available(market: &Market) -> String {
    let balance = market.read(&market.as_shopper, "/api/v1/balance").await;
    balance[0]["available"]["amount"].as_str().unwrap_or("none").to_owned()
}

async fn a_second_operator_decides(db: TestDb) {
    let market = market(&db).await;
    let (_, finance) = operator(&market, Role::Finance).await;
    let (_, support) = operator(&market, Role::Support).await;
    let big = wanted(&market, "ticket-1", "1000.01");
    let asked = market.send(&market.as_admin, PATH, &big, 202).await;
    assert_eq!((&asked["state"], &asked["amount"]), (&json!("open"), &rub("1000.01")));
    assert_eq!(available(&market).await, "none");
    // The same again is the same request; the key is taken for everything else, small or large.
    assert_eq!(market.send(&market.as_admin, PATH, &big, 202).await["id"], asked["id"]);
    assert_eq!(
        market.send(&market.as_admin, PATH, &wanted(&market, "ticket-1", "2000.00"), 409).await["code"],
        "key_reused"
    );
    assert_eq!(
        market.send(&market.as_admin, PATH, &wanted(&market, "ticket-1", "5.00"), 409).await["code"],
        "key_reused"
    );
    let (approve, decline) = (
        format!("{PATH}/{}/approve", asked["id"].as_str().unwrap()),
        format!("{PATH}/{}/decline", asked["id"].as_str().unwrap()),
    );
    assert_eq!(market.send(&market.as_admin, &approve, &json!({}), 422).await["code"], "same_operator");
    assert_eq!(market.post(&support, &approve, &json!({})).await.status(), 403);
    assert_eq!(market.send(&finance, &decline, &json!({ "reason": " " }), 422).await["field"], "reason");
    let done = market.send(&finance, &approve, &json!({}), 200).await;
    assert_eq!(done["state"], "approved");
    assert_eq!(available(&market).await, "1000.01");
    assert_eq!(market.send(&finance, &approve, &json!({}), 409).await["code"], "already_decided");
    assert_eq!(market.send(&finance, &decline, &json!({ "reason": "x" }), 409).await["code"], "already_decided");
    // What was booked is told when the same is asked for once more.
    assert_eq!(market.send(&market.as_admin, PATH, &big, 202).await["state"], "approved");

    let second = market.send(&market.as_admin, PATH, &wanted(&market, "ticket-2", "-5000.00"), 202).await;
    let path = format!("{PATH}/{}", second["id"].as_str().unwrap());
    let poor = market.send(&finance, &format!("{path}/approve"), &json!({}), 422).await;
    assert_eq!(poor["code"], "insufficient_funds");
    // Whoever asked can call it back.
    let back = market.send(&market.as_admin, &format!("{path}/decline"), &json!({ "reason": "a mistake" }), 200).await;
    assert_eq!((&back["state"], &back["answer"]), (&json!("declined"), &json!("a mistake")));
    assert_eq!(available(&market).await, "1000.01");
    let trail =
        market.read(&market.as_admin, &format!("/api/v1/operator/audit?subject=shopper/{}", market.shopper)).await;
    let actions: Vec<&str> =
        trail["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["adjustment.decline", "adjustment.ask", "adjustment.approve", "adjustment.ask"]);
    assert_eq!(
        market.read(&market.as_viewer, &format!("{PATH}?state=approved")).await["items"].as_array().unwrap().len(),
        1
    );
    assert_eq!(verify_ledger(&market.server.app).await.unwrap().findings, []);
}

async fn corrections_of_a_day_add_up(db: TestDb) {
    let market = market(&db).await;
    let (_, finance) = operator(&market, Role::Finance).await;
    let boris = accounts::shopper(&market.server.app).await;
    let other = |key: &str, amount: &str| json!({ "key": key, "shopper": boris, "amount": rub(amount), "fund": "house/margin", "reason": "goodwill" });
    let small = wanted(&market, "part-1", "600.00");
    market.send(&market.as_admin, PATH, &small, 201).await;
    // Whoever it is for, and whichever way it goes: it is the same person's work.
    market.send(&market.as_admin, PATH, &other("part-2", "400.00"), 201).await;
    market.send(&market.as_admin, PATH, &wanted(&market, "part-3", "-0.01"), 202).await;
    // The same request again is what it was.
    market.send(&market.as_admin, PATH, &small, 200).await;
    // Another operator, and another currency without a maximum that it could be within.
    market.send(&finance, PATH, &wanted(&market, "part-4", "1000.00"), 201).await;
    market.server.app.clock.advance(TimeDelta::hours(24));
    market.send(&market.as_admin, PATH, &wanted(&market, "part-5", "1000.00"), 202).await;
    market.server.app.clock.advance(TimeDelta::seconds(1));
    market.send(&market.as_admin, PATH, &wanted(&market, "part-6", "1000.00"), 201).await;
    assert_eq!(available(&market).await, "2600.00");
    assert_eq!(verify_ledger(&market.server.app).await.unwrap().findings, []);
}

async fn of_many_who_approve_one_books(db: TestDb) {
    let market = market(&db).await;
    let asked = market.send(&market.as_admin, PATH, &wanted(&market, "race", "4000.00"), 202).await;
    let id: AdjustmentId = asked["id"].as_str().unwrap().parse().unwrap();
    let mut running = Vec::new();
    for _ in 0..12 {
        let (other, _) = operator(&market, Role::Finance).await;
        let app = market.server.app.clone();
        running.push(tokio::spawn(async move {
            let actor = Actor::Operator(other, Role::Finance);
            adjustment_decide(&app, &actor, id, SecondWord::Approve).await.is_ok()
        }));
    }
    let mut booked = 0;
    for one in running {
        booked += usize::from(one.await.unwrap());
    }
    assert_eq!(booked, 1);
    assert_eq!(available(&market).await, "4000.00");
    assert_eq!(verify_ledger(&market.server.app).await.unwrap().findings, []);
}

async fn what_nobody_decides_on_runs_out(db: TestDb) {
    let market = market(&db).await;
    let (_, finance) = operator(&market, Role::Finance).await;
    let asked = market.send(&market.as_admin, PATH, &wanted(&market, "slow", "4000.00"), 202).await;
    let path = format!("{PATH}/{}", asked["id"].as_str().unwrap());
    let app = &market.server.app;
    assert_eq!(adjustments_expire(app, 100).await.unwrap(), 0);
    app.clock.advance(TimeDelta::days(7));
    // It is too late at once, whether or not somebody has noted so.
    assert_eq!(market.send(&finance, &format!("{path}/approve"), &json!({}), 409).await["code"], "expired");
    assert_eq!(market.read(&finance, PATH).await["items"][0]["state"], "expired");
    assert_eq!(adjustments_expire(app, 100).await.unwrap(), 1);
    assert_eq!(adjustments_expire(app, 100).await.unwrap(), 0);
    assert_eq!(market.send(&finance, &format!("{path}/approve"), &json!({}), 409).await["code"], "expired");
    assert_eq!(available(&market).await, "none");
    let trail = market.read(&market.as_admin, "/api/v1/operator/audit?actor=system").await;
    assert_eq!(trail["items"][0]["action"], "adjustment.expire");
}

async fn a_correction_is_previewed_on_the_page(db: TestDb) {
    let market = market(&db).await;
    let server = &market.server;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let (_, other) = operator(&market, Role::Finance).await;
    let (admin, finance) =
        (Browser::signed_in(server, "en", &market.as_admin.0), Browser::signed_in(server, "ru", &other.0));
    let form = format!("/operator/adjustments/new?shopper={}", market.shopper);
    admin.page(&form).await.has("anna@example.com");
    let viewer = Browser::signed_in(server, "en", &market.as_viewer.0);
    assert_eq!(viewer.get(&form).await.status, 403);
    let shopper = market.shopper.to_string();
    let fields = |direction, amount, fund| {
        vec![
            ("shopper", shopper.as_str()),
            ("direction", direction),
            ("amount", amount),
            ("currency", "RUB"),
            ("fund", fund),
            ("reason", "for <b>waiting</b>"),
        ]
    };
    let path = "/operator/adjustments/new";
    assert_eq!(viewer.send(path, &fields("give", "25,5", "house/margin")).await.status, 403);
    for (direction, amount, fund, words) in [
        ("give", "-5", "house/margin", "f-amount"),
        ("give", "1.234", "house/margin", "f-amount"),
        ("give", "5", "bank/main", "Write house/margin"),
        ("take", "1 000", "house/margin", "does not cover"),
        ("sideways", "5", "house/margin", "Choose which way"),
    ] {
        let shown = admin.send(path, &fields(direction, amount, fund)).await;
        assert_eq!(shown.status, 422, "{direction} {amount} {fund}");
        shown.has(words).has("&lt;b&gt;waiting").lacks("<b>waiting");
    }
    let preview = admin.send(path, &fields("give", "25,5", "house/margin")).await;
    assert_eq!(preview.status, 200);
    preview.has("RUB\u{a0}50.00 → RUB\u{a0}75.50").has("house/margin → shopper/").lacks("7 days");
    assert_eq!(available(&market).await, "50.00");
    let key = preview.between("name=\"key\" value=\"", "\"");
    let mut confirmed = fields("give", "25,5", "house/margin");
    confirmed.extend([("key", key.as_str()), ("confirmed", "yes")]);
    for _twice in 0..2 {
        assert_eq!(admin.send(path, &confirmed).await.status, 303);
        assert_eq!(available(&market).await, "75.50");
    }
    let large = admin.send(path, &fields("give", "1000.01", "house/margin")).await;
    large.has("another operator has to approve");
    let key = large.between("name=\"key\" value=\"", "\"");
    let mut confirmed = fields("give", "1000.01", "house/margin");
    confirmed.extend([("key", key.as_str()), ("confirmed", "yes")]);
    let asked = admin.send(path, &confirmed).await;
    assert_eq!(asked.status, 303);
    admin.page(&asked.location).await.has("You asked for this").lacks("value=\"approve\"");
    let own = admin.send(&asked.location, &[("decision", "approve")]).await;
    assert_eq!(own.status, 422);
    own.has("another operator has to");
    finance.page("/operator/inbox").await.has(&asked.location);
    finance.page(&asked.location).await.has("Одобрить 1\u{a0}000,01\u{a0}₽");
    assert_eq!(viewer.send(&asked.location, &[("decision", "approve")]).await.status, 403);
    assert_eq!(finance.send(&asked.location, &[("decision", "approve")]).await.status, 303);
    assert_eq!(available(&market).await, "1075.51");
    let late = finance.send(&asked.location, &[("decision", "decline"), ("reason", "late")]).await;
    assert_eq!(late.status, 409);
}
