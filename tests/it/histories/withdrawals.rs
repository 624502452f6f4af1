//! The withdrawals of a history: asked for, called back, reviewed, sent through the real queue to the real bank, which misbehaves
//! as its destinations say, and ended by people where nothing else can. Beside each stands who may move it where, what that moves
//! in its shopper's book, and the bank's own count.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::TimeDelta;
use kopilka::base::Timestamp;
use kopilka::base::id::{MethodId, OperatorId, PayoutId};
use kopilka::db::payouts::{PayoutFilter, PayoutRow};
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::ledger::{Account, Bucket, Transfer};
use kopilka::domain::payout::MethodKind;
use kopilka::domain::payout::PayoutState::{
    self, Approved, Cancelled, Failed, Paid, Requested, Returned, Review, Submitted, Submitting, Unknown,
};
use kopilka::job::run_due;
use kopilka::service::ServiceError;
use kopilka::service::payouts::cancel_payout::cancel_payout;
use kopilka::service::payouts::look::{payout_of, payouts};
use kopilka::service::payouts::resolve_payout::{Ending, Resolution, resolve_payout};
use kopilka::service::payouts::review_payout::{Decision, review_payout};
use kopilka::service::reconcile::reconcile_daily;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::world::World;
use crate::support::book::{Book, rub};
use crate::support::dice::Dice;
use crate::withdrawals::world::code;

pub(super) const LEAST: i64 = 20;
pub(super) const MOST: i64 = 200;
pub(super) const DAILY: i64 = 400;
pub(super) const REVIEW_FROM: i64 = 150;
pub(super) const MOST_OPEN: u32 = 3;
pub(super) const FEE_FIXED: i64 = 2;

/// The proportional part of the fee.
pub(super) fn percent() -> Decimal {
    Decimal::new(15, 1)
}

/// To how many destinations a shopper withdraws at the most.
const METHODS: usize = 10;

/// The bank's destinations, without the one whose answer takes seconds.
const CODES: [u8; 29] =
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31, 32, 33, 34, 36, 40, 41];

/// The destination that the bank sends no webhooks about.
const UNTOLD: u8 = 36;

/// What the bank can decide on.
const VERBS: [&str; 3] = ["pay", "fail", "return"];

/// What can happen to withdrawals; a number is that of the withdrawal.
#[derive(Debug)]
pub(super) enum Op {
    Ask {
        shopper: usize,
        minor: i64,
        code: u8,
    },
    /// The same request under the same key, with so much more.
    AskAgain(usize, i64),
    CallBack(usize),
    Review(usize, bool),
    /// The queue does what is due.
    Work,
    /// So many hours go by; the bank does what is due, and tells.
    Wait(i64),
    /// The bank's list is walked through, when a day is over.
    List,
    /// The bank decides: one of [`VERBS`].
    Decide(usize, &'static str),
    /// An operator says how it ended, rightly or not.
    Resolve(usize, Ending),
}

impl Op {
    pub fn random(dice: &mut Dice, shoppers: usize, known: usize) -> Self {
        let ask = |dice: &mut Dice| Self::Ask {
            shopper: dice.index(shoppers),
            minor: 10 + dice.small(MOST),
            code: *dice.pick(&CODES),
        };
        if known == 0 {
            return ask(dice);
        }
        let one = dice.index(known);
        match dice.below(16) {
            0..=3 => ask(dice),
            4 => Self::AskAgain(one, dice.small(2)),
            5 => Self::CallBack(one),
            6 | 7 => Self::Review(one, dice.one_in(2)),
            8..=11 => Self::Work,
            12 => Self::List,
            13 => Self::Decide(one, VERBS[dice.index(VERBS.len())]),
            _ => Self::Resolve(one, if dice.one_in(2) { Ending::Paid } else { Ending::NotPaid }),
        }
    }
}

/// Who brings about a change.
#[derive(Debug, Clone, Copy)]
enum By {
    /// A person: of this withdrawal alone, and to this state; none when it was refused.
    Person(usize, Option<PayoutState>),
    /// The queue, or what the bank tells.
    Itself,
}

/// Where a withdrawal may go without a person.
fn may(from: PayoutState, to: PayoutState) -> bool {
    let sent = matches!(to, Submitting | Submitted | Unknown | Paid | Failed | Returned);
    match from {
        Approved | Submitting | Submitted | Unknown => sent,
        Paid => to == Returned,
        Requested | Review | Failed | Cancelled | Returned => false,
    }
}

struct Withdrawal {
    id: PayoutId,
    shopper: usize,
    method: MethodId,
    minor: i64,
    fee: i64,
    code: u8,
    key: String,
    asked_at: Timestamp,
    state: PayoutState,
    /// A person, or the bank's own decision, had a hand in how it ended.
    decided: bool,
}

impl Withdrawal {
    fn is_open(&self) -> bool {
        !matches!(self.state, Paid | Failed | Cancelled | Returned)
    }

