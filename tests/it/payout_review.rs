//! Withdrawals that a person looks at first: each rule by itself, what is kept of it, and who is told what.

use chrono::TimeDelta;
use kopilka::base::id::OperatorId;
use kopilka::base::{Clock, Timestamp};
use kopilka::db::Lane;
use kopilka::db::people::{PersonRow, person_insert};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{AccountStatus, Actor, Role, TokenKind};
use kopilka::domain::payout::{PayoutState, ReviewRule, ReviewRules, ScreenFacts, ScreenedOrder, screen};
use kopilka::domain::reason::Language;
use kopilka::service::ServiceError;
use kopilka::service::limits::Limits;
use kopilka::service::payouts::confirm_payout::{Confirmation, confirm_payout};
use kopilka::service::payouts::look::payout_with_events;
use kopilka::service::payouts::review_payout::{Decision, review_payout};
use kopilka::service::verify_ledger::verify_ledger;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::guard::{Guard, pays_out, rub};
use crate::support::market::Market;

on_both![
    the_same_destination_on_two_accounts_waits,
    sums_of_a_day_wait,
    several_accounts_of_one_network_wait,
    orders_are_looked_at,
    two_operators_let_a_large_one_go,
    what_takes_two_is_held_by_itself,
    reasons_are_shown_to_both_sides,
];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
}

/// Every rule on.
fn rules() -> ReviewRules {
    ReviewRules {
        amount: Some(rub(50_00)),
        person_day: Some(rub(100_00)),
        destination_day: Some(rub(200_00)),
        overall_day: Some(rub(300_00)),
        shared_destination: true,
        self_referral: true,
        cancelled_orders: 3,
        cancelled_percent: 50,
        cancelled_hours: 48,
        quick_seconds: 10,
        network_accounts: 3,
        new_account_days: 7,
    }
}

fn order() -> ScreenedOrder {
    let clicked_at = Some(at(-1_000_000));
    ScreenedOrder { clicked_at, occurred_at: at(-999_990), ended_at: None, own_partner: false }
}

fn cancelled(after_hours: i64) -> ScreenedOrder {
    ScreenedOrder { ended_at: Some(at(-999_990 + after_hours * 3600)), ..order() }
}

/// A request that no rule speaks about, and is as near to each as can be.
fn quiet() -> ScreenFacts {
    ScreenFacts {
        now: at(0),
        amount: rub(49_99),
        person_day: rub(50_01),
        destination_day: rub(150_01),
        overall_day: rub(250_01),
        other_accounts: 0,
        orders: vec![order(), order(), order(), cancelled(1), cancelled(47), cancelled(48)],
        network_accounts: 2,
        account_since: at(-7 * 86_400),
    }
}

#[test]
fn each_rule_speaks_for_itself() {
    type Change = fn(&mut ScreenFacts);
    let cases: &[(ReviewRule, Change, &str, &str)] = &[
        (ReviewRule::PersonDay, |f| f.person_day = rub(50_02), "100.01 RUB", "100.00 RUB"),
        (ReviewRule::DestinationDay, |f| f.destination_day = rub(150_02), "200.01 RUB", "200.00 RUB"),
        (ReviewRule::OverallDay, |f| f.overall_day = rub(250_02), "300.01 RUB", "300.00 RUB"),
        (ReviewRule::SharedDestination, |f| f.other_accounts = 1, "1", "0"),
        (ReviewRule::SelfReferral, |f| f.orders[0].own_partner = true, "1", "0"),
        (ReviewRule::FastCancel, |f| f.orders[5] = cancelled(47), "3 / 6", "2"),
        (ReviewRule::QuickOrder, |f| f.orders[0].clicked_at = Some(at(-999_999)), "9 s", "10 s"),
        (ReviewRule::NetworkBurst, |f| f.network_accounts = 3, "3", "2"),
        (ReviewRule::NewAccount, |f| f.account_since = at(-7 * 86_400 + 1), "6", "7"),
    ];
    assert_eq!(screen(&quiet(), &rules()).unwrap(), []);
    for (rule, change, seen, allowed) in cases {
        let mut facts = quiet();
        change(&mut facts);
        let hits = screen(&facts, &rules()).unwrap();
        let told: Vec<_> = hits.iter().map(|hit| (hit.rule, &*hit.seen, &*hit.allowed)).collect();
        assert_eq!(told, [(*rule, *seen, *allowed)]);
        assert_eq!(screen(&facts, &ReviewRules::default()).unwrap(), [], "{rule} is off");
    }
    let mut facts = quiet();
    (facts.amount, facts.person_day) = (rub(50_00), rub(0));
    (facts.destination_day, facts.overall_day) = (rub(0), rub(0));
    let hits = screen(&facts, &rules()).unwrap();
    assert_eq!((hits.len(), hits[0].rule), (1, ReviewRule::Amount));
}

