//! What one report does to a conversion and its money. Pure: all that is known is an argument.

use std::sync::Arc;

use chrono::Datelike;

use super::super::catalogue::Partner;
use crate::base::Timestamp;
use crate::base::id::{ClickId, ConversionId, ShopperId};
use crate::db::click_facts::NamedClick;
use crate::domain::adapter::{Amounts, Report, ReportStatus};
use crate::domain::attribution::check_window;
use crate::domain::conversion::{Birth, Conversion, Decision, Incoming, first, transition};
use crate::domain::ledger::{Balances, LedgerError, Transfer, difference, standing, target};
use crate::domain::money::{Amount, Currency};
use crate::domain::partner::PartnerSettings;
use crate::domain::rate::{OrderItem, Terms, reason};
use crate::domain::reason::Reason;
use crate::domain::verdict::Verdict;

/// What a report is decided upon.
#[derive(Debug, Default)]
pub struct Loaded {
    pub(super) current: Option<Conversion>,
    pub(super) click: Option<NamedClick>,
    /// What the click has that was booked by hand after a claim.
    pub(super) claimed: Vec<Conversion>,
    pub(super) terms: Option<Arc<Terms>>,
    pub(super) blocked: bool,
    pub(super) history: History,
    pub(super) posted: Vec<Transfer>,
    pub(super) balances: Balances,
    pub(super) seen_before: bool,
}

impl Loaded {
    /// The conversion as it stands, when it is known.
    #[must_use]
    pub const fn current(&self) -> Option<&Conversion> {
        self.current.as_ref()
    }
    /// The click that a first report names, when it is ours.
    #[must_use]
    pub const fn click(&self) -> Option<&NamedClick> {
        self.click.as_ref()
    }
}

/// What a report will do. Nothing is written yet.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The verdict on this report.
    pub verdict: Verdict,
    /// Why, when it moved nothing.
    pub reason: Option<Reason>,
    /// The conversion as it will be, if it changes.
    pub next: Option<Conversion>,
    /// The revision it was decided upon; 0 when it is new.
    pub known_revision: i64,
    /// The conversion concerned, changed or not.
    pub conversion_id: Option<ConversionId>,
    /// The transfers that make the money follow.
    pub transfers: Vec<Transfer>,
}

impl Loaded {
    /// Whose money it is, if that is known.
    #[must_use]
    pub fn shopper(&self) -> Option<ShopperId> {
        let of_click = || self.click.as_ref().map(|click| click.shopper_id);
        self.current.as_ref().map(|current| current.shopper_id).or_else(of_click)
    }
}

impl Plan {
    fn nothing(verdict: Verdict, reason: Option<Reason>, current: Option<&Conversion>) -> Self {
        Self {
            verdict,
            reason,
            next: None,
            known_revision: 0,
            conversion_id: current.map(|conversion| conversion.id),
            transfers: Vec::new(),
        }
    }
}

/// The key a report is known by: a reversal that names the record it undoes is about that one.
#[must_use]
pub fn report_key(report: &Report) -> Option<&str> {
    let undone = report.reverses.as_deref().filter(|_| report.status == ReportStatus::Reversed);
    undone.or(report.key.as_deref())
}

/// The click that a report names.
#[must_use]
pub fn report_click(report: &Report) -> Option<ClickId> {
    report.click_ref.as_deref().and_then(|text| ClickId::from_reference(text.trim()).ok())
}

/// What a shopper's other conversions at a store look like to one of them.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// How many belong to other orders.
    orders: usize,
    /// The cashback of all of them in the month that this one was first heard of, in minor units of its currency.
    month_cashback: i64,
    /// Those of the same order.
    order_items: Vec<OrderItem>,
}

impl History {
    /// Looks at what is `alive`: what was neither declined nor reversed.
    pub(super) fn of(
        alive: &[Conversion],
        current: Option<&Conversion>,
        report: &Report,
        currency: Option<Currency>,
        now: Timestamp,
    ) -> Self {
        let (from, before) = month_of(current.map_or(now, |current| current.created_at));
        let order = report.order_id.as_ref().or_else(|| current.and_then(|current| current.order_id.as_ref()));
        let mut history = Self::default();
        for other in alive.iter().filter(|other| current.is_none_or(|current| current.id != other.id)) {
            if !other.state.is_alive() {
                continue;
            }
            let this_month = other.created_at >= from && other.created_at < before;
            if this_month && Some(other.cashback.currency()) == currency {
                history.month_cashback = history.month_cashback.saturating_add(other.cashback.minor());
            }
            if order.is_some() && other.order_id.as_ref() == order {
                let item = OrderItem { rate: other.promise.rate.clone(), cashback: other.cashback };
                history.order_items.push(item);
            } else {
                history.orders = history.orders.saturating_add(1);
            }
        }
        history
    }
}

