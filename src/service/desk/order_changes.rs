//! A file of changes to orders: kept, shown line by line with what it would do, and carried out once. Each line is settled as a
//! report of its own, so money follows as after a call, and doing it again changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::by_hand::{Would, about, check_open, look, settle};
use crate::base::Timestamp;
use crate::base::id::{ConversionId, OrderChangesId, PartnerId};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::conversions::{conversion_find, conversion_list_by_numbers};
use crate::db::order_changes::{
    OrderChangesRow, order_changes_applied, order_changes_count_open, order_changes_find, order_changes_insert,
    order_changes_purge,
};
use crate::db::{Conn, Lane};
use crate::domain::access::Actor;
use crate::domain::adapter::{Report, ReportStatus};
use crate::domain::changes::{self, Action, Change, Column, Fault, Problem, in_proportion};
use crate::domain::conversion::{Conversion, State};
use crate::domain::money::{Amount, Currency};
use crate::domain::verdict::Verdict;
use crate::service::catalogue::Partner;
use crate::service::view::Words;
use crate::service::{App, Outcome, ServiceError};

/// How many lines are settled at a time.
const AT_ONCE: usize = 64;
/// How many files of one partner may wait to be carried out, and for how many days they are kept.
const MOST_OPEN: i64 = 50;
const KEPT_DAYS: i64 = 30;
/// How many numbers are looked up at a time.
const LOOKED_UP: usize = 500;

/// A line with what it would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OrderChangeLine)]
pub struct Line {
    /// Its number in the file; the header is line 1.
    pub line: u64,
    /// The order as it is written there.
    pub order: String,
    /// What is to become of it: `confirm`, `decline` or `change`.
    #[schema(value_type = Option<String>, example = "confirm")]
    pub action: Option<Action>,
    /// Why, in the partner's words.
    pub reason: Option<String>,
    /// What stands in its way.
    pub fault: Option<Fault>,
    /// The partner's keys that the number could mean, when there are several.
    pub keys: Vec<String>,
    /// The order.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub order_id: Option<ConversionId>,
    /// What it would do.
    pub would: Option<Would>,
    #[serde(skip)]
    report: Option<Report>,
    /// Which revision of the order it was decided upon.
    #[serde(skip)]
    revision: i64,
}

impl Line {
    /// Whether it can be carried out.
    #[must_use]
    pub fn can(&self) -> bool {
        self.would.as_ref().is_some_and(|would| matches!(would.verdict, Verdict::Applied | Verdict::Unchanged))
    }
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderChangeDone)]
pub struct Done {
    /// Its number in the file.
    pub line: u64,
    /// The order as it is written there.
    pub order: String,
    /// The verdict; absent for a line that could not be carried out.
    pub verdict: Option<Verdict>,
    /// Why, as a stable word.
    pub reason: Option<String>,
    /// What stood in its way.
    pub fault: Option<Fault>,
    /// The order.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub order_id: Option<ConversionId>,
}

impl Done {
    /// Why, in words.
    #[must_use]
    pub fn words(&self) -> Option<Words> {
        self.reason.as_deref().and_then(Words::of)
    }
}

/// A file's lines: what each would do, or once it was carried out, what became of it.
#[derive(Debug, Clone)]
pub enum Told {
    /// It was not carried out.
    Would(Vec<Line>),
    /// It was.
    Done(Vec<Done>),
}

impl Told {
    /// How many lines change something, change nothing because it is so already, and cannot be carried out.
    #[must_use]
    pub fn counts(&self) -> [usize; 3] {
        let verdicts: Vec<Option<Verdict>> = match self {
            Self::Would(lines) => lines.iter().map(|line| line.would.as_ref().map(|would| would.verdict)).collect(),
            Self::Done(lines) => lines.iter().map(|line| line.verdict).collect(),
        };
        let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == Some(wanted)).count();
        let (moves, same) = (count(Verdict::Applied), count(Verdict::Unchanged));
        [moves, same, verdicts.len().saturating_sub(moves).saturating_sub(same)]
    }
}

/// Keeps a file, for thirty days or for good once it is carried out. Nothing is carried out.
///
/// # Errors
/// [`ServiceError::Invalid`] for `file` when it cannot be read at all; `partner_paused`; `too_many_files`.
pub async fn order_changes_put(app: &App, partner: &Partner, actor: &Actor, text: &str) -> Outcome<OrderChangesId> {
    check_open(partner, actor)?;
    let lines = changes::read(text).map_err(|bad| ServiceError::invalid("file", bad.to_string()))?;
    let now = app.clock.now();
    let row = OrderChangesRow {
        id: OrderChangesId::new(),
        partner_id: partner.row.id,
        made_by: actor.to_string(),
        body: text.to_owned(),
        lines: i64::try_from(lines.len()).unwrap_or(i64::MAX),
        created_at: now,
        applied_at: None,
        result: None,
    };
    let id = row.id;
    app.db
        .write(Lane::House, move |conn| {
            order_changes_purge(conn, row.partner_id, now.plus_days(-KEPT_DAYS))?;
            if order_changes_count_open(conn, row.partner_id)? >= MOST_OPEN {
                return Err(ServiceError::conflict("too_many_files", "carry out some of the files that wait"));
            }
            Ok(order_changes_insert(conn, &row)?)
        })
        .await?;
    Ok(id)
}

