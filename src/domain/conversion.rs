//! Conversions: one order or action, its states, and which report wins.
//!
//! The later partner event time wins. Without one on both sides, or with equal ones, the heavier report
//! wins (a final status beats an open one); between equals the later arrival wins. A report that loses is
//! kept and answered `superseded`. The state follows from the reports that were ever heard, not from the
//! order they came in.

use super::adapter::{ReportStatus, Weight};
use super::money::{Amount, Currency, LARGEST_MINOR};
use super::rate::{OrderItem, Promise};
use super::reason::Reason;
use std::cmp::Ordering;

use crate::base::Timestamp;
use crate::base::id::{ClickId, ConversionId, PartnerId, ShopperId, StoreId, TermsId};
use crate::text_enum;

text_enum! {
    /// Where a conversion stands.
    pub enum State {
        /// Reported, not yet decided (or put on hold again).
        Pending = "pending",
        /// The partner owes its commission.
        Confirmed = "confirmed",
        /// The partner will not pay.
        Declined = "declined",
        /// Confirmed once, taken back since.
        Reversed = "reversed",
    }
}

impl State {
    /// Whether it is worth money to anybody.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        match self {
            Self::Pending | Self::Confirmed => true,
            Self::Declined | Self::Reversed => false,
        }
    }
}

/// One order or action, known by (partner, external id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// Our id.
    pub id: ConversionId,
    /// Who reports it.
    pub partner_id: PartnerId,
    /// The partner's key for it.
    pub external_id: String,
    /// The order's number, which several conversions may share.
    pub order_id: Option<String>,
    /// The store.
    pub store_id: StoreId,
    /// The click that earned it.
    pub click_id: ClickId,
    /// Whose cashback it is.
    pub shopper_id: ShopperId,
    /// The terms pinned by the click.
    pub terms_id: TermsId,
    /// Where it stands.
    pub state: State,
    /// Why it was declined or reversed, in the partner's words.
    pub reason: Option<String>,
    /// Pending because the partner holds it.
    pub hold: bool,
    /// The partner says the commission may be drawn.
    pub payable: bool,
    /// The partner says the commission has been paid.
    pub paid: bool,
    /// What the partner owes for it when confirmed.
    pub commission: Amount,
    /// The shopper's share.
    pub cashback: Amount,
    /// The order's amount, where known.
    pub order_amount: Option<Amount>,
    /// The promise it is priced by.
    pub promise: Promise,
    /// The partner's category or tariff.
    pub category: Option<String>,
    /// The partner's time of the report that it stands by.
    pub event_at: Option<Timestamp>,
    /// The weight of that report.
    pub weight: Weight,
    /// When that report arrived here. A call that is run again counts from its first arrival.
    pub decided_at: Timestamp,
    /// When the order was made, as far as known.
    pub occurred_at: Timestamp,
    /// When it was first confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When a confirmed one may be withdrawn.
    pub available_at: Option<Timestamp>,
    /// The hold is over and the money was made available.
    pub released: bool,
    /// Counts its changes from 1.
    pub revision: i64,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A report about one conversion, in our terms: currency known, times in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// What the partner says.
    pub status: ReportStatus,
    /// How it competes without a usable time.
    pub weight: Weight,
    /// The partner's event time.
    pub event_at: Option<Timestamp>,
    /// When it arrived here; a call that is run again arrived when it first came.
    pub arrived_at: Timestamp,
    /// The other items of the same order that earn something.
    pub order_items: Vec<OrderItem>,
    /// What is left of the shopper's monthly cap beside all other orders, where the terms have one.
    pub month_left: Option<Amount>,
    /// The commission, or the change of it.
    pub commission: Option<Amount>,
    /// The order's amount, or the change of it.
    pub order_amount: Option<Amount>,
    /// The amounts are changes, not totals.
    pub delta: bool,
    /// This very report was counted before (matters for changes only: totals say the same twice).
    pub seen_before: bool,
    /// Held by the partner.
    pub hold: bool,
    /// May be drawn, if said.
    pub payable: Option<bool>,
    /// Has been paid, if said.
    pub paid: Option<bool>,
    /// Why, in the partner's words.
    pub reason: Option<String>,
    /// The order's number.
    pub order_id: Option<String>,
}

/// What a first report needs beside the report itself.
#[derive(Debug, Clone)]
pub struct Birth {
    /// The new conversion's id.
    pub id: ConversionId,
    /// Who reports it.
    pub partner_id: PartnerId,
    /// The partner's key for it.
    pub external_id: String,
    /// The store that was clicked.
    pub store_id: StoreId,
    /// The click.
    pub click_id: ClickId,
    /// The shopper.
    pub shopper_id: ShopperId,
    /// The terms pinned by the click.
    pub terms_id: TermsId,
    /// The promise drawn from them.
    pub promise: Promise,
    /// The partner's category or tariff.
    pub category: Option<String>,
    /// The currency that amounts are in when the report names none.
    pub currency: Option<Currency>,
    /// When the order was made.
    pub occurred_at: Timestamp,
}

