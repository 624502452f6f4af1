//! Withdrawals from end to end: the real bank over loopback, the real queue, a clock that the test moves.

pub mod repairs;
pub mod unexplained;
pub mod world;

use chrono::TimeDelta;
use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};
use kopilka::base::Secret;
use kopilka::base::id::{JobId, MethodId, OperatorId, PayoutId};
use kopilka::db::Lane;
use kopilka::db::jobs::{job_claim, job_find};
use kopilka::db::schema::{payout_events, payouts};
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::payout::typed::Typed;
use kopilka::domain::payout::{MethodKind, PayoutState, PersonWhy};
use kopilka::provider::sandbox::{SIGNATURE_HEADER, sign};
use kopilka::service::ServiceError;
use kopilka::service::payouts::cancel_payout::cancel_payout;
use kopilka::service::payouts::jobs::submit_key;
use kopilka::service::payouts::look::payout_with_events;
use kopilka::service::payouts::method_add::{NewMethod, method_add};
use kopilka::service::payouts::request_payout::request_payout;
use kopilka::service::payouts::review_payout::{Decision, review_payout};
use kopilka::service::payouts::submit_payout::{commit_send, intent};
use kopilka::service::verify_ledger::verify_ledger;
use kopilka::simulator::{TEST_DESTINATIONS, card_number};
use serde_json::json;
use world::{WEBHOOK_SECRET, World, code};

use crate::on_both;
use crate::support::db::TestDb;
use crate::verify::unguarded;

on_both![
    card_and_wallet_are_paid,
    large_ones_wait_for_an_operator,
    a_shopper_can_call_one_back_until_it_is_sent,
    what_is_not_allowed_changes_nothing,
    a_key_names_one_request,
    faults_with_webhooks_resolve_once,
    faults_without_webhooks_resolve_once,
    a_crash_around_the_call_pays_once,
    each_send_has_its_cause,
    a_payout_is_what_its_events_and_its_destination_say,
    what_comes_back_fills_a_debt_first,
    webhooks_are_kept_and_believed_only_when_signed,
    card_numbers_are_never_kept,
];

async fn card_and_wallet_are_paid(db: TestDb) {
    let world = World::start(&db, true).await;
    for kind in [MethodKind::Card, MethodKind::Wallet] {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, 0, kind).await;
        let row = world.request(shopper, method, 4_000, "first").await.unwrap().row;
        assert_eq!((row.state, row.fee), (PayoutState::Approved, 60));
        assert_eq!(world.balances(shopper).await, (6_000, 4_000, 0));
        world.drain().await;
        assert_eq!(world.payout(row.id).await.state, PayoutState::Paid);
        assert_eq!(world.balances(shopper).await, (6_000, 0, 0));
    }
    world.close().await;
}

async fn a_payout_is_what_its_events_and_its_destination_say(db: TestDb) {
    let world = World::start(&db, true).await;
    let (one, other) = (world.shopper(10_000).await, world.shopper(10_000).await);
    let (method, others) =
        (world.method(one, 0, MethodKind::Card).await, world.method(other, 0, MethodKind::Card).await);
    let id = world.request(one, method, 4_000, "first").await.unwrap().row.id;
    world.drain().await;
    assert_eq!(verify_ledger(&world.app).await.unwrap().findings, Vec::new());
    let mut conn = unguarded(&db);
    let finds = async |check: &str, row: &str| {
        let found = verify_ledger(&world.app).await.unwrap().findings;
        assert!(found.iter().any(|one| one.check == check && one.row == row), "{check} {row}: {found:?}");
    };
    let (payout, event) = (payouts::table.find(id), |of, revision| payout_events::table.find((of, revision)));
    let name = format!("payouts {id}");

    for (to, broken) in [(others, true), (MethodId::new(), true), (method, false)] {
        diesel::update(payout).set(payouts::method_id.eq(to)).execute(&mut conn).unwrap();
        if broken {
            finds("payout_destination", &name).await;
        }
    }
    let last = world.payout(id).await.revision;
    for (to, broken) in [(PayoutState::Failed, true), (PayoutState::Paid, false)] {
        diesel::update(event(id, last)).set(payout_events::state.eq(to)).execute(&mut conn).unwrap();
        if broken {
            finds("payout_events", &name).await;
        }
    }
    let nobodys = PayoutId::new();
    diesel::update(event(id, 0)).set(payout_events::payout_id.eq(nobodys)).execute(&mut conn).unwrap();
    finds("payout_events", &name).await;
    finds("payout_events", "payout_events").await;
    diesel::update(event(nobodys, 0)).set(payout_events::payout_id.eq(id)).execute(&mut conn).unwrap();
    assert_eq!(verify_ledger(&world.app).await.unwrap().findings, Vec::new());
    world.close().await;
}