/// A partner's file.
///
/// # Errors
/// [`ServiceError::NotFound`] also for another partner's.
pub async fn order_changes_get(app: &App, partner: PartnerId, id: OrderChangesId) -> Outcome<OrderChangesRow> {
    let found = app.db.read(move |conn| order_changes_find(conn, partner, id)).await?;
    found.ok_or(ServiceError::NotFound("file"))
}

/// What became of a file's lines; `None` when it was not carried out.
///
/// # Errors
/// [`ServiceError::Internal`] when the record cannot be read.
fn order_changes_done(row: &OrderChangesRow) -> Outcome<Option<Vec<Done>>> {
    row.result.as_deref().map(|text| serde_json::from_str(text).map_err(ServiceError::internal)).transpose()
}

/// What each line of a file would do. Nothing is written.
///
/// # Errors
/// The database's failures.
async fn order_changes_preview(app: &App, partner: &Arc<Partner>, row: &OrderChangesRow) -> Outcome<Vec<Line>> {
    let (partner, text, now) = (Arc::clone(partner), row.body.clone(), app.clock.now());
    app.db.read(move |conn| crate::db::snapshot(conn, |conn| preview(conn, &partner, &text, now))).await
}

/// A file's lines as they stand: what each would do, or what became of it.
///
/// # Errors
/// The database's failures.
pub async fn order_changes_look(app: &App, partner: &Arc<Partner>, row: &OrderChangesRow) -> Outcome<Told> {
    match order_changes_done(row)? {
        Some(done) => Ok(Told::Done(done)),
        None => Ok(Told::Would(order_changes_preview(app, partner, row).await?)),
    }
}

fn preview(conn: &mut Conn, partner: &Partner, text: &str, now: Timestamp) -> Outcome<Vec<Line>> {
    let read = changes::read(text).map_err(ServiceError::internal)?;
    let numbers: BTreeSet<String> =
        read.iter().filter_map(|line| line.change.as_ref().ok()).map(|change| change.order.clone()).collect();
    let numbers: Vec<String> = numbers.into_iter().collect();
    let mut found: BTreeMap<String, Vec<Conversion>> = BTreeMap::new();
    for part in numbers.chunks(LOOKED_UP) {
        for order in conversion_list_by_numbers(conn, partner.row.id, part)? {
            if let Some(number) = order.order_id.clone().filter(|number| *number != order.external_id) {
                found.entry(number).or_default().push(order.clone());
            }
            found.entry(order.external_id.clone()).or_default().push(order);
        }
    }
    let (mut lines, mut seen) = (Vec::with_capacity(read.len()), BTreeSet::new());
    for one in read {
        let mut line = Line {
            line: one.line,
            order: one.order,
            action: None,
            reason: None,
            fault: None,
            keys: Vec::new(),
            order_id: None,
            would: None,
            report: None,
            revision: 0,
        };
        match one.change {
            Err(fault) => line.fault = Some(fault),
            Ok(change) => plan(&mut line, &change, &found, &mut seen),
        }
        lines.push(line);
    }
    let reports: Vec<Report> = lines.iter().filter_map(|line| line.report.clone()).collect();
    let mut would = look(conn, partner, &reports, now)?.into_iter();
    for line in lines.iter_mut().filter(|line| line.report.is_some()) {
        line.would = would.next();
    }
    Ok(lines)
}

/// Finds the order of a line, and makes the report that does what the line asks for.
fn plan(
    line: &mut Line,
    change: &Change,
    found: &BTreeMap<String, Vec<Conversion>>,
    seen: &mut BTreeSet<ConversionId>,
) {
    line.action = Some(change.action);
    line.reason.clone_from(&change.reason);
    let fitting = found.get(&change.order).map_or(&[][..], Vec::as_slice);
    // The partner's own key is exact; a number may stand for several parts of an order.
    let by_key = fitting.iter().find(|order| order.external_id == change.order);
    let order = match (by_key, fitting) {
        (Some(order), _) | (None, [order]) => order,
        (None, []) => return line.fault = Some(Fault::new(Column::Order, Problem::Unknown)),
        (None, [..]) => {
            line.keys = fitting.iter().map(|order| order.external_id.clone()).collect();
            return line.fault = Some(Fault::new(Column::Order, Problem::Several));
        }
    };
    line.order_id = Some(order.id);
    line.revision = order.revision;
    if !seen.insert(order.id) {
        return line.fault = Some(Fault::new(Column::Order, Problem::Twice));
    }
    match report(order, change) {
        Ok(report) => line.report = Some(report),
        Err(fault) => line.fault = Some(fault),
    }
}

