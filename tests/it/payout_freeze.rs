//! Destinations: letters about their changes with a link that freezes, what a freeze stops, and what ends it.

use kopilka::base::id::OperatorId;
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::payout::PayoutState;
use kopilka::service::ServiceError;
use kopilka::service::payouts::cancel_payout::cancel_payout;
use kopilka::service::payouts::freeze::operator_set_frozen;
use kopilka::service::payouts::look::payout_with_events;
use kopilka::service::payouts::method_remove::method_remove;
use kopilka::service::payouts::review_payout::{Decision, review_payout};
use kopilka::service::payouts::submit_payout::commit_send;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::guard::{Guard, rub};
use crate::support::site::PASSWORD;

on_both![
    a_letter_tells_of_each_change,
    the_address_before_is_told_too,
    a_freeze_stops_everything_until_it_ends,
    a_link_that_was_changed_freezes_nothing,
    operators_freeze_and_end_it,
    a_withdrawal_takes_a_code,
];

const EMAIL: &str = "anna@example.com";

/// The link in a letter that freezes, as a path.
fn link_in(text: &str) -> String {
    let rest = text.split("/freeze-payouts?").nth(1).expect("a link that freezes");
    format!("/freeze-payouts?{}", rest.split_whitespace().next().unwrap())
}

/// The letters that came and say this: address and text.
async fn letters(guard: &Guard, about: &str) -> Vec<(String, String)> {
    let all = guard.site.letters().await.into_iter().filter(|(_, text)| text.contains(about));
    let address = |headers: String| headers.lines().next().unwrap().trim_start_matches("To: ").to_owned();
    all.map(|(headers, text)| (address(headers), text)).collect()
}

async fn a_letter_tells_of_each_change(db: TestDb) {
    let guard = Guard::start(&db, |config| config.payouts.cool_off_hours = 48).await;
    let anna = guard.shopper(EMAIL, 0).await;
    let method = guard.method(anna, "wallet 1").await;
    let (to, text) = letters(&guard, "added the destination").await.remove(0);
    assert_eq!(to, EMAIL);
    assert!(text.contains("•••• 0042") && text.contains("2026-03-03 12:00 UTC"), "{text}");
    assert!(!text.contains("wallet 1"), "{text}");
    link_in(&text);
    method_remove(&guard.site.server.app, anna, method).await.unwrap();
    assert_eq!(letters(&guard, "removed the destination").await.len(), 1);
    // In their own language.
    let session = guard.site.session(EMAIL).await;
    let browser = Browser::signed_in(&guard.site.server, "en", &session);
    browser.send("/account/language", &[("language", "ru")]).await;
    guard.method(anna, "wallet 2").await;
    let (_, text) = letters(&guard, "добавил реквизиты").await.remove(0);
    link_in(&text);
    guard.close().await;
}

async fn the_address_before_is_told_too(db: TestDb) {
    let guard = Guard::start(&db, |_config| {}).await;
    let anna = guard.shopper(EMAIL, 0).await;
    let session = guard.site.session(EMAIL).await;
    let wanted = json!({ "email": "thief@example.com", "password": PASSWORD });
    let (status, _) = guard.site.send(Method::POST, "/api/v1/shopper/email", &session, wanted).await;
    assert_eq!(status, 202);
    let (_, text) = letters(&guard, "/confirm-email?code=").await.pop().unwrap();
    let code = crate::support::site::code_in(&text);
    assert_eq!(guard.site.confirm(&code, PASSWORD).await.0, 204);
    guard.method(anna, "the thief's").await;
    let mut told: Vec<String> = letters(&guard, "added the destination").await.into_iter().map(|(to, _)| to).collect();
    told.sort();
    assert_eq!(told, [EMAIL, "thief@example.com"]);
    // Not for ever.
    guard.site.clock.advance(chrono::TimeDelta::days(31));
    guard.method(anna, "another").await;
    let late: Vec<String> = letters(&guard, "added the destination").await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(late, ["thief@example.com"]);
    guard.close().await;
}

