//! What shoppers, partners and operators see and do about clicks, orders, postbacks, claims and the ledger.

use chrono::TimeDelta;
use kopilka::base::{Clock, Timestamp};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::partner::PartnerSettings;
use kopilka::service::release_holds::release_holds;
use kopilka::service::seal_ledger::seal_ledger;
use kopilka::service::verify_ledger::verify_ledger;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts::shopper;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};

on_both![
    an_order_tells_its_whole_story,
    what_is_anothers_is_not_found,
    balances_tell_holds_and_debts,
    claims_are_made_once_and_answered_once,
    held_calls_run_again,
    operators_correct_balances_once,
    what_cannot_be_booked_is_refused,
    a_key_that_two_use_at_once_posts_once,
    a_statement_follows_what_the_partner_owes,
    lists_page_to_their_end,
];

async fn open(db: &TestDb, hold_days: u16) -> (Market, Clock) {
    let clock = Clock::manual("2026-10-05T12:00:00Z".parse::<Timestamp>().unwrap());
    let server = TestApp::start_with(&db.url, clock.clone(), |config| {
        config.limits.adjustment_maximum = vec![serde_json::from_value(rub("1000.00")).unwrap()];
    });
    (Market::open(server.await, hold_days).await, clock)
}

/// Whatever a test did, the ledger holds at its end.
async fn clean(market: &Market) {
    seal_ledger(&market.server.app, 1000).await.unwrap();
    let report = verify_ledger(&market.server.app).await.unwrap();
    assert_eq!(report.findings, [], "{report:?}");
    assert!(report.transactions > 0);
}

fn rub(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "RUB" })
}

async fn an_order_tells_its_whole_story(db: TestDb) {
    let (market, clock) = open(&db, 0).await;
    let click = market.click(market.shopper).await;
    assert_eq!(market.report("A-1", click, 2, "100.00").await["verdict"], "applied");
    clock.advance(TimeDelta::days(1));
    assert_eq!(market.report("A-1", click, 1, "100.00").await["verdict"], "applied");

    let list = market.read(&market.as_shopper, "/api/v1/orders?state=confirmed&number=A-1").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(list["items"][0].get("commission").is_none(), "commissions are not the shopper's to see");
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    let story = market.read(&market.as_shopper, &format!("/api/v1/orders/{id}")).await;
    assert_eq!(story["click"]["reference"], click.reference());
    assert_eq!(story["order"]["cashback"], rub("50.00"));
    let verdicts: Vec<&Value> = story["postbacks"].as_array().unwrap().iter().map(|call| &call["verdict"]).collect();
    assert_eq!(verdicts, ["applied", "applied"]);
    let call = story["postbacks"][0]["call"]["url"].as_str().unwrap();
    assert!(call.contains("secret=***") && !story.to_string().contains(SECRET), "{call}");
    let states: Vec<&Value> = story["revisions"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["pending", "confirmed"]);
    let transactions = story["transactions"].as_array().unwrap();
    assert_eq!(transactions.len(), 2);
    let own = format!("shopper/{}/", market.shopper);
    for transfer in transactions.iter().flat_map(|one| one["transfers"].as_array().unwrap()) {
        let sides = [transfer["debit"].as_str().unwrap(), transfer["credit"].as_str().unwrap()];
        assert!(sides.iter().any(|side| side.starts_with(&own)), "{transfer}");
    }
    assert_eq!(story["later_payouts"], json!([]));

    let partner = market.read(&market.as_partner, "/api/v1/partner/orders").await;
    assert_eq!(partner["items"][0]["commission"], rub("100.00"));
    assert!(partner["items"][0].get("shopper_id").is_none());
    let seen = market.read(&market.as_viewer, &format!("/api/v1/operator/orders/{id}")).await;
    assert_eq!(seen["order"]["shopper_id"], market.shopper.to_string());
    assert_eq!(seen["transactions"][1]["transfers"].as_array().unwrap().len(), 4);
    clean(&market).await;
}

