//! Partners' calls, settled as many at a time as are waiting.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::catalogue::{Partner, Snapshot};
use super::super::{Outcome, ServiceError};
use super::decide::decide;
use super::known::Known;
use super::report_key;
use super::written::Written;
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PostbackId, TransactionId};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::postbacks::{PostbackRow, postback_list_earlier, postback_resolve, postback_update_verdict};
use crate::db::{Answers, Conn, DbError, Lane, WriteSet};
use crate::domain::adapter::{Amounts, Report};
use crate::domain::reason::{Language, Reason};
use crate::domain::verdict::Verdict;

/// One report of a call and what became of it. Stored with the call.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportOutcome {
    /// What the partner said.
    pub report: Report,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, when it moved nothing.
    pub reason: Option<Reason>,
    /// The conversion concerned.
    pub conversion_id: Option<ConversionId>,
}

/// A second run of a kept call, and who wanted it.
#[derive(Debug, Clone)]
pub struct Rerun {
    /// The call that is run again.
    pub of: PostbackId,
    /// What the audit trail keeps of it.
    pub audit: AuditRow,
    /// What became of its reports before: only what was held is settled again.
    pub settled: Vec<ReportOutcome>,
    /// When the call first came. A call that waited for a person is not news.
    pub arrived_at: Timestamp,
}

impl Rerun {
    /// What an earlier run made of the report at this place of the call, unless it was held. A call may tell of one order
    /// more than once, even in the same words, so its key is asked last: when the adapter reads the call otherwise today.
    #[must_use]
    pub fn outcome_of(&self, place: usize, report: &Report) -> Option<&ReportOutcome> {
        let here = self.settled.get(place).filter(|known| known.report == *report);
        let anywhere = || self.settled.iter().find(|known| known.report == *report);
        let by_key = || {
            let mut same = self.settled.iter().filter(|known| report_key(&known.report) == report_key(report));
            same.next().filter(|_| same.next().is_none())
        };
        here.or_else(anywhere).or_else(by_key).filter(|known| known.verdict != Verdict::Held)
    }
}

/// A report with what must be known before its transaction begins: whose lane it belongs to, and the ids
/// that the transaction will use.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Its place in the call.
    pub index: usize,
    /// What the partner said.
    pub report: Report,
    /// The lane of the shopper concerned.
    pub lane: Lane,
    /// The id that a new conversion gets.
    pub conversion: ConversionId,
    /// The id of the transaction that its money follows by.
    pub transaction: TransactionId,
}

/// The part of a call that one lane settles.
#[derive(Debug)]
pub struct Call {
    /// Who called.
    pub partner: Arc<Partner>,
    /// What was known of stores' terms when it came.
    pub catalogue: Arc<Snapshot>,
    /// The call as it is kept.
    pub row: PostbackRow,
    /// The reports that are settled in this lane.
    pub reports: Vec<Prepared>,
    /// What has become of all reports of the call so far.
    pub outcomes: Vec<ReportOutcome>,
    /// When it first came.
    pub arrived_at: Timestamp,
    /// Another lane has kept it already.
    pub stored: bool,
    /// Who wants it to be run again, if it is.
    pub rerun: Option<Rerun>,
}

/// Settles calls.
#[derive(Debug)]
pub enum Calls {}

impl WriteSet for Calls {
    type Item = Call;
    type Done = Vec<ReportOutcome>;
    type Error = ServiceError;
    const FOR_CALLERS: bool = true;

    fn write(conn: &mut Conn, items: &[Call]) -> Result<Answers<Self>, ServiceError> {
        // Whether a change was counted before is read from what is stored, so each such call is settled by itself.
        let changes = |call: &Call| call.reports.iter().any(|one| one.report.amounts == Amounts::Delta);
        let mut answers = Vec::with_capacity(items.len());
        for together in items.chunk_by(|one, next| !changes(one) && !changes(next)) {
            answers.append(&mut settle(conn, together)?);
        }
        Ok(answers)
    }
}

/// What a call is answered whose money may not be moved in this lane: its shopper was guessed by the click it names, or
/// became known meanwhile by another one's.
fn another_lane() -> ServiceError {
    DbError::Taken("the conversion belongs to another lane".to_owned()).into()
}