/// The calendar month around a time, in UTC: its first moment, and that of the next one.
fn month_of(time: Timestamp) -> (Timestamp, Timestamp) {
    let date = time.datetime().date_naive();
    let first = date.with_day(1).unwrap_or(date);
    let next = first.checked_add_months(chrono::Months::new(1)).unwrap_or(date);
    let start =
        |day: chrono::NaiveDate| day.and_hms_opt(0, 0, 0).map_or(time, |at| Timestamp::from_datetime(at.and_utc()));
    (start(first), start(next))
}

/// What is left of the monthly cap for this order: never less than it was promised already.
fn month_left(loaded: &Loaded, currency: Option<Currency>) -> Option<Amount> {
    let cap = loaded.terms.as_ref()?.cap_per_month.filter(|cap| Some(cap.currency()) == currency)?;
    let left = cap.minor().saturating_sub(loaded.history.month_cashback).max(0);
    let alive = |current: &&Conversion| current.state.is_alive();
    let promised = loaded.current.as_ref().filter(alive).map_or(0, |current| current.cashback.minor());
    Some(Amount::new(left.max(promised), cap.currency()))
}

pub(super) fn currency_of(report: &Report, settings: &PartnerSettings, known: Option<Currency>) -> Option<Currency> {
    report.currency.or(settings.currency).or(known)
}

/// Decides what a report does. Pure. `fresh` is the id for a conversion that is new; `arrived_at` is when the call
/// first came, `now` when it is decided upon.
#[must_use]
pub fn decide(
    partner: &Partner,
    report: &Report,
    loaded: &Loaded,
    fresh: ConversionId,
    arrived_at: Timestamp,
    now: Timestamp,
) -> Plan {
    let current = loaded.current.as_ref();
    match try_decide(partner, report, loaded, fresh, arrived_at, now) {
        Ok(plan) => plan,
        Err(reason) => Plan::nothing(Verdict::Held, Some(reason), current),
    }
}

fn try_decide(
    partner: &Partner,
    report: &Report,
    loaded: &Loaded,
    fresh: ConversionId,
    arrived_at: Timestamp,
    now: Timestamp,
) -> Result<Plan, Reason> {
    let key = report_key(report).ok_or(Reason::NoKey)?;
    let incoming = incoming(partner, report, loaded, arrived_at, now)?;
    if loaded.blocked {
        return Err(Reason::ShopperBlocked);
    }
    let decision = match &loaded.current {
        Some(current) => transition(current, &incoming, now),
        None if loaded.claimed.iter().any(|order| may_be(order, report)) => return Err(Reason::PerhapsClaimed),
        None => {
            let birth = birth(partner, report, loaded, &incoming, key, fresh, now)?;
            first(birth, &incoming, now)
        }
    };
    let current = loaded.current.as_ref();
    match decision {
        Decision::Unchanged => Ok(Plan::nothing(Verdict::Unchanged, None, current)),
        Decision::Held(reason) => Err(reason),
        Decision::Superseded(reason, None) => Ok(Plan::nothing(Verdict::Superseded, Some(reason), current)),
        Decision::Superseded(reason, Some(next)) => follow(loaded, *next, Verdict::Superseded, Some(reason)),
        Decision::Apply(next) => {
            check_limits(&partner.settings, &next)?;
            follow(loaded, *next, Verdict::Applied, None)
        }
    }
}

/// Whether a first report may be about an order that was booked by hand, under a key that somebody typed: it has the same number, or
/// none and the same amount. A person decides: takes the one back and runs this call again, or closes it.
fn may_be(order: &Conversion, report: &Report) -> bool {
    match &report.order_id {
        Some(number) => order.order_id.as_ref() == Some(number),
        None => {
            let same_amount =
                report.order_amount.is_some_and(|told| order.order_amount.map(Amount::major) == Some(told));
            same_amount || report.key == order.order_id
        }
    }
}