fn report(order: &Conversion, change: &Change) -> Result<Report, Fault> {
    let status = match (change.action, order.state) {
        (Action::Confirm, _) => ReportStatus::Confirmed,
        (Action::Decline, _) => ReportStatus::Declined,
        (Action::Change, State::Pending) => ReportStatus::Pending,
        (Action::Change, State::Confirmed) => ReportStatus::Confirmed,
        (Action::Change, State::Declined | State::Reversed) => {
            return Err(Fault::new(Column::Action, Problem::Closed));
        }
    };
    let currency = order.commission.currency();
    let of_order = order.order_amount.map_or(currency, Amount::currency);
    let amount = change.amount.map(|sum| exact(sum, of_order, Column::Amount)).transpose()?;
    let given = change.commission.map(|sum| exact(sum, currency, Column::Commission)).transpose()?;
    // What the line does not speak of stays as it is, whatever it is by then.
    let commission = match (given, amount) {
        (Some(given), _) => Some(given),
        (None, None) => None,
        (None, Some(new)) => {
            let old = order.order_amount.ok_or(Fault::new(Column::Commission, Problem::NoBase))?;
            let follows = in_proportion(order.commission, old, new);
            Some(follows.ok_or(Fault::new(Column::Commission, Problem::NoBase))?)
        }
    };
    let amounts = status != ReportStatus::Declined;
    Ok(Report {
        order_amount: amount.map(Amount::major),
        order_currency: amount.map(Amount::currency),
        commission: commission.map(Amount::major),
        currency: amounts.then_some(currency),
        reason: change.reason.clone().or_else(|| order.reason.clone().filter(|_| amounts)),
        ..about(order, status)
    })
}

/// An amount with no more digits after the point than its currency has, zeros included: `1,000` is a thousand to some, and one
/// to others.
fn exact(sum: Decimal, currency: Currency, column: Column) -> Result<Amount, Fault> {
    let bad = Fault::new(column, Problem::BadAmount);
    if sum.scale() > currency.exponent() {
        return Err(bad);
    }
    Amount::from_major(sum, currency).map_err(|_cause| bad)
}

/// Carries a file out: each line that can be. A second time nothing more happens.
///
/// # Errors
/// [`ServiceError::NotFound`] also for another partner's; `partner_paused`; the database's failures, after which it can be
/// carried out again: what was done stays, and counts as a repeat then.
pub async fn order_changes_apply(
    app: &App,
    partner: &Arc<Partner>,
    actor: &Actor,
    id: OrderChangesId,
) -> Outcome<Vec<Done>> {
    check_open(partner, actor)?;
    let row = order_changes_get(app, partner.row.id, id).await?;
    if let Some(done) = order_changes_done(&row)? {
        return Ok(done);
    }
    let lines = order_changes_preview(app, partner, &row).await?;
    let place = format!("/partner/changes/{id}");
    let carried =
        futures_util::stream::iter(lines.into_iter().map(|line| carry_out(app, partner, actor, line, &place)));
    let mut done = Vec::new();
    // In order, so many at a time: those of one lane are settled together.
    let mut carried = carried.buffered(AT_ONCE);
    while let Some(one) = carried.next().await {
        done.push(one?);
    }
    let moved = done.iter().filter(|one| one.verdict == Some(Verdict::Applied)).count();
    let now = app.clock.now();
    let detail = json!({ "file": id.to_string(), "lines": done.len(), "moved": moved });
    let audit = AuditRow::new(now, actor, "orders.change", format!("partner/{}", partner.row.id), &detail);
    let result = serde_json::to_string(&done).map_err(ServiceError::internal)?;
    app.db
        .write(Lane::House, move |conn| {
            if order_changes_applied(conn, id, now, &result)? {
                audit_insert_in_tx(conn, &audit)?;
            }
            Ok::<_, ServiceError>(())
        })
        .await?;
    // Somebody else may have been first: what is stored is what happened.
    let row = order_changes_get(app, partner.row.id, id).await?;
    Ok(order_changes_done(&row)?.unwrap_or(done))
}

async fn carry_out(app: &App, partner: &Arc<Partner>, actor: &Actor, line: Line, place: &str) -> Outcome<Done> {
    let can = line.can();
    let mut done = Done {
        line: line.line,
        order: line.order,
        verdict: None,
        reason: None,
        fault: line.fault,
        order_id: line.order_id,
    };
    match (line.report, line.would) {
        (Some(report), _) if can => {
            if revision_now(app, line.order_id).await? != Some(line.revision) {
                done.fault = Some(Fault::new(Column::Order, Problem::Changed));
                return Ok(done);
            }
            let settled = settle(app, partner, actor, report, &format!("{place}#line-{}", done.line)).await?;
            (done.verdict, done.reason) = (Some(settled.verdict), settled.reason);
        }
        (_, Some(would)) => {
            done.reason = would.reason;
        }
        (_, None) => {}
    }
    Ok(done)
}

/// The order's revision as it is now: a line is not carried out upon another one than it was shown with.
async fn revision_now(app: &App, order: Option<ConversionId>) -> Outcome<Option<i64>> {
    let Some(id) = order else { return Ok(None) };
    let found = app.db.read(move |conn| conversion_find(conn, id)).await?;
    Ok(found.map(|order| order.revision))
}