    /// How it ends when nobody interferes (docs/SANDBOX.md).
    fn ends(&self) -> PayoutState {
        match self.code {
            12 | 13 | 22..=26 | 41 => Failed,
            27 => Returned,
            _ => Paid,
        }
    }

    /// What the way to a state moves.
    fn moves(&self, to: PayoutState, book: &Book) -> Vec<Transfer> {
        let in_payout = || Account::Shopper(book.shopper, Bucket::InPayout);
        let bank = || Account::Bank("sandbox".to_owned());
        let net = self.minor - self.fee;
        let mut all = Vec::new();
        if matches!(to, Paid | Returned) && self.is_open() {
            all.extend(Transfer::new(in_payout(), bank(), rub(net)));
            all.extend(Transfer::new(in_payout(), Account::Fees, rub(self.fee)));
        }
        match to {
            Returned => all.extend(book.gift(bank(), net)),
            Failed | Cancelled => all.extend(book.gift(in_payout(), self.minor)),
            _ => {}
        }
        all
    }
}

/// All withdrawals of a history.
pub(super) struct Withdrawals {
    all: Vec<Withdrawal>,
    methods: BTreeMap<(usize, u8), MethodId>,
    operator: Actor,
    webhooks: bool,
}

impl Withdrawals {
    pub fn new(webhooks: bool) -> Self {
        let operator = Actor::Operator(OperatorId::new(), Role::Finance);
        Self { all: Vec::new(), methods: BTreeMap::new(), operator, webhooks }
    }

    pub fn count(&self) -> usize {
        self.all.len()
    }

    pub async fn play(&mut self, world: &World, books: &mut [Book], op: &Op) {
        let by = match op {
            Op::Ask { shopper, minor, code } => return self.ask(world, books, (*shopper, *minor, *code)).await,
            Op::AskAgain(of, more) => return self.ask_again(world, *of, *more).await,
            Op::CallBack(of) => self.call_back(world, books, *of).await,
            Op::Review(of, approve) => self.review(world, *of, *approve).await,
            Op::Work => work(world).await,
            Op::Wait(hours) => wait(world, *hours).await,
            Op::List => list(world).await,
            Op::Decide(of, verb) => self.decide(world, *of, verb).await,
            Op::Resolve(of, ending) => self.resolve(world, *of, *ending).await,
        };
        self.observe(world, books, by).await;
    }

    /// The first reason against a request.
    fn refusal(&self, book: &Book, shopper: usize, minor: i64) -> Option<&'static str> {
        let own = || self.all.iter().filter(|one| one.shopper == shopper);
        let counts = |one: &&Withdrawal| {
            one.asked_at > book.now.plus(-TimeDelta::hours(24)) && !matches!(one.state, Failed | Cancelled | Returned)
        };
        let today: i64 = own().filter(counts).map(|one| one.minor).sum();
        let open = own().filter(|one| one.is_open()).count();
        let checks = [
            (book.balances.debt < 0, "debt_open"),
            (open >= usize::try_from(MOST_OPEN).unwrap(), "payout_already_open"),
            (minor < LEAST, "amount_below_minimum"),
            (minor > MOST, "amount_above_maximum"),
            (minor > book.balances.available, "not_enough_available"),
            (today + minor > DAILY, "daily_limit"),
        ];
        checks.into_iter().find_map(|(against, code)| against.then_some(code))
    }

