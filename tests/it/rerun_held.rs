//! A call that comes before its click is written is held, and run again by itself once the click is there.

use chrono::TimeDelta;
use kopilka::base::id::PostbackId;
use kopilka::base::{Clock, Timestamp};
use kopilka::db::audit::{AuditRow, audit_insert_in_tx};
use kopilka::db::postbacks::{PostbackFilter, PostbackRow, postback_insert, postback_list, postback_update_verdict};
use kopilka::db::{DbError, Lane};
use kopilka::domain::reason::Reason;
use kopilka::domain::verdict::Verdict;
use kopilka::job::drain;
use kopilka::service::rerun_held::rerun_held;
use kopilka::service::verify_ledger::verify_ledger;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![
    a_call_that_came_before_its_click_is_settled_by_itself,
    a_call_is_run_again_once_and_the_rest_is_for_people,
    an_old_call_and_a_paused_partners_call_are_left_alone,
    a_call_that_was_cut_short_is_finished_by_itself,
];

async fn market(db: &TestDb) -> (Market, Clock) {
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap());
    (Market::open(TestApp::start_with(&db.url, clock.clone(), |_| {}).await, 0).await, clock)
}

async fn calls(market: &Market) -> Vec<Value> {
    let body = market.read(&market.as_admin, "/api/v1/operator/postbacks").await;
    body["items"].as_array().unwrap().clone()
}

/// The cashback of the shopper's orders, after the ledger was found to be clean.
async fn cashbacks(market: &Market) -> Vec<Value> {
    let report = verify_ledger(&market.server.app).await.unwrap();
    assert_eq!(report.findings, [], "{report:?}");
    let body = market.read(&market.as_shopper, "/api/v1/orders").await;
    body["items"].as_array().unwrap().iter().map(|order| order["cashback"]["amount"].clone()).collect()
}

async fn a_call_that_came_before_its_click_is_settled_by_itself(db: TestDb) {
    let (market, _clock) = market(&db).await;
    let early = market.click_to_come(market.shopper);
    let told = market.report("A-1", early.id, 1, "100.00").await;
    assert_eq!((told["verdict"].as_str(), told["reason"].as_str()), (Some("held"), Some("unknown_click")), "{told}");
    // Another's click arrives: nothing to do yet.
    market.click(market.shopper).await;
    assert_eq!(rerun_held(&market.server.app, 1).await.unwrap(), 0);
    assert_eq!(calls(&market).await.len(), 1);

    market.store_click(early).await;
    drain(&market.server.app).await.unwrap();
    let calls = calls(&market).await;
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(calls[0]["verdict"], Verdict::Applied.as_str());
    assert_eq!(calls[1]["resolved_by"], calls[0]["id"], "{calls:?}");
    assert_eq!(cashbacks(&market).await, ["50.00"]);
    // The second run stands in the trail as the service's own.
    let path = format!("/api/v1/operator/audit?subject=postback/{}", calls[1]["id"].as_str().unwrap());
    let trail = market.read(&market.as_admin, &path).await;
    assert_eq!(trail["items"][0]["actor"], "system", "{trail}");
    assert_eq!(rerun_held(&market.server.app, 500).await.unwrap(), 0);
}

async fn a_call_is_run_again_once_and_the_rest_is_for_people(db: TestDb) {
    let (market, _clock) = market(&db).await;
    let (early, other) = (market.click_to_come(market.shopper), market.click_to_come(market.shopper));
    market.report("A-1", early.id, 1, "100.00").await;
    market.report("A-2", other.id, 1, "100.00").await;
    // The click turns out to lead to another partner, so the call stays held, for another reason.
    let elsewhere = kopilka::base::id::PartnerId::new();
    market.store_click(kopilka::db::clicks::ClickRow { partner_id: elsewhere, ..early }).await;
    market.store_click(other).await;
    // A page of one: the call that goes on waiting does not hide the one after it.
    assert_eq!(rerun_held(&market.server.app, 1).await.unwrap(), 2);
    assert_eq!(rerun_held(&market.server.app, 1).await.unwrap(), 0);
    let verdicts: Vec<_> =
        calls(&market).await.iter().map(|call| (call["verdict"].clone(), call["reason"].clone())).collect();
    assert_eq!(verdicts.len(), 4);
    assert!(verdicts.contains(&("held".into(), "click_of_other_partner".into())), "{verdicts:?}");
    assert_eq!(cashbacks(&market).await, ["50.00"]);
}

async fn an_old_call_and_a_paused_partners_call_are_left_alone(db: TestDb) {
    let (market, clock) = market(&db).await;
    let (old, paused) = (market.click_to_come(market.shopper), market.click_to_come(market.shopper));
    market.report("A-1", old.id, 1, "100.00").await;
    clock.advance(TimeDelta::hours(25));
    market.store_click(old).await;
    assert_eq!(rerun_held(&market.server.app, 500).await.unwrap(), 0);

    market.report("A-2", paused.id, 1, "100.00").await;
    let path = format!("/api/v1/operator/partners/{}", market.partner);
    market.change(reqwest::Method::PATCH, &path, &serde_json::json!({ "status": "paused" })).await;
    market.store_click(paused).await;
    assert_eq!(rerun_held(&market.server.app, 500).await.unwrap(), 0);
    market.change(reqwest::Method::PATCH, &path, &serde_json::json!({ "status": "active" })).await;
    assert_eq!(rerun_held(&market.server.app, 500).await.unwrap(), 1);
}

/// Between the parts of a call the process ends: the first time, and when the call is run again by itself.
async fn a_call_that_was_cut_short_is_finished_by_itself(db: TestDb) {
    let (market, clock) = market(&db).await;
    let app = &market.server.app;
    let early = market.click_to_come(market.shopper);
    market.report("A-1", early.id, 1, "100.00").await;
    market.store_click(early).await;
    let cut = |row: &PostbackRow, id: PostbackId| PostbackRow {
        id,
        reason: Some(Reason::Interrupted.to_string()),
        reports: row.reports.replace(Reason::UnknownClick.as_str(), Reason::Interrupted.as_str()),
        rerun_of: (id != row.id).then_some(row.id),
        ..row.clone()
    };
    let done: Result<(), DbError> = app
        .db
        .write(Lane::House, move |conn| {
            let first = postback_list(conn, &PostbackFilter::default(), 1)?.remove(0);
            postback_update_verdict(conn, &cut(&first, first.id))?;
            postback_insert(conn, &cut(&first, PostbackId::new()))?;
            let subject = format!("postback/{}", first.id);
            audit_insert_in_tx(conn, &AuditRow::of_system(first.received_at, "postback.rerun", subject, &Value::Null))
        })
        .await;
    done.unwrap();
    assert_eq!(rerun_held(app, 500).await.unwrap(), 0, "it may still be at work");
    clock.advance(TimeDelta::minutes(3));
    assert_eq!(rerun_held(app, 500).await.unwrap(), 1);
    assert_eq!(rerun_held(app, 500).await.unwrap(), 0);
    let calls = calls(&market).await;
    assert_eq!((calls.len(), &calls[0]["verdict"]), (3, &json!("applied")), "{calls:?}");
    assert!(calls[1..].iter().all(|call| call["resolved_by"] == calls[0]["id"]), "{calls:?}");
    assert_eq!(cashbacks(&market).await, ["50.00"]);
}