async fn a_freeze_stops_everything_until_it_ends(db: TestDb) {
    let guard = Guard::start(&db, |config| config.payouts.review_above = vec![rub(5_000)]).await;
    let app = &guard.site.server.app;
    let anna = guard.shopper(EMAIL, 100_000).await;
    let method = guard.method(anna, "wallet").await;
    let path = link_in(&letters(&guard, "added the destination").await.remove(0).1);
    let waits = guard.request(anna, method, 5_000, "large").await.unwrap().row;
    let approved = guard.request(anna, method, 1_000, "small").await.unwrap().row;
    // Whoever opens the link is asked, and nothing happens by looking.
    let nobody = Browser::new(&guard.site.server, "en");
    nobody.page(&path).await.has("Freeze withdrawals").lacks(EMAIL);
    assert!(payout_with_events(app, waits.id, None).await.unwrap().freeze.is_none());
    let fields: Vec<(String, String)> =
        url::Url::parse(&format!("http://x{path}")).unwrap().query_pairs().into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let done = nobody.send("/freeze-payouts", &fields).await;
    done.has("Withdrawals are frozen");
    assert_eq!(nobody.send("/freeze-payouts", &fields).await.status, 200, "the same again changes nothing");

    let refused = guard.request(anna, method, 1_000, "later").await;
    assert!(matches!(refused, Err(ServiceError::Refused { code: "payouts_frozen", .. })), "{refused:?}");
    let finance = Actor::Operator(OperatorId::new(), Role::Finance);
    let refused = review_payout(app, &finance, waits.id, Decision::Approve).await;
    assert!(matches!(refused, Err(ServiceError::Conflict { code: "shopper_frozen", .. })), "{refused:?}");
    let refused = commit_send(app, &approved).await;
    assert!(matches!(refused, Err(ServiceError::Conflict { code: "shopper_blocked", .. })), "{refused:?}");
    // What was approved comes back to an operator, and nothing leaves.
    assert_eq!(letters(&guard, "Nothing is withdrawn from your account").await.len(), 1);
    let held = payout_with_events(app, approved.id, None).await.unwrap().row;
    assert_eq!((held.state, held.sends), (PayoutState::Review, 0));

    let session = guard.site.session(EMAIL).await;
    let browser = Browser::signed_in(&guard.site.server, "en", &session);
    browser.page("/methods").await.has("Withdrawals are frozen since");
    browser.page("/payouts/new").await.has("Withdrawals from this account are frozen");
    let wrong = browser.send("/methods/unfreeze", &[("password", "not it")]).await;
    assert_eq!(wrong.status, 422);
    let foreign = browser.send_from("cross-site", "/methods/unfreeze", &[("password", PASSWORD)]).await;
    assert_eq!(foreign.status, 403);
    let ended = browser.send("/methods/unfreeze", &[("password", PASSWORD)]).await;
    assert_eq!((ended.status, ended.location.as_str()), (303, "/methods"));
    assert_eq!(letters(&guard, "has ended").await.len(), 1);
    for id in [waits.id, approved.id] {
        review_payout(app, &finance, id, Decision::Approve).await.unwrap();
        cancel_payout(app, anna, id).await.unwrap();
    }
    assert_eq!(guard.request(anna, method, 1_000, "after").await.unwrap().row.state, PayoutState::Approved);
    guard.close().await;
}

async fn a_link_that_was_changed_freezes_nothing(db: TestDb) {
    let guard = Guard::start(&db, |_config| {}).await;
    let anna = guard.shopper(EMAIL, 1_000).await;
    let boris = guard.shopper("boris@example.com", 1_000).await;
    let method = guard.method(anna, "wallet").await;
    let path = link_in(&letters(&guard, "added the destination").await.remove(0).1);
    let fields: Vec<(String, String)> =
        url::Url::parse(&format!("http://x{path}")).unwrap().query_pairs().into_owned().collect();
    let send = async |who: &str, until: &str, sign: &str| {
        let browser = Browser::new(&guard.site.server, "en");
        browser.send("/freeze-payouts", &[("who", who), ("until", until), ("sign", sign)]).await
    };
    let [who, until, sign] = [0, 1, 2].map(|at: usize| fields[at].1.clone());
    let later = (until.parse::<i64>().unwrap() + 1).to_string();
    let turned: String = sign.chars().rev().collect();
    for (who, until, sign) in
        [(&*boris.to_string(), &*until, &*sign), (&*who, &*later, &*sign), (&*who, &*until, &*turned), ("", "", "")]
    {
        send(who, until, sign).await.has("This link does not work");
    }
    guard.site.clock.advance(chrono::TimeDelta::days(30));
    send(&who, &until, &sign).await.has("This link does not work");
    assert!(guard.request(anna, method, 1_000, "a").await.is_ok(), "nothing was frozen");
    guard.close().await;
}