async fn large_ones_wait_for_an_operator(db: TestDb) {
    let world = World::start(&db, true).await;
    let shopper = world.shopper(500_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let finance = Actor::Operator(OperatorId::new(), Role::Finance);
    let support = Actor::Operator(OperatorId::new(), Role::Support);

    let first = world.request(shopper, method, 100_000, "a").await.unwrap().row;
    world.drain().await;
    assert_eq!(world.payout(first.id).await.state, PayoutState::Review);
    let refused = review_payout(&world.app, &support, first.id, Decision::Approve).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden)), "{refused:?}");
    let reason = "the address is not yours".to_owned();
    review_payout(&world.app, &finance, first.id, Decision::Decline { reason: reason.clone() }).await.unwrap();
    let declined = world.payout(first.id).await;
    assert_eq!((declined.state, declined.reason), (PayoutState::Failed, Some(reason)));
    assert_eq!(world.balances(shopper).await, (500_000, 0, 0));

    let second = world.request(shopper, method, 100_000, "b").await.unwrap().row;
    review_payout(&world.app, &finance, second.id, Decision::Approve).await.unwrap();
    world.drain().await;
    assert_eq!(world.payout(second.id).await.state, PayoutState::Paid);
    world.close().await;
}

async fn a_shopper_can_call_one_back_until_it_is_sent(db: TestDb) {
    let world = World::start(&db, true).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let first = world.request(shopper, method, 4_000, "a").await.unwrap().row;
    let stranger = world.shopper(0).await;
    let refused = cancel_payout(&world.app, stranger, first.id).await;
    assert!(matches!(refused, Err(ServiceError::NotFound(_))), "{refused:?}");
    cancel_payout(&world.app, shopper, first.id).await.unwrap();
    world.drain().await;
    assert_eq!(world.payout(first.id).await.state, PayoutState::Cancelled);
    assert_eq!(world.balances(shopper).await, (10_000, 0, 0));

    let second = world.request(shopper, method, 4_000, "b").await.unwrap().row;
    world.drain().await;
    assert_eq!(code(cancel_payout(&world.app, shopper, second.id).await), "payout_not_now");
    world.close().await;
}

async fn what_is_not_allowed_changes_nothing(db: TestDb) {
    let world = World::start(&db, true).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let fresh = world.fresh_method(shopper, 0).await;
    assert_eq!(code(world.request(shopper, fresh, 4_000, "a").await), "method_too_new");
    assert_eq!(code(world.request(shopper, method, 99, "a").await), "amount_below_minimum");
    assert_eq!(code(world.request(shopper, method, 10_001, "a").await), "not_enough_available");
    assert_eq!(code(world.request(shopper, method, 900_000, "a").await), "amount_above_maximum");
    let stranger = world.shopper(10_000).await;
    let foreign = world.request(stranger, method, 4_000, "a").await;
    assert!(matches!(foreign, Err(ServiceError::NotFound(_))), "{foreign:?}");
    world.owe(shopper, 100).await;
    assert_eq!(code(world.request(shopper, method, 4_000, "a").await), "debt_open");
    let unconfirmed = world.unconfirmed_shopper(10_000).await;
    let method = world.method(unconfirmed, 0, MethodKind::Card).await;
    assert_eq!(code(world.request(unconfirmed, method, 4_000, "a").await), "email_not_confirmed");
    assert_eq!(world.balances(shopper).await, (10_000, 0, -100));
    assert_eq!(world.payouts().await, 0);
    world.close().await;
}

async fn a_key_names_one_request(db: TestDb) {
    let world = World::start(&db, true).await;
    let shopper = world.shopper(100_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (app, request) = (world.app.clone(), World::wanted(shopper, method, 4_000, "same"));
        running.spawn(async move { request_payout(&app, request).await.unwrap() });
    }
    let answers = running.join_all().await;
    assert_eq!(answers.len(), 20);
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| answer.row == answers[0].row));
    assert_eq!(code(world.request(shopper, method, 4_001, "same").await), "idempotency_key_reused");
    assert_eq!(world.payouts().await, 1);
    assert_eq!(world.balances(shopper).await, (96_000, 4_000, 0));
    world.drain().await;
    world.close().await;
}

