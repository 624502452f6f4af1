//! When operators are to be warned. Each rule is a function of what was read: no rule asks anybody.
//!
//! An alarm names its rule, and what the rule is about; the sentences for people, with what to do, belong to the pages.

use serde::{Deserialize, Serialize};

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
        /// A disk that the service writes to is nearly full.
        DiskFull = "disk_full",
        /// The books hold money, and nobody has copied them for days.
        BackupOld = "backup_old",
        /// Somebody applies for a partner and waits for an answer.
        ApplicationWaits = "application_waits",
        /// An endpoint of webhooks was switched off because nothing reached it.
        HookOff = "hook_off",
        /// A provider moved money that nothing of ours explains: nothing is sent through it.
        MoneyUnexplained = "money_unexplained",
        /// A provider's list could not be compared with ours for days.
        BooksUncompared = "books_uncompared",
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
    /// MiB that are free on the fullest of the disks that are written to, and how many there are.
    pub disk: Option<(u64, u64)>,
    /// When the first transaction was posted.
    pub books_since: Option<Timestamp>,
    /// When the last backup was made.
    pub backup: Option<Timestamp>,
    /// How many applications wait, and since when the oldest.
    pub applications: Option<(i64, Timestamp)>,
    /// Endpoints of webhooks that were switched off by themselves: what they are called, and since when.
    pub hooks: Vec<(String, Timestamp)>,
    /// Money that others moved and nothing explains: at which provider or bank, how many cases, and since when.
    pub unexplained: Vec<(String, i64, Timestamp)>,
    /// Providers that have a list: their names, and until when it was compared with ours.
    pub compared: Vec<(String, Timestamp)>,
}

/// Hours after which a ledger counts as not checked.
const UNCHECKED_HOURS: i64 = 72;
/// Minutes that a transaction waits for its seal at most: the sealer runs every second.
const SEAL_MINUTES: i64 = 5;
/// Minutes that due work waits at most.
const JOB_MINUTES: i64 = 10;
/// Hours after which a provider's list counts as not compared: it is walked every day.
const UNCOMPARED_HOURS: i64 = 48;
/// Hours that the books may be without a backup.
const BACKUP_HOURS: i64 = 72;
/// A disk is nearly full when less than this is free, in MiB, and less than a tenth.
const DISK_LOW: u64 = 5 * 1024;
/// Below this, in MiB, the next hours decide.
const DISK_OUT: u64 = 512;

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
    alarms.extend(facts.disk.and_then(of_disk));
    if let Some(since) = facts.backup.or(facts.books_since)
        && now.since(since).num_hours() >= BACKUP_HOURS
    {
        let alarm = Alarm::new(Rule::BackupOld, Grade::Warning, now.since(since).num_days());
        alarms.push(Alarm { since: Some(since), ..alarm });
    }
    if let Some((count, since)) = facts.applications {
        alarms.push(Alarm { since: Some(since), ..Alarm::new(Rule::ApplicationWaits, Grade::Warning, count) });
    }
    for (rail, count, since) in &facts.unexplained {
        let alarm = Alarm::new(Rule::MoneyUnexplained, Grade::Wrong, *count);
        alarms.push(Alarm { about: Some(rail.clone()), since: Some(*since), ..alarm });
    }
    for (provider, since) in facts.compared.iter().filter(|(_, at)| now.since(*at).num_hours() >= UNCOMPARED_HOURS) {
        let alarm = Alarm::new(Rule::BooksUncompared, Grade::Warning, now.since(*since).num_days());
        alarms.push(Alarm { about: Some(provider.clone()), since: Some(*since), ..alarm });
    }
    for (name, since) in &facts.hooks {
        let alarm = Alarm::new(Rule::HookOff, Grade::Warning, 1);
        alarms.push(Alarm { about: Some(name.clone()), since: Some(*since), ..alarm });
    }
    alarms
}

fn of_disk((free, all): (u64, u64)) -> Option<Alarm> {
    let grade = match free {
        0..DISK_OUT => Grade::Wrong,
        DISK_OUT..DISK_LOW if free.saturating_mul(10) < all => Grade::Warning,
        _ => return None,
    };
    let count = |mib: u64| i64::try_from(mib).unwrap_or(i64::MAX);
    Some(Alarm { usual: Some(count(all)), ..Alarm::new(Rule::DiskFull, grade, count(free)) })
}

/// An alarm that operators were written to about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its rule.
    pub rule: Rule,
    /// What it is about.
    pub about: Option<String>,
    /// How bad it was.
    pub grade: Grade,
    /// When they were written to.
    pub at: Timestamp,
}

/// Hours after which operators are reminded of what is wrong.
const REMIND_HOURS: i64 = 24;

/// Which alarms operators are to be written to about, and what is to be kept in mind then. Each is told once, again when it
/// got worse, and once a day while something is wrong. One that ended is forgotten: it is news when it comes back.
#[must_use]
pub fn to_tell<'a>(told: &[Told], alarms: &'a [Alarm], now: Timestamp) -> (Vec<&'a Alarm>, Vec<Told>) {
    let (mut fresh, mut kept) = (Vec::new(), Vec::new());
    for alarm in alarms {
        let known = told.iter().find(|one| one.rule == alarm.rule && one.about == alarm.about);
        let known = known.filter(|one| {
            let worse = one.grade == Grade::Warning && alarm.grade == Grade::Wrong;
            let remind = alarm.grade == Grade::Wrong && now.since(one.at).num_hours() >= REMIND_HOURS;
            !worse && !remind
        });
        if known.is_none() {
            fresh.push(alarm);
        }
        let at = known.map_or(now, |one| one.at);
        kept.push(Told { rule: alarm.rule, about: alarm.about.clone(), grade: alarm.grade, at });
    }
    (fresh, kept)
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
