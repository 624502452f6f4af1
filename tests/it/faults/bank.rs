//! Any mixture of a provider's faults: no answer, late answers, failures and then success, webhooks early, twice, late and
//! reversed, refusals, returns. tests/it/withdrawals.rs has each fault by itself; here they meet.

use chrono::TimeDelta;
use kopilka::base::id::{PayoutId, ShopperId};
use kopilka::db::Kind;
use kopilka::domain::payout::{MethodKind, PayoutState, PersonWhy};
use kopilka::service::payouts::cancel_payout::cancel_payout;
use kopilka::service::payouts::resolve_payout::Ending;
use kopilka::simulator::TEST_DESTINATIONS;
use serde_json::json;

use crate::on_both;
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::said::counted;
use crate::withdrawals::repairs::{finance, resolve};
use crate::withdrawals::world::World;

on_both![each_reserve_is_resolved_once_whatever_the_bank_does];

/// What may befall a call on top of what its destination does.
const SCRIPT: [&str; 10] = [
    "drop_after",
    "drop_before",
    "error_500_after",
    "error_500_before",
    "accepted_202",
    "truncated_json",
    "unknown_status",
    "rate_limited",
    "unavailable",
    "float_short",
];

async fn each_reserve_is_resolved_once_whatever_the_bank_does(db: TestDb) {
    let (worlds, size) = if long() { (12, 60) } else { (1, 20) };
    let mut ends = [0; 3];
    for number in 0..worlds {
        // Each has a database of its own: the bank's count is compared with all payouts in it.
        let fresh = match db.kind() {
            Kind::Sqlite => TestDb::sqlite(),
            Kind::Postgres => TestDb::postgres().unwrap(),
        };
        let world = World::start(&fresh, number % 3 != 2).await;
        play(&world, &mut Dice::told(), size, &mut ends).await;
        world.close().await;
    }
    let [paid, failed, returned] = ends;
    counted(&format!("{:?}: payouts among faults: {paid} paid, {failed} given back, {returned} returned", db.kind()));
}

async fn play(world: &World, dice: &mut Dice, size: usize, ends: &mut [usize; 3]) {
    let mut payouts: Vec<(ShopperId, PayoutId)> = Vec::new();
    for step in 0..10 {
        for _ in 0..size.div_ceil(10) {
            let shopper = world.shopper(10_000).await;
            // The one that keeps its caller waiting has a test of its own.
            let code = std::iter::repeat_with(|| dice.pick(TEST_DESTINATIONS).code).find(|code| *code != 6).unwrap();
            let kind = if dice.one_in(2) { MethodKind::Card } else { MethodKind::Wallet };
            let method = world.method(shopper, code, kind).await;
            let id = world.request(shopper, method, 4_000, "only").await.unwrap().row.id;
            payouts.push((shopper, id));
            if dice.one_in(8) {
                cancel_payout(&world.app, shopper, id).await.unwrap();
            }
        }
        let next: Vec<&str> = (0..dice.index(5)).map(|_| *dice.pick(&SCRIPT)).collect();
        world.bank_post("v1/script", &json!({ "next": next })).await;
        world.drain().await;
        if dice.one_in(2) {
            world.bank_post("v1/tick", &json!({})).await;
        }
        world.clock.advance(TimeDelta::minutes(1 + dice.small(15)));
        println!("step {step}: {next:?}");
    }
    // What is left of the script would hit what comes again later.
    world.settle().await;
    for (_, id) in &payouts {
        let row = world.payout(*id).await;
        if row.state == PayoutState::Submitted {
            let command = *dice.pick(&["pay", "fail"]);
            world.bank_post(&format!("v1/payouts/{}/{command}", row.provider_ref.unwrap()), &json!({})).await;
        }
    }
    world.settle().await;
    for (_, id) in &payouts {
        a_person_ends_what_nobody_knows(world, *id).await;
    }
    for (shopper, id) in payouts {
        let row = world.payout(id).await;
        let (end, left) = match row.state {
            PayoutState::Paid => (0, 6_000),
            PayoutState::Failed | PayoutState::Cancelled => (1, 10_000),
            PayoutState::Returned => (2, 10_000 - row.fee),
            state => panic!("{state}: {row:?}"),
        };
        ends[end] += 1;
        assert_eq!(world.balances(shopper).await, (left, 0, 0), "{row:?}");
    }
}

/// A call that was cut off and then refused every time: whether it may still land is known only when the bank has forgotten its
/// key, and then a person says how it ended.
async fn a_person_ends_what_nobody_knows(world: &World, id: PayoutId) {
    let row = world.payout(id).await;
    if row.state == PayoutState::Unknown {
        assert_eq!((row.attention, world.times_moved(&row.provider_key).await), (Some(PersonWhy::KeyWindowClosed), 0));
        world.clock.advance(TimeDelta::days(2));
        assert_eq!(resolve(world, &finance(), id, Ending::NotPaid).await.unwrap(), PayoutState::Failed);
    }
}