async fn what_is_anothers_is_not_found(db: TestDb) {
    let (market, _clock) = open(&db, 0).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let list = market.read(&market.as_shopper, "/api/v1/orders").await;
    let order = format!("/api/v1/orders/{}", list["items"][0]["id"].as_str().unwrap());
    let by_reference = format!("/api/v1/clicks/{}", click.reference());
    let by_uuid = format!("/api/v1/clicks/{click}");
    for path in [&order, &by_reference, &by_uuid] {
        assert_eq!(market.get(&market.as_shopper, path).await.status(), 200, "{path}");
        assert_eq!(market.get(&market.as_other, path).await.status(), 404, "{path}");
        assert_eq!(market.get(&market.as_partner, path).await.status(), 403, "{path}");
        assert_eq!(market.server.get(path).await.status(), 401, "{path}");
    }
    for path in ["/api/v1/orders", "/api/v1/clicks", "/api/v1/ledger", "/api/v1/claims"] {
        assert_eq!(market.read(&market.as_other, path).await["items"], json!([]), "{path}");
    }
    for path in ["/api/v1/partner/orders", "/api/v1/partner/clicks", "/api/v1/partner/postbacks"] {
        assert_eq!(market.read(&market.as_other_partner, path).await["items"], json!([]), "{path}");
        assert_eq!(market.read(&market.as_partner, path).await["items"].as_array().unwrap().len(), 1, "{path}");
        assert_eq!(market.get(&market.as_shopper, path).await.status(), 403, "{path}");
    }
    for path in ["postbacks", "orders", "ledger", "ledger/accounts", "ledger/verify", "ledger/head", "claims"] {
        let path = format!("/api/v1/operator/{path}");
        assert_eq!(market.get(&market.as_shopper, &path).await.status(), 403, "{path}");
        assert_eq!(market.get(&market.as_partner, &path).await.status(), 403, "{path}");
        assert_eq!(market.get(&market.as_viewer, &path).await.status(), 200, "{path}");
    }
}

async fn balances_tell_holds_and_debts(db: TestDb) {
    let (market, clock) = open(&db, 10).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    market.report("A-2", click, 2, "30.00").await;
    let balance = market.read(&market.as_shopper, "/api/v1/balance").await;
    assert_eq!(balance[0]["confirmed"], rub("50.00"));
    assert_eq!(balance[0]["pending"], rub("15.00"));
    assert_eq!(balance[0]["holds"], json!([{ "amount": rub("50.00"), "until": "2026-10-15T12:00:00Z" }]));

    clock.advance(TimeDelta::days(11));
    release_holds(&market.server.app, 10).await.unwrap();
    let balance = market.read(&market.as_shopper, "/api/v1/balance").await;
    assert_eq!((&balance[0]["available"], &balance[0]["holds"]), (&rub("50.00"), &json!([])));

    // Taken away by hand, then reversed by the partner: what is not there any more becomes a debt.
    let taken = json!({ "key": "t-1", "shopper": market.shopper, "amount": rub("-50.00"), "fund": "house/margin",
        "reason": "paid in cash" });
    market.send(&market.as_admin, "/api/v1/operator/adjustments", &taken, 201).await;
    market.report("A-1", click, 3, "100.00").await;
    let balance = market.read(&market.as_shopper, "/api/v1/balance").await;
    assert_eq!((&balance[0]["debt"], &balance[0]["available"]), (&rub("50.00"), &rub("0.00")));
    let ledger = market.read(&market.as_shopper, "/api/v1/ledger").await;
    let kinds: Vec<&Value> = ledger["items"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["conversion", "adjustment", "hold_over", "conversion", "conversion"]);
    clean(&market).await;
}