/// The transfers from where the conversion's money stands to where it ought to.
fn follow(loaded: &Loaded, next: Conversion, verdict: Verdict, why: Option<Reason>) -> Result<Plan, Reason> {
    let from = standing(&next, &loaded.posted).map_err(|_too_large| Reason::TooLarge)?;
    let transfers = difference(&next, &from, &target(&next), &loaded.balances);
    let after = loaded.balances.after(next.shopper_id, next.commission.currency(), &transfers);
    if after == Err(LedgerError::TooLarge) {
        // Held, where a refusal further down would lose the call.
        return Err(Reason::TooLarge);
    }
    Ok(Plan {
        verdict,
        reason: why,
        known_revision: loaded.current.as_ref().map_or(0, |current| current.revision),
        conversion_id: Some(next.id),
        next: Some(next),
        transfers,
    })
}

fn incoming(
    partner: &Partner,
    report: &Report,
    loaded: &Loaded,
    arrived_at: Timestamp,
    now: Timestamp,
) -> Result<Incoming, Reason> {
    let known = loaded.current.as_ref().map(|current| current.commission.currency());
    let currency = currency_of(report, &partner.settings, known);
    let commission = match (report.commission, currency) {
        (None, _) => None,
        (Some(_), None) => return Err(Reason::NoCurrency),
        (Some(major), Some(currency)) => Some(Amount::from_major(major, currency).map_err(reason)?),
    };
    let order_amount = match (report.order_amount, report.order_currency.or(currency)) {
        (None, _) => None,
        (Some(_), None) => return Err(Reason::NoCurrency),
        (Some(major), Some(currency)) => Some(Amount::from_major(major, currency).map_err(reason)?),
    };
    let event_at = report.occurred_at.and_then(|time| partner.settings.resolve(time));
    if event_at.is_some_and(|at| at > now.plus_seconds(3600)) {
        return Err(Reason::FromTheFuture);
    }
    Ok(Incoming {
        status: report.status,
        weight: report.weight,
        event_at,
        arrived_at,
        order_items: loaded.history.order_items.clone(),
        month_left: month_left(loaded, currency),
        commission,
        order_amount,
        delta: report.amounts == Amounts::Delta,
        seen_before: loaded.seen_before,
        hold: report.hold.unwrap_or(false),
        payable: report.payable,
        paid: report.paid,
        reason: report.reason.clone(),
        order_id: report.order_id.clone(),
    })
}

/// The limits hold for what a conversion comes to: changes add up, and a decline's amount may be confirmed later.
fn check_limits(settings: &PartnerSettings, next: &Conversion) -> Result<(), Reason> {
    let pays = next.state.is_alive();
    let commission_fits = PartnerSettings::within(&settings.max_commission, next.commission);
    let order_fits = next.order_amount.is_none_or(|amount| PartnerSettings::within(&settings.max_order, amount));
    if pays && !(commission_fits && order_fits) { Err(Reason::BeyondLimit) } else { Ok(()) }
}

fn birth(
    partner: &Partner,
    report: &Report,
    loaded: &Loaded,
    incoming: &Incoming,
    key: &str,
    fresh: ConversionId,
    now: Timestamp,
) -> Result<Birth, Reason> {
    if report.click_ref.is_none() {
        return Err(Reason::NoClick);
    }
    let (Some(click), Some(terms)) = (&loaded.click, &loaded.terms) else { return Err(Reason::UnknownClick) };
    if click.partner_id != partner.row.id {
        return Err(Reason::ClickOfOtherPartner);
    }
    let occurred_at = incoming.event_at.unwrap_or(incoming.arrived_at);
    check_window(click.at, occurred_at, now, terms.attribution_days)?;
    let currency = incoming.commission.map(Amount::currency);
    let used = currency
        .filter(|currency| terms.cap_per_month.is_some_and(|cap| cap.currency() == *currency))
        .map(|currency| Amount::new(loaded.history.month_cashback, currency));
    let promise = terms.promise(report.category.as_deref(), loaded.history.orders == 0, used).map_err(reason)?;
    Ok(Birth {
        id: fresh,
        partner_id: partner.row.id,
        external_id: key.to_owned(),
        store_id: click.store_id,
        click_id: click.id,
        shopper_id: click.shopper_id,
        terms_id: click.terms_id,
        promise,
        category: report.category.clone(),
        currency: currency_of(report, &partner.settings, None),
        occurred_at,
    })
}