    async fn ask(&mut self, world: &World, books: &mut [Book], (shopper, minor, card): (usize, i64, u8)) {
        let id = world.shoppers[shopper];
        // A shopper may have so many.
        let own: Vec<u8> = self.methods.keys().filter(|(of, _)| *of == shopper).map(|(_, card)| *card).collect();
        let card = if own.len() < METHODS { card } else { own[usize::from(card) % own.len()] };
        let method = match self.methods.entry((shopper, card)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => *free.insert(world.rig.method(id, card, MethodKind::Card).await),
        };
        let key = format!("key-{}", self.all.len());
        let refusal = self.refusal(&books[shopper], shopper, minor);
        let asked = world.rig.request(id, method, minor, &key).await;
        if let Some(refusal) = refusal {
            assert_eq!(code(asked), refusal);
            return;
        }
        let asked = asked.unwrap();
        let state = if minor >= REVIEW_FROM { Review } else { Approved };
        assert_eq!((asked.replayed, asked.row.state), (false, state));
        // 1.5 percent, rounded down.
        let fee = FEE_FIXED + minor * 15 / 1000;
        let book = &mut books[shopper];
        book.payout("reserve", minor).unwrap();
        let (asked_at, id) = (book.now, asked.row.id);
        self.all.push(Withdrawal { id, shopper, method, minor, fee, code: card, key, asked_at, state, decided: false });
    }

    async fn ask_again(&self, world: &World, of: usize, more: i64) {
        let one = &self.all[of];
        let again = world.rig.request(world.shoppers[one.shopper], one.method, one.minor + more, &one.key).await;
        if more == 0 {
            let again = again.unwrap();
            assert_eq!((again.replayed, again.row.id, again.row.state), (true, one.id, one.state));
        } else {
            assert_eq!(code(again), "idempotency_key_reused");
        }
    }

    async fn call_back(&mut self, world: &World, books: &[Book], of: usize) -> By {
        let one = &mut self.all[of];
        let stranger = books.iter().position(|book| book.shopper != world.shoppers[one.shopper]).unwrap();
        let foreign = cancel_payout(&world.app, world.shoppers[stranger], one.id).await;
        assert!(matches!(foreign, Err(ServiceError::NotFound(_))), "{foreign:?}");
        let allowed = matches!(one.state, Requested | Review | Approved | Cancelled);
        match cancel_payout(&world.app, world.shoppers[one.shopper], one.id).await {
            Ok(_) => assert!(allowed, "{} was called back", one.state),
            refused => assert_eq!((code(refused), allowed), ("payout_not_now", false)),
        }
        one.decided |= allowed;
        By::Person(of, allowed.then_some(Cancelled))
    }

    async fn review(&mut self, world: &World, of: usize, approve: bool) -> By {
        let one = &mut self.all[of];
        let reason = "not this time".to_owned();
        let decision = if approve { Decision::Approve } else { Decision::Decline { reason } };
        let allowed = one.state == Review || one.state == Approved;
        match review_payout(&world.app, &self.operator, one.id, decision).await {
            Ok(_) => assert!(allowed, "{} was reviewed", one.state),
            refused => assert_eq!((code(refused), allowed), ("payout_not_now", false)),
        }
        one.decided |= allowed && !approve;
        By::Person(of, allowed.then_some(if approve { Approved } else { Failed }))
    }

    async fn decide(&mut self, world: &World, of: usize, verb: &str) -> By {
        // Without webhooks nobody hears of what comes back weeks later: the list is walked through for some days back.
        if verb == "return" && (!self.webhooks || self.all[of].code == UNTOLD) {
            return By::Itself;
        }
        let one = &mut self.all[of];
        if let Some(reference) = payout_of(&world.app, one.id).await.unwrap().provider_ref {
            one.decided |= world.rig.bank_decides(&reference, verb).await;
        }
        By::Itself
    }

    /// What a person says is believed only where the bank does not say otherwise.
    async fn resolve(&mut self, world: &World, of: usize, outcome: Ending) -> By {
        let one = &mut self.all[of];
        let before = payout_of(&world.app, one.id).await.unwrap();
        let said = Resolution { outcome, provider_ref: None, reason: "asked the bank".to_owned() };
        match resolve_payout(&world.app, &self.operator, one.id, said).await {
            Ok(_) => one.decided = true,
            Err(ServiceError::Conflict { .. } | ServiceError::Invalid { .. }) => {
                assert_eq!(payout_of(&world.app, one.id).await.unwrap(), before);
                return By::Person(of, None);
            }
            Err(other) => panic!("{other}"),
        }
        By::Person(of, Some(if outcome == Ending::Paid { Paid } else { Failed }))
    }

