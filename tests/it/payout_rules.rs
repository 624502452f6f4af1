//! What moves a payout, as tables: every event in every state, every order of messages, and long random histories.

use chrono::TimeDelta;
use kopilka::base::Timestamp;
use kopilka::base::id::PayoutId;
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payout::{
    LedgerMove, Next, Payout, PayoutEvent, PayoutLimits, PayoutState, PersonWhy, Refusal, RequestFacts, RequestRefusal,
    Step, check_request, next_poll, transition,
};
use proptest::prelude::*;

const A: i64 = 10_000;
const F: i64 = 150;

fn rub(minor: i64) -> Amount {
    Amount::new(minor, Currency::RUB)
}
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
}
fn deadline() -> Timestamp {
    at(1000)
}

/// A payout as it stands in `state` after an ordinary history.
fn standing(state: PayoutState) -> Payout {
    let mut payout = Payout::requested(PayoutId::new(), rub(A), rub(F));
    payout.state = state;
    if !state.can_cancel() && state != PayoutState::Cancelled {
        payout.sends = 1;
        payout.key_until = Some(deadline());
    }
    payout.uncertain = state == PayoutState::Unknown;
    if [PayoutState::Submitted, PayoutState::Paid, PayoutState::Returned, PayoutState::Failed].contains(&state) {
        payout.provider_ref = Some("p-1".to_owned());
    }
    payout
}

fn events() -> Vec<(&'static str, PayoutEvent)> {
    let provider_ref = || "p-1".to_owned();
    let code = || "declined".to_owned();
    vec![
        ("screened", PayoutEvent::Screened { needs_review: false }),
        ("screened_review", PayoutEvent::Screened { needs_review: true }),
        ("approve", PayoutEvent::Approve),
        ("decline", PayoutEvent::Decline { reason: code() }),
        ("cancel", PayoutEvent::Cancel),
        ("send", PayoutEvent::Send { key_until: deadline() }),
        ("accepted", PayoutEvent::Accepted { provider_ref: provider_ref() }),
        ("unheard", PayoutEvent::Unheard { provider_ref: provider_ref() }),
        ("paid", PayoutEvent::Paid { provider_ref: provider_ref() }),
        ("failed", PayoutEvent::Failed { provider_ref: Some(provider_ref()), code: code() }),
        ("returned", PayoutEvent::Returned { provider_ref: provider_ref(), code: code() }),
        ("rejected", PayoutEvent::Rejected { send: 1, code: code() }),
        ("rejected_old", PayoutEvent::Rejected { send: 0, code: code() }),
        ("try_again", PayoutEvent::TryAgain),
        ("blocked", PayoutEvent::Blocked { code: code() }),
        ("unknown", PayoutEvent::Unknown),
        ("not_found", PayoutEvent::NotFound),
    ]
}

/// A cell: the state afterwards, what the ledger does, what is next; `=` in front of what changes nothing.
fn cell(result: Result<Step, Refusal>) -> String {
    match result {
        Err(refusal) => format!("!{}", refusal.code().trim_start_matches("payout_")),
        Ok(step) => {
            let ledger = match step.ledger {
                LedgerMove::None => "",
                LedgerMove::Release => " release",
                LedgerMove::Pay { fee } if fee == rub(F) => " pay",
                LedgerMove::Return { amount } if amount == rub(A - F) => " return",
                LedgerMove::PayThenReturn { fee, amount } if fee == rub(F) && amount == rub(A - F) => " pay+return",
                LedgerMove::Pay { .. } | LedgerMove::Return { .. } | LedgerMove::PayThenReturn { .. } => " wrong money",
            };
            let next = match step.next {
                Next::Nothing => String::new(),
                Next::Submit => " >submit".to_owned(),
                Next::Poll => " >poll".to_owned(),
                Next::Person(why) => format!(" >{why}"),
            };
            format!("{}{}{ledger}{next}", if step.noop { "=" } else { "" }, step.after.state)
        }
    }
}

