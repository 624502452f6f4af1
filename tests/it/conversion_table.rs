//! What reports do to a conversion and to its money: the specification, as tables.
//!
//! A line is an event, the verdict and the state afterwards, and what stands on the accounts then. Amounts are
//! minor units. Before `=>`: the conversion's name, what the partner says, `c100` the commission, `o1000` the order,
//! `@3` the partner's time, `delta` for changes instead of totals; or `a hold-over`, `reserve|paid|failed 50` for the
//! shopper's payouts, `days 3` for time that passes. After it: verdict (and reason), state, then
//! pending confirmed available in_payout debt | margin_pending margin | expected owed | budget.

use kopilka::base::Timestamp;
use kopilka::domain::adapter::{ReportStatus, Weight};
use kopilka::domain::conversion::Incoming;
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::rate::{Promise, Rate};

use crate::support::book::{Book, promise, rub};

fn run(promise: Promise, table: &str) {
    let mut book = Book::new(promise);
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (event, expected) = line.split_once("=>").expect("a line has =>");
        let became = step(&mut book, event);
        let b = book.balances;
        let [margin_pending, margin, expected_account, owed, budget] = book.house();
        let got = format!(
            "{became} | {} {} {} {} {} | {margin_pending} {margin} | {expected_account} {owed} | {budget}",
            b.pending, b.confirmed, b.available, b.in_payout, b.debt
        );
        let tidy = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(tidy(&got), tidy(expected), "after: {event}");
    }
}

fn step(book: &mut Book, event: &str) -> String {
    let words: Vec<&str> = event.split_whitespace().collect();
    match words.as_slice() {
        ["days", days] => {
            book.now = book.now.plus_days(days.parse().unwrap());
            "-".to_owned()
        }
        [what @ ("reserve" | "paid" | "failed"), minor] => match book.payout(what, minor.parse().unwrap()) {
            Ok(()) => "done".to_owned(),
            Err(_) => "refused".to_owned(),
        },
        [name, "hold-over"] => if book.hold_over(name) { "released" } else { "not-yet" }.to_owned(),
        [name, said @ ..] => {
            let (verdict, reason) = book.report(name, &incoming(said));
            let reason = reason.map_or_else(String::new, |reason| format!(":{reason}"));
            let state = book.conversions.get(*name).map_or("-", |conversion| conversion.state.as_str());
            format!("{verdict}{reason} {state}")
        }
        [] => panic!("an empty event"),
    }
}

fn incoming(said: &[&str]) -> Incoming {
    let status: ReportStatus = said[0].parse().unwrap();
    let mut out = Incoming {
        arrived_at: kopilka::base::Timestamp::EPOCH,
        order_items: Vec::new(),
        month_left: None,
        status,
        weight: if status == ReportStatus::Pending { Weight::Open } else { Weight::Settled },
        event_at: None,
        commission: None,
        order_amount: None,
        delta: false,
        seen_before: false,
        hold: false,
        payable: None,
        paid: None,
        reason: None,
        order_id: None,
    };
    let currency = if said.contains(&"eur") { Currency::EUR } else { Currency::RUB };
    for word in &said[1..] {
        match (*word, word.split_at(1)) {
            ("delta", _) => out.delta = true,
            ("hold", _) => out.hold = true,
            ("last", _) => out.weight = Weight::Last,
            ("eur", _) => {}
            (_, ("c", minor)) => out.commission = Some(Amount::new(minor.parse().unwrap(), currency)),
            (_, ("o", minor)) => out.order_amount = Some(Amount::new(minor.parse().unwrap(), currency)),
            (_, ("@", hour)) => {
                out.event_at = Timestamp::from_seconds(1_799_000_000 + hour.parse::<i64>().unwrap() * 3600);
            }
            _ => panic!("no such word: {word}"),
        }
    }
    out
}

fn held_for(days: u16) -> Promise {
    Promise { hold_days: days, ..promise() }
}

fn fixed_by_budget(minor: i64) -> Promise {
    Promise { rate: Rate::Fixed(rub(minor)), budget: Some("spring".to_owned()), ..promise() }
}

