//! Runs held calls again that need nobody to look at them: those whose click was unknown and has arrived since (a click that
//! went into the stream can be written after the first call about it), and those that were cut short, between the
//! transaction of one shopper and that of the next, when the process ended.
//!
//! Only the last hours are looked at, and each call is run again once by itself, or a few times when each run is cut short. What
//! is held after that waits for a person, as it did before.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::ingest_postback::rerun_by_itself;
use super::settle::{ReportOutcome, report_click};
use super::{App, Outcome};
use crate::base::Timestamp;
use crate::base::id::{ClickId, PostbackId};
use crate::db::audit::{AuditFilter, SYSTEM, audit_list};
use crate::db::clicks::click_list_by_ids;
use crate::db::postbacks::{PostbackRow, postback_list_earlier, postback_list_held_since};
use crate::db::{Conn, DbError};
use crate::domain::reason::Reason;
use crate::domain::verdict::Verdict;

/// How far back it looks: far longer than a stream is behind, unless the workers were gone for a day.
const WINDOW: TimeDelta = TimeDelta::hours(24);
/// After this time a call about several clicks is run again although some of them have not arrived.
const STRAGGLERS: TimeDelta = TimeDelta::minutes(10);
/// After this time a call that is not settled to its end is not at work any more: its process has gone.
const AT_WORK: TimeDelta = TimeDelta::minutes(2);
/// How often a call is run again by itself that is cut short each time.
const MOST_RUNS: usize = 3;
/// Whom the reasons are looked for with: a call's own, or one of its reports'.
const REASONS: [Reason; 3] = [Reason::UnknownClick, Reason::Interrupted, Reason::SeeReports];

/// Looks through all held calls of the last hours, `page` at a time, and runs those again that can go on; gives how many.
///
/// # Errors
/// [`super::ServiceError::Db`].
pub async fn rerun_held(app: &App, page: i64) -> Outcome<usize> {
    let now = app.clock.now();
    let (mut after, mut count) = (None, 0);
    loop {
        let (last, due) = app.db.read(move |conn| due(conn, now, after, page)).await?;
        for (kept, why) in due {
            match rerun_by_itself(app, &kept, why).await {
                Ok(Some(run)) => {
                    count += 1;
                    tracing::info!(call = %kept.id, verdict = %run.verdict, why, "a held call was run again");
                }
                Ok(None) => {}
                // One call that cannot be run must not keep the others back.
                Err(error) => tracing::error!(call = %kept.id, %error, "a held call could not be run again"),
            }
        }
        match last {
            Some(last) => after = Some(last),
            None => return Ok(count),
        }
    }
}

/// A call that can be run again, and why.
type Due = (PostbackRow, &'static str);

/// The calls of one page that can be run again, and the page's last one; `None` when there is no page after it.
fn due(
    conn: &mut Conn,
    now: Timestamp,
    after: Option<PostbackId>,
    page: i64,
) -> Outcome<(Option<PostbackId>, Vec<Due>)> {
    let reasons = REASONS.map(Reason::as_str);
    let rows = postback_list_held_since(conn, &reasons, now.plus(-WINDOW), after, page)?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count >= page);
    let last = rows.last().filter(|_| full).map(|row| row.id);
    let mut waiting = Vec::new();
    for row in rows {
        let reports = held_reports(&row)?;
        waiting.push((row, reports));
    }
    let asked: Vec<ClickId> = waiting.iter().flat_map(|(_, held)| held.unknown.iter().copied()).collect();
    let mut arrived = HashSet::new();
    for part in asked.chunks(1000) {
        arrived.extend(click_list_by_ids(conn, part)?.into_iter().map(|click| click.id));
    }
    let mut due = Vec::new();
    for (row, held) in waiting {
        let here = held.unknown.iter().filter(|click| arrived.contains(click)).count();
        let age = now.since(row.received_at);
        let why = if held.cut_short && age > AT_WORK {
            "it was cut short"
        } else if row.rerun_of.is_none() && here > 0 && (here == held.unknown.len() || age > STRAGGLERS) {
            "its click has arrived"
        } else {
            continue;
        };
        if !was_run(conn, &row)? && !in_vain(conn, &row, now)? {
            due.push((row, why));
        }
    }
    Ok((last, due))
}

/// What a call's held reports wait for.
struct Held {
    /// The clicks that were unknown when the call came.
    unknown: Vec<ClickId>,
    /// Whether some were never looked at, since the process ended before.
    cut_short: bool,
}

fn held_reports(row: &PostbackRow) -> Outcome<Held> {
    let reports: Vec<ReportOutcome> =
        serde_json::from_str(&row.reports).map_err(|cause| DbError::corrupt("postbacks.reports", cause))?;
    let held = |reason| reports.iter().filter(move |one| one.verdict == Verdict::Held && one.reason == Some(reason));
    let unknown = held(Reason::UnknownClick).filter_map(|one| report_click(&one.report)).collect();
    Ok(Held { unknown, cut_short: held(Reason::Interrupted).next().is_some() })
}

/// Whether it was run again by itself before.
fn was_run(conn: &mut Conn, row: &PostbackRow) -> Outcome<bool> {
    let filter = AuditFilter { subject: Some(format!("postback/{}", row.id)), ..AuditFilter::default() };
    let trail = audit_list(conn, &filter, 100)?;
    Ok(trail.iter().any(|entry| entry.actor == SYSTEM))
}

/// Whether earlier runs of the same call came to nothing often or long enough.
fn in_vain(conn: &mut Conn, row: &PostbackRow, now: Timestamp) -> Outcome<bool> {
    let earlier = postback_list_earlier(conn, row)?;
    let first_at = earlier.last().map_or(row.received_at, |first| first.received_at);
    Ok(earlier.len() >= MOST_RUNS || now.since(first_at) > WINDOW)
}