#[test]
fn all_that_speaks_is_told() {
    let mut facts = quiet();
    facts.amount = rub(1_000_00);
    (facts.other_accounts, facts.network_accounts, facts.account_since) = (2, 9, at(0));
    facts.orders = vec![ScreenedOrder { clicked_at: Some(at(0)), own_partner: true, ..order() }, cancelled(1)];
    facts.orders.extend([cancelled(2), cancelled(3)]);
    let hits: Vec<ReviewRule> = screen(&facts, &rules()).unwrap().iter().map(|hit| hit.rule).collect();
    assert_eq!(hits, ReviewRule::ALL);
}

#[test]
fn few_cancelled_of_many_are_no_pattern() {
    let mut facts = quiet();
    facts.orders = [vec![order(); 4], vec![cancelled(1); 3]].concat();
    assert_eq!(screen(&facts, &rules()).unwrap(), [], "3 of 7 are less than half");
    // A click that is no longer known says nothing.
    facts.orders = vec![ScreenedOrder { clicked_at: None, ..order() }];
    assert_eq!(screen(&facts, &rules()).unwrap(), []);
}

async fn the_same_destination_on_two_accounts_waits(db: TestDb) {
    let guard = Guard::start(&db, |config| config.payouts.review.shared_destination = true).await;
    let anna = guard.shopper("anna@example.com", 10_000).await;
    let boris = guard.shopper("boris@example.com", 10_000).await;
    let first = guard.method(anna, "4100 1234 ABCD").await;
    let row = guard.request(anna, first, 1_000, "a").await.unwrap().row;
    assert_eq!(guard.held(row.id).await, (PayoutState::Approved, Vec::new()), "nobody else has it");
    // The same with other spaces and capitals.
    let second = guard.method(boris, "41001234abcd").await;
    let row = guard.request(boris, second, 1_000, "b").await.unwrap().row;
    assert_eq!(guard.held(row.id).await, (PayoutState::Review, vec![ReviewRule::SharedDestination]));
    let row = guard.request(anna, first, 1_000, "c").await.unwrap().row;
    assert_eq!(guard.held(row.id).await.1, [ReviewRule::SharedDestination]);
    let own = guard.method(boris, "another").await;
    let row = guard.request(boris, own, 1_000, "d").await.unwrap().row;
    assert_eq!(guard.held(row.id).await.1, []);
    guard.close().await;
}

async fn sums_of_a_day_wait(db: TestDb) {
    let guard = Guard::start(&db, |config| {
        config.payouts.review.person_day = vec![rub(3_000)];
        config.payouts.review.destination_day = vec![rub(5_000)];
        config.payouts.review.overall_day = vec![rub(8_000)];
        config.payouts.review.new_account_days = 2;
    })
    .await;
    let anna = guard.shopper("anna@example.com", 10_000).await;
    let boris = guard.shopper("boris@example.com", 10_000).await;
    let methods = [guard.method(anna, "wallet").await, guard.method(boris, "wallet").await];
    let row = guard.request(anna, methods[0], 1_000, "new").await.unwrap().row;
    assert_eq!(guard.held(row.id).await.1, [ReviewRule::NewAccount]);
    guard.site.clock.advance(TimeDelta::days(2));
    let cases: &[(usize, i64, &[ReviewRule])] = &[
        (0, 3_000, &[]),
        (0, 100, &[ReviewRule::PersonDay]),
        (1, 1_900, &[]),
        (1, 100, &[ReviewRule::DestinationDay]),
        (1, 3_000, &[ReviewRule::DestinationDay, ReviewRule::OverallDay, ReviewRule::PersonDay]),
    ];
    for (number, (who, minor, expected)) in cases.iter().enumerate() {
        let shopper = [anna, boris][*who];
        let row = guard.request(shopper, methods[*who], *minor, &format!("k{number}")).await.unwrap().row;
        assert_eq!(guard.held(row.id).await.1, *expected, "{number}");
    }
    // A day later all counts from nothing.
    guard.site.clock.advance(TimeDelta::hours(24));
    let row = guard.request(anna, methods[0], 1_000, "late").await.unwrap().row;
    assert_eq!(guard.held(row.id).await, (PayoutState::Approved, Vec::new()));
    guard.close().await;
}