#[test]
fn an_order_goes_its_usual_way() {
    run(
        held_for(14),
        "
        a pending c101 @1     => applied pending        | 50 0 0 0 0  | 51 0 | -101 0 | 0
        a pending c101 @1     => unchanged pending      | 50 0 0 0 0  | 51 0 | -101 0 | 0
        reserve 50            => refused                | 50 0 0 0 0  | 51 0 | -101 0 | 0
        a hold-over           => not-yet                | 50 0 0 0 0  | 51 0 | -101 0 | 0
        a confirmed c101 @2   => applied confirmed      | 0 50 0 0 0  | 0 51 | 0 -101 | 0
        a confirmed c101 @2   => unchanged confirmed    | 0 50 0 0 0  | 0 51 | 0 -101 | 0
        reserve 50            => refused                | 0 50 0 0 0  | 0 51 | 0 -101 | 0
        days 13               => -                      | 0 50 0 0 0  | 0 51 | 0 -101 | 0
        a hold-over           => not-yet                | 0 50 0 0 0  | 0 51 | 0 -101 | 0
        days 1                => -                      | 0 50 0 0 0  | 0 51 | 0 -101 | 0
        a hold-over           => released               | 0 0 50 0 0  | 0 51 | 0 -101 | 0
        a hold-over           => not-yet                | 0 0 50 0 0  | 0 51 | 0 -101 | 0
        reserve 51            => refused                | 0 0 50 0 0  | 0 51 | 0 -101 | 0
        reserve 50            => done                   | 0 0 0 50 0  | 0 51 | 0 -101 | 0
        failed 50             => done                   | 0 0 50 0 0  | 0 51 | 0 -101 | 0
        reserve 20            => done                   | 0 0 30 20 0 | 0 51 | 0 -101 | 0
        paid 21               => refused                | 0 0 30 20 0 | 0 51 | 0 -101 | 0
        paid 20               => done                   | 0 0 30 0 0  | 0 51 | 0 -101 | 0
        ",
    );
}

#[test]
fn amounts_change_and_the_difference_follows() {
    run(
        promise(),
        "
        a pending c100 @1     => applied pending        | 50 0 0 0 0   | 50 0 | -100 0 | 0
        a pending c60 @2      => applied pending        | 30 0 0 0 0   | 30 0 | -60 0  | 0
        a confirmed c80 @3    => applied confirmed      | 0 0 40 0 0   | 0 40 | 0 -80  | 0
        a confirmed c20 @4    => applied confirmed      | 0 0 10 0 0   | 0 10 | 0 -20  | 0
        a confirmed @5        => applied confirmed      | 0 0 10 0 0   | 0 10 | 0 -20  | 0
        a confirmed c0 @6     => applied confirmed      | 0 0 0 0 0    | 0 0  | 0 0    | 0
        a confirmed c-1 @7    => held:negative_amount confirmed       | 0 0 0 0 0 | 0 0 | 0 0 | 0
        a confirmed c5 eur @8 => held:currency_changed confirmed      | 0 0 0 0 0 | 0 0 | 0 0 | 0
        ",
    );
}

#[test]
fn the_later_event_wins_whatever_comes_first() {
    run(
        promise(),
        "
        a confirmed c100 @5   => applied confirmed                    | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        a pending c70 @1      => superseded:older_event confirmed     | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        a declined @4         => superseded:older_event confirmed     | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        a declined @6         => applied reversed                     | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a confirmed c100 @5   => superseded:older_event reversed      | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a pending c100 @7     => applied pending                      | 50 0 0 0 0 | 50 0 | -100 0 | 0
        a pending c100 @8 hold => applied pending                     | 50 0 0 0 0 | 50 0 | -100 0 | 0
        a confirmed c90 @9    => applied confirmed                    | 0 0 45 0 0 | 0 45 | 0 -90  | 0
        ",
    );
}

#[test]
fn without_times_a_final_word_beats_an_open_one_and_the_later_arrival_another() {
    run(
        promise(),
        "
        a declined c100       => applied declined                     | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a pending c100        => superseded:weaker_status declined    | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a confirmed c100      => applied confirmed                    | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        a pending c80         => superseded:weaker_status confirmed   | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        a confirmed c80       => applied confirmed                    | 0 0 40 0 0 | 0 40 | 0 -80  | 0
        a declined last       => applied reversed                     | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a confirmed c80       => superseded:weaker_status reversed    | 0 0 0 0 0  | 0 0  | 0 0    | 0
        ",
    );
}

#[test]
fn a_decline_may_come_first_and_may_say_no_amounts() {
    run(
        promise(),
        "
        a declined @5         => applied declined                     | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a pending c100 @1     => superseded:older_event declined      | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a confirmed c100 @2   => superseded:older_event reversed      | 0 0 0 0 0  | 0 0  | 0 0    | 0
        # Its mind changed, the partner names no amount: it is the one that was told before.
        a confirmed @6        => applied confirmed                    | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        b confirmed @1        => held:no_commission -                 | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        b reversed c-40 @2    => applied reversed                     | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        ",
    );
}

