//! When operators are to be warned. Each rule is a function of what was read: no rule asks anybody.
//!
//! An alarm names its rule, and what the rule is about; the sentences for people, with what to do, belong to the pages.

use serde::Serialize;

use crate::base::Timestamp;
use crate::domain::verdict::Verdict;
use crate::text_enum;

text_enum! {
    /// What is wrong.
    pub enum Rule {
        /// The last check found that the ledger does not add up.
        LedgerBroken = "ledger_broken",
        /// The ledger was not checked for days.
        LedgerUnchecked = "ledger_unchecked",
        /// Transactions wait too long for their seal.
        SealerBehind = "sealer_behind",
        /// Payouts of which nobody knows how they ended, or that a person has to look at.
        PayoutsUnclear = "payouts_unclear",
        /// The provider fails again and again.
        ProviderFailing = "provider_failing",
        /// Work was given up.
        JobsDead = "jobs_dead",
        /// Work that is due is not done.
        JobsWaiting = "jobs_waiting",
        /// Most of a partner's last calls are refused or held.
        CallsRefused = "calls_refused",
        /// A store's clicks go on, and its orders have stopped.
        StoreSilent = "store_silent",
        /// An endpoint of webhooks was switched off because nothing reached it.
        HookOff = "hook_off",
        /// A provider moved money that nothing of ours explains: nothing is sent through it.
        MoneyUnexplained = "money_unexplained",
    }
}

text_enum! {
    /// How bad it is.
    pub enum Grade {
        /// Money may be wrong, or stands still.
        Wrong = "wrong",
        /// Look at it soon.
        Warning = "warning",
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Alarm {
    /// The rule.
    pub rule: Rule,
    /// How bad it is.
    pub grade: Grade,
    /// The slug of the store or partner that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How many: findings, payouts, jobs, calls, clicks, or minutes of waiting.
    pub count: i64,
    /// What would have been usual, or out of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<i64>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What was said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Alarm {
    const fn new(rule: Rule, grade: Grade, count: i64) -> Self {
        Self { rule, grade, about: None, count, usual: None, since: None, detail: None }
    }
}

/// What is read about the service itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The last check of the ledger: when, how many findings, and the first.
    pub checked: Option<(Timestamp, i64, Option<String>)>,
    /// When the oldest transaction was posted that waits for its seal.
    pub unsealed: Option<Timestamp>,
    /// Payouts that a person has to look at.
    pub attention: i64,
    /// Payouts of which nobody knows how they ended.
    pub unknown: i64,
    /// Payouts' jobs that fail and go on, and what was said last.
    pub failing: i64,
    /// What the first of them said.
    pub said: Option<String>,
    /// Jobs that were given up.
    pub dead: i64,
    /// When the oldest job was due that nobody works on.
    pub due: Option<Timestamp>,
    /// Endpoints of webhooks that were switched off by themselves: what they are called, and since when.
    pub hooks: Vec<(String, Timestamp)>,
    /// Money that others moved and nothing explains: at which provider or bank, how many cases, and since when.
    pub unexplained: Vec<(String, i64, Timestamp)>,
}

/// Hours after which a ledger counts as not checked.
const UNCHECKED_HOURS: i64 = 72;
/// Minutes that a transaction waits for its seal at most: the sealer runs every second.
const SEAL_MINUTES: i64 = 5;
/// Minutes that due work waits at most.
const JOB_MINUTES: i64 = 10;

/// The alarms about the service itself.
#[must_use]
pub fn of_service(facts: &Facts, now: Timestamp) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    match &facts.checked {
        Some((at, findings, first)) if *findings > 0 => {
            let alarm = Alarm::new(Rule::LedgerBroken, Grade::Wrong, *findings);
            alarms.push(Alarm { since: Some(*at), detail: first.clone(), ..alarm });
        }
        Some((at, ..)) if now.since(*at).num_hours() >= UNCHECKED_HOURS => {
            let alarm = Alarm::new(Rule::LedgerUnchecked, Grade::Warning, now.since(*at).num_days());
            alarms.push(Alarm { since: Some(*at), ..alarm });
        }
        Some(_) | None => {}
    }
    let waits = |since: Option<Timestamp>, minutes: i64| {
        since.map(|at| (at, now.since(at).num_minutes())).filter(|(_, waited)| *waited >= minutes)
    };
    if let Some((since, waited)) = waits(facts.unsealed, SEAL_MINUTES) {
        alarms.push(Alarm { since: Some(since), ..Alarm::new(Rule::SealerBehind, Grade::Wrong, waited) });
    }
    let unclear = facts.attention.saturating_add(facts.unknown);
    if unclear > 0 {
        alarms.push(Alarm::new(Rule::PayoutsUnclear, Grade::Wrong, unclear));
    }
    if facts.failing > 0 {
        let alarm = Alarm::new(Rule::ProviderFailing, Grade::Warning, facts.failing);
        alarms.push(Alarm { detail: facts.said.clone(), ..alarm });
    }
    if facts.dead > 0 {
        alarms.push(Alarm::new(Rule::JobsDead, Grade::Wrong, facts.dead));
    }
    if let Some((since, waited)) = waits(facts.due, JOB_MINUTES) {
        alarms.push(Alarm { since: Some(since), ..Alarm::new(Rule::JobsWaiting, Grade::Wrong, waited) });
    }
    for (rail, count, since) in &facts.unexplained {
        let alarm = Alarm::new(Rule::MoneyUnexplained, Grade::Wrong, *count);
        alarms.push(Alarm { about: Some(rail.clone()), since: Some(*since), ..alarm });
    }
    for (name, since) in &facts.hooks {
        let alarm = Alarm::new(Rule::HookOff, Grade::Warning, 1);
        alarms.push(Alarm { about: Some(name.clone()), since: Some(*since), ..alarm });
    }
    alarms
}