async fn faults_with_webhooks_resolve_once(db: TestDb) {
    every_fault(World::start(&db, true).await).await;
}

async fn faults_without_webhooks_resolve_once(db: TestDb) {
    every_fault(World::start(&db, false).await).await;
}

async fn every_fault(world: World) {
    let mut payouts = Vec::new();
    for destination in TEST_DESTINATIONS {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, destination.code, MethodKind::Card).await;
        let row = world.request(shopper, method, 4_000, "only").await.unwrap().row;
        payouts.push((destination.code, shopper, row.id));
    }
    world.settle().await;
    // What is stuck at the bank stays reserved here until the bank says how it ended.
    for (number, _, id) in payouts.iter().filter(|(number, ..)| [21, 34].contains(number)) {
        let row = world.payout(*id).await;
        assert_eq!(row.state, PayoutState::Submitted, "{number}");
        world.bank_post(&format!("v1/payouts/{}/pay", row.provider_ref.unwrap()), &json!({})).await;
    }
    world.settle().await;
    for (number, shopper, id) in payouts {
        let row = world.payout(id).await;
        let (state, available) = match number {
            12 | 13 | 22..=26 | 41 => (PayoutState::Failed, 10_000),
            27 => (PayoutState::Returned, 10_000 - 60),
            _ => (PayoutState::Paid, 6_000),
        };
        assert_eq!(row.state, state, "destination {number}: {row:?}");
        assert_eq!(row.attention, None, "destination {number}");
        assert_eq!(world.balances(shopper).await, (available, 0, 0), "destination {number}");
    }
    world.close().await;
}

async fn a_crash_around_the_call_pays_once(db: TestDb) {
    let world = World::start(&db, false).await;
    for called in [false, true] {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, 0, MethodKind::Card).await;
        // The letter about the destination is no part of this.
        world.drain().await;
        let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
        let (now, lease) = (world.clock.now(), world.clock.now().plus(TimeDelta::minutes(3)));
        let claimed = world.app.db.write(Lane::House, move |conn| job_claim(conn, now, lease, 10)).await.unwrap();
        assert_eq!(claimed.len(), 1);
        let sent = commit_send(&world.app, &row).await.unwrap().row;
        assert_eq!((sent.state, sent.sends), (PayoutState::Submitting, 1));
        if called {
            // The answer is lost with the process.
            let intent = intent(&world.app, &sent).await.unwrap();
            let _lost = world.app.providers.get("sandbox").unwrap().create(&intent).await;
        }
        // Somebody else holds the lease: nothing happens yet.
        world.drain().await;
        assert_eq!(world.payout(row.id).await.state, PayoutState::Submitting);
        world.clock.advance(TimeDelta::minutes(4));
        world.drain().await;
        assert_eq!(world.payout(row.id).await.state, PayoutState::Unknown);
        world.settle().await;
        let done = world.payout(row.id).await;
        assert_eq!((done.state, done.sends), (PayoutState::Paid, if called { 1 } else { 2 }));
        assert_eq!(world.times_moved(&row.provider_key).await, 1);
        let key = submit_key(row.id, 0);
        let left: Option<JobId> = world.app.db.read(move |conn| job_find(conn, &key)).await.unwrap().map(|job| job.id);
        assert_eq!(left, None);
    }
    world.close().await;
}

/// The process ends before the call, and the next send is turned away for a while: what was sent, and why again, can be followed.
async fn each_send_has_its_cause(db: TestDb) {
    let world = World::start(&db, false).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 9, MethodKind::Card).await;
    let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
    let (now, lease) = (world.clock.now(), world.clock.now().plus(TimeDelta::minutes(3)));
    world.app.db.write(Lane::House, move |conn| job_claim(conn, now, lease, 10)).await.unwrap();
    commit_send(&world.app, &row).await.unwrap();
    world.clock.advance(TimeDelta::minutes(4));
    world.settle().await;
    let told = payout_with_events(&world.app, row.id, None).await.unwrap();
    assert_eq!((told.row.state, told.row.sends), (PayoutState::Paid, 3));
    let causes: Vec<(&str, PayoutState)> =
        told.events.iter().map(|event| (event.cause.as_str(), event.state)).skip(2).collect();
    let (submitting, unknown) = (PayoutState::Submitting, PayoutState::Unknown);
    let wanted =
        [("send", submitting), ("send", unknown), ("poll", submitting), ("send", submitting), ("answer", submitting)];
    assert_eq!(causes[..5], wanted, "{causes:?}");
    assert_eq!(causes[5], ("send", submitting));
    world.close().await;
}

