//! What must hold of conversions whatever is reported, in whatever order, however often.

use kopilka::base::Timestamp;
use kopilka::domain::adapter::{ReportStatus, Weight};
use kopilka::domain::conversion::{Conversion, Incoming, State};
use kopilka::domain::ledger::Balances;
use kopilka::domain::rate::{Promise, Rate};
use kopilka::domain::verdict::Verdict;
use proptest::prelude::*;

use crate::support::book::{Book, promise, rub};

fn told(status: ReportStatus, commission: Option<i64>) -> Incoming {
    Incoming {
        arrived_at: kopilka::base::Timestamp::EPOCH,
        order_items: Vec::new(),
        month_left: None,
        status,
        weight: if status == ReportStatus::Pending { Weight::Open } else { Weight::Settled },
        event_at: None,
        commission: commission.map(rub),
        order_amount: commission.map(|minor| rub(minor * 10)),
        delta: false,
        seen_before: false,
        hold: false,
        payable: None,
        paid: None,
        reason: None,
        order_id: None,
    }
}

fn hour(hour: usize) -> Option<Timestamp> {
    Timestamp::from_seconds(1_799_000_000 + i64::try_from(hour).unwrap() * 3600)
}

fn status() -> impl Strategy<Value = ReportStatus> {
    prop::sample::select(ReportStatus::ALL.to_vec())
}

fn settles(status: ReportStatus) -> bool {
    matches!(status, ReportStatus::Declined | ReportStatus::Reversed)
}

fn any_promise() -> impl Strategy<Value = Promise> {
    let rate = prop_oneof![
        (0..=100_i64).prop_map(|percent| Rate::ShareOfCommission(percent.into())),
        (0..=30_i64).prop_map(|percent| Rate::PercentOfOrder(percent.into())),
        (0..=300_i64).prop_map(|minor| Rate::Fixed(rub(minor))),
    ];
    (rate, any::<bool>(), 0..3_u16, prop::option::of(1..200_i64)).prop_map(|(rate, budget, hold_days, cap)| Promise {
        rate,
        hold_days,
        budget: budget.then(|| "spring".to_owned()),
        cap_per_order: cap.map(rub),
        ..promise()
    })
}

/// Every order of `0..n`.
pub fn permutations(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else { return vec![Vec::new()] };
    let insert = |shorter: Vec<usize>| {
        (0..=shorter.len()).map(move |place| {
            let mut longer = shorter.clone();
            longer.insert(place, last);
            longer
        })
    };
    permutations(last).into_iter().flat_map(insert).collect()
}

/// Where one conversion and the money stand in the end. `amounts` only where the reports tell them.
type End = (State, Option<(i64, i64, Option<i64>)>, Balances, [i64; 5], bool);