async fn claims_are_made_once_and_answered_once(db: TestDb) {
    let (market, clock) = open(&db, 0).await;
    let click = market.click(market.shopper).await;
    clock.advance(TimeDelta::hours(2));
    let claim = json!({ "click": click.reference(), "order_number": " B-7 ", "amount": rub("990.00"),
        "ordered_at": "2026-10-05T13:00:00Z", "note": "the page closed" });
    let made = market.send(&market.as_shopper, "/api/v1/claims", &claim, 201).await;
    assert_eq!(
        (&made["order_number"], &made["state"], &made["store"]),
        (&json!("B-7"), &json!("open"), &json!("books"))
    );
    let again = market.send(&market.as_shopper, "/api/v1/claims", &claim, 409).await;
    assert_eq!(again["code"], "claim_exists");
    assert_eq!(market.send(&market.as_other, "/api/v1/claims", &claim, 404).await["code"], "not_found");
    let early = json!({ "click": click, "order_number": "B-8", "ordered_at": "2026-10-01T13:00:00Z" });
    assert_eq!(market.send(&market.as_shopper, "/api/v1/claims", &early, 422).await["code"], "before_click");
    market.report("B-9", click, 2, "5.00").await;
    let known = json!({ "click": click, "order_number": "B-9", "ordered_at": "2026-10-05T13:00:00Z" });
    assert_eq!(market.send(&market.as_shopper, "/api/v1/claims", &known, 409).await["code"], "order_known");

    let id = made["id"].as_str().unwrap();
    assert_eq!(market.get(&market.as_other, &format!("/api/v1/claims/{id}")).await.status(), 404);
    let path = format!("/api/v1/partner/claims/{id}/answer");
    let answer = json!({ "accepted": true, "answer": "found it" });
    market.send(&market.as_other_partner, &path, &answer, 404).await;
    market.send(&market.as_viewer, &format!("/api/v1/operator/claims/{id}/answer"), &answer, 403).await;
    assert_eq!(market.send(&market.as_partner, &path, &answer, 200).await["state"], "accepted");
    assert_eq!(market.send(&market.as_partner, &path, &answer, 409).await["code"], "already_answered");
    let seen = market.read(&market.as_shopper, &format!("/api/v1/claims/{id}")).await;
    assert_eq!((&seen["answer"], &seen["state"]), (&json!("found it"), &json!("accepted")));
    let audit = market.read(&market.as_admin, &format!("/api/v1/operator/audit?subject=claim/{id}")).await;
    assert_eq!(audit["items"][0]["actor"], format!("partner/{}", market.partner));
}

async fn held_calls_run_again(db: TestDb) {
    let (market, _clock) = open(&db, 0).await;
    let click = market.click(market.shopper).await;
    let unknown = kopilka::base::id::ClickId::new();
    let held = market.report("C-1", unknown, 1, "10.00").await;
    assert_eq!((&held["verdict"], &held["reason"]), (&json!("held"), &json!("unknown_click")));
    let waiting = market.read(&market.as_admin, "/api/v1/operator/postbacks?waiting=true&verdict=held").await;
    assert_eq!(waiting["items"][0]["words"]["ru"], "Клик с такой меткой не найден.");
    let id = held["postback"].as_str().unwrap();
    let rerun = format!("/api/v1/operator/postbacks/{id}/rerun");
    market.send(&market.as_viewer, &rerun, &json!({ "reason": "look again" }), 403).await;
    let run = market.send(&market.as_admin, &rerun, &json!({ "reason": "look again" }), 200).await;
    assert_eq!(run["verdict"], "held");
    let audit = market.read(&market.as_admin, &format!("/api/v1/operator/audit?subject=postback/{id}")).await;
    assert_eq!(audit["items"][0]["detail"], json!({ "trusted": false, "reason": "look again" }));

    // A refused call: the partner cannot push it through, an operator may vouch for it.
    let query = market.query("C-2", &click.reference(), 1, "10.00").replace(SECRET, "wrong");
    let refused: Value = market.server.get(&format!("/postback/network?{query}")).await.json().await.unwrap();
    let id = refused["postback"].as_str().unwrap();
    let own = format!("/api/v1/partner/postbacks/{id}/rerun");
    market.send(&market.as_partner, &own, &json!({}), 409).await;
    market.send(&market.as_other_partner, &own, &json!({}), 404).await;
    let rerun = format!("/api/v1/operator/postbacks/{id}/rerun");
    let run = market.send(&market.as_admin, &rerun, &json!({ "reason": "still not ours" }), 200).await;
    assert_eq!(run["verdict"], "refused");
    let vouched = json!({ "reason": "confirmed by telephone", "trusted": true });
    assert_eq!(market.send(&market.as_admin, &rerun, &vouched, 200).await["verdict"], "applied");
    assert_eq!(market.send(&market.as_admin, &rerun, &vouched, 409).await["code"], "not_waiting");
    let one = market.read(&market.as_viewer, &format!("/api/v1/operator/postbacks/{id}")).await;
    assert!(one["resolved_by"].is_string());
    clean(&market).await;
}

