//! Takes in a provider's webhook: authenticated first, then kept and applied in one transaction. What cannot be matched
//! is kept as well and answered with success, since a webhook may overtake our own answer.

use super::advance_payout::{Advance, Change, changed};
use crate::base::Failpoint;
use crate::base::secret::sha256_hex;
use crate::db::payouts::{PayoutRow, payout_find_by_provider, payout_find_provider};
use crate::db::provider_events::{ProviderEventRow, provider_event_insert};
use crate::db::reconciliation::CaseRow;
use crate::db::{Lane, WriteError as _};
use crate::provider::{ProviderPayout, WebhookCall, WebhookEvent, WebhookRefusal};
use crate::service::reconcile::{case_keep, case_of};
use crate::service::{App, Outcome, ServiceError};

crate::text_enum! {
    /// What became of a webhook.
    pub enum Taken {
        /// Not the provider's: kept nowhere.
        NotAuthentic = "not_authentic",
        /// Kept, and the payout took it in.
        Applied = "applied",
        /// Came before.
        Repeated = "repeated",
        /// Kept until its payout is known, or until a person looks.
        Waiting = "waiting",
        /// Not about a payout: kept nowhere.
        Unrelated = "unrelated",
        /// It could not be checked now; it has to come again.
        Later = "later",
    }
}

/// What a kept body is sealed for: it may hold a destination's token.
#[must_use]
pub fn event_context(provider: &str, event: &str) -> String {
    format!("provider_event/{provider}/{event}")
}

/// Takes in a call to the webhook address of this provider.
///
/// # Errors
/// [`ServiceError::NotFound`] for an unknown provider; [`ServiceError::Db`] when it could not be kept, so that it
/// comes again.
pub async fn take_webhook(app: &App, provider: &str, call: WebhookCall<'_>) -> Outcome<Taken> {
    let sender = app.providers.get(provider).ok_or(ServiceError::NotFound("payout provider"))?;
    let taken = match sender.read_webhook(call).await {
        Err(WebhookRefusal::NotAuthentic(why)) => {
            tracing::warn!(provider, why, "a webhook was refused");
            Taken::NotAuthentic
        }
        Err(WebhookRefusal::Unreadable(why)) => keep_unreadable(app, provider, call, why).await?,
        Err(WebhookRefusal::Unrelated(what)) => {
            tracing::debug!(provider, what, "a webhook is not about a payout");
            Taken::Unrelated
        }
        Err(WebhookRefusal::Later(why)) => {
            tracing::warn!(provider, why, "a webhook could not be checked");
            Taken::Later
        }
        Ok(event) => {
            Failpoint::WebhookRead.pass();
            let taken = take_event(app, provider, call.raw_body, event).await?;
            Failpoint::WebhookStored.pass();
            taken
        }
    };
    metrics::counter!("kopilka_webhooks_total", "outcome" => taken.as_str()).increment(1);
    Ok(taken)
}

fn row(app: &App, provider: &str, event_id: String, body: &[u8]) -> Outcome<ProviderEventRow> {
    let text = String::from_utf8_lossy(body);
    let sealed = app.master.seal(&event_context(provider, &event_id), &text).map_err(ServiceError::internal)?;
    Ok(ProviderEventRow {
        provider: provider.to_owned(),
        event_id,
        received_at: app.clock.now(),
        payout_id: None,
        provider_key: None,
        provider_ref: None,
        status: "unreadable".to_owned(),
        body: sealed,
        applied: false,
        problem: None,
    })
}

async fn keep_unreadable(app: &App, provider: &str, call: WebhookCall<'_>, why: String) -> Outcome<Taken> {
    let event_id = format!("unreadable-{}", sha256_hex(call.raw_body));
    let mut kept = row(app, provider, event_id, call.raw_body)?;
    kept.problem = Some(why);
    keep(app, kept, None).await
}

async fn keep(app: &App, kept: ProviderEventRow, case: Option<CaseRow>) -> Outcome<Taken> {
    let (provider, status) = (kept.provider.clone(), kept.status.clone());
    let write = app.db.write(Lane::House, move |conn| {
        let new = provider_event_insert(conn, &kept)?;
        case.iter().filter(|_| new).try_for_each(|case| case_keep(conn, case))?;
        Ok::<_, ServiceError>(new)
    });
    let new = write.await?;
    if !new {
        return Ok(Taken::Repeated);
    }
    tracing::warn!(provider, status, "a webhook waits: no payout takes it in");
    Ok(Taken::Waiting)
}

async fn take_event(app: &App, provider: &str, body: &[u8], event: WebhookEvent) -> Outcome<Taken> {
    let mut kept = row(app, provider, event.id, body)?;
    kept.provider_key.clone_from(&event.payout.key);
    kept.provider_ref = Some(event.payout.provider_ref.clone());
    kept.status = event.payout.status.word();
    let (name, payout) = (provider.to_owned(), event.payout.clone());
    let found = app
        .db
        .read(move |conn| payout_find_by_provider(conn, &name, payout.key.as_deref(), Some(&payout.provider_ref)))
        .await?;
    match found {
        Some(known) => apply(app, kept, &known, &event.payout).await,
        None => {
            let other = another_name(app, event.payout.key.as_deref()).await?;
            kept.problem = Some(match &other {
                Some(other) => format!("its payout is sent through {other}: let the account call that address"),
                None => format!("no payout explains {}", event.payout.amount),
            });
            // Our keys are stored before they are sent, so a key that nobody knows stays unknown. A message without one may have
            // overtaken the answer that tells the reference: it is looked at again (see `match_provider_events`).
            let unexplained = event.payout.key.is_some() && other.is_none();
            let case = unexplained.then(|| case_of(provider, &event.payout, kept.received_at)).flatten();
            keep(app, kept, case).await
        }
    }
}

/// The name that a payout's provider has here, whichever it is: one account may be configured under two.
pub(super) async fn another_name(app: &App, key: Option<&str>) -> Outcome<Option<String>> {
    let Some(key) = key.map(str::to_owned) else { return Ok(None) };
    Ok(app.db.read(move |conn| payout_find_provider(conn, &key)).await?)
}

async fn apply(app: &App, mut kept: ProviderEventRow, known: &PayoutRow, news: &ProviderPayout) -> Outcome<Taken> {
    kept.payout_id = Some(known.id);
    kept.applied = true;
    let mut advance = Advance::new(news.event(), "webhook", app.clock.now());
    (advance.amount, advance.detail) = (Some(news.amount), news.status.unheard());
    let change = Change { payout: known.id, advance, unless_blocked: false, told_by: Some(kept) };
    match changed(app, known, change).await {
        Ok(Some(_)) => Ok(Taken::Applied),
        Ok(None) => Ok(Taken::Repeated),
        Err(error) => {
            if error.db().is_none() {
                tracing::error!(payout = %known.id, %error, "a webhook could not be applied");
            }
            Err(error)
        }
    }
}