async fn operators_freeze_and_end_it(db: TestDb) {
    let guard = Guard::start(&db, |_config| {}).await;
    let app = &guard.site.server.app;
    let anna = guard.shopper(EMAIL, 10_000).await;
    let method = guard.method(anna, "wallet").await;
    let support = Actor::Operator(OperatorId::new(), Role::Support);
    let refused = operator_set_frozen(app, &support, anna, true, "asked for").await;
    assert!(matches!(refused, Err(ServiceError::Forbidden)), "{refused:?}");
    let (session, id) = guard.site.operator(Role::Finance).await;
    let browser = Browser::signed_in(&guard.site.server, "en", &session);
    let page = format!("/operator/shoppers/{anna}");
    browser.send(&format!("{page}/freeze"), &[("frozen", "yes"), ("reason", "asked for by telephone")]).await;
    browser.page(&page).await.has("Withdrawals are frozen since").has(&id);
    assert!(guard.request(anna, method, 1_000, "a").await.is_err());
    let silent = browser.send(&format!("{page}/freeze"), &[("frozen", "no"), ("reason", " ")]).await;
    assert_eq!(silent.status, 422);
    browser.send(&format!("{page}/freeze"), &[("frozen", "no"), ("reason", "it was her")]).await;
    browser.page(&page).await.lacks("Withdrawals are frozen since");
    assert!(guard.request(anna, method, 1_000, "a").await.is_ok());
    let path = format!("/api/v1/operator/audit?subject=shopper/{anna}");
    let (_, trail) = guard.site.send(Method::GET, &path, &session, Value::Null).await;
    let actions: Vec<&str> =
        trail["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["shopper.unfreeze", "shopper.freeze"]);
    guard.close().await;
}

async fn a_withdrawal_takes_a_code(db: TestDb) {
    let guard = Guard::start(&db, |_config| {}).await;
    let anna = guard.shopper(EMAIL, 10_000).await;
    let method = guard.method(anna, "wallet").await;
    let session = guard.site.session(EMAIL).await;
    let browser = Browser::signed_in(&guard.site.server, "en", &session);
    let form = [("method", &*method.to_string()), ("amount", "10.00"), ("currency", "RUB")];
    browser.send("/payouts/new", &form).await.has("•••• 0042").has("10.00").lacks("Code from your phone");
    let factor = crate::second_factor::turn_on(&guard.site, browser, PASSWORD).await;
    let asked = factor.browser.send("/payouts/new", &form).await;
    asked.has("•••• 0042").has("10.00").has("Code from your phone");
    let key = asked.between("name=\"key\" value=\"", "\"");
    let code = crate::second_factor::code(&guard.site, &factor.secret);
    let with = |code: &str| {
        let mut all: Vec<(String, String)> = form.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        for (name, value) in [("key", &*key), ("confirmed", "yes"), ("code", code)] {
            all.push((name.to_owned(), value.to_owned()));
        }
        all
    };
    for wrong in ["", "000000"] {
        let fields = with(wrong);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
        let refused = factor.browser.send("/payouts/new", &fields).await;
        assert_eq!(refused.status, 422);
        refused.has("Code from your phone").has(&key);
    }
    assert_eq!(guard.count().await, 0);
    let fields = with(&code);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
    assert_eq!(factor.browser.send("/payouts/new", &fields).await.status, 303);
    // The same once more is the same withdrawal, without a code; another one takes another code.
    assert_eq!(factor.browser.send("/payouts/new", &fields).await.status, 303);
    assert_eq!(guard.count().await, 1);
    let body =
        |code: &str| json!({ "method": method, "amount": { "amount": "1.00", "currency": "RUB" }, "code": code });
    let ask = async |key: &str, body: Value| {
        let request = guard.site.server.request(Method::POST, "/api/v1/payouts").bearer_auth(&session);
        let answer = request.header("idempotency-key", key).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    assert_eq!(ask("k1", body("")).await.1["code"], "code_needed");
    assert_eq!(ask("k1", body(&code)).await.1["code"], "wrong_code", "a code is good once");
    guard.site.clock.advance(chrono::TimeDelta::seconds(60));
    let fresh = crate::second_factor::code(&guard.site, &factor.secret);
    // A request that is refused leaves the code.
    let dear = json!({ "method": method, "amount": { "amount": "9999.00", "currency": "RUB" }, "code": fresh });
    assert_eq!(ask("k1", dear).await.1["code"], "not_enough_available");
    assert_eq!(ask("k1", body(&fresh)).await.0, 201);
    assert_eq!(ask("k1", body("")).await.0, 201, "a repeat asks for none");
    assert_eq!(guard.count().await, 2);
    guard.close().await;
}