async fn operators_correct_balances_once(db: TestDb) {
    let (market, _clock) = open(&db, 0).await;
    let path = "/api/v1/operator/adjustments";
    let wanted = json!({ "key": "ticket-1", "shopper": market.shopper, "amount": rub("250.00"),
        "fund": "house/budget/goodwill", "reason": "lost order" });
    market.send(&market.as_viewer, path, &wanted, 403).await;
    let first = market.send(&market.as_admin, path, &wanted, 201).await;
    let second = market.send(&market.as_admin, path, &wanted, 200).await;
    assert_eq!(first["id"], second["id"]);
    let changed = |key: &str, value: Value| {
        let mut body = wanted.clone();
        body[key] = value;
        body
    };
    let reused = market.send(&market.as_admin, path, &changed("amount", rub("251.00")), 409).await;
    assert_eq!(reused["code"], "key_reused");
    let mut large = changed("amount", rub("1000.01"));
    large["key"] = json!("ticket-2");
    assert_eq!(market.send(&market.as_admin, path, &large, 202).await["state"], "open");
    // Where limits are set, a currency without one has none to stay below.
    large["amount"] = json!({ "amount": "1.00", "currency": "EUR" });
    large["key"] = json!("ticket-3");
    assert_eq!(market.send(&market.as_admin, path, &large, 202).await["state"], "open");
    large["key"] = json!("ticket-4");
    large["amount"] = rub("-250.01");
    assert_eq!(market.send(&market.as_admin, path, &large, 422).await["code"], "insufficient_funds");
    large["fund"] = json!("bank/main");
    assert_eq!(market.send(&market.as_admin, path, &large, 422).await["field"], "fund");
    let balance = market.read(&market.as_shopper, "/api/v1/balance").await;
    assert_eq!(balance[0]["available"], rub("250.00"));
    let path = format!("/api/v1/operator/audit?subject=shopper/{}", market.shopper);
    let audit = market.read(&market.as_admin, &path).await;
    let actions: Vec<&Value> = audit["items"].as_array().unwrap().iter().map(|one| &one["action"]).collect();
    let done = ["adjustment.ask", "adjustment.ask", "balance.adjust"];
    assert_eq!(actions, done, "only what was done is in the audit trail");
    clean(&market).await;
    let accounts = market.read(&market.as_viewer, "/api/v1/operator/ledger/accounts").await;
    let of = |name: &str| {
        accounts["accounts"].as_array().unwrap().iter().find(|one| one["account"] == name).unwrap()["balance"].clone()
    };
    assert_eq!((of("house/budget/goodwill"), of("shoppers/available")), (rub("-250.00"), rub("250.00")));
}

async fn what_cannot_be_booked_is_refused(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let path = "/api/v1/operator/adjustments";
    let payments = format!("/api/v1/operator/partners/{}/payments", market.partner);
    let wanted = |key: &str, amount: &str| {
        json!({ "key": key, "shopper": market.shopper, "amount": rub(amount), "fund": "house/margin",
            "reason": "a large one" })
    };
    // The smallest number of minor units there is has no opposite; none of these may be taken, or said to be.
    for amount in ["-92233720368547758.08", "92233720368547758.07", "100000000000.01", "-100000000000.01", "0.00"] {
        for _ in 0..2 {
            assert_eq!(market.send(&market.as_admin, path, &wanted("k-1", amount), 422).await["field"], "amount");
        }
        let paid = json!({ "bank": "main", "amount": rub(amount), "reference": "p-1" });
        assert_eq!(market.send(&market.as_admin, &payments, &paid, 422).await["field"], "amount", "{amount}");
    }
    market.send(&market.as_admin, path, &wanted("k-1", "100000000000.00"), 201).await;
    let smallest = market.send(&market.as_admin, path, &wanted("k-1", "-92233720368547758.08"), 422).await;
    assert_eq!(smallest["field"], "amount", "a repeated key is no way around");
    let paid = json!({ "bank": "main", "amount": rub("100000000000.00"), "reference": "p-1" });
    market.send(&market.as_admin, &payments, &paid, 201).await;
    clean(&market).await;
}

