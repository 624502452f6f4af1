//! Takes in a partner's call: keep it word for word, authenticate, read, settle, answer with the true verdict.
//!
//! The raw call, its verdict and all that it moved are committed in one transaction. A call that reports on
//! several shoppers takes one transaction each, since their money lives in different lanes; the call is kept
//! with the first, and an answer is given only after the last, so a call that was cut short comes again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::accounts::require;
use super::catalogue::Partner;
use super::kept_call::{keep, raw_call};
use super::settle::{Call, Prepared, Rerun, report_click, report_key, resolve, verdict_of};
use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{AuditId, ConversionId, PartnerId, PostbackId, ShopperId, TransactionId};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::clicks::click_find;
use crate::db::conversions::conversion_find_by_key;
use crate::db::postbacks::{PostbackRow, postback_insert, postback_list_earlier};
use crate::db::{DbError, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::adapter::{Answer, RawCall, Reading, Report};
use crate::domain::hand;
use crate::domain::partner::Status;
use crate::domain::reason::{Language, Reason};
use crate::domain::verdict::Verdict;

pub use super::settle::ReportOutcome;

/// What became of a call.
#[derive(Debug, Clone)]
pub struct Ingested {
    /// The call's id.
    pub id: PostbackId,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, as a stable word.
    pub reason: Option<String>,
    /// Why, in words.
    pub detail: Option<String>,
    /// Its reports.
    pub reports: Vec<ReportOutcome>,
    /// What the partner wants to read.
    pub answer: Option<Answer>,
}

/// Refused calls are kept, but only so many a minute and partner: no free disk for strangers.
#[derive(Debug, Clone, Default)]
pub struct RefusedBudget(Arc<Mutex<HashMap<PartnerId, (i64, u32)>>>);

impl RefusedBudget {
    fn take(&self, partner: PartnerId, now: Timestamp, most: u32) -> bool {
        let minute = now.seconds() / 60;
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = used.entry(partner).or_insert((minute, 0));
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1 <= most
    }
}

/// What was made of a call before anything is settled.
pub(super) enum Read {
    Reports(Vec<Report>),
    Done(Verdict, Option<String>, Option<String>),
}

/// Takes in a call of the partner with this slug.
///
/// # Errors
/// [`ServiceError::NotFound`] for an unknown partner (counted, not kept); [`ServiceError::Db`] when nothing
/// could be committed.
pub async fn ingest_postback(app: &App, partner: &str, call: RawCall) -> Outcome<Ingested> {
    let partner = app.partner(partner).await?;
    let authentic = authenticate(&partner, &call, app.clock.now());
    let read = match authentic {
        Err((reason, detail)) => Read::Done(Verdict::Refused, Some(reason), Some(detail)),
        Ok(()) => read(&partner, &call),
    };
    let taken = take_in(app, &partner, &call, read, None).await?;
    metrics::counter!("kopilka_postbacks_total", "verdict" => taken.verdict.as_str()).increment(1);
    Ok(taken)
}

/// Settles what one of a partner's people reports by hand, and keeps it as a call is kept.
pub(super) async fn ingest_by_hand(
    app: &App,
    partner: &Arc<Partner>,
    call: &RawCall,
    report: Report,
) -> Outcome<Ingested> {
    take_in(app, partner, call, Read::Reports(vec![report]), None).await
}

/// Runs a held or refused call again, as it was kept, against the adapter and settings of today. A held call has
/// passed its authentication; for a refused one `trusted` says that an operator vouches for it. `reason` is kept
/// in the audit trail, in the transaction that keeps the run.
///
/// # Errors
/// [`ServiceError::NotFound`] when its partner is gone; `not_waiting` for a call that needs no second run;
/// [`ServiceError::Forbidden`] without the permission `care`; [`ServiceError::Db`].
pub async fn rerun_postback(
    app: &App,
    actor: &Actor,
    kept: &PostbackRow,
    trusted: bool,
    reason: &str,
) -> Outcome<Ingested> {
    let own = actor.partner() == Some(kept.partner_id);
    if !own {
        require(actor, Permission::Care)?;
    }
    let snapshot = app.catalogue.snapshot();
    let partner = snapshot.partner(kept.partner_id).ok_or(ServiceError::NotFound("partner"))?;
    if own && partner.row.status == Status::Paused {
        return Err(ServiceError::conflict(
            "partner_paused",
            "a paused partner's calls are run again by operators only",
        ));
    }
    let may_run = kept.verdict == Verdict::Held || (kept.verdict == Verdict::Refused && !own);
    if !may_run || kept.resolved_by.is_some() {
        return Err(ServiceError::conflict("not_waiting", "this call does not wait for a second run"));
    }
    let call = raw_call(&app.master, kept)?;
    let arrived_at = first_arrival(app, kept).await?;
    // Fresh or not is a question of when it came, not of when somebody looks at it.
    let authentic =
        if kept.verdict == Verdict::Held || trusted { Ok(()) } else { authenticate(partner, &call, arrived_at) };
    let read = match authentic {
        Err((reason, detail)) => Read::Done(Verdict::Refused, Some(reason), Some(detail)),
        Ok(()) => read(partner, &call),
    };
    let detail = serde_json::json!({ "trusted": trusted, "reason": reason });
    let audit = AuditRow::new(app.clock.now(), actor, "postback.rerun", format!("postback/{}", kept.id), &detail);
    run_again(app, partner, kept, &call, read, (audit, arrived_at)).await
}

/// Runs a held call again for no other reason than that what it waited for has come. `None` when it waits no more, or
/// when its partner is paused or gone: then it is for people to say.
///
/// # Errors
/// [`ServiceError::Db`].
pub async fn rerun_by_itself(app: &App, kept: &PostbackRow, reason: &str) -> Outcome<Option<Ingested>> {
    let snapshot = app.catalogue.snapshot();
    let partner = snapshot.partner(kept.partner_id).filter(|partner| partner.row.status != Status::Paused);
    let (Some(partner), Verdict::Held, None) = (partner, kept.verdict, kept.resolved_by) else { return Ok(None) };
    let call = raw_call(&app.master, kept)?;
    let read = read(partner, &call);
    let detail = serde_json::json!({ "trusted": false, "reason": reason });
    let subject = format!("postback/{}", kept.id);
    let audit = AuditRow::of_system(app.clock.now(), "postback.rerun", subject, &detail);
    let arrived_at = first_arrival(app, kept).await?;
    run_again(app, partner, kept, &call, read, (audit, arrived_at)).await.map(Some)
}

async fn run_again(
    app: &App,
    partner: &Arc<Partner>,
    kept: &PostbackRow,
    call: &RawCall,
    read: Read,
    (audit, arrived_at): (AuditRow, Timestamp),
) -> Outcome<Ingested> {
    let settled = serde_json::from_str(&kept.reports).map_err(ServiceError::internal)?;
    take_in(app, partner, call, read, Some(Rerun { of: kept.id, audit, settled, arrived_at })).await
}

/// When a call first came, however often it was run again since.
async fn first_arrival(app: &App, kept: &PostbackRow) -> Outcome<Timestamp> {
    let kept = kept.clone();
    app.db
        .read(move |conn| {
            let earlier = postback_list_earlier(conn, &kept)?;
            Ok::<_, ServiceError>(earlier.last().map_or(kept.received_at, |first| first.received_at))
        })
        .await
}

/// Checks that the partner is not paused and that the call, which came at `now`, is its own.
pub(super) fn authenticate(partner: &Partner, call: &RawCall, now: Timestamp) -> Result<(), (String, String)> {
    if partner.row.status == Status::Paused {
        return Err(because(Reason::PartnerPaused));
    }
    match &partner.adapter {
        Err(problem) => {
            Err((Reason::NotAuthentic.to_string(), format!("the partner's adapter cannot be used: {problem}")))
        }
        Ok(adapter) => adapter
            .authenticate(call, &partner.secrets, now)
            .map_err(|failure| (Reason::NotAuthentic.to_string(), failure.to_string())),
    }
}

fn because(reason: Reason) -> (String, String) {
    (reason.to_string(), reason.sentence(Language::En).to_owned())
}

/// Reads an authentic call by the partner's adapter.
pub(super) fn read(partner: &Partner, call: &RawCall) -> Read {
    let reading = match (hand::read(call), &partner.adapter) {
        (Some(reading), _) => reading,
        (None, Ok(adapter)) => adapter.read(call),
        (None, Err(_)) => return Read::Done(Verdict::Held, Some("no_adapter".to_owned()), None),
    };
    match reading {
        Reading::Ignored { why } => Read::Done(Verdict::Ignored, None, Some(why)),
        Reading::Unreadable { code, detail } => Read::Done(Verdict::Held, Some(code.to_owned()), Some(detail)),
        Reading::Reports(reports) => Read::Reports(reports),
    }
}

async fn take_in(
    app: &App,
    partner: &Arc<Partner>,
    call: &RawCall,
    read: Read,
    rerun: Option<Rerun>,
) -> Outcome<Ingested> {
    let refused = matches!(read, Read::Done(Verdict::Refused, ..));
    let row = blank_row(app, partner, call, refused, rerun.as_ref().map(|rerun| rerun.of))?;
    let taken = match read {
        Read::Done(verdict, reason, detail) => {
            let keep = verdict != Verdict::Refused
                || rerun.is_some()
                || app.refused.take(partner.row.id, row.received_at, app.config.limits.refused_kept_per_minute);
            let row = PostbackRow { verdict, reason: reason.clone(), detail: detail.clone(), ..row };
            let taken = Ingested { id: row.id, verdict, reason, detail, reports: Vec::new(), answer: None };
            if keep {
                app.db
                    .write(Lane::House, move |conn| Ok::<_, ServiceError>(insert(conn, &row, rerun.as_ref())?))
                    .await?;
            }
            taken
        }
        Read::Reports(reports) => settle_all(app, partner, row, reports, rerun.as_ref()).await?,
    };
    let answer = match &partner.adapter {
        Ok(adapter) => Some(adapter.answer(taken.verdict, &taken.id.to_string(), taken.reason.as_deref())),
        Err(_) => None,
    };
    Ok(Ingested { answer, ..taken })
}

/// Stores a call, and notes on an older one that this run settled it.
fn insert(conn: &mut crate::db::Conn, row: &PostbackRow, rerun: Option<&Rerun>) -> Result<(), DbError> {
    postback_insert(conn, row)?;
    if let Some(rerun) = rerun {
        audit_insert_in_tx(conn, &rerun.audit)?;
    }
    resolve(conn, row)
}

fn blank_row(
    app: &App,
    partner: &Partner,
    call: &RawCall,
    refused: bool,
    rerun_of: Option<PostbackId>,
) -> Outcome<PostbackRow> {
    let kept = keep(&app.master, partner, call, refused)?;
    Ok(PostbackRow {
        id: PostbackId::new(),
        partner_id: partner.row.id,
        received_at: app.clock.now(),
        method: call.method.clone(),
        query: kept.query,
        body: kept.body,
        headers: kept.headers,
        peer: call.peer.map(|ip| ip.to_string()),
        public_url: kept.public_url,
        sealed: kept.sealed,
        digest: kept.digest,
        verdict: Verdict::Held,
        reason: None,
        detail: None,
        reports: "[]".to_owned(),
        conversion_id: None,
        rerun_of,
        resolved_by: None,
    })
}

async fn settle_all(
    app: &App,
    partner: &Arc<Partner>,
    row: PostbackRow,
    reports: Vec<Report>,
    rerun: Option<&Rerun>,
) -> Outcome<Ingested> {
    // The lane that a click's id tells may be the wrong one, and a first report may race another first report of the same
    // order through another lane; the unique key then refuses one of them. The next try looks at what is stored.
    let mut tries = 0;
    loop {
        let mut prepared = prepare(app, partner.row.id, &reports, tries > 0 || rerun.is_some()).await?;
        if tries == 0 && prepared.iter().any(|one| prepared.first().is_some_and(|first| !first.lane.is(one.lane))) {
            // Its first part would be stored before the second finds out that its lane was guessed wrong.
            prepared = prepare(app, partner.row.id, &reports, true).await?;
        }
        tries += 1;
        // Of a call about several shoppers the first part may be stored: another try needs other rows.
        let (row, rerun) = if tries == 1 { (row.clone(), rerun.cloned()) } else { again(&row, rerun) };
        match settle_once(app, partner, row, prepared, rerun.as_ref()).await {
            Err(ServiceError::Db(DbError::Taken(_))) if tries < 4 => {}
            other => return other,
        }
    }
}

/// The rows of another try.
fn again(row: &PostbackRow, rerun: Option<&Rerun>) -> (PostbackRow, Option<Rerun>) {
    let audit = |rerun: &Rerun| AuditRow { id: AuditId::new(), ..rerun.audit.clone() };
    let rerun = rerun.map(|rerun| Rerun { audit: audit(rerun), ..rerun.clone() });
    (PostbackRow { id: PostbackId::new(), ..row.clone() }, rerun)
}

async fn settle_once(
    app: &App,
    partner: &Arc<Partner>,
    row: PostbackRow,
    prepared: Vec<Prepared>,
    rerun: Option<&Rerun>,
) -> Outcome<Ingested> {
    // Until the last part is settled the call stands as held: one that is cut short waits to be run again.
    let mut outcomes: Vec<ReportOutcome> = prepared.iter().map(|one| interrupted(one, rerun)).collect();
    let waits = |one: &Prepared| rerun.is_none_or(|rerun| rerun.outcome_of(one.index, &one.report).is_none());
    let some_wait = prepared.iter().any(waits);
    let prepared: Vec<Prepared> = prepared.into_iter().filter(|one| !some_wait || waits(one)).collect();
    for (part, reports) in by_lane(prepared).into_iter().enumerate() {
        let Some(lane) = reports.first().map(|one| one.lane) else { continue };
        let arrived_at = rerun.map_or(row.received_at, |rerun| rerun.arrived_at);
        let call = Call {
            partner: Arc::clone(partner),
            catalogue: app.catalogue.snapshot(),
            row: row.clone(),
            reports,
            outcomes,
            arrived_at,
            stored: part > 0,
            rerun: rerun.cloned(),
        };
        outcomes = app.calls.write(lane, call).await?;
    }
    let (verdict, reason) = verdict_of(&outcomes);
    let (reason, detail) = reason.map(because).unzip();
    Ok(Ingested { id: row.id, verdict, reason, detail, reports: outcomes, answer: None })
}

/// What a report stands as before it is settled: what an earlier run made of it, or held.
fn interrupted(one: &Prepared, rerun: Option<&Rerun>) -> ReportOutcome {
    let known = rerun.and_then(|rerun| rerun.outcome_of(one.index, &one.report)).cloned();
    known.unwrap_or_else(|| ReportOutcome {
        report: one.report.clone(),
        verdict: Verdict::Held,
        reason: Some(Reason::Interrupted),
        conversion_id: None,
    })
}

/// The lane that a report names by itself: a click's id ends as its shopper's does. `None` when the database has to be
/// asked, since it names no click. Should the order be known by another shopper's click, the lane finds out.
fn lane_told(report: &Report) -> Option<Lane> {
    report_click(report).map(Lane::OfClick)
}

/// The lane of the shopper whose money a report concerns, as far as that is known.
async fn lane_found(app: &App, partner: PartnerId, report: Report) -> Outcome<Lane> {
    app.db
        .read(move |conn| {
            let known = match report_key(&report) {
                Some(key) => conversion_find_by_key(conn, partner, key)?.map(|conversion| conversion.shopper_id),
                None => None,
            };
            let shopper: Option<ShopperId> = match (known, report_click(&report)) {
                (None, Some(click)) => click_find(conn, click)?.map(|row| row.shopper_id),
                (known, _) => known,
            };
            Ok::<_, ServiceError>(shopper.map_or(Lane::House, Lane::Shopper))
        })
        .await
}

/// Finds out whose money each report concerns; with `look` from what is stored, else where that can be, from the report.
async fn prepare(app: &App, partner: PartnerId, reports: &[Report], look: bool) -> Outcome<Vec<Prepared>> {
    let mut out = Vec::with_capacity(reports.len());
    for (index, report) in reports.iter().enumerate() {
        let lane = match lane_told(report).filter(|_| !look) {
            Some(lane) => lane,
            None => lane_found(app, partner, report.clone()).await?,
        };
        let (conversion, transaction) = (ConversionId::new(), TransactionId::new());
        out.push(Prepared { index, report: report.clone(), lane, conversion, transaction });
    }
    Ok(out)
}

fn by_lane(prepared: Vec<Prepared>) -> Vec<Vec<Prepared>> {
    let mut groups: Vec<Vec<Prepared>> = Vec::new();
    for one in prepared {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.lane.is(one.lane))) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}