fn end(book: &Book, amounts: bool) -> End {
    let c: &Conversion = &book.conversions["a"];
    let told = (c.commission.minor(), c.cashback.minor(), c.order_amount.map(kopilka::domain::money::Amount::minor));
    (c.state, amounts.then_some(told), book.balances, book.house(), c.released)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// With distinct times: the same end for every order and every repeat. The amounts of what is declined are those
    /// that the last word tells; where that tells none, they are only for people to read, and move no money.
    #[test]
    fn reports_with_times_end_in_one_place(
        promise in any_promise(),
        said in prop::collection::vec((status(), 1..400_i64, any::<bool>()), 1..=5),
        repeats in prop::collection::vec(0..5_usize, 0..4),
    ) {
        let reports: Vec<Incoming> = (1..).zip(&said).map(|(time, (status, minor, silent))| {
            let commission = if settles(*status) && *silent { None } else { Some(*minor) };
            Incoming { event_at: hour(time), ..told(*status, commission) }
        }).collect();
        let last = reports.last().unwrap();
        let amounts = last.commission.is_some();
        let mut wanted: Option<End> = None;
        for order in permutations(reports.len()) {
            let mut book = Book::new(promise.clone());
            let repeated = repeats.iter().filter(|index| **index < order.len());
            for index in order.iter().chain(repeated) {
                let (verdict, reason) = book.report("a", &reports[*index]);
                prop_assert!(verdict != Verdict::Held, "{:?} was held: {:?}", reports[*index], reason);
            }
            let found = end(&book, amounts);
            let wanted = wanted.get_or_insert(found);
            prop_assert_eq!(&*wanted, &found, "in the order {:?} of {:?}", order, reports);
        }
    }

    /// The end is also the right one: told by looking at the reports, not by the code under test.
    #[test]
    fn the_latest_report_decides(said in prop::collection::vec((status(), 1..400_i64), 1..=5)) {
        let mut book = Book::new(promise());
        for (index, (status, minor)) in said.iter().enumerate().rev() {
            book.report("a", &Incoming { event_at: hour(index + 1), ..told(*status, Some(*minor)) });
        }
        let (status, minor) = *said.last().unwrap();
        let confirmed_once = said.iter().any(|(status, _)| *status == ReportStatus::Confirmed);
        let state = match status {
            ReportStatus::Pending => State::Pending,
            ReportStatus::Confirmed => State::Confirmed,
            ReportStatus::Declined if confirmed_once => State::Reversed,
            ReportStatus::Declined => State::Declined,
            ReportStatus::Reversed => State::Reversed,
        };
        prop_assert_eq!(book.conversions["a"].state, state);
        let [pending, available] = match state {
            State::Pending => [minor / 2, 0],
            State::Confirmed => [0, minor / 2],
            State::Declined | State::Reversed => [0, 0],
        };
        prop_assert_eq!([book.balances.pending, book.balances.available], [pending, available]);
    }

    /// Without times the rule is weaker: open reports never undo a decision, wherever they come; among
    /// decisions the last to arrive counts.
    #[test]
    fn without_times_the_last_decision_counts(said in prop::collection::vec((status(), 1..400_i64), 1..=6)) {
        let mut book = Book::new(promise());
        for (status, minor) in &said {
            book.report("a", &told(*status, Some(*minor)));
        }
        let decision = said.iter().rev().find(|(status, _)| *status != ReportStatus::Pending);
        let (status, minor) = *decision.unwrap_or(said.last().unwrap());
        let available = if status == ReportStatus::Confirmed { minor / 2 } else { 0 };
        let pending = if status == ReportStatus::Pending { minor / 2 } else { 0 };
        prop_assert_eq!((book.balances.pending, book.balances.available), (pending, available));
    }

    /// Changes add up in every order and count once. (A sum that is below zero on the way is held for a person.)
    #[test]
    fn changes_commute(
        promise in any_promise(),
        said in prop::collection::vec((status(), 0..400_i64), 1..=5),
        repeats in prop::collection::vec(0..5_usize, 0..4),
    ) {
        let reports: Vec<Incoming> = (1..).zip(&said).map(|(time, (status, minor))| {
            Incoming { event_at: hour(time), delta: true, ..told(*status, Some(*minor)) }
        }).collect();
        let total: i64 = said.iter().map(|(_, minor)| minor).sum();
        let mut wanted: Option<End> = None;
        for order in permutations(reports.len()) {
            let mut book = Book::new(promise.clone());
            let repeated = repeats.iter().filter(|index| **index < order.len());
            for index in order.iter().chain(repeated) {
                book.report("a", &reports[*index]);
            }
            prop_assert_eq!(book.conversions["a"].commission, rub(total));
            let found = end(&book, true);
            let wanted = wanted.get_or_insert(found);
            prop_assert_eq!(&*wanted, &found, "in the order {:?} of {:?}", order, reports);
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    Report { name: usize, status: ReportStatus, minor: Option<i64>, time: Option<usize>, delta: bool },
    HoldsOver,
    Days(i64),
    Reserve(i64),
    Paid(i64),
    Failed(i64),
}

fn op() -> impl Strategy<Value = Op> {
    let report = (0..4_usize, status(), prop::option::weighted(0.9, -20..400_i64), prop::option::of(0..20_usize), 0..5)
        .prop_map(|(name, status, minor, time, delta)| Op::Report { name, status, minor, time, delta: delta == 0 });
    prop_oneof![
        6 => report,
        1 => Just(Op::HoldsOver),
        1 => (1..3_i64).prop_map(Op::Days),
        2 => (1..200_i64).prop_map(Op::Reserve),
        1 => (1..200_i64).prop_map(Op::Paid),
        1 => (1..200_i64).prop_map(Op::Failed),
    ]
}

fn play(book: &mut Book, op: &Op) {
    let before = (book.balances, book.house());
    match op {
        Op::Report { name, status, minor, time, delta } => {
            let incoming = Incoming { event_at: time.and_then(hour), delta: *delta, ..told(*status, *minor) };
            let (verdict, _) = book.report(&format!("order {name}"), &incoming);
            if verdict != Verdict::Applied {
                assert_eq!(before, (book.balances, book.house()), "{verdict} moved money");
            }
        }
        Op::HoldsOver => {
            for name in book.conversions.keys().cloned().collect::<Vec<_>>() {
                let (available, debt) = (book.balances.available, book.balances.debt);
                let cashback = book.conversions[&name].cashback.minor();
                if book.hold_over(&name) {
                    let filled = cashback.min(-debt);
                    assert_eq!(book.balances.debt, debt + filled, "a debt is filled first");
                    assert_eq!(book.balances.available, available + cashback - filled);
                }
            }
        }
        Op::Days(days) => book.now = book.now.plus_days(*days),
        Op::Reserve(minor) => {
            let covered = book.balances.available >= *minor;
            assert_eq!(book.payout("reserve", *minor).is_ok(), covered);
        }
        Op::Paid(minor) | Op::Failed(minor) => {
            let covered = book.balances.in_payout >= *minor;
            let what = if matches!(op, Op::Paid(_)) { "paid" } else { "failed" };
            assert_eq!(book.payout(what, *minor).is_ok(), covered);
        }
    }
    let now_owes = book.balances.debt < before.0.debt;
    assert!(!now_owes || book.balances.available == 0, "a debt was made while something was available");
    if matches!(op, Op::Report { .. }) && book.balances.available > before.0.available {
        assert_eq!(book.balances.debt, 0, "earnings became available while a debt was open");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Several orders of one shopper, payouts between them: the book checks every invariant after every step.
    #[test]
    fn no_history_breaks_the_books(promise in any_promise(), ops in prop::collection::vec(op(), 1..60)) {
        let mut book = Book::new(promise);
        for op in &ops {
            play(&mut book, op);
        }
        // Everything declined in the end: nothing is left but what was really paid out.
        let names: Vec<String> = book.conversions.keys().cloned().collect();
        for name in names {
            book.report(&name, &Incoming { event_at: hour(99), ..told(ReportStatus::Declined, None) });
        }
        let b = book.balances;
        prop_assert_eq!((b.pending, b.confirmed), (0, 0));
        prop_assert_eq!(book.house(), [0, 0, 0, 0, 0]);
        let paid = book.sum(&kopilka::domain::ledger::Account::Bank("sandbox".to_owned()));
        prop_assert_eq!(b.available + b.in_payout + b.debt, -paid);
    }
}