    /// Takes over what has changed, as far as it may have, and holds all against the bank's own count.
    async fn observe(&mut self, world: &World, books: &mut [Book], by: By) {
        let mut rows: BTreeMap<PayoutId, PayoutRow> = BTreeMap::new();
        for row in payouts(&world.app, PayoutFilter::default(), 10_000).await.unwrap() {
            rows.insert(row.id, row);
        }
        assert_eq!(rows.len(), self.all.len());
        let count = world.rig.moved().await;
        for (number, one) in self.all.iter_mut().enumerate() {
            let row = &rows[&one.id];
            assert_eq!((row.amount, row.fee), (one.minor, one.fee));
            let right = match by {
                By::Person(of, Some(wanted)) if of == number => row.state == wanted,
                By::Person(..) => row.state == one.state,
                By::Itself => row.state == one.state || may(one.state, row.state),
            };
            assert!(right, "{} to {} by {by:?}: {row:?}", one.state, row.state);
            if row.state != one.state {
                let book = &mut books[one.shopper];
                book.post(one.moves(row.state, book)).unwrap();
                one.state = row.state;
            }
            bank_agrees(&count, row);
        }
    }

    /// Lets everything come to its end, by people where it has to.
    pub async fn settle(&mut self, world: &World, books: &mut [Book]) {
        for round in 0.. {
            for of in 0..self.all.len() {
                let row = payout_of(&world.app, self.all[of].id).await.unwrap();
                if row.state == Review {
                    self.play(world, books, &Op::Review(of, true)).await;
                } else if row.state == Submitted && round > 4 {
                    self.play(world, books, &Op::Decide(of, "pay")).await;
                } else if row.state.holds_reserve() && row.attention.is_some() {
                    let paid = times(&world.rig.moved().await, &row.provider_key, "times") == 1;
                    let ending = if paid { Ending::Paid } else { Ending::NotPaid };
                    self.play(world, books, &Op::Resolve(of, ending)).await;
                }
            }
            self.play(world, books, &Op::Work).await;
            self.play(world, books, &Op::List).await;
            self.play(world, books, &Op::Wait(3)).await;
            if round >= 18 && self.all.iter().all(|one| !one.is_open()) {
                break;
            }
            assert!(round < 60, "these come to no end: {:?}", self.unfinished());
        }
        for one in self.all.iter().filter(|one| !one.decided) {
            assert_eq!(one.state, one.ends(), "destination {}", one.code);
        }
        let count = world.rig.moved().await;
        for one in &self.all {
            let back = times(&count, &payout_of(&world.app, one.id).await.unwrap().provider_key, "returned_times");
            assert_eq!(back == 1, one.state == Returned, "what came back is heard of: destination {}", one.code);
        }
    }

    /// How many ended how.
    pub fn ends_of(&self) -> BTreeMap<PayoutState, u32> {
        let mut ends = BTreeMap::new();
        for one in &self.all {
            *ends.entry(one.state).or_default() += 1;
        }
        ends
    }

    fn unfinished(&self) -> Vec<(u8, PayoutState)> {
        self.all.iter().filter(|one| one.is_open()).map(|one| (one.code, one.state)).collect()
    }
}

async fn work(world: &World) -> By {
    while run_due(&world.app, 500).await.unwrap() > 0 {}
    By::Itself
}

async fn list(world: &World) -> By {
    reconcile_daily(&world.app).await.unwrap();
    By::Itself
}

async fn wait(world: &World, hours: i64) -> By {
    world.app.clock.advance(TimeDelta::hours(hours));
    world.rig.bank_post(&world.rig.command("tick"), &json!({})).await;
    By::Itself
}

fn times(count: &Value, key: &str, what: &str) -> u64 {
    let line = count["keys"].as_array().unwrap().iter().find(|line| line["key"] == key);
    line.map_or(0, |line| line[what].as_u64().unwrap())
}

/// The bank never moved it twice; what is ended here is ended there; and what was never sent, it has not seen.
fn bank_agrees(count: &Value, row: &PayoutRow) {
    let moved = times(count, &row.provider_key, "times");
    let back = times(count, &row.provider_key, "returned_times");
    let agrees = match row.state {
        Requested | Review | Approved | Cancelled => (moved, row.sends) == (0, 0),
        Failed => moved == 0,
        Paid => moved == 1 && back <= 1,
        Returned => (moved, back) == (1, 1),
        Submitting | Submitted | Unknown => moved <= 1 && back <= moved,
    };
    assert!(agrees, "the bank moved it {moved} times and back {back} times: {row:?}");
}