/// One line an event; a column a state, in the order of `PayoutState::ALL`.
const TABLE: &str = "
screened        | approved >submit | =review >review | =approved >submit | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now
screened_review | review >review | =review >review | =approved >submit | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now
approve         | !not_now | approved >submit | =approved >submit | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now
decline         | failed release | failed release | failed release | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now
cancel          | cancelled release | cancelled release | cancelled release | !not_now | !not_now | !not_now | !not_now | !not_now | =cancelled | !not_now
send            | !not_now | !not_now | submitting | submitting | !not_now | !not_now | !not_now | !not_now | !not_now | !not_now
accepted        | =requested >never_sent | =review >never_sent | =approved >never_sent | submitted >poll | =submitted >poll | submitted >poll | =paid | =failed | =cancelled >paid_after_release | =returned
unheard         | =requested >never_sent | =review >never_sent | =approved >never_sent | submitted >unheard_state | =submitted >unheard_state | submitted >unheard_state | =paid | =failed | =cancelled >paid_after_release | =returned
paid            | =requested >never_sent | =review >never_sent | =approved >never_sent | paid pay | paid pay | paid pay | =paid | =failed >paid_after_release | =cancelled >paid_after_release | =returned
failed          | =requested >never_sent | =review >never_sent | =approved >never_sent | failed release | failed release | failed release | =paid >failed_after_paid | =failed | =cancelled | =returned
returned        | =requested >never_sent | =review >never_sent | =approved >never_sent | returned pay+return | returned pay+return | returned pay+return | returned return | =failed >paid_after_release | =cancelled >paid_after_release | =returned
rejected        | =requested >never_sent | =review >never_sent | =approved >never_sent | failed release | =submitted >poll | failed release | =paid | =failed | =cancelled | =returned
rejected_old    | =requested >never_sent | =review >never_sent | =approved >never_sent | =submitting >poll | =submitted >poll | =unknown >poll | =paid | =failed | =cancelled | =returned
try_again       | =requested | =review | =approved | submitting >submit | =submitted >poll | =unknown >poll | =paid | =failed | =cancelled | =returned
blocked         | =requested | =review | =approved | submitting >our_side | =submitted >poll | =unknown >poll | =paid | =failed | =cancelled | =returned
unknown         | =requested | =review | =approved | unknown >poll | =submitted >poll | =unknown >poll | =paid | =failed | =cancelled | =returned
not_found       | =requested | =review | =approved | =submitting >poll | =submitted >poll | submitting >submit | =paid | =failed | =cancelled | =returned
";

#[test]
fn every_event_in_every_state() {
    let lines: Vec<&str> = TABLE.trim().lines().collect();
    assert_eq!(lines.len(), events().len());
    for (line, (name, event)) in lines.iter().zip(events()) {
        let mut cells = line.split('|').map(str::trim);
        assert_eq!(cells.next(), Some(name));
        for state in PayoutState::ALL {
            let seen = cell(transition(&standing(*state), &event, at(0)));
            assert_eq!(cells.next(), Some(seen.as_str()), "{name} in {state}");
        }
        assert_eq!(cells.next(), None);
    }
}

#[test]
fn a_refusal_or_a_noop_changes_nothing() {
    for state in PayoutState::ALL {
        for (name, event) in events() {
            let before = standing(*state);
            if let Ok(step) = transition(&before, &event, at(0))
                && step.noop
            {
                assert_eq!((step.after, step.ledger), (before, LedgerMove::None), "{name} in {state}");
            }
        }
    }
}