/// What a report does to a conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It changes: store this, and let the money follow.
    Apply(Box<Conversion>),
    /// Nothing new.
    Unchanged,
    /// Something better is known. Hearing late of a confirmation may still turn "declined" into "reversed".
    Superseded(Reason, Option<Box<Conversion>>),
    /// A person must look.
    Held(Reason),
}

/// Decides about the first report of a conversion.
#[must_use]
pub fn first(birth: Birth, incoming: &Incoming, now: Timestamp) -> Decision {
    let currency = match (incoming.status, incoming.commission) {
        (ReportStatus::Pending | ReportStatus::Confirmed, None) => None,
        // A decline that overtook its order often names no amount. It is kept all the same: held, it would
        // leave the order that comes after it pending for ever.
        (ReportStatus::Declined | ReportStatus::Reversed, None) => {
            birth.currency.or(incoming.order_amount.map(Amount::currency))
        }
        (_, Some(amount)) => Some(amount.currency()),
    };
    let Some(currency) = currency else { return Decision::Held(Reason::NoCommission) };
    let blank = Conversion {
        id: birth.id,
        partner_id: birth.partner_id,
        external_id: birth.external_id,
        order_id: None,
        store_id: birth.store_id,
        click_id: birth.click_id,
        shopper_id: birth.shopper_id,
        terms_id: birth.terms_id,
        state: State::Pending,
        reason: None,
        hold: false,
        payable: false,
        paid: false,
        commission: Amount::zero(currency),
        cashback: Amount::zero(currency),
        order_amount: None,
        promise: birth.promise,
        category: birth.category,
        event_at: None,
        weight: Weight::Open,
        decided_at: incoming.arrived_at,
        occurred_at: birth.occurred_at,
        confirmed_at: None,
        available_at: None,
        released: false,
        revision: 0,
        created_at: now,
        updated_at: now,
    };
    match revise(&blank, incoming, now) {
        Ok(next) => Decision::Apply(Box::new(next)),
        Err(reason) => Decision::Held(reason),
    }
}

/// Decides about a further report of a known conversion.
#[must_use]
pub fn transition(current: &Conversion, incoming: &Incoming, now: Timestamp) -> Decision {
    if incoming.delta && incoming.seen_before {
        return Decision::Superseded(Reason::RepeatedDelta, None);
    }
    if let Some(amount) = incoming.commission
        && amount.currency() != current.commission.currency()
    {
        return Decision::Held(Reason::CurrencyChanged);
    }
    match loses(current, incoming) {
        Some(_) if incoming.delta => match revise_amounts_only(current, incoming, now) {
            Ok(next) => Decision::Apply(Box::new(next)),
            Err(reason) => Decision::Held(reason),
        },
        Some(reason) => Decision::Superseded(reason, remember(current, incoming, now).map(Box::new)),
        None => match revise(current, incoming, now) {
            Ok(next) if same_but_for_bookkeeping(current, &next) => Decision::Unchanged,
            Ok(next) => Decision::Apply(Box::new(next)),
            Err(reason) => Decision::Held(reason),
        },
    }
}

/// When the hold is over: the same conversion, released. `None` when there is nothing to release yet.
#[must_use]
pub fn release(current: &Conversion, now: Timestamp) -> Option<Conversion> {
    let due =
        current.state == State::Confirmed && !current.released && current.available_at.is_some_and(|at| at <= now);
    due.then(|| Conversion { released: true, revision: current.revision + 1, updated_at: now, ..current.clone() })
}

fn loses(current: &Conversion, incoming: &Incoming) -> Option<Reason> {
    if let (Some(known), Some(told)) = (current.event_at, incoming.event_at)
        && known != told
    {
        return (told < known).then_some(Reason::OlderEvent);
    }
    match incoming.weight.cmp(&current.weight) {
        Ordering::Less => Some(Reason::WeakerStatus),
        // A call that waited for a person does not overtake what came after it.
        Ordering::Equal if incoming.arrived_at < current.decided_at => Some(Reason::OlderEvent),
        Ordering::Equal | Ordering::Greater => None,
    }
}

