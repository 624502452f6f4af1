//! Stores' scores: measured on their latest orders, and silent when there are few.

use chrono::TimeDelta;
use kopilka::base::{Clock, Timestamp};
use kopilka::domain::conversion::{NO_REASON, State};
use kopilka::domain::score::{Score, ScoredOrder, missing_after_hours};
use serde_json::json;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![a_store_shows_how_it_keeps_its_word];

async fn a_store_shows_how_it_keeps_its_word(db: TestDb) {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let market = Market::open(TestApp::start_with(&db.url, clock, |_config| {}).await, 0).await;
    let browser = Browser::new(&market.server, "en");
    let click = market.click(market.shopper).await;
    for number in 0..19 {
        market.report(&format!("S-{number}"), click, 2, "10.00").await;
    }
    browser.page("/stores/books").await.has("Too few orders for a score");
    browser.page("/stores").await.lacks("% declined");
    let claim = json!({ "click": click.reference(), "order_number": "M-1", "ordered_at": "2026-03-01T12:00:00Z" });
    market.send(&market.as_shopper, "/api/v1/claims", &claim, 201).await;
    market.server.app.clock.advance(TimeDelta::days(5));
    market.report("S-19", click, 2, "10.00").await;
    for number in 0..10 {
        market.report(&format!("S-{number}"), click, if number < 2 { 3 } else { 1 }, "10.00").await;
    }
    let shown = browser.page("/stores/books").await;
    shown.has("latest 20 orders").has("20% of the decided orders").has("100% of those without a reason");
    shown.has("within 5 days").has("0% of the claims were answered");
    browser.page("/stores").await.has("20% declined");
    let told = market.read(&market.as_shopper, "/api/v1/stores/books/score").await;
    assert_eq!((&told["score"]["declined_percent"], &told["score"]["orders"]), (&json!(20), &json!(20)), "{told}");
    assert_eq!(market.get(&market.as_shopper, "/api/v1/stores/nothing/score").await.status(), 404);
    Browser::new(&market.server, "ru")
        .page("/stores/books")
        .await
        .has("Отклонено или отозвано 20\u{a0}%")
        .has("за 5 дней");
}

fn order(state: State, reason: Option<&str>, days: Option<i64>) -> ScoredOrder {
    let made = "2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap();
    ScoredOrder {
        state,
        reason: reason.map(str::to_owned),
        occurred_at: made,
        confirmed_at: days.map(|days| made.plus_days(days)),
        reported_at: made.plus_seconds(90 * 60),
    }
}

/// An order counts as missing once the store has had as long as nine of ten orders took, and never within a day.
#[test]
fn an_order_counts_as_missing_after_the_usual_time() {
    assert_eq!(missing_after_hours(None), 72);
    let slow = |hours: i64| ScoredOrder {
        reported_at: order(State::Pending, None, None).occurred_at.plus_seconds(hours * 3600),
        ..order(State::Pending, None, None)
    };
    for (waits, after) in [
        (vec![2; 20], 24),
        (vec![30; 20], 30),
        ([vec![5; 18], vec![99, 99]].concat(), 99),
        ([vec![5; 19], vec![99]].concat(), 24),
    ] {
        let orders: Vec<ScoredOrder> = waits.iter().map(|hours| slow(*hours)).collect();
        assert_eq!(missing_after_hours(Score::of(&orders, 0, 0).as_ref()), after, "{waits:?}");
    }
}

#[test]
fn a_score_counts_what_was_decided() {
    let mut orders: Vec<ScoredOrder> = (0..19).map(|_| order(State::Pending, None, None)).collect();
    assert_eq!(Score::of(&orders, 5, 5), None, "nineteen are too few");
    orders.push(order(State::Pending, None, None));
    let none = Score::of(&orders, 0, 0).unwrap();
    assert_eq!((none.declined_percent, none.median_days, none.answered_percent), (None, None, None));
    orders.push(order(State::Confirmed, None, Some(3)));
    orders.push(order(State::Confirmed, None, Some(9)));
    orders.push(order(State::Reversed, Some("returned"), Some(4)));
    orders.push(order(State::Declined, Some(NO_REASON), None));
    orders.push(order(State::Declined, None, None));
    let score = Score::of(&orders, 3, 2).unwrap();
    assert_eq!(score.orders, 25);
    assert_eq!(score.declined_percent, Some(60));
    assert_eq!(score.unexplained_percent, Some(67));
    assert_eq!(score.median_days, Some(4));
    assert_eq!(score.answered_percent, Some(67));
}