#[test]
fn after_the_key_window_nothing_is_sent_again() {
    let late = deadline();
    let unknown = transition(&standing(PayoutState::Unknown), &PayoutEvent::NotFound, late).unwrap();
    assert_eq!((unknown.next, unknown.noop), (Next::Person(PersonWhy::KeyWindowClosed), true));
    // Silence counts no more than "not found" then; before that it is asked on.
    let silent = |time| transition(&standing(PayoutState::Unknown), &PayoutEvent::Unknown, time).unwrap();
    assert_eq!((silent(late).next, silent(late).noop), (Next::Person(PersonWhy::KeyWindowClosed), true));
    assert_eq!(silent(at(999)).next, Next::Poll);
    let uncertain = Payout { uncertain: true, ..standing(PayoutState::Submitting) };
    let waiting = transition(&uncertain, &PayoutEvent::TryAgain, late).unwrap();
    assert_eq!((waiting.after.state, waiting.ledger), (PayoutState::Unknown, LedgerMove::None));
    assert_eq!(waiting.next, Next::Person(PersonWhy::KeyWindowClosed));
    let again = transition(&standing(PayoutState::Submitting), &PayoutEvent::Send { key_until: at(9999) }, late);
    assert_eq!(again, Err(Refusal::KeyWindowClosed));
    // One moment before, all of it is allowed, and the window is still the first send's.
    let step = transition(&standing(PayoutState::Submitting), &PayoutEvent::Send { key_until: at(9999) }, at(999));
    let after = step.unwrap().after;
    assert_eq!((after.sends, after.key_until), (2, Some(deadline())));
}

#[test]
fn a_rejected_second_send_releases_only_what_the_first_cannot_pay() {
    let sent_twice = |state, uncertain| Payout { sends: 2, uncertain, ..standing(state) };
    let reject = |payout: &Payout| {
        transition(payout, &PayoutEvent::Rejected { send: 2, code: "declined".to_owned() }, at(0)).unwrap()
    };
    let step = reject(&sent_twice(PayoutState::Submitting, true));
    assert_eq!((step.after.state, step.ledger, step.next), (PayoutState::Unknown, LedgerMove::None, Next::Poll));
    let again = reject(&step.after);
    assert_eq!((again.noop, again.ledger, again.next), (true, LedgerMove::None, Next::Poll));
    // The first send lands after all, and is paid from the reserve that was kept.
    let paid = transition(&again.after, &PayoutEvent::Paid { provider_ref: "p-1".to_owned() }, at(0)).unwrap();
    assert_eq!((paid.after.state, paid.ledger), (PayoutState::Paid, LedgerMove::Pay { fee: rub(F) }));
    // The first send is known to have created nothing.
    let step = reject(&sent_twice(PayoutState::Submitting, false));
    assert_eq!((step.after.state, step.ledger), (PayoutState::Failed, LedgerMove::Release));
}

#[test]
fn without_doubt_the_key_window_begins_anew() {
    for event in [PayoutEvent::TryAgain, PayoutEvent::Blocked { code: "float".to_owned() }] {
        let waiting = transition(&standing(PayoutState::Submitting), &event, deadline()).unwrap().after;
        assert_eq!((waiting.state, waiting.key_until), (PayoutState::Submitting, None), "{event:?}");
        let sent = transition(&waiting, &PayoutEvent::Send { key_until: at(9999) }, at(2000)).unwrap().after;
        assert_eq!((sent.sends, sent.key_until), (2, Some(at(9999))));
        let doubtful = Payout { uncertain: true, ..standing(PayoutState::Submitting) };
        assert_eq!(transition(&doubtful, &event, deadline()).unwrap().after.key_until, Some(deadline()));
    }
}