/// How many of a partner's last calls are looked at.
pub const LAST_CALLS: i64 = 20;
/// From how many on calls that were not taken in are an alarm.
const LEAST_REFUSED: usize = 5;

/// A partner whose calls are not taken in: of its last calls of two days at least five, and at least half. A single wrong
/// call, or many of long ago, are no alarm.
#[must_use]
pub fn of_calls(partner: &str, last: &[(Verdict, Timestamp)], now: Timestamp) -> Option<Alarm> {
    let recent: Vec<_> = last.iter().filter(|(_, at)| now.since(*at).num_hours() < 48).collect();
    let refused: Vec<_> =
        recent.iter().filter(|(verdict, _)| matches!(verdict, Verdict::Refused | Verdict::Held)).collect();
    if refused.len() < LEAST_REFUSED || refused.len().saturating_mul(2) < recent.len() {
        return None;
    }
    let count = |found: usize| i64::try_from(found).unwrap_or(i64::MAX);
    let alarm = Alarm::new(Rule::CallsRefused, Grade::Warning, count(refused.len()));
    let since = refused.iter().map(|(_, at)| *at).min();
    Some(Alarm { about: Some(partner.to_owned()), usual: Some(count(recent.len())), since, ..alarm })
}

/// A day of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreDay {
    /// Days since 1970, in UTC.
    pub day: i64,
    /// Clicks.
    pub clicks: i64,
    /// Orders that were first reported on it.
    pub orders: i64,
}

/// How many orders a store must have had before anything is expected of it.
const KNOWN_ORDERS: i64 = 10;
/// How many orders must be missing: with 8 expected, none comes by chance once in 3,000 times.
const MISSING_ORDERS: i64 = 8;

/// A store that has fallen silent: by its own rate of orders to clicks, at least eight orders should have come of the
/// clicks since its last one, and none did. Only whole days count, and `today` does not: orders are reported late.
#[must_use]
pub fn of_store(store: &str, days: &[StoreDay], today: i64) -> Option<Alarm> {
    let last = days.iter().filter(|day| day.orders > 0).map(|day| day.day).max()?;
    let sum = |of: fn(&StoreDay) -> i64, from: i64, to: i64| {
        days.iter().filter(|day| (from..=to).contains(&day.day)).fold(0_i64, |sum, day| sum.saturating_add(of(day)))
    };
    let (orders, before) = (sum(|day| day.orders, i64::MIN, last), sum(|day| day.clicks, i64::MIN, last));
    let since = sum(|day| day.clicks, last.saturating_add(1), today.saturating_sub(1));
    if orders < KNOWN_ORDERS || before == 0 {
        return None;
    }
    let expected = since.saturating_mul(orders).checked_div(before)?;
    if expected < MISSING_ORDERS {
        return None;
    }
    let alarm = Alarm::new(Rule::StoreSilent, Grade::Warning, since);
    let since = Timestamp::from_seconds(last.saturating_add(1).saturating_mul(86_400));
    Some(Alarm { about: Some(store.to_owned()), usual: Some(expected), since, ..alarm })
}
