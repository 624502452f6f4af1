//! Every real payout provider's adapter, from end to end, against its simulator: the faults, the key's window, a crash at
//! each step, and all orders in which news can come.

mod bank;
mod conformance;
mod hyperswitch;
mod orders;
mod paypal;
mod recorder;
mod settings;
mod site;
mod typed;
mod yookassa;

use chrono::TimeDelta;
use kopilka::db::Lane;
use kopilka::db::jobs::job_claim;
use kopilka::domain::payout::{PayoutState, PersonWhy};
use kopilka::provider::client::{ClientSettings, HttpClient};
use kopilka::provider::{Found, Lookup, list};
use kopilka::service::payouts::resolve_payout::{Ending, Resolution, resolve_payout};
use kopilka::service::payouts::submit_payout::{commit_send, intent};
use kopilka::simulator::{Simulated, TEST_DESTINATIONS};
use serde_json::json;

pub use settings::{kinds, method, roots, settings};

use crate::on_both;
use crate::support::db::TestDb;
use crate::withdrawals::repairs::finance;
use crate::withdrawals::world::World;

on_both![
    every_fault_with_webhooks,
    every_fault_without_webhooks,
    after_the_keys_window_nothing_is_sent,
    a_crash_around_the_call_pays_once,
    silence_ends_with_a_person,
];

/// The real ones: all but the sandbox bank.
pub fn all() -> impl Iterator<Item = Simulated> {
    Simulated::ALL.iter().copied().filter(|which| *which != Simulated::Sandbox)
}

/// A database of its own for each provider: its count is compared with all payouts in it.
fn fresh(db: &TestDb) -> TestDb {
    match db.kind() {
        kopilka::db::Kind::Sqlite => TestDb::sqlite(),
        kopilka::db::Kind::Postgres => TestDb::postgres().unwrap(),
    }
}

async fn every_fault_with_webhooks(db: TestDb) {
    for which in all() {
        let own = fresh(&db);
        every_fault(&World::start_at(&own, true, which, |_config| {}).await).await;
    }
}

async fn every_fault_without_webhooks(db: TestDb) {
    for which in all() {
        let own = fresh(&db);
        every_fault(&World::start_at(&own, false, which, |_config| {}).await).await;
    }
}

/// How a payout to a test destination ends.
fn end(which: Simulated, code: u8) -> PayoutState {
    match (which, code) {
        // A payout that was made is final at YooKassa: nothing comes back.
        (Simulated::Yookassa, 27) => PayoutState::Paid,
        (Simulated::Yookassa | Simulated::Hyperswitch, 11) => PayoutState::Failed,
        (_, 12 | 13 | 22..=26 | 41) => PayoutState::Failed,
        (_, 27 | 50) => PayoutState::Returned,
        _ => PayoutState::Paid,
    }
}

async fn every_fault(world: &World) {
    let kinds = kinds(world.which);
    let mut payouts = Vec::new();
    for (index, destination) in TEST_DESTINATIONS.iter().enumerate() {
        let shopper = world.shopper(10_000).await;
        let method = world.method(shopper, destination.code, kinds[index % kinds.len()]).await;
        let row = world.request(shopper, method, 4_000, "only").await.unwrap().row;
        payouts.push((destination.code, shopper, row.id));
    }
    world.settle().await;
    // What is stuck at the provider stays reserved here until the provider says how it ended.
    for (number, _, id) in payouts.iter().filter(|(number, ..)| [21, 34].contains(number)) {
        let row = world.payout(*id).await;
        assert_eq!(row.state, PayoutState::Submitted, "{}: {number}", world.which);
        let path = world.command(&format!("payouts/{}/pay", row.provider_ref.unwrap()));
        world.bank_post(&path, &json!({})).await;
    }
    world.settle().await;
    for (number, shopper, id) in &payouts {
        let row = world.payout(*id).await;
        let state = end(world.which, *number);
        assert_eq!(row.state, state, "{}, destination {number}: {row:?}", world.which);
        assert_eq!(row.attention, None, "{}, destination {number}", world.which);
        let available = match state {
            PayoutState::Failed => 10_000,
            PayoutState::Returned => 10_000 - row.fee,
            _ => 6_000,
        };
        assert_eq!(world.balances(*shopper).await, (available, 0, 0), "{}, destination {number}", world.which);
    }
    world.agrees().await;
    println!("{}: {} destinations, nothing paid twice, no reserve lost", world.which, payouts.len());
}