#[test]
fn a_second_reference_for_one_payout_calls_a_person() {
    let other = || "p-2".to_owned();
    for event in [
        PayoutEvent::Accepted { provider_ref: other() },
        PayoutEvent::Paid { provider_ref: other() },
        PayoutEvent::Failed { provider_ref: Some(other()), code: "x".to_owned() },
        PayoutEvent::Returned { provider_ref: other(), code: "x".to_owned() },
    ] {
        let before = standing(PayoutState::Submitted);
        let step = transition(&before, &event, at(0)).unwrap();
        assert_eq!(step.next, Next::Person(PersonWhy::TwoReferences), "{event:?}");
        assert_eq!((step.after, step.ledger), (before, LedgerMove::None));
    }
    // Released without a reference, and now the provider has one after all.
    let mut failed = standing(PayoutState::Failed);
    failed.provider_ref = None;
    let step = transition(&failed, &PayoutEvent::Accepted { provider_ref: other() }, at(0)).unwrap();
    assert_eq!((step.next, step.noop), (Next::Person(PersonWhy::PaidAfterRelease), true));
}

/// What a history did to the accounts of one payout: in_payout, available, bank, fees; and how often it moved.
#[derive(Debug, PartialEq, Eq, Clone, Copy, Default)]
struct Books {
    reserve: i64,
    available: i64,
    bank: i64,
    fees: i64,
    pays: u32,
    returns: u32,
    resolved: u32,
}

impl Books {
    fn reserved() -> Self {
        Self { reserve: A, available: -A, ..Self::default() }
    }

    fn post(&mut self, ledger: LedgerMove) {
        match ledger {
            LedgerMove::None => {}
            LedgerMove::Release => {
                self.reserve -= A;
                self.available += A;
                self.resolved += 1;
            }
            LedgerMove::Pay { fee } => {
                self.reserve -= A;
                self.bank += A - fee.minor();
                self.fees += fee.minor();
                self.pays += 1;
                self.resolved += 1;
            }
            LedgerMove::Return { amount } => {
                self.bank -= amount.minor();
                self.available += amount.minor();
                self.returns += 1;
            }
            LedgerMove::PayThenReturn { fee, amount } => {
                self.post(LedgerMove::Pay { fee });
                self.post(LedgerMove::Return { amount });
            }
        }
    }
}

fn run(start: Payout, events: &[PayoutEvent]) -> (Payout, Books) {
    let mut books = Books::reserved();
    let last = events.iter().fold(start, |payout, event| match transition(&payout, event, at(0)) {
        Ok(step) => {
            books.post(step.ledger);
            step.after
        }
        Err(_refused) => payout,
    });
    (last, books)
}

