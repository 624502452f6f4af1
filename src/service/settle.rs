//! Settles one report: load what is needed, decide in pure code, write what was decided. The decision is a
//! value, so the test bench can show it without writing.

use chrono::Datelike;

use super::post::{post, transaction};
use super::{Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{ClickId, ConversionId, PostbackId, ShopperId, StoreId, TransactionId};
use crate::db::Conn;
use crate::db::clicks::{ClickRow, click_find};
use crate::db::conversions::{
    History, HistoryOf, RevisionCause, conversion_find_by_key, conversion_history, conversion_put, revision_list,
    shopper_is_blocked,
};
use crate::db::ledger::{balances_find, transfer_list_of_conversion};
use crate::db::postbacks::{PostbackRow, postback_find};
use crate::db::stores::terms_find;
use crate::domain::adapter::{Amounts, Report, ReportStatus};
use crate::domain::attribution::check_window;
use crate::domain::conversion::{Birth, Conversion, Decision, Incoming, State, first, transition};
use crate::domain::ledger::{Balances, LedgerError, TransactionKind, Transfer, difference, standing, target};
use crate::domain::money::{Amount, Currency};
use crate::domain::partner::PartnerSettings;
use crate::domain::rate::{Terms, reason};
use crate::domain::reason::Reason;
use crate::domain::verdict::Verdict;

use super::catalogue::Partner;
use super::ingest_postback::ReportOutcome;

/// What a report is decided upon.
#[derive(Debug, Default)]
pub struct Loaded {
    current: Option<Conversion>,
    click: Option<ClickRow>,
    terms: Option<Terms>,
    blocked: bool,
    history: History,
    posted: Vec<Transfer>,
    balances: Balances,
    seen_before: bool,
}

impl Loaded {
    /// The conversion as it stands, when it is known.
    #[must_use]
    pub const fn current(&self) -> Option<&Conversion> {
        self.current.as_ref()
    }
    /// The click that a first report names, when it is ours.
    #[must_use]
    pub const fn click(&self) -> Option<&ClickRow> {
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

/// Loads what `decide` needs.
///
/// # Errors
/// [`ServiceError::Db`].
///
/// `call` is the call that the report came in, unless it is only tried; `now` is when it is decided upon.
pub fn load(
    conn: &mut Conn,
    partner: &Partner,
    report: &Report,
    call: Option<&PostbackRow>,
    now: Timestamp,
) -> Outcome<Loaded> {
    let mut loaded = Loaded::default();
    if let Some(key) = report_key(report) {
        loaded.current = conversion_find_by_key(conn, partner.row.id, key)?;
    }
    if let Some(current) = &loaded.current {
        loaded.blocked = shopper_is_blocked(conn, current.shopper_id)?;
        loaded.posted = transfer_list_of_conversion(conn, current.id)?;
        loaded.balances = balances_find(conn, current.shopper_id, current.commission.currency())?;
        if report.amounts == Amounts::Delta {
            loaded.seen_before = seen_before(conn, current.id, report, call)?;
        }
        loaded.terms = terms_find(conn, current.terms_id)?.map(|row| row.terms()).transpose()?;
        loaded.history = history(conn, current.shopper_id, current.store_id, Some(current), report, partner, now)?;
        return Ok(loaded);
    }
    let Some(click) = report_click(report) else { return Ok(loaded) };
    loaded.click = click_find(conn, click)?;
    if let Some(click) = &loaded.click {
        loaded.blocked = shopper_is_blocked(conn, click.shopper_id)?;
        loaded.terms = terms_find(conn, click.terms_id)?.map(|row| row.terms()).transpose()?;
        loaded.history = history(conn, click.shopper_id, click.store_id, None, report, partner, now)?;
        if let Some(currency) = currency_of(report, &partner.settings, None) {
            loaded.balances = balances_find(conn, click.shopper_id, currency)?;
        }
    }
    Ok(loaded)
}

/// What the shopper's other orders at the store look like to this one, in the month that it was first heard of.
fn history(
    conn: &mut Conn,
    shopper: ShopperId,
    store: StoreId,
    current: Option<&Conversion>,
    report: &Report,
    partner: &Partner,
    now: Timestamp,
) -> Outcome<History> {
    let known = current.map(|current| current.commission.currency());
    let question = HistoryOf {
        shopper,
        store,
        except: current.map(|current| current.id),
        currency: currency_of(report, &partner.settings, known),
        month: month_of(current.map_or(now, |current| current.created_at)),
    };
    Ok(conversion_history(conn, &question)?)
}

/// True when a call with this very report moved the conversion before. Found by the revisions: of a call about
/// several conversions, the postback's own row names only the first.
/// The very same call counts too: the adapter may read it otherwise today.
fn seen_before(conn: &mut Conn, id: ConversionId, report: &Report, call: Option<&PostbackRow>) -> Outcome<bool> {
    let mut calls: Vec<PostbackId> = revision_list(conn, id)?.iter().filter_map(|row| row.postback_id).collect();
    calls.dedup();
    for id_of_call in calls {
        let Some(row) = postback_find(conn, id_of_call)? else { continue };
        let outcomes: Vec<ReportOutcome> = serde_json::from_str(&row.reports).map_err(ServiceError::internal)?;
        let same_call = |call: &PostbackRow| call.digest == row.digest;
        let of_this =
            |outcome: &ReportOutcome| outcome.verdict == Verdict::Applied && outcome.conversion_id == Some(id);
        if call.is_some_and(same_call) && outcomes.iter().filter(|outcome| of_this(outcome)).count() == 1 {
            return Ok(true);
        }
        if outcomes.iter().any(|outcome| outcome.verdict == Verdict::Applied && outcome.report == *report) {
            return Ok(true);
        }
    }
    Ok(false)
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
    let alive = |current: &&Conversion| matches!(current.state, State::Pending | State::Confirmed);
    let promised = loaded.current.as_ref().filter(alive).map_or(0, |current| current.cashback.minor());
    Some(Amount::new(left.max(promised), cap.currency()))
}

fn currency_of(report: &Report, settings: &PartnerSettings, known: Option<Currency>) -> Option<Currency> {
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
    let pays = matches!(next.state, State::Pending | State::Confirmed);
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

/// Writes what was decided: the conversion, its revision, and the transaction that its money follows by.
///
/// # Errors
/// [`ServiceError::Db`]; nothing is written then.
pub fn write(conn: &mut Conn, plan: &Plan, postback: PostbackId, transaction_id: TransactionId) -> Outcome<()> {
    let Some(next) = &plan.next else { return Ok(()) };
    conversion_put(conn, next, &RevisionCause::Postback(postback), plan.known_revision)?;
    post_conversion(conn, next, &plan.transfers, TransactionKind::Conversion, transaction_id)
}

/// Posts the transfers of one revision of a conversion.
///
/// # Errors
/// [`ServiceError::Db`].
pub fn post_conversion(
    conn: &mut Conn,
    next: &Conversion,
    transfers: &[Transfer],
    kind: TransactionKind,
    id: TransactionId,
) -> Outcome<()> {
    let source = format!("conversion/{}/{}", next.id, next.revision);
    let mut row = transaction(id, next.updated_at, kind, source);
    row.shopper_id = Some(next.shopper_id);
    row.partner_id = Some(next.partner_id);
    row.conversion_id = Some(next.id);
    post(conn, &row, transfers)
}

impl From<Reason> for ServiceError {
    fn from(reason: Reason) -> Self {
        Self::refused(reason.as_str(), reason.sentence(crate::domain::reason::Language::En))
    }
}
