//! Walks through a provider's own list, and holds it against ours: once a day by itself, and when somebody asks.

use serde_json::json;

use super::provider::{Compared, case, close_mended, keep, look};
use crate::base::Timestamp;
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::reconciliation::CaseRow;
use crate::domain::access::{Actor, Permission};
use crate::domain::reconcile::{Finding, Scope, TheirState, Theirs};
use crate::provider::{PayoutProvider, ProviderPayout, ProviderStatus};
use crate::service::accounts::require;
use crate::service::payouts::providers::provider_of;
use crate::service::{App, Outcome, ServiceError};

/// Hours between two walks that nobody asked for.
const EVERY_HOURS: i64 = 24;
/// Hours before the first one.
const FIRST_HOURS: i64 = 1;
/// How far behind the walk before the next one begins, in days: what was under way then has ended since.
const BACK_DAYS: i64 = 3;
/// The most payments of one walk.
const MOST: usize = 200_000;
/// Where its cases were found.
const FOUND_IN: &str = "list";

/// Compares with a provider's list of the payments made from `from` until before `until`.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; `provider_not_configured`; `provider_unavailable` when the list cannot
/// be had; [`ServiceError::Invalid`] for `until`; the database's failures.
pub async fn reconcile_list(
    app: &App,
    actor: &Actor,
    provider: &str,
    from: Timestamp,
    until: Timestamp,
) -> Outcome<Compared> {
    require(actor, Permission::Money)?;
    if from >= until || until.since(from).num_days() > 100 {
        return Err(ServiceError::invalid("until", "must be later than from, by 100 days at most"));
    }
    let now = app.clock.now();
    let detail = json!({ "from": from, "until": until });
    let audit = AuditRow::new(now, actor, "reconciliation.run", format!("provider/{provider}"), &detail);
    walk(app, provider, from, until, Some(audit)).await
}

async fn walk(app: &App, name: &str, from: Timestamp, until: Timestamp, audit: Option<AuditRow>) -> Outcome<Compared> {
    let provider = provider_of(app, name)?;
    let theirs = all(provider.as_ref(), from, until).await?;
    let (now, rail, lines) = (app.clock.now(), name.to_owned(), theirs.len());
    let scope = Scope { from, until, moved_only: false, fee: 0 };
    let compared = rail.clone();
    let (ours, matched) = app.db.read(move |conn| look(conn, &compared, &theirs, &scope, now)).await?;
    let found = |one: &Finding| case(&rail, one, one.key(), FOUND_IN, now);
    let cases: Vec<CaseRow> = matched.findings.iter().map(found).collect();
    let (agreed, differences) = (matched.agreed, cases.len());
    let written = app.db.write(Lane::House, move |conn| {
        let (opened, known) = keep(conn, &rail, &cases, now)?;
        let closed = close_mended(conn, &rail, (&ours, &matched), now)?;
        match &audit {
            // Somebody asked for a time of their own: the daily walk goes on from where it was.
            Some(audit) => audit_insert_in_tx(conn, audit)?,
            None => mark_set(conn, &MarkRow { name: reconciled(&rail), at: now, body: "{}".to_owned() })?,
        }
        Ok::<_, ServiceError>((opened, known, closed))
    });
    let (opened, known, closed) = written.await?;
    if opened > 0 {
        tracing::error!(provider = name, opened, "the provider's list and ours differ: see the cases");
    }
    Ok(Compared { lines, agreed, differences, opened, known, closed })
}

/// The mark that says until when a provider's list was compared.
#[must_use]
pub fn reconciled(provider: &str) -> String {
    format!("reconciled/{provider}")
}

async fn all(provider: &dyn PayoutProvider, from: Timestamp, until: Timestamp) -> Outcome<Vec<Theirs>> {
    let (mut theirs, mut cursor): (Vec<Theirs>, Option<String>) = (Vec::new(), None);
    loop {
        let page = provider.list(from, until, cursor.as_deref()).await;
        let page = page.map_err(|error| ServiceError::conflict("provider_unavailable", error.to_string()))?;
        theirs.extend(page.payouts.into_iter().map(line));
        if theirs.len() > MOST {
            return Err(ServiceError::invalid("from", format!("there are more than {MOST} payments: take less time")));
        }
        match page.next {
            Some(next) if Some(&next) != cursor.as_ref() => cursor = Some(next),
            Some(_) | None => return Ok(theirs),
        }
    }
}

/// A payment of the provider as a line to compare.
pub(super) fn line(payment: ProviderPayout) -> Theirs {
    let state = match payment.status {
        ProviderStatus::Pending | ProviderStatus::Unheard(_) => TheirState::Pending,
        ProviderStatus::Paid => TheirState::Paid,
        ProviderStatus::Failed(_) => TheirState::Failed,
        ProviderStatus::Returned(_) => TheirState::Returned,
    };
    let ProviderPayout { provider_ref, key, amount, created_at, .. } = payment;
    Theirs { reference: provider_ref, key, amount, fee: None, state, at: created_at }
}

/// Walks through the list of every provider whose last walk is a day old; for the first time an hour after this was first asked.
/// Gives 0: there is nothing left to do at once.
///
/// # Errors
/// The database's failures. A provider whose list cannot be had is asked again the next time.
pub async fn reconcile_daily(app: &App) -> Outcome<usize> {
    let now = app.clock.now();
    for provider in app.providers.iter().filter(|one| one.has_list()) {
        let (name, key) = (provider.name().to_owned(), reconciled(provider.name()));
        let last = app.db.read(move |conn| mark_find(conn, &key)).await?;
        let Some(last) = last else {
            let at = now.plus_seconds((FIRST_HOURS - EVERY_HOURS) * 3600);
            let row = MarkRow { name: reconciled(&name), at, body: "{}".to_owned() };
            app.db.write(Lane::House, move |conn| mark_set(conn, &row)).await?;
            continue;
        };
        if now.since(last.at).num_hours() < EVERY_HOURS {
            continue;
        }
        match walk(app, &name, last.at.plus_days(-BACK_DAYS), now, None).await {
            Ok(_compared) => {}
            Err(error @ ServiceError::Db(_)) => return Err(error),
            Err(error) => tracing::warn!(provider = name, %error, "the provider's list could not be compared"),
        }
    }
    Ok(0)
}