#[test]
fn what_is_taken_back_after_it_was_spent_is_a_debt_that_earnings_fill_first() {
    run(
        held_for(1),
        "
        a confirmed c200 @1   => applied confirmed | 0 100 0 0 0    | 0 100 | 0 -200 | 0
        days 1                => -                 | 0 100 0 0 0    | 0 100 | 0 -200 | 0
        a hold-over           => released          | 0 0 100 0 0    | 0 100 | 0 -200 | 0
        reserve 70            => done              | 0 0 30 70 0    | 0 100 | 0 -200 | 0
        a reversed @2         => applied reversed  | 0 0 0 70 -70   | 0 0   | 0 0    | 0
        paid 70               => done              | 0 0 0 0 -70    | 0 0   | 0 0    | 0
        b pending c100 @3     => applied pending   | 50 0 0 0 -70   | 50 0  | -100 0 | 0
        b confirmed c100 @4   => applied confirmed | 0 50 0 0 -70   | 0 50  | 0 -100 | 0
        days 1                => -                 | 0 50 0 0 -70   | 0 50  | 0 -100 | 0
        b hold-over           => released          | 0 0 0 0 -20    | 0 50  | 0 -100 | 0
        b confirmed c200 @5   => applied confirmed | 0 0 30 0 0     | 0 100 | 0 -200 | 0
        # What filled the debt is taken back too: the debt is open again.
        b declined @6         => applied reversed  | 0 0 0 0 -70    | 0 0   | 0 0    | 0
        a confirmed c200 @7   => applied confirmed | 0 100 0 0 -70  | 0 100 | 0 -200 | 0
        ",
    );
}

#[test]
fn a_budget_pays_what_exceeds_the_commission_in_both_stages() {
    run(
        fixed_by_budget(150),
        "
        a pending c100 @1     => applied pending   | 150 0 0 0 0   | 0 0   | -100 0 | -50
        a pending c200 @2     => applied pending   | 150 0 0 0 0   | 50 0  | -200 0 | 0
        a pending c40 @3      => applied pending   | 150 0 0 0 0   | 0 0   | -40 0  | -110
        a confirmed c100 @4   => applied confirmed | 0 0 150 0 0   | 0 0   | 0 -100 | -50
        b pending c100 @1     => applied pending   | 150 0 150 0 0 | 0 0   | -100 -100 | -100
        a pending c90 @5      => applied pending   | 300 0 0 0 0   | 0 0   | -190 0 | -110
        a confirmed c400 @6   => applied confirmed | 150 0 150 0 0 | 0 250 | -100 -400 | -50
        a confirmed c10 @7    => applied confirmed | 150 0 150 0 0 | 0 0   | -100 -10 | -190
        a declined @8         => applied reversed  | 150 0 0 0 0   | 0 0   | -100 0 | -50
        b declined @8         => applied declined  | 0 0 0 0 0     | 0 0   | 0 0    | 0
        ",
    );
}

#[test]
fn changes_add_up_and_count_once() {
    run(
        promise(),
        "
        a pending c100 @1 delta    => applied pending                     | 50 0 0 0 0 | 50 0 | -100 0 | 0
        a pending c100 @1 delta    => superseded:repeated_delta pending   | 50 0 0 0 0 | 50 0 | -100 0 | 0
        a confirmed c40 @5 delta   => applied confirmed                   | 0 0 70 0 0 | 0 70 | 0 -140 | 0
        # Late, but still a change: it counts, and the state stays.
        a pending c-20 @3 delta    => applied confirmed                   | 0 0 60 0 0 | 0 60 | 0 -120 | 0
        a confirmed c-121 @6 delta => held:negative_amount confirmed      | 0 0 60 0 0 | 0 60 | 0 -120 | 0
        a reversed c-120 @7 delta  => applied reversed                    | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a confirmed c30 @8 delta   => applied confirmed                   | 0 0 15 0 0 | 0 15 | 0 -30  | 0
        ",
    );
}

#[test]
fn a_percent_of_the_order_needs_the_order() {
    run(
        Promise { rate: Rate::PercentOfOrder(10.into()), ..promise() },
        "
        a pending c100 @1          => held:no_order_amount -      | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a pending c100 o509 @1     => applied pending             | 50 0 0 0 0 | 50 0 | -100 0 | 0
        a pending c20 o509 @2      => applied pending             | 20 0 0 0 0 | 0 0  | -20 0  | 0
        a confirmed c100 @3        => applied confirmed           | 0 0 50 0 0 | 0 50 | 0 -100 | 0
        a declined @4              => applied reversed            | 0 0 0 0 0  | 0 0  | 0 0    | 0
        b declined c100 @1         => applied declined            | 0 0 0 0 0  | 0 0  | 0 0    | 0
        ",
    );
}

#[test]
fn an_absurd_amount_is_held() {
    run(
        promise(),
        "
        a pending c9000000000000000000 @1 => held:too_large -     | 0 0 0 0 0  | 0 0  | 0 0    | 0
        a pending c100 @1          => applied pending             | 50 0 0 0 0 | 50 0 | -100 0 | 0
        a pending c9000000000000000000 @2 => held:too_large pending | 50 0 0 0 0 | 50 0 | -100 0 | 0
        a confirmed c9223372036854775807 @3 delta => held:too_large pending | 50 0 0 0 0 | 50 0 | -100 0 | 0
        ",
    );
}