async fn what_comes_back_fills_a_debt_first(db: TestDb) {
    let world = World::start(&db, false).await;
    // Fails after it was accepted; comes back an hour after it was paid.
    for (number, state, back) in [(25, PayoutState::Failed, 4_000), (27, PayoutState::Returned, 3_940)] {
        let shopper = world.shopper(4_000).await;
        let method = world.method(shopper, number, MethodKind::Card).await;
        let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
        world.owe(shopper, 1_500).await;
        world.settle().await;
        assert_eq!(world.payout(row.id).await.state, state);
        assert_eq!(world.balances(shopper).await, (back - 1_500, 0, 0));
    }
    world.close().await;
}

async fn webhooks_are_kept_and_believed_only_when_signed(db: TestDb) {
    let world = World::start(&db, false).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 21, MethodKind::Card).await;
    let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
    world.drain().await;
    let row = world.payout(row.id).await;
    let event = |id: &str, key: &str, status: &str, amount: &str| {
        let payout = json!({
            "id": row.provider_ref, "key": key, "status": status, "reason": "declined",
            "amount": {"amount": amount, "currency": "RUB"}, "created_at": world.clock.now(),
        });
        json!({"id": id, "payout": payout}).to_string()
    };
    let signed = |body: &str| sign(&Secret::new(WEBHOOK_SECRET), world.clock.now().seconds(), body.as_bytes());
    let send = async |body: &str, signature: String| {
        let request = world.test.request(reqwest::Method::POST, "/webhooks/sandbox");
        let answer = request.header(SIGNATURE_HEADER, signature).body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let key = row.provider_key.as_str();

    let forged = event("e1", key, "failed", "39.40");
    let wrong = sign(&Secret::new("another"), world.clock.now().seconds(), forged.as_bytes());
    assert_eq!(send(&forged, wrong).await, (401, r#"{"kept":false}"#.to_owned()));
    assert_eq!(world.payout(row.id).await, row);

    let other_amount = event("e2", key, "paid", "40.00");
    assert_eq!(send(&other_amount, signed(&other_amount)).await.0, 200);
    let held = world.payout(row.id).await;
    assert_eq!((held.state, held.attention), (PayoutState::Submitted, Some(PersonWhy::OtherAmount)));

    let unknown = event("e3", "nobodys-key", "paid", "39.40");
    for _ in 0..2 {
        assert_eq!(send(&unknown, signed(&unknown)).await, (200, r#"{"kept":true}"#.to_owned()));
    }
    assert_eq!(world.waiting_events().await, 1);

    // The truth, twice, and then a failure that comes too late.
    world.bank_post(&format!("v1/payouts/{}/pay", row.provider_ref.clone().unwrap()), &json!({})).await;
    let paid = event("e4", key, "paid", "39.40");
    for _ in 0..2 {
        assert_eq!(send(&paid, signed(&paid)).await.0, 200);
    }
    let late = event("e5", key, "failed", "39.40");
    assert_eq!(send(&late, signed(&late)).await.0, 200);
    let done = world.payout(row.id).await;
    assert_eq!((done.state, done.attention), (PayoutState::Paid, Some(PersonWhy::FailedAfterPaid)));
    assert_eq!(world.balances(shopper).await, (6_000, 0, 0));
    world.close().await;
}

async fn card_numbers_are_never_kept(db: TestDb) {
    let world = World::start(&db, false).await;
    let shopper = world.shopper(0).await;
    let plain = card_number(0);
    let grouped = format!("{} {} {}-{}", &plain[..4], &plain[4..8], &plain[8..12], &plain[12..]);
    for number in [plain, grouped] {
        for (token, masked) in [(number.as_str(), "•••• 0004"), ("tok_1", number.as_str())] {
            let (token, masked) = (Secret::new(token), masked.to_owned());
            let new = NewMethod {
                provider: "sandbox".to_owned(),
                kind: MethodKind::Card,
                token,
                masked,
                typed: Typed::default(),
            };
            let refused = method_add(&world.app, shopper, new).await;
            assert!(matches!(refused, Err(ServiceError::Invalid { .. })), "{refused:?}");
        }
    }
    world.close().await;
}