fn permutations(events: &[PayoutEvent]) -> Vec<Vec<PayoutEvent>> {
    if events.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for place in 0..events.len() {
        let mut rest = events.to_vec();
        let first = rest.remove(place);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}

#[test]
fn messages_of_one_truth_end_alike_in_every_order() {
    let of = |names: &[&str]| -> Vec<PayoutEvent> {
        names.iter().map(|name| events().into_iter().find(|(known, _)| known == name).unwrap().1).collect()
    };
    let truths = [
        (PayoutState::Paid, vec!["accepted", "paid", "paid", "unknown", "not_found"]),
        (PayoutState::Paid, vec!["accepted", "accepted", "try_again", "rejected_old", "paid"]),
        (PayoutState::Failed, vec!["accepted", "failed", "failed", "unknown", "not_found"]),
        (PayoutState::Failed, vec!["rejected", "rejected", "unknown", "not_found", "rejected_old"]),
        (PayoutState::Returned, vec!["accepted", "paid", "returned", "returned", "unknown"]),
        (PayoutState::Returned, vec!["paid", "returned", "try_again", "blocked", "not_found"]),
        (PayoutState::Submitted, vec!["accepted", "accepted", "accepted"]),
    ];
    for (state, names) in truths {
        let orders = permutations(&of(&names));
        let mut seen = None;
        for order in &orders {
            let (last, books) = run(standing(PayoutState::Submitting), order);
            assert_eq!(last.state, state, "{order:?}");
            assert_eq!(*seen.get_or_insert(books), books, "{order:?}");
        }
        assert!(orders.len() >= 6);
    }
}

fn any_event() -> impl Strategy<Value = PayoutEvent> {
    let name = prop_oneof![4 => Just("p-1"), 1 => Just("p-2")].prop_map(str::to_owned);
    let plain = proptest::sample::select(events()).prop_map(|(_, event)| event);
    prop_oneof![
        6 => plain,
        1 => name.clone().prop_map(|provider_ref| PayoutEvent::Accepted { provider_ref }),
        1 => name.clone().prop_map(|provider_ref| PayoutEvent::Paid { provider_ref }),
        1 => name.prop_map(|provider_ref| PayoutEvent::Returned { provider_ref, code: "x".to_owned() }),
        1 => (0_u32..4).prop_map(|send| PayoutEvent::Rejected { send, code: "x".to_owned() }),
    ]
}

proptest! {
    #[test]
    fn money_moves_once_whatever_happens(history in proptest::collection::vec((any_event(), 0_i64..1500), 1..40)) {
        let mut payout = Payout::requested(PayoutId::new(), rub(A), rub(F));
        let mut books = Books::reserved();
        for (event, seconds) in history {
            let Ok(step) = transition(&payout, &event, at(seconds)) else { continue };
            // Nothing that may exist at the provider is given back on a mere suspicion.
            if matches!(event, PayoutEvent::Unknown | PayoutEvent::NotFound | PayoutEvent::TryAgain) {
                prop_assert_eq!(step.ledger, LedgerMove::None);
            }
            if payout.state == PayoutState::Unknown && step.after.state == PayoutState::Submitting {
                prop_assert!(at(seconds) < payout.key_until.unwrap(), "sent again after the window");
            }
            // The window is set once, and begins anew only while every send is known to have created nothing.
            let anew = !payout.uncertain && step.after.key_until.is_none();
            prop_assert!(payout.key_until.is_none() || payout.key_until == step.after.key_until || anew);
            prop_assert!(step.after.uncertain || !payout.uncertain, "doubt was forgotten");
            if payout.uncertain && payout.sends > 1 && matches!(event, PayoutEvent::Rejected { .. }) {
                prop_assert_eq!(step.ledger, LedgerMove::None);
            }
            books.post(step.ledger);
            payout = step.after;
            prop_assert!(books.pays <= 1 && books.returns <= books.pays && books.resolved <= 1);
            prop_assert_eq!(books.reserve, if payout.state.holds_reserve() { A } else { 0 });
            prop_assert_eq!(books.reserve + books.available + books.bank + books.fees, 0);
        }
        let moved = (books.pays, books.returns);
        match payout.state {
            PayoutState::Paid => prop_assert_eq!(moved, (1, 0)),
            PayoutState::Returned => prop_assert_eq!(moved, (1, 1)),
            PayoutState::Requested
            | PayoutState::Review
            | PayoutState::Approved
            | PayoutState::Submitting
            | PayoutState::Submitted
            | PayoutState::Unknown
            | PayoutState::Failed
            | PayoutState::Cancelled => prop_assert_eq!(moved, (0, 0)),
        }
    }

    #[test]
    fn the_poll_schedule_is_fixed_and_stretched_by_less_than_a_tenth(polls in 0_u32..1000) {
        let payout = PayoutId::new();
        let base = [10, 60, 300, 900].get(usize::try_from(polls).unwrap()).copied().unwrap_or(3600);
        let wait = next_poll(polls, payout);
        prop_assert_eq!(wait, next_poll(polls, payout));
        prop_assert!(wait >= TimeDelta::seconds(base) && wait < TimeDelta::milliseconds(base * 1100));
    }

    #[test]
    fn a_fee_never_exceeds_its_exact_value_and_never_takes_all(amount in 1_i64..2_000_000) {
        match check_request(&facts(amount), &limits()) {
            Ok(plan) => {
                let exact = 500 * 10_000 + amount * 125; // in ten-thousandths of a kopeck: 5.00 fixed and 1.25 %
                prop_assert!(plan.fee.minor() * 10_000 <= exact && exact < (plan.fee.minor() + 1) * 10_000);
                prop_assert!(plan.fee.minor() < amount);
                prop_assert_eq!(plan.needs_review, amount >= 500_000);
            }
            Err(refusal) => prop_assert!(!(10_000..=1_000_000).contains(&amount), "{refusal}"),
        }
    }
}

#[test]
fn payouts_of_one_moment_do_not_ask_together() {
    let waits: std::collections::BTreeSet<_> = (0..100).map(|_| next_poll(4, PayoutId::new())).collect();
    assert!(waits.len() > 80, "{}", waits.len());
}

fn limits() -> PayoutLimits {
    serde_json::from_value(serde_json::json!({
        "minimum": rub(10_000), "maximum": rub(1_000_000), "daily": rub(1_500_000), "review_from": rub(500_000),
        "fee_fixed": rub(500), "fee_percent": "1.25",
    }))
    .unwrap()
}

fn facts(amount: i64) -> RequestFacts {
    RequestFacts {
        amount: rub(amount),
        available: rub(5_000_000),
        debt: rub(0),
        account_active: true,
        email_confirmed: true,
        method_usable_from: at(0),
        now: at(0),
        open_payouts: 0,
        requested_today: rub(0),
    }
}

#[test]
fn requests_are_refused_for_the_first_reason_that_applies() {
    let good = || facts(20_000);
    let code = |facts: &RequestFacts| check_request(facts, &limits()).map_err(|refusal| refusal.code());
    let plan = code(&good()).unwrap();
    assert_eq!((plan.fee, plan.needs_review), (rub(750), false));
    let euro = Amount::new(20_000, Currency::EUR);
    let table = [
        ("account_blocked", RequestFacts { account_active: false, email_confirmed: false, ..good() }),
        ("email_not_confirmed", RequestFacts { email_confirmed: false, ..good() }),
        ("debt_open", RequestFacts { debt: rub(1), ..good() }),
        ("method_too_new", RequestFacts { now: at(-1), ..good() }),
        ("payout_already_open", RequestFacts { open_payouts: 1, ..good() }),
        ("amount_below_minimum", facts(9_999)),
        ("amount_below_minimum", facts(-20_000)),
        ("amount_above_maximum", facts(1_000_001)),
        ("not_enough_available", RequestFacts { available: rub(19_999), ..good() }),
        ("daily_limit", RequestFacts { requested_today: rub(1_480_001), ..good() }),
        ("wrong_money", RequestFacts { amount: euro, ..good() }),
        ("email_not_confirmed", RequestFacts { email_confirmed: false, debt: rub(1), open_payouts: 9, ..facts(1) }),
    ];
    for (expected, facts) in table {
        assert_eq!(code(&facts), Err(expected), "{facts:?}");
    }
    let greedy = PayoutLimits { fee_fixed: rub(20_000), ..limits() };
    assert_eq!(check_request(&good(), &greedy), Err(RequestRefusal::FeeTakesAll(rub(20_250))));
    let paying = PayoutLimits { fee_fixed: rub(-500), ..limits() };
    assert_eq!(check_request(&good(), &paying), Err(RequestRefusal::Misconfigured));
}

#[test]
fn limits_refuse_unknown_fields_and_numbers_for_percentages() {
    let mut json = serde_json::to_value(limits()).unwrap();
    assert_eq!(serde_json::from_value::<PayoutLimits>(json.clone()).unwrap(), limits());
    json["fee_percent"] = serde_json::json!(1.25);
    assert!(serde_json::from_value::<PayoutLimits>(json.clone()).is_err());
    json["fee_percent"] = serde_json::json!("1.25");
    json["surprise"] = serde_json::json!(1);
    assert!(serde_json::from_value::<PayoutLimits>(json).is_err());
}
