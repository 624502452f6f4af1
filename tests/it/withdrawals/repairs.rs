//! What a person repairs: payouts that nothing else can bring to an end, and shoppers who may not be paid.

use chrono::TimeDelta;
use diesel::prelude::*;
use kopilka::base::id::{OperatorId, PayoutId, ShopperId};
use kopilka::db::Lane;
use kopilka::db::schema::payouts;
use kopilka::domain::access::{AccountStatus, Actor, Role};
use kopilka::domain::payout::{MethodKind, PayoutState, PersonWhy};
use kopilka::service::accounts::shopper_set_status;
use kopilka::service::payouts::resolve_payout::{Ending, Resolution, resolve_payout};
use kopilka::service::payouts::review_payout::{Decision, review_payout};
use kopilka::service::{Outcome, ServiceError};

use super::world::{World, code};
use crate::on_both;
use crate::support::db::TestDb;

on_both![
    what_the_provider_never_had_is_given_back_by_a_person,
    what_the_provider_has_is_not_given_back,
    a_blocked_shopper_is_not_paid,
    nothing_is_sent_again_to_a_blocked_shopper,
];

/// An operator who may move money.
pub fn finance() -> Actor {
    Actor::Operator(OperatorId::new(), Role::Finance)
}

/// Says how a payout ended.
pub async fn resolve(world: &World, who: &Actor, id: PayoutId, outcome: Ending) -> Outcome<PayoutState> {
    let said = Resolution { outcome, provider_ref: None, reason: "asked the bank by telephone".to_owned() };
    resolve_payout(&world.app, who, id, said).await.map(|advanced| advanced.row.state)
}

async fn set_status(world: &World, id: ShopperId, to: AccountStatus) {
    let support = Actor::Operator(OperatorId::new(), Role::Support);
    shopper_set_status(&world.app, &support, id, to, "test").await.unwrap();
}

/// Marks a payout for a person.
async fn flag(world: &World, id: PayoutId) {
    let flag = move |conn: &mut kopilka::db::Conn| {
        let attention = payouts::attention.eq(Some(PersonWhy::OtherAmount));
        diesel::update(payouts::table.find(id)).set(attention).execute(conn)?;
        Ok::<_, kopilka::db::DbError>(())
    };
    world.app.db.write(Lane::House, flag).await.unwrap();
}

async fn what_the_provider_never_had_is_given_back_by_a_person(db: TestDb) {
    let world = World::start(&db, false).await;
    let shopper = world.shopper(10_000).await;
    // The bank drops the first call and creates nothing.
    let method = world.method(shopper, 2, MethodKind::Card).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    world.drain().await;
    let row = world.payout(id).await;
    assert_eq!((row.state, row.uncertain, row.attention), (PayoutState::Unknown, true, None));
    assert_eq!(code(resolve(&world, &finance(), id, Ending::NotPaid).await), "payout_needs_nobody");
    flag(&world, id).await;
    assert_eq!(code(resolve(&world, &finance(), id, Ending::NotPaid).await), "payout_may_still_land");

    world.clock.advance(TimeDelta::days(3));
    world.drain().await;
    let row = world.payout(id).await;
    assert_eq!((row.state, row.attention), (PayoutState::Unknown, Some(PersonWhy::KeyWindowClosed)));
    let support = Actor::Operator(OperatorId::new(), Role::Support);
    let refused = resolve(&world, &support, id, Ending::NotPaid).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden)), "{refused:?}");
    let no_reference = resolve(&world, &finance(), id, Ending::Paid).await;
    assert!(matches!(no_reference, Err(ServiceError::Invalid { .. })), "{no_reference:?}");
    assert_eq!(world.balances(shopper).await, (6_000, 4_000, 0));

    assert_eq!(resolve(&world, &finance(), id, Ending::NotPaid).await.unwrap(), PayoutState::Failed);
    assert_eq!(world.payout(id).await.attention, None);
    assert_eq!(world.balances(shopper).await, (10_000, 0, 0));
    assert_eq!(code(resolve(&world, &finance(), id, Ending::NotPaid).await), "payout_needs_nobody");
    world.close().await;
}

async fn what_the_provider_has_is_not_given_back(db: TestDb) {
    let world = World::start(&db, false).await;
    let shopper = world.shopper(10_000).await;
    // The bank pays and drops the connection.
    let method = world.method(shopper, 1, MethodKind::Card).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    world.drain().await;
    assert_eq!(world.payout(id).await.state, PayoutState::Unknown);
    flag(&world, id).await;
    assert_eq!(code(resolve(&world, &finance(), id, Ending::NotPaid).await), "provider_says_otherwise");
    assert_eq!(world.balances(shopper).await, (6_000, 4_000, 0));
    assert_eq!(resolve(&world, &finance(), id, Ending::Paid).await.unwrap(), PayoutState::Paid);
    let row = world.payout(id).await;
    assert_eq!((row.attention, row.provider_ref.is_some()), (None, true));
    assert_eq!(world.balances(shopper).await, (6_000, 0, 0));
    world.close().await;
}

async fn a_blocked_shopper_is_not_paid(db: TestDb) {
    let world = World::start(&db, true).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    set_status(&world, shopper, AccountStatus::Blocked).await;
    assert_eq!(code(world.request(shopper, method, 1_000, "b").await), "account_blocked");
    world.drain().await;
    let row = world.payout(id).await;
    assert_eq!((row.state, row.sends), (PayoutState::Review, 0));
    assert_eq!(row.attention, Some(PersonWhy::ShopperBlocked));
    assert_eq!(world.times_moved(&row.provider_key).await, 0);
    // An approval alone does not help.
    review_payout(&world.app, &finance(), id, Decision::Approve).await.unwrap();
    world.drain().await;
    assert_eq!(world.payout(id).await.state, PayoutState::Review);

    set_status(&world, shopper, AccountStatus::Active).await;
    review_payout(&world.app, &finance(), id, Decision::Approve).await.unwrap();
    world.drain().await;
    let row = world.payout(id).await;
    assert_eq!((row.state, row.attention), (PayoutState::Paid, None));
    world.close().await;
}

async fn nothing_is_sent_again_to_a_blocked_shopper(db: TestDb) {
    let world = World::start(&db, true).await;
    let shopper = world.shopper(10_000).await;
    // The bank asks to come again later.
    let method = world.method(shopper, 9, MethodKind::Card).await;
    let id = world.request(shopper, method, 4_000, "a").await.unwrap().row.id;
    world.drain().await;
    assert_eq!((world.payout(id).await.state, world.payout(id).await.sends), (PayoutState::Submitting, 1));
    set_status(&world, shopper, AccountStatus::Blocked).await;
    for _ in 0..3 {
        world.clock.advance(TimeDelta::hours(2));
        world.drain().await;
        let row = world.payout(id).await;
        assert_eq!((row.state, row.sends), (PayoutState::Submitting, 1));
        assert_eq!(row.attention, Some(PersonWhy::ShopperBlocked));
    }
    set_status(&world, shopper, AccountStatus::Active).await;
    world.clock.advance(TimeDelta::hours(2));
    world.drain().await;
    let row = world.payout(id).await;
    assert_eq!((row.state, row.sends, row.attention), (PayoutState::Paid, 2, None));
    world.close().await;
}
