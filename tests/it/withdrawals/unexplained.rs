//! Money that the provider moved and nothing of ours explains: it stops what is sent there, until a person closes the case.

use chrono::TimeDelta;
use kopilka::base::Secret;
use kopilka::base::id::{OperatorId, PayoutId};
use kopilka::db::reconciliation::CaseFilter;
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::alarm::Rule;
use kopilka::domain::payout::{MethodKind, PayoutState};
use kopilka::domain::reconcile::Class;
use kopilka::provider::{Intent, Outcome};
use kopilka::service::reconcile::{case_ask, case_close, cases, reconcile_list};
use kopilka::service::watch::alarms;
use serde_json::json;

use super::world::{World, code, rub};
use crate::on_both;
use crate::support::db::TestDb;

on_both![
    unexplained_money_stops_what_is_sent,
    a_message_about_unexplained_money_is_a_case,
    the_daily_walk_finds_all_in_order,
];

async fn unexplained_money_stops_what_is_sent(db: TestDb) {
    let world = World::start(&db, false).await;
    let actor = Actor::Operator(OperatorId::new(), Role::Finance);
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let row = world.request(shopper, method, 4_000, "first").await.unwrap().row;
    world.drain().await;
    assert_eq!(world.payout(row.id).await.state, PayoutState::Paid);

    past_us(&world, 777).await;
    world.clock.advance(TimeDelta::hours(2));
    let (from, until) = (world.clock.now().plus_days(-3), world.clock.now());
    let viewer = Actor::Operator(OperatorId::new(), Role::Viewer);
    assert!(reconcile_list(&world.app, &viewer, "sandbox", from, until).await.is_err());
    assert_eq!(code(reconcile_list(&world.app, &actor, "none", from, until).await), "provider_not_configured");
    let told = reconcile_list(&world.app, &actor, "sandbox", from, until).await.unwrap();
    assert_eq!((told.lines, told.agreed, told.differences, told.opened), (2, 1, 1, 1));
    let again = reconcile_list(&world.app, &actor, "sandbox", from, until).await.unwrap();
    assert_eq!((again.differences, again.opened, again.known), (1, 0, 1));
    let open = cases(&world.app, &actor, CaseFilter { open: Some(true), ..CaseFilter::default() }, 10).await.unwrap();
    let [case] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((case.class, case.theirs(), case.payout_id), (Class::TheirsOnly, Some(rub(777)), None));
    let alarm = alarms(&world.app).await.unwrap().into_iter().find(|alarm| alarm.rule == Rule::MoneyUnexplained);
    assert_eq!(alarm.map(|alarm| (alarm.about, alarm.count)), Some((Some("sandbox".to_owned()), 1)));

    let held = world.request(shopper, method, 3_000, "second").await.unwrap().row;
    for _turn in 0..30 {
        world.drain().await;
        world.clock.advance(TimeDelta::minutes(5));
    }
    let waiting = world.payout(held.id).await;
    assert_eq!((waiting.state, waiting.sends, waiting.attention), (PayoutState::Approved, 0, None), "nothing is sent");
    assert!(case_ask(&world.app, &actor, case.id).await.is_err(), "it is about no payout");
    assert!(case_close(&world.app, &viewer, case.id, "looked into").await.is_err());
    assert!(case_close(&world.app, &actor, case.id, " ").await.is_err());
    case_close(&world.app, &actor, case.id, "a test of the bank’s own, taken back").await.unwrap();
    assert_eq!(code(case_close(&world.app, &actor, case.id, "again").await), "case_closed");
    world.clock.advance(TimeDelta::minutes(5));
    world.drain().await;
    assert_eq!(world.payout(held.id).await.state, PayoutState::Paid, "and goes on once it is explained");
    // A case that a person closed is not opened by the same finding.
    let until = world.clock.now();
    let told = reconcile_list(&world.app, &actor, "sandbox", from, until).await.unwrap();
    assert_eq!((told.differences, told.opened), (1, 0));
    assert!(alarms(&world.app).await.unwrap().iter().all(|alarm| alarm.rule != Rule::MoneyUnexplained));
}

/// The bank tells of a payment that we never asked for, long before its list is walked.
async fn a_message_about_unexplained_money_is_a_case(db: TestDb) {
    let world = World::start(&db, true).await;
    let actor = Actor::Operator(OperatorId::new(), Role::Finance);
    past_us(&world, 777).await;
    world.settle().await;
    let open = cases(&world.app, &actor, CaseFilter { open: Some(true), ..CaseFilter::default() }, 10).await.unwrap();
    let [case] = open.as_slice() else { panic!("{open:?}") };
    let told = (case.class, case.theirs(), case.payout_id, case.found_in.as_str());
    assert_eq!(told, (Class::TheirsOnly, Some(rub(777)), None, "webhook"));
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let held = world.request(shopper, method, 3_000, "held").await.unwrap().row;
    world.drain().await;
    assert_eq!(world.payout(held.id).await.sends, 0, "nothing is sent while it is open");
    // The walk finds the same case again.
    let (from, until) = (world.clock.now().plus_days(-3), world.clock.now());
    let told = reconcile_list(&world.app, &actor, "sandbox", from, until).await.unwrap();
    assert_eq!((told.differences, told.opened, told.known), (1, 0, 1));
}

async fn the_daily_walk_finds_all_in_order(db: TestDb) {
    let world = World::start(&db, true).await;
    let actor = Actor::Console;
    world.drain().await;
    for key in ["a", "b", "c"] {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, 0, MethodKind::Card).await;
        world.request(shopper, method, 4_000, key).await.unwrap();
    }
    world.settle().await;
    world.clock.advance(TimeDelta::hours(30));
    world.drain().await;
    let all = cases(&world.app, &actor, CaseFilter::default(), 10).await.unwrap();
    assert_eq!(all, [], "no difference is invented");
    let (from, until) = (world.clock.now().plus_days(-4), world.clock.now());
    let told = reconcile_list(&world.app, &actor, "sandbox", from, until).await.unwrap();
    assert_eq!((told.lines, told.agreed, told.differences), (3, 3, 0));
    world.close().await;
}

/// Somebody with our credentials pays past us.
async fn past_us(world: &World, minor: i64) {
    let given = json!({ "kind": "card", "number": kopilka::simulator::card_number(0) });
    let token = world.bank_post("v1/destinations", &given).await["token"].as_str().unwrap().to_owned();
    let intent = Intent {
        payout: PayoutId::new(),
        key: "not-one-of-ours".to_owned(),
        amount: rub(minor),
        kind: MethodKind::Card,
        destination: Secret::new(token),
        description: "Cashback".to_owned(),
    };
    let answer = world.app.providers.get("sandbox").unwrap().create(&intent).await;
    assert!(matches!(answer, Outcome::Accepted { .. }), "{answer:?}");
}