async fn several_accounts_of_one_network_wait(db: TestDb) {
    let guard = Guard::start(&db, |config| config.payouts.review.network_accounts = 3).await;
    let app = &guard.site.server.app;
    let limits = Limits::of(&app.config.limits);
    let mut held = Vec::new();
    for (name, ip) in [("a", "198.51.100.7"), ("b", "198.51.100.8"), ("a", "198.51.100.9"), ("c", "198.51.100.7")] {
        let email = format!("{name}{}@example.com", held.len());
        let known = (name == "a" && held.len() == 2).then(|| "a0@example.com".to_owned());
        let shopper = match &known {
            Some(email) => {
                let email = email.clone();
                let found = app.db.read(move |conn| kopilka::db::shoppers::shopper_find_by_email(conn, &email)).await;
                found.unwrap().unwrap().id
            }
            None => guard.shopper(&email, 10_000).await,
        };
        let method = guard.method(shopper, &format!("wallet of {name}")).await;
        let said = Confirmation { ip: Some(ip.parse().unwrap()), code: String::new() };
        let wanted = Guard::wanted(shopper, method, 1_000, &format!("k{}", held.len()));
        let row = confirm_payout(app, &limits, wanted, said).await.unwrap().row;
        held.push(guard.held(row.id).await.1);
    }
    assert_eq!(held, [vec![], vec![], vec![], vec![ReviewRule::NetworkBurst]]);
    guard.close().await;
}

async fn orders_are_looked_at(db: TestDb) {
    let clock = Clock::manual(at(0));
    let server = TestApp::start_with(&db.url, clock.clone(), |config| {
        pays_out(config);
        config.payouts.review.self_referral = true;
        config.payouts.review.cancelled_orders = 2;
        config.payouts.review.quick_seconds = 10;
    });
    let market = Market::open(server.await, 0).await;
    let app = &market.server.app;
    let body = json!({ "provider": "sandbox", "kind": "wallet", "token": "w-1", "masked": "•••• 1" });
    let method = market.send(&market.as_shopper, "/api/v1/payout-methods", &body, 201).await["id"].clone();
    let mut number = 0;
    let mut ask = async || -> Value {
        number += 1;
        let body = json!({ "method": method, "amount": { "amount": "1.00", "currency": "RUB" } });
        let request = market.server.request(reqwest::Method::POST, "/api/v1/payouts").bearer_auth(&market.as_shopper.0);
        let answer = request.header("idempotency-key", format!("k{number}")).json(&body).send().await.unwrap();
        let made: Value = answer.json().await.unwrap();
        let path = format!("/api/v1/operator/payouts/{}", made["id"].as_str().unwrap());
        let seen = market.read(&market.as_viewer, &path).await;
        seen["reviews"].as_array().unwrap().iter().map(|review| review["rule"].clone()).collect()
    };
    let click = market.click(market.shopper).await;
    clock.advance(TimeDelta::seconds(60));
    market.report("A-1", click, 1, "100.00").await;
    assert_eq!(ask().await, json!([]));

    let click = market.click(market.shopper).await;
    clock.advance(TimeDelta::seconds(5));
    market.report("A-2", click, 1, "100.00").await;
    assert_eq!(ask().await, json!(["quick_order"]));
    for order in ["A-2", "A-3"] {
        let click = market.click(market.shopper).await;
        clock.advance(TimeDelta::hours(1));
        market.report(order, click, 1, "100.00").await;
        market.report(order, click, 3, "100.00").await;
    }
    assert_eq!(ask().await, json!(["fast_cancel"]), "what was quick does not stand any more");

    // She acts for the partner.
    let now = clock.now();
    let person = PersonRow {
        id: kopilka::base::id::PersonId::new(),
        partner_id: Some(market.partner),
        email: "anna@example.com".to_owned(),
        name: "Anna".to_owned(),
        password_hash: "-".to_owned(),
        status: AccountStatus::Active,
        language: Language::En,
        email_confirmed_at: Some(now),
        created_at: now,
    };
    app.db.write(Lane::House, move |conn| person_insert(conn, &person)).await.unwrap();
    assert_eq!(ask().await, json!(["fast_cancel", "self_referral"]));
    // A hundred days later nobody looks at these orders.
    clock.advance(TimeDelta::days(100));
    assert_eq!(ask().await, json!([]));
    assert!(verify_ledger(app).await.unwrap().findings.is_empty());
}