/// Settles calls one after the other upon what they all need, and writes what came of it at once.
fn settle(conn: &mut Conn, calls: &[Call]) -> Outcome<Answers<Calls>> {
    let asked: Vec<(&Partner, &Report)> =
        calls.iter().flat_map(|call| call.reports.iter().map(|one| (call.partner.as_ref(), &one.report))).collect();
    let lone = calls.first().filter(|_| calls.len() == 1).map(|call| &call.row);
    let catalogue = calls.last().map(|call| Arc::clone(&call.catalogue)).unwrap_or_default();
    let mut known = Known::load(conn, &catalogue, &asked, lone)?;
    let (mut written, mut settled, mut all) = (Written::default(), Vec::new(), Vec::new());
    for call in calls {
        let elsewhere = |one: &Prepared| {
            let shopper = known.of(&call.partner, &one.report, call.row.received_at).shopper();
            shopper.is_some_and(|shopper| !one.lane.holds(conn, shopper))
        };
        if call.reports.iter().any(elsewhere) {
            // It alone has to look for its lane; its neighbours are settled.
            all.push(Err(another_lane()));
            continue;
        }
        let mut outcomes = call.outcomes.clone();
        for one in &call.reports {
            let loaded = known.of(&call.partner, &one.report, call.row.received_at);
            let now = call.row.received_at;
            let plan = decide(&call.partner, &one.report, &loaded, one.conversion, call.arrived_at, now);
            if let Some(next) = &plan.next {
                known.take(next, &plan.transfers, one.transaction)?;
            }
            written.add(&plan, call.row.id);
            if let Some(slot) = outcomes.get_mut(one.index) {
                *slot = ReportOutcome {
                    report: one.report.clone(),
                    verdict: plan.verdict,
                    reason: plan.reason,
                    conversion_id: plan.conversion_id,
                };
            }
        }
        let mut row = call.row.clone();
        summarise(&mut row, &outcomes)?;
        settled.push((call, row));
        all.push(Ok(outcomes));
    }
    let fresh = settled.iter().filter(|(call, _)| !call.stored).map(|(_, row)| row.clone());
    written.write(conn, known.postings(), &fresh.collect::<Vec<_>>())?;
    note(conn, &settled)?;
    Ok(all)
}

/// Notes what became of calls that are kept already: those that another lane kept, and those that were run again.
fn note(conn: &mut Conn, settled: &[(&Call, PostbackRow)]) -> Outcome<()> {
    for (_, row) in settled.iter().filter(|(call, _)| call.stored) {
        postback_update_verdict(conn, row)?;
    }
    for (call, row) in settled {
        if let Some(rerun) = call.rerun.as_ref().filter(|_| !call.stored) {
            audit_insert_in_tx(conn, &rerun.audit)?;
        }
        resolve(conn, row)?;
    }
    Ok(())
}

/// Notes on the older calls, of which this is another run, that they are settled.
///
/// # Errors
/// [`DbError`].
pub fn resolve(conn: &mut Conn, row: &PostbackRow) -> Result<(), DbError> {
    if matches!(row.verdict, Verdict::Held | Verdict::Refused) {
        return Ok(());
    }
    let earlier = postback_list_earlier(conn, row)?;
    earlier.into_iter().try_for_each(|older| postback_resolve(conn, older.id, row.id))
}

/// The call's own verdict, and why: that of its reports when they agree, else held before applied.
#[must_use]
pub fn verdict_of(outcomes: &[ReportOutcome]) -> (Verdict, Option<Reason>) {
    let has = |verdict| outcomes.iter().any(|outcome| outcome.verdict == verdict);
    let order = [Verdict::Held, Verdict::Applied, Verdict::Superseded, Verdict::Unchanged];
    let verdict = order.into_iter().find(|verdict| has(*verdict)).unwrap_or(Verdict::Ignored);
    let reason = match outcomes {
        [] => None,
        [first, rest @ ..] if rest.iter().all(|other| other.reason == first.reason) => first.reason,
        [..] => Some(Reason::SeeReports),
    };
    (verdict, reason)
}

/// Notes on a call what became of it.
///
/// # Errors
/// [`ServiceError::Internal`] when the outcomes cannot be told as JSON.
fn summarise(row: &mut PostbackRow, outcomes: &[ReportOutcome]) -> Outcome<()> {
    let (verdict, reason) = verdict_of(outcomes);
    row.verdict = verdict;
    row.reason = reason.map(|reason| reason.to_string());
    row.detail = reason.map(|reason| reason.sentence(Language::En).to_owned());
    row.conversion_id = outcomes.iter().find_map(|outcome| outcome.conversion_id);
    row.reports = serde_json::to_string(outcomes).map_err(ServiceError::internal)?;
    Ok(())
}
