//! How far a partner's integration has come, told from the calls that really came. Looked at are the first calls and the
//! latest, only so many: what happens once in an integration happens early, and how it goes today is told by the latest.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::Timestamp;
use crate::base::id::PartnerId;
use crate::db::partners::partner_secret_list;
use crate::db::postbacks::{CallFact, Side, postback_facts};
use crate::domain::adapter::ReportStatus;
use crate::domain::verdict::Verdict;
use crate::service::ingest_postback::ReportOutcome;
use crate::service::{App, Outcome, ServiceError};
use crate::text_enum;

/// How many of the first, and of the latest calls are looked at.
pub const LOOKED_AT: i64 = 500;

text_enum! {
    /// A step of an integration.
    pub enum Step {
        /// A secret is set.
        Secret = "secret",
        /// A call came that was authentic.
        Authentic = "authentic",
        /// A call was matched with a click.
        Matched = "matched",
        /// An order was told as pending.
        Pending = "pending",
        /// An order was told as confirmed.
        Confirmed = "confirmed",
        /// An order was told as declined.
        Declined = "declined",
        /// The same was told twice, and changed nothing.
        Repeat = "repeat",
        /// No call of the last day was refused.
        Calm = "calm",
        /// No call waits for a person.
        Settled = "settled",
    }
}

/// A step and whether it was taken.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ChecklistStep)]
pub struct Check {
    /// The step.
    #[schema(value_type = String, example = "authentic")]
    pub step: Step,
    /// It was taken.
    pub done: bool,
    /// When, where that is one moment.
    pub at: Option<Timestamp>,
    /// How many calls stand against it.
    pub against: usize,
}

/// What the calls tell.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Checklist {
    /// The steps in their order.
    pub checks: Vec<Check>,
    /// How many steps were taken.
    pub done: usize,
    /// The latest calls by verdict; verdicts that none has are left out.
    #[schema(value_type = Object)]
    pub verdicts: BTreeMap<Verdict, usize>,
    /// How many of the latest calls were looked at.
    pub looked_at: usize,
    /// When the last call came.
    pub last_at: Option<Timestamp>,
}

/// Reads a partner's calls.
///
/// # Errors
/// The database's failures.
pub async fn checklist(app: &App, partner: PartnerId) -> Outcome<Checklist> {
    let now = app.clock.now();
    app.db
        .read(move |conn| {
            let secret = partner_secret_list(conn, partner, now)?.last().map(|row| row.created_at);
            let first = postback_facts(conn, partner, Side::First, LOOKED_AT)?;
            let latest = postback_facts(conn, partner, Side::Latest, LOOKED_AT)?;
            tell(secret, &first, &latest, now)
        })
        .await
}

/// A call with what was read in it.
struct Call<'c> {
    fact: &'c CallFact,
    reports: Vec<ReportOutcome>,
}

fn tell(secret: Option<Timestamp>, first: &[CallFact], latest: &[CallFact], now: Timestamp) -> Outcome<Checklist> {
    let mut calls = Vec::new();
    // The latest come newest first: turned round, all stand in the order of time.
    for fact in first.iter().chain(latest.iter().rev()) {
        let reports = serde_json::from_str(&fact.reports).map_err(ServiceError::internal)?;
        calls.push(Call { fact, reports });
    }
    let first_that =
        |fits: &dyn Fn(&Call<'_>) -> bool| calls.iter().find(|call| fits(call)).map(|c| c.fact.received_at);
    let told = |status: ReportStatus| {
        move |call: &Call<'_>| call.reports.iter().any(|one| one.conversion_id.is_some() && one.report.status == status)
    };
    let declined = |call: &Call<'_>| told(ReportStatus::Declined)(call) || told(ReportStatus::Reversed)(call);
    let since = now.plus_days(-1);
    let refused = |fact: &&CallFact| fact.verdict == Verdict::Refused && fact.received_at >= since;
    let waits = |fact: &&CallFact| fact.verdict == Verdict::Held && !fact.resolved;
    let (refused, waiting) = (latest.iter().filter(refused).count(), latest.iter().filter(waits).count());
    let once = |step: Step, at: Option<Timestamp>| Check { step, done: at.is_some(), at, against: 0 };
    let none = |step: Step, against: usize| Check { step, done: !latest.is_empty() && against == 0, at: None, against };
    let checks = vec![
        once(Step::Secret, secret),
        once(Step::Authentic, first_that(&|call| call.fact.verdict != Verdict::Refused)),
        once(Step::Matched, first_that(&|call| call.reports.iter().any(|one| one.conversion_id.is_some()))),
        once(Step::Pending, first_that(&told(ReportStatus::Pending))),
        once(Step::Confirmed, first_that(&told(ReportStatus::Confirmed))),
        once(Step::Declined, first_that(&declined)),
        once(Step::Repeat, first_that(&|call| call.fact.verdict == Verdict::Unchanged)),
        none(Step::Calm, refused),
        none(Step::Settled, waiting),
    ];
    let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for fact in latest {
        let count = verdicts.entry(fact.verdict).or_default();
        *count = count.saturating_add(1);
    }
    Ok(Checklist {
        done: checks.iter().filter(|check| check.done).count(),
        checks,
        verdicts,
        looked_at: latest.len(),
        last_at: latest.first().map(|fact| fact.received_at),
    })
}