async fn two_operators_let_a_large_one_go(db: TestDb) {
    let guard = Guard::start(&db, |config| {
        config.payouts.review_above = vec![rub(1_000)];
        config.payouts.second_above = vec![rub(5_000)];
    })
    .await;
    let app = &guard.site.server.app;
    let anna = guard.shopper("anna@example.com", 100_000).await;
    let method = guard.method(anna, "wallet").await;
    let [one, other] = [(); 2].map(|()| Actor::Operator(OperatorId::new(), Role::Finance));
    let small = guard.request(anna, method, 4_999, "small").await.unwrap().row;
    let large = guard.request(anna, method, 5_000, "large").await.unwrap().row;
    assert_eq!(guard.held(large.id).await, (PayoutState::Review, vec![ReviewRule::Amount]));
    let done = review_payout(app, &one, small.id, Decision::Approve).await.unwrap();
    assert_eq!(done.row.state, PayoutState::Approved);
    let first = review_payout(app, &one, large.id, Decision::Approve).await.unwrap();
    assert_eq!((first.row.state, first.step.noop), (PayoutState::Review, true));
    let again = review_payout(app, &one, large.id, Decision::Approve).await;
    assert!(matches!(again, Err(ServiceError::Conflict { code: "second_person_needed", .. })), "{again:?}");
    assert_eq!(guard.held(large.id).await.0, PayoutState::Review);
    let second = review_payout(app, &other, large.id, Decision::Approve).await.unwrap();
    assert_eq!(second.row.state, PayoutState::Approved);
    let found = payout_with_events(app, large.id, None).await.unwrap();
    assert_eq!(found.approvals.len(), 2);
    // One is enough to decline.
    let third = guard.request(anna, method, 5_000, "third").await.unwrap().row;
    let reason = "not this one".to_owned();
    let declined = review_payout(app, &one, third.id, Decision::Decline { reason }).await.unwrap();
    assert_eq!(declined.row.state, PayoutState::Failed);
    guard.close().await;
}

async fn what_takes_two_is_held_by_itself(db: TestDb) {
    let guard = Guard::start(&db, |config| {
        config.payouts.review_above = Vec::new();
        config.payouts.second_above = vec![rub(5_000)];
    })
    .await;
    let anna = guard.shopper("anna@example.com", 100_000).await;
    let method = guard.method(anna, "wallet").await;
    let small = guard.request(anna, method, 4_999, "small").await.unwrap().row;
    assert_ne!(guard.held(small.id).await.0, PayoutState::Review);
    let large = guard.request(anna, method, 5_000, "large").await.unwrap().row;
    assert_eq!(guard.held(large.id).await, (PayoutState::Review, vec![ReviewRule::Amount]));
    guard.close().await;
}

async fn reasons_are_shown_to_both_sides(db: TestDb) {
    let guard = Guard::start(&db, |config| {
        config.payouts.review.person_day = vec![rub(10_00)];
        config.payouts.review.new_account_days = 9;
    })
    .await;
    let anna = guard.shopper("anna@example.com", 100_00).await;
    let method = guard.method(anna, "wallet").await;
    let row = guard.request(anna, method, 33_00, "a").await.unwrap().row;
    let server = &guard.site.server;
    let session = guard.site.session("anna@example.com").await;
    let hers = Browser::signed_in(server, "en", &session).page(&format!("/payouts/{}", row.id)).await;
    hers.has("because of the sum").has("because of the account").lacks("because of the orders");
    hers.lacks("10.00").lacks("within a day").lacks("New account");
    let russian = Browser::signed_in(server, "ru", &session);
    russian.set("kopilka_language", "ru");
    russian.page(&format!("/payouts/{}", row.id)).await.has("из-за суммы");
    let id = accounts::operator(&server.app, Role::Finance).await;
    let session = accounts::token(&server.app, Owner::Operator(id), TokenKind::Session).await.0;
    let operator = Browser::signed_in(server, "en", &session);
    let theirs = operator.page(&format!("/operator/payouts/{}", row.id)).await;
    theirs.has("Much for one shopper within a day").has("seen 33.00 RUB").has("passes up to 10.00 RUB");
    theirs.has("New account");
    operator.page("/operator/payout-rules").await.has("above").has("younger than 9 days").has("off");
    guard.close().await;
}
