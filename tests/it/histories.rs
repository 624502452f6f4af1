//! Random histories of all that moves money, against the real services, queue and bank on both databases, step by step beside a
//! model in memory: postbacks, holds, seals; withdrawals that are sent, fail and come back; corrections, claims and partners'
//! payments. `TEST_LONG=1` runs many more; a history that fails names the seed to run it again with.

use std::collections::BTreeMap;
use std::fmt;

use kopilka::base::Timestamp;
use kopilka::db::DbError;
use kopilka::db::balances::balances_find;
use kopilka::db::conversions::{ConversionFilter, conversion_list};
use kopilka::domain::adapter::{ReportStatus, Weight};
use kopilka::domain::conversion::{Conversion, Incoming};
use kopilka::domain::partner::PartnerSettings;
use kopilka::domain::payout::PayoutState;
use kopilka::service::release_holds::release_holds;
use kopilka::service::seal_ledger::seal_ledger;

use self::desk::Desk;
use self::withdrawals::Withdrawals;
use self::world::{PARTNERS, World, terms};
use crate::on_both;
use crate::support::book::{Book, RUB, promise, rub};
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::said::counted;

on_both![histories_match_the_model];

mod cases;
mod desk;
mod withdrawals;
mod world;

/// One report.
#[derive(Debug, Clone)]
struct Said {
    shopper: usize,
    partner: usize,
    order: String,
    status: ReportStatus,
    commission: Option<i64>,
    hour: Option<i64>,
}

#[derive(Debug)]
enum Op {
    Send(Box<Said>),
    SendAgain(usize),
    Release,
    Seal,
    Withdrawal(withdrawals::Op),
    Desk(desk::Op),
}

impl Dice {
    fn op(&mut self, shoppers: usize, (sent, withdrawals, claims): (usize, usize, usize)) -> Op {
        match self.below(40) {
            0..=2 if sent > 0 => Op::SendAgain(self.index(sent)),
            3 | 4 => Op::Release,
            5 => Op::Seal,
            6..=8 => {
                let hours = if self.one_in(3) { self.small(60) } else { self.small(6) };
                Op::Withdrawal(withdrawals::Op::Wait(1 + hours))
            }
            9..=20 => Op::Withdrawal(withdrawals::Op::random(self, shoppers, withdrawals)),
            21..=24 => Op::Desk(desk::Op::random(self, shoppers, claims)),
            _ => {
                let (shopper, partner) = (self.index(shoppers), self.index(PARTNERS.len()));
                let commission = if partner == 0 { self.small(500) } else { self.small(500) - 60 };
                Op::Send(Box::new(Said {
                    shopper,
                    partner,
                    order: format!("o-{shopper}-{}", self.below(4)),
                    status: ReportStatus::ALL[self.index(4)],
                    commission: (!self.one_in(8)).then_some(commission),
                    hour: (!self.one_in(4)).then(|| self.small(40)),
                }))
            }
        }
    }
}

/// Says which history it was, if it fails.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let long = if long() { " TEST_LONG=1" } else { "" };
            eprintln!("to run this history again: TEST_SEED={}{long}", self.0);
        }
    }
}

async fn histories_match_the_model(db: TestDb) {
    let (histories, ops) = match (long(), db.kind()) {
        (true, _) => (512, 512),
        (false, kopilka::db::Kind::Sqlite) => (12, 40),
        // Each step is some commits and round trips, which cost more here.
        (false, kopilka::db::Kind::Postgres) => (6, 40),
    };
    let seeds: Vec<u64> =
        Dice::wanted().map_or_else(|| (0..histories).map(|_| Dice::seed()).collect(), |seed| vec![seed]);
    let mut tally = Tally::default();
    for (done, seed) in (1..).zip(seeds.iter().copied()) {
        let _named = Seed(seed);
        // Each history has a database of its own: it is checked whole after every step.
        let fresh = match db.kind() {
            kopilka::db::Kind::Sqlite => TestDb::sqlite(),
            kopilka::db::Kind::Postgres => TestDb::postgres().unwrap(),
        };
        Box::pin(history(&fresh, &mut Dice(seed), ops, &mut tally)).await;
        if done % 64 == 0 || done == seeds.len() {
            let (kind, all) = (db.kind(), seeds.len());
            counted(&format!("{kind:?}: histories {done} of {all}, operations {ops} each, none broken; {tally}"));
        }
    }
    // A few short ones may miss some of it.
    if long() && Dice::wanted().is_none() {
        let ended: Vec<PayoutState> = tally.withdrawals.into_keys().collect();
        assert_eq!(ended, [PayoutState::Paid, PayoutState::Failed, PayoutState::Cancelled, PayoutState::Returned]);
        assert!(tally.corrections > 0 && tally.claims > 0);
    }
}

/// What happened in all histories.
#[derive(Default)]
struct Tally {
    withdrawals: BTreeMap<PayoutState, u32>,
    corrections: u32,
    claims: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (state, count) in &self.withdrawals {
            write!(f, "withdrawals {state} {count}, ")?;
        }
        write!(f, "corrections {}, claims agreed to {}", self.corrections, self.claims)
    }
}