/// The conversion as the report wants it.
fn revise(current: &Conversion, incoming: &Incoming, now: Timestamp) -> Result<Conversion, Reason> {
    let mut next = current.clone();
    let ever_confirmed = current.confirmed_at.is_some();
    match incoming.status {
        ReportStatus::Pending | ReportStatus::Confirmed => take_amounts(&mut next, incoming)?,
        // A change that is not counted would show in what the other changes add up to.
        ReportStatus::Declined | ReportStatus::Reversed if incoming.delta => take_amounts(&mut next, incoming)?,
        // What was declined is worth what the winning report says, as with any other report, so that the order
        // of arrival does not show. But a decline is never held for an amount that cannot be used.
        ReportStatus::Declined | ReportStatus::Reversed if says_what_it_was_worth(incoming) => {
            let mut priced = next.clone();
            if take_amounts(&mut priced, incoming).is_ok() {
                next = priced;
            }
        }
        ReportStatus::Declined | ReportStatus::Reversed => {}
    }
    next.state = match incoming.status {
        ReportStatus::Pending => State::Pending,
        ReportStatus::Confirmed => State::Confirmed,
        ReportStatus::Declined if ever_confirmed => State::Reversed,
        ReportStatus::Declined => State::Declined,
        ReportStatus::Reversed => State::Reversed,
    };
    next.hold = incoming.status == ReportStatus::Pending && incoming.hold;
    next.reason = match next.state {
        State::Declined | State::Reversed => Some(incoming.reason.clone().unwrap_or_else(|| NO_REASON.to_owned())),
        State::Pending | State::Confirmed => incoming.reason.clone(),
    };
    next.payable = incoming.payable.unwrap_or(current.payable);
    next.paid = incoming.paid.unwrap_or(current.paid);
    if incoming.order_id.is_some() {
        next.order_id.clone_from(&incoming.order_id);
    }
    next.event_at = incoming.event_at.or(current.event_at);
    next.weight = incoming.weight;
    next.decided_at = incoming.arrived_at;
    if next.state == State::Confirmed {
        if current.state != State::Confirmed {
            let available_at = now.plus_days(i64::from(next.promise.hold_days));
            next.available_at = Some(available_at);
            next.released = available_at <= now;
        }
        next.confirmed_at = current.confirmed_at.or(Some(now));
    } else {
        next.available_at = None;
        next.released = false;
    }
    next.revision = current.revision + 1;
    next.updated_at = now;
    Ok(next)
}

/// What a declined order says when the partner gave no reason; it counts in the store's public score.
pub const NO_REASON: &str = "none given";

fn take_amounts(next: &mut Conversion, incoming: &Incoming) -> Result<(), Reason> {
    let add = |known: Option<Amount>, told: Option<Amount>| match (known, told) {
        (Some(known), Some(told)) if incoming.delta => known.plus(told).map(Some).map_err(super::rate::reason),
        (known, None) => Ok(known),
        (_, told) => Ok(told),
    };
    next.commission = add(Some(next.commission), incoming.commission)?.unwrap_or(next.commission);
    next.order_amount = add(next.order_amount, incoming.order_amount)?;
    if next.commission.minor() < 0 || next.order_amount.is_some_and(|amount| amount.minor() < 0) {
        return Err(Reason::NegativeAmount);
    }
    if next.commission.minor() > LARGEST_MINOR || next.order_amount.is_some_and(|amount| amount.minor() > LARGEST_MINOR)
    {
        return Err(Reason::TooLarge);
    }
    if incoming.month_left.is_some() {
        next.promise.month_left = incoming.month_left;
    }
    let alive = next.state.is_alive();
    let promised = if alive { next.cashback.minor() } else { 0 };
    next.promise.order_left = next.promise.left_of_order(&incoming.order_items, promised);
    next.cashback = next.promise.cashback(next.commission, next.order_amount)?;
    Ok(())
}

/// Changes add up in whatever order they come; only the status is bound to the report that wins.
fn revise_amounts_only(current: &Conversion, incoming: &Incoming, now: Timestamp) -> Result<Conversion, Reason> {
    let mut next = current.clone();
    take_amounts(&mut next, incoming)?;
    hear_confirmation(&mut next, incoming, now);
    next.revision += 1;
    next.updated_at = now;
    Ok(next)
}

/// A decline's amounts are those of what it takes back, unless it names none, zero, or a negative sum.
fn says_what_it_was_worth(incoming: &Incoming) -> bool {
    incoming.commission.is_some_and(|amount| amount.minor() > 0)
}

fn hear_confirmation(next: &mut Conversion, incoming: &Incoming, now: Timestamp) {
    if incoming.status == ReportStatus::Confirmed && next.confirmed_at.is_none() {
        next.confirmed_at = Some(now);
        if next.state == State::Declined {
            next.state = State::Reversed;
        }
    }
}

/// What a report that lost still tells: a confirmation that comes late, after the decline that outdates it,
/// makes that decline a reversal; and amounts that come late are known then, if none were.
fn remember(current: &Conversion, incoming: &Incoming, now: Timestamp) -> Option<Conversion> {
    let mut next = current.clone();
    hear_confirmation(&mut next, incoming, now);
    let settled = matches!(next.state, State::Declined | State::Reversed);
    if settled && next.commission.is_zero() && says_what_it_was_worth(incoming) {
        // The decline told no amounts; these are the only ones there are. They move no money now.
        let mut priced = next.clone();
        if take_amounts(&mut priced, incoming).is_ok() {
            next = priced;
        }
    }
    let learnt = next != *current;
    next.revision += 1;
    next.updated_at = now;
    learnt.then_some(next)
}

fn same_but_for_bookkeeping(current: &Conversion, next: &Conversion) -> bool {
    let levelled = Conversion {
        revision: current.revision,
        updated_at: current.updated_at,
        event_at: current.event_at,
        weight: current.weight,
        decided_at: current.decided_at,
        promise: current.promise.clone(),
        ..next.clone()
    };
    levelled == *current && next.event_at == current.event_at && next.weight == current.weight
}