/// The provider forgets keys: what it does not know after that is not sent again, and a person is called.
async fn after_the_keys_window_nothing_is_sent(db: TestDb) {
    for which in all() {
        let own = fresh(&db);
        let world = World::start_at(&own, false, which, |_config| {}).await;
        let window = world.app.providers.get(which.as_str()).unwrap().key_window();
        for (code, state) in [(2, PayoutState::Failed), (1, PayoutState::Paid)] {
            let shopper = world.shopper(10_000).await;
            let method = world.method(shopper, code, kinds(which)[0]).await;
            let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
            world.drain().await;
            assert_eq!(world.payout(row.id).await.state, PayoutState::Unknown);
            world.clock.advance(window);
            for _ in 0..4 {
                world.drain().await;
                world.clock.advance(TimeDelta::hours(3));
            }
            let late = world.payout(row.id).await;
            assert_eq!(late.sends, 1, "{which}: sent again after the key was forgotten");
            // Who cannot be asked by our key leaves it to a person, also when it was paid.
            if late.state == PayoutState::Unknown {
                assert_eq!(late.attention, Some(PersonWhy::KeyWindowClosed));
                let outcome = if state == PayoutState::Paid { Ending::Paid } else { Ending::NotPaid };
                let provider_ref = (outcome == Ending::Paid).then(|| "as the provider's site says".to_owned());
                let said = Resolution { outcome, provider_ref, reason: "looked at the provider's site".to_owned() };
                let resolved = resolve_payout(&world.app, &finance(), row.id, said).await.unwrap();
                assert_eq!(resolved.row.state, state);
            }
            assert_eq!(world.payout(row.id).await.state, state, "{which}, destination {code}");
            assert_eq!(world.times_moved(&row.provider_key).await, u64::from(state == PayoutState::Paid));
        }
        world.agrees().await;
    }
}

/// A provider that says nothing for good does not hold a reserve for ever; and a gateway without the search is asked by sending again.
async fn silence_ends_with_a_person(db: TestDb) {
    let world = World::start_at(&db, false, Simulated::Yookassa, |_config| {}).await;
    let http = HttpClient::new(&ClientSettings { allow_private: true, ..ClientSettings::default() }).unwrap();
    let at = |url: &str| list::provider(&settings(Simulated::Yookassa, url), http.clone()).unwrap();
    let searchless = at(&format!("{}nowhere/", world.url())).fetch(&Lookup::Key("k".to_owned())).await;
    assert!(matches!(searchless, Found::CannotTell { .. }), "{searchless:?}");

    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 2, kinds(world.which)[0]).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    world.drain().await;
    assert_eq!(world.payout(id).await.state, PayoutState::Unknown);
    let mut silent = world.app.clone();
    silent.providers.add(at("http://127.0.0.1:9/"));
    let window = silent.providers.get("yookassa").unwrap().key_window();
    world.clock.advance(window);
    for _ in 0..4 {
        kopilka::job::drain(&silent).await.unwrap();
        world.clock.advance(TimeDelta::hours(3));
    }
    let row = world.payout(id).await;
    assert_eq!((row.state, row.attention), (PayoutState::Unknown, Some(PersonWhy::KeyWindowClosed)));
    let reason = "the provider's support says that there is none".to_owned();
    let said = Resolution { outcome: Ending::NotPaid, provider_ref: None, reason };
    let resolved = resolve_payout(&silent, &finance(), id, said).await.unwrap();
    assert_eq!(resolved.row.state, PayoutState::Failed);
    assert_eq!(world.balances(shopper).await, (10_000, 0, 0));
}

async fn a_crash_around_the_call_pays_once(db: TestDb) {
    for which in all() {
        let own = fresh(&db);
        let world = World::start_at(&own, false, which, |_config| {}).await;
        for (kind, called) in kinds(which).iter().flat_map(|kind| [(*kind, false), (*kind, true)]) {
            let shopper = world.shopper(10_000).await;
            let method = world.method(shopper, 0, kind).await;
            let row = world.request(shopper, method, 4_000, "a").await.unwrap().row;
            let (now, lease) = (world.clock.now(), world.clock.now().plus(TimeDelta::minutes(3)));
            let claimed = world.app.db.write(Lane::House, move |conn| job_claim(conn, now, lease, 10)).await.unwrap();
            assert!(!claimed.is_empty());
            let sent = commit_send(&world.app, &row).await.unwrap().row;
            if called {
                // The answer is lost with the process.
                let intent = intent(&world.app, &sent).await.unwrap();
                let _lost = world.app.providers.get(which.as_str()).unwrap().create(&intent).await;
            }
            world.clock.advance(TimeDelta::minutes(4));
            world.drain().await;
            assert_eq!(world.payout(row.id).await.state, PayoutState::Unknown, "{which} {kind}");
            world.settle().await;
            let done = world.payout(row.id).await;
            assert_eq!(done.state, PayoutState::Paid, "{which} {kind} {called}");
            assert_eq!(world.times_moved(&row.provider_key).await, 1, "{which} {kind} {called}");
        }
        world.agrees().await;
    }
}