async fn history(db: &TestDb, dice: &mut Dice, ops: usize, tally: &mut Tally) {
    let webhooks = dice.one_in(2);
    let world = World::new(db, 3, PartnerSettings::default(), webhooks).await;
    let mut books: Vec<Book> = world.shoppers.iter().map(|shopper| Book::of(*shopper, promise())).collect();
    let (mut withdrawals, mut desk, mut sent) = (Withdrawals::new(webhooks), Desk::new(), Vec::new());
    for book in &mut books {
        book.now = world.app.clock.now();
    }
    for shopper in 0..books.len() {
        let (minor, fund, who, agreed) = (50 + dice.small(100), "house/margin", shopper % 2, true);
        desk.play(&world, &mut books, &desk::Op::Correct { shopper, minor, fund, who, agreed }).await;
    }
    for number in 0..ops {
        let op = dice.op(books.len(), (sent.len(), withdrawals.count(), desk.claims()));
        for book in &mut books {
            book.now = world.app.clock.now();
        }
        let _told = Step(number, &op);
        match &op {
            Op::Send(said) => {
                sent.push((**said).clone());
                send_both(&world, &mut books, said).await;
            }
            Op::SendAgain(index) => send_both(&world, &mut books, &sent[*index].clone()).await,
            Op::Release => {
                let released = release_holds(&world.app, 1000).await.unwrap();
                let mut expected = 0;
                for book in &mut books {
                    for name in book.conversions.keys().cloned().collect::<Vec<_>>() {
                        expected += usize::from(book.hold_over(&name));
                    }
                }
                assert_eq!(released, expected);
            }
            Op::Seal => drop(seal_ledger(&world.app, 1 + dice.small(20)).await.unwrap()),
            Op::Withdrawal(op) => withdrawals.play(&world, &mut books, op).await,
            Op::Desk(op) => desk.play(&world, &mut books, op).await,
        }
        compare(&world, &books).await;
        world.clean();
    }
    withdrawals.settle(&world, &mut books).await;
    compare(&world, &books).await;
    while seal_ledger(&world.app, 7).await.unwrap() > 0 {}
    let report = world.clean();
    assert_eq!((report.unsealed, report.sealed), (0, report.transactions));
    desk.compare(&world, &books).await;
    for (state, count) in withdrawals.ends_of() {
        *tally.withdrawals.entry(state).or_default() += count;
    }
    let (corrections, claims) = desk.counts();
    (tally.corrections, tally.claims) = (tally.corrections + corrections, tally.claims + claims);
    world.rig.close().await;
}

/// Says which step it was, if it fails.
struct Step<'a>(usize, &'a Op);

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("step {}: {:?}", self.0, self.1);
        }
    }
}

/// What is told of an order.
fn incoming(world: &World, said: &Said) -> Incoming {
    Incoming {
        arrived_at: Timestamp::EPOCH,
        order_items: Vec::new(),
        month_left: None,
        status: said.status,
        weight: if said.status == ReportStatus::Pending { Weight::Open } else { Weight::Settled },
        event_at: said.hour.map(|hour| world.hour(hour)),
        commission: said.commission.map(rub),
        order_amount: said.commission.map(|minor| rub(minor * 10)),
        delta: said.partner == 1,
        seen_before: false,
        hold: false,
        payable: None,
        paid: None,
        reason: None,
        order_id: Some(said.order.clone()),
    }
}

/// The shopper's book, with what this partner promises.
fn book_for<'a>(world: &World, books: &'a mut [Book], said: &Said) -> &'a mut Book {
    let book = &mut books[said.shopper];
    book.partner = world.partners[said.partner].0;
    book.promise = terms(said.partner).promise(None, false, None).unwrap();
    book
}

async fn send_both(world: &World, books: &mut [Book], said: &Said) {
    let real = world.send(said).await;
    let told = incoming(world, said);
    let (verdict, reason) = book_for(world, books, said).report(&format!("{}/{}", said.partner, said.order), &told);
    assert_eq!((real.verdict, real.reason), (verdict, reason.map(|reason| reason.to_string())));
}

async fn compare(world: &World, books: &[Book]) {
    for (shopper, book) in world.shoppers.iter().zip(books) {
        let id = *shopper;
        let (balances, conversions) = world
            .app
            .db
            .read(move |conn| {
                let filter = ConversionFilter { shopper_id: Some(id), ..ConversionFilter::default() };
                Ok::<_, DbError>((balances_find(conn, id, RUB)?, conversion_list(conn, &filter, 100)?))
            })
            .await
            .unwrap();
        assert_eq!(balances, book.balances);
        assert_eq!(conversions.len(), book.conversions.len());
        for real in conversions {
            let partner = world.partners.iter().position(|(id, ..)| *id == real.partner_id).unwrap();
            let model = &book.conversions[&format!("{partner}/{}", real.external_id)];
            let facts = |c: &Conversion| {
                let amounts = (c.commission, c.cashback, c.order_amount);
                (c.state, amounts, c.revision, c.event_at, c.available_at, c.released, c.reason.clone())
            };
            assert_eq!(facts(&real), facts(model));
        }
    }
}
