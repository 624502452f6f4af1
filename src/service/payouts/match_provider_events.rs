//! Looks again at the webhooks that no payout took in when they came.

use chrono::TimeDelta;

use super::jobs::{poll_job, poll_key};
use crate::base::id::JobId;
use crate::db::Lane;
use crate::db::jobs::{job_enqueue, job_hurry};
use crate::db::payouts::payout_find_by_provider;
use crate::db::provider_events::{ProviderEventRow, provider_event_apply, provider_event_list_waiting};
use crate::service::{App, Outcome, ServiceError};

/// How long a webhook may wait for its payout; later only a person looks.
const PATIENCE: TimeDelta = TimeDelta::days(7);

/// Matches up to `limit` waiting webhooks with payouts that are known by now; gives how many were. An old message is a
/// hint, so the provider is asked about the payout at once.
///
/// # Errors
/// [`ServiceError::Db`].
pub async fn match_provider_events(app: &App, limit: i64) -> Outcome<usize> {
    let now = app.clock.now();
    let waiting = app.db.read(move |conn| provider_event_list_waiting(conn, None, limit)).await?;
    let mut matched = 0;
    for event in waiting.into_iter().filter(|event| now.since(event.received_at) < PATIENCE) {
        matched += usize::from(match_event(app, event).await?);
    }
    Ok(matched)
}

async fn match_event(app: &App, event: ProviderEventRow) -> Outcome<bool> {
    let now = app.clock.now();
    let wanted = event.clone();
    let found = app
        .db
        .read(move |conn| {
            let (key, reference) = (wanted.provider_key.as_deref(), wanted.provider_ref.as_deref());
            payout_find_by_provider(conn, &wanted.provider, key, reference)
        })
        .await?;
    let Some(row) = found else { return Ok(false) };
    let poll = poll_job(JobId::new(), row.id, row.polls, now)?;
    let key = poll_key(row.id, row.polls);
    app.db
        .write(Lane::Shopper(row.shopper_id), move |conn| {
            provider_event_apply(conn, &event, row.id)?;
            job_enqueue(conn, &poll)?;
            job_hurry(conn, &key, now)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(true)
}