#[test]
fn a_currency_without_a_limit_is_not_within_limits() {
    let (roubles, euros) = (|minor| Amount::new(minor, Currency::RUB), Amount::new(1, Currency::EUR));
    assert!(PartnerSettings::within(&[], euros), "no limit at all");
    assert!(PartnerSettings::within(&[roubles(100)], roubles(100)));
    assert!(!PartnerSettings::within(&[roubles(100)], roubles(101)));
    assert!(!PartnerSettings::within(&[roubles(100)], euros));
}

async fn a_key_that_two_use_at_once_posts_once(db: TestDb) {
    let (market, _clock) = open(&db, 0).await;
    let other = shopper(&market.server.app).await;
    let path = "/api/v1/operator/adjustments";
    for round in 0..20 {
        let of = |whose| {
            json!({ "key": format!("both-{round}"), "shopper": whose, "amount": rub("1.00"),
                "fund": "house/margin", "reason": "at once" })
        };
        let (one, other) = (of(market.shopper), of(other));
        let (first, second) =
            tokio::join!(market.post(&market.as_admin, path, &one), market.post(&market.as_admin, path, &other));
        let mut answers = [first.status().as_u16(), second.status().as_u16()];
        answers.sort_unstable();
        assert_eq!(answers, [201, 409], "round {round}");
    }
    clean(&market).await;
}

async fn a_statement_follows_what_the_partner_owes(db: TestDb) {
    let (market, clock) = open(&db, 0).await;
    let click = market.click(market.shopper).await;
    market.report("D-1", click, 1, "100.00").await;
    clock.advance(TimeDelta::days(10));
    market.report("D-2", click, 1, "40.00").await;
    market.report("D-3", click, 2, "7.00").await;
    market.report("D-1", click, 3, "100.00").await;
    let payments = format!("/api/v1/operator/partners/{}/payments", market.partner);
    let paid = json!({ "bank": "bank/main", "amount": rub("25.00"), "reference": "inv-1" });
    market.send(&market.as_viewer, &payments, &paid, 403).await;
    market.send(&market.as_admin, &payments, &paid, 201).await;
    market.send(&market.as_admin, &payments, &paid, 200).await;
    let other = json!({ "bank": "bank/main", "amount": rub("26.00"), "reference": "inv-1" });
    assert_eq!(market.send(&market.as_admin, &payments, &other, 409).await["code"], "key_reused");
    let statement =
        market.read(&market.as_partner, "/api/v1/partner/statement?from=2026-10-10T00:00:00Z&to=2026-11-01T00:00:00Z");
    assert_eq!(
        statement.await["lines"],
        json!([{ "currency": "RUB", "opening": rub("100.00"), "confirmed": rub("40.00"), "reversed": rub("100.00"),
            "paid": rub("25.00"), "closing": rub("15.00"), "expected": rub("7.00") }])
    );
    clean(&market).await;
    let head = market.read(&market.as_viewer, "/api/v1/operator/ledger/head").await;
    assert_eq!((&head["position"], &head["unsealed"]), (&json!(5), &json!(0)));
    let report = market.read(&market.as_viewer, "/api/v1/operator/ledger/verify").await;
    assert_eq!((&report["head"], &report["findings"]), (&head["hash"], &json!([])));
}

async fn lists_page_to_their_end(db: TestDb) {
    let (market, _clock) = open(&db, 0).await;
    let click = market.click(market.shopper).await;
    for order in 0..5 {
        market.report(&format!("E-{order}"), click, 2, "10.00").await;
    }
    for path in ["orders", "ledger", "operator/orders", "operator/ledger", "operator/postbacks", "partner/orders"] {
        let who = match path.split('/').next() {
            Some("operator") => &market.as_viewer,
            Some("partner") => &market.as_partner,
            _ => &market.as_shopper,
        };
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = market.read(who, &format!("/api/v1/{path}?limit=2{after}")).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let mut sorted = seen.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        sorted.dedup();
        assert_eq!((seen.len(), &seen), (5, &sorted), "{path}");
    }
}
