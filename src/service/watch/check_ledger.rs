//! Checks the whole ledger now and then, and keeps in mind what was found last: a broken ledger must not wait until
//! somebody thinks of asking.

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::{Conn, DbError, Lane};
use crate::domain::access::{Actor, Permission};
use crate::service::accounts::require;
use crate::service::verify_ledger::{Report, verify_ledger};
use crate::service::{App, Outcome, ServiceError};

/// The mark that holds the last check.
pub(super) const MARK: &str = "ledger_checked";
/// The mark that says since when the first check is waited for.
pub(super) const WAITS: &str = "ledger_check_waits";
/// The mark that says when one of the nodes began a check that nobody asked for.
const BEGUN: &str = "ledger_check_begun";
/// Hours that such a check may take before another node thinks that the first has died over it.
const LEASE_HOURS: i64 = 3;
/// Hours between two checks that nobody asked for.
const EVERY_HOURS: i64 = 24;
/// Hours before the first one: a server that starts has other things to do than to read the whole ledger.
const FIRST_HOURS: i64 = 1;

/// What the last check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LastCheck {
    /// When it was.
    pub at: Timestamp,
    /// How many things did not hold.
    pub findings: i64,
    /// The first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// How many transactions were read.
    pub transactions: i64,
}

/// What the mark holds beside its time.
#[derive(Serialize, Deserialize)]
struct Found {
    findings: i64,
    first: Option<String>,
    transactions: i64,
}

/// Reads the mark's row.
pub(super) fn read(row: &MarkRow) -> Outcome<LastCheck> {
    let Found { findings, first, transactions } = serde_json::from_str(&row.body).map_err(ServiceError::internal)?;
    Ok(LastCheck { at: row.at, findings, first, transactions })
}

/// The last check; `None` before the first one.
///
/// # Errors
/// The database's failures.
pub async fn last_check(app: &App) -> Outcome<Option<LastCheck>> {
    let found = app.db.read(|conn| mark_find(conn, MARK)).await?;
    found.as_ref().map(read).transpose()
}

/// Checks the ledger, and keeps in mind what was found.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever may not look; the database's failures.
pub async fn check_ledger(app: &App, actor: &Actor) -> Outcome<Report> {
    require(actor, Permission::Look)?;
    check(app).await
}

/// Checks the ledger when the last check is a day old; for the first time an hour after this was first asked. Gives 0: there is
/// nothing left to do at once.
///
/// # Errors
/// The database's failures.
pub async fn check_ledger_daily(app: &App) -> Outcome<usize> {
    let now = app.clock.now();
    let last = app.db.read(|conn| Ok::<_, DbError>((mark_find(conn, MARK)?, mark_find(conn, WAITS)?))).await?;
    let due = match last {
        (Some(last), _) => now.since(last.at).num_hours() >= EVERY_HOURS,
        (None, Some(waits)) => now.since(waits.at).num_hours() >= FIRST_HOURS,
        (None, None) => {
            let row = MarkRow { name: WAITS.to_owned(), at: now, body: "{}".to_owned() };
            app.db.write(Lane::House, move |conn| mark_set(conn, &row)).await?;
            false
        }
    };
    if due && begin(app, now).await? {
        let report = match check(app).await {
            Ok(report) => report,
            Err(cause) => {
                // It is tried again soon, here or by another node; if this cannot be noted either, when the lease is over.
                let row = begun_at(Timestamp::EPOCH);
                let noted: Result<(), DbError> = app.db.write(Lane::House, move |conn| mark_set(conn, &row)).await;
                drop(noted);
                return Err(cause);
            }
        };
        if let Some(first) = report.findings.first() {
            let (findings, check, row) = (report.findings.len(), first.check, &first.row);
            tracing::error!(findings, check, row, "the ledger is broken");
        }
    }
    Ok(0)
}

/// Whether this node is the one that checks: reading a whole ledger once is enough, however many nodes there are.
async fn begin(app: &App, now: Timestamp) -> Outcome<bool> {
    let begun = begun_at(now);
    let begin = move |conn: &mut Conn| {
        let done = mark_find(conn, MARK)?.is_some_and(|last| now.since(last.at).num_hours() < EVERY_HOURS);
        let others = mark_find(conn, BEGUN)?.is_some_and(|other| now.since(other.at).num_hours() < LEASE_HOURS);
        if done || others {
            return Ok::<_, DbError>(false);
        }
        mark_set(conn, &begun)?;
        Ok(true)
    };
    Ok(app.db.write(Lane::House, begin).await?)
}

fn begun_at(at: Timestamp) -> MarkRow {
    MarkRow { name: BEGUN.to_owned(), at, body: "{}".to_owned() }
}

async fn check(app: &App) -> Outcome<Report> {
    let report = verify_ledger(app).await?;
    let first = report.findings.first().map(|one| format!("{}: {}: {}", one.check, one.row, one.detail));
    let found = Found {
        findings: i64::try_from(report.findings.len()).unwrap_or(i64::MAX),
        first,
        transactions: i64::try_from(report.transactions).unwrap_or(i64::MAX),
    };
    let body = serde_json::to_string(&found).map_err(ServiceError::internal)?;
    let row = MarkRow { name: MARK.to_owned(), at: app.clock.now(), body };
    app.db.write(Lane::House, move |conn| mark_set(conn, &row)).await?;
    Ok(report)
}
