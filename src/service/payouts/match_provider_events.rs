//! Looks again at the webhooks that no payout took in when they came.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::jobs::{poll_job, poll_key};
use super::take_webhook::another_name;
use crate::base::id::JobId;
use crate::db::jobs::{job_enqueue, job_hurry};
use crate::db::payouts::{PayoutRow, payout_find_by_provider};
use crate::db::provider_events::{
    ProviderEventRow, provider_event_apply, provider_event_learn, provider_event_list_waiting,
};
use crate::db::{Conn, Lane};
use crate::provider::{Found, Lookup};
use crate::service::reconcile::{case_keep, case_of};
use crate::service::{App, Outcome, ServiceError};

/// How long a webhook may wait for its payout; later only a person looks.
const PATIENCE: TimeDelta = TimeDelta::days(7);
/// By how much a message may overtake the answer that tells its reference: no call takes that long.
const OVERTAKEN: TimeDelta = TimeDelta::hours(1);

/// Matches up to `limit` waiting webhooks with payouts that are known by now; gives how many were. An old message is a
/// hint, so the provider is asked about the payout at once.
///
/// # Errors
/// [`ServiceError::Db`].
pub async fn match_provider_events(app: &App, limit: i64) -> Outcome<usize> {
    let now = app.clock.now();
    let waiting = app.db.read(move |conn| provider_event_list_waiting(conn, None, limit)).await?;
    let (mut matched, mut silent) = (0, BTreeSet::new());
    for event in waiting.into_iter().filter(|event| now.since(event.received_at) < PATIENCE) {
        matched += usize::from(match_event(app, event, &mut silent).await?);
    }
    Ok(matched)
}

/// `silent` holds the providers that have no answer now: they are not asked again in this run.
async fn match_event(app: &App, event: ProviderEventRow, silent: &mut BTreeSet<String>) -> Outcome<bool> {
    let now = app.clock.now();
    let mut found = payout_of(app, &event, event.provider_key.as_deref()).await?;
    let waited = event.provider_key.is_none() && now.since(event.received_at) >= OVERTAKEN;
    if found.is_none() && waited && !silent.contains(&event.provider) {
        match ask(app, &event).await? {
            Asked::Settled(row) => found = row.map(|row| *row),
            Asked::NoAnswer => drop(silent.insert(event.provider.clone())),
        }
    }
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

async fn payout_of(app: &App, event: &ProviderEventRow, key: Option<&str>) -> Outcome<Option<PayoutRow>> {
    let (provider, key, reference) = (event.provider.clone(), key.map(str::to_owned), event.provider_ref.clone());
    let find = move |conn: &mut Conn| payout_find_by_provider(conn, &provider, key.as_deref(), reference.as_deref());
    Ok(app.db.read(find).await?)
}

/// What came of a question.
enum Asked {
    /// The payout that it is about, if any.
    Settled(Option<Box<PayoutRow>>),
    /// It has to be asked again another time.
    NoAnswer,
}

/// A message without a key that waited in vain: the provider is asked, once, whose payment it is. Money that it moved and nobody
/// explains is a case.
async fn ask(app: &App, event: &ProviderEventRow) -> Outcome<Asked> {
    let Some(reference) = event.provider_ref.clone() else { return Ok(Asked::Settled(None)) };
    // One that is not configured any more is asked nothing.
    let Some(provider) = app.providers.get(&event.provider) else { return Ok(Asked::NoAnswer) };
    let told = match provider.fetch(&Lookup::ProviderRef(reference)).await {
        Found::Known(payment) => Some(payment),
        Found::NotFound => None,
        Found::CannotTell { .. } | Found::Unknown { .. } => return Ok(Asked::NoAnswer),
    };
    let key = told.as_ref().and_then(|payment| payment.key.clone());
    let known = match &key {
        Some(key) => payout_of(app, event, Some(key)).await?,
        None => None,
    };
    let elsewhere = another_name(app, key.as_deref()).await?.is_some();
    let unexplained = told.filter(|_| known.is_none() && !elsewhere);
    let case = unexplained.and_then(|payment| case_of(&event.provider, &payment, app.clock.now()));
    let (event, key) = (event.clone(), key.unwrap_or_default());
    let write = app.db.write(Lane::House, move |conn| {
        provider_event_learn(conn, &event, &key)?;
        case.iter().try_for_each(|case| case_keep(conn, case))
    });
    write.await?;
    Ok(Asked::Settled(known.map(Box::new)))
}
