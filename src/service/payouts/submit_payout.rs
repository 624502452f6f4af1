//! Hands a payout to its provider: the intent is committed first, then the call is made outside any transaction, then
//! its answer is taken in.

use super::advance_payout::{Advance, Advanced, BLOCKED, Change, advance_payout, changed};
use super::look::payout_of;
use super::providers::provider_of;
use crate::base::Failpoint;
use crate::base::id::{JobId, PayoutId};
use crate::db::methods::{method_context, method_find};
use crate::db::payouts::PayoutRow;
use crate::db::{DbError, Lane};
use crate::domain::payout::{PayoutEvent, PayoutState, Refusal};
use crate::provider::{Intent, Outcome as Answer, RejectClass};
use crate::service::reconcile::provider_is_stopped;
use crate::service::{App, Outcome, ServiceError};

/// What the receiver reads.
const DESCRIPTION: &str = "Cashback";

/// Sends a payout that had been sent `sends` times when this was planned. If it has been sent more often since, an
/// earlier run got as far as the call and no further: then the provider is asked, and nothing is sent.
///
/// # Errors
/// [`ServiceError`] when it could not be sent or its answer not be kept; running it again is safe.
pub async fn submit_payout(app: &App, id: PayoutId, sends: i64, job: Option<JobId>) -> Outcome<()> {
    Failpoint::SendClaimed.pass();
    let row = payout_of(app, id).await?;
    match row.state {
        PayoutState::Approved | PayoutState::Submitting if row.sends == sends => send(app, &row, job).await,
        PayoutState::Submitting => {
            let mut advance = Advance::new(PayoutEvent::Unknown, "send", app.clock.now());
            advance.detail = Some("it was sent, and what came of it was not kept".to_owned());
            (advance.job, advance.revision) = (job, Some(row.revision));
            advance_payout(app, &row, advance).await.map(drop)
        }
        PayoutState::Requested
        | PayoutState::Review
        | PayoutState::Approved
        | PayoutState::Submitted
        | PayoutState::Unknown
        | PayoutState::Paid
        | PayoutState::Failed
        | PayoutState::Cancelled
        | PayoutState::Returned => finish(app, job).await,
    }
}

async fn finish(app: &App, job: Option<JobId>) -> Outcome<()> {
    match job {
        Some(job) => Ok(app.done_jobs.write(Lane::House, job).await?),
        None => Ok(()),
    }
}

async fn send(app: &App, row: &PayoutRow, job: Option<JobId>) -> Outcome<()> {
    if provider_is_stopped(app, &row.provider, job).await? {
        return Ok(());
    }
    let provider = provider_of(app, &row.provider)?;
    if provider.drawn_on().is_some() {
        // An operator sends it, in a file.
        return finish(app, job).await;
    }
    // Whatever can go wrong on our side goes wrong before the intent is committed.
    let intent = intent(app, row).await?;
    match commit_send(app, row).await {
        Ok(committed) => {
            Failpoint::SendStored.pass();
            let answer = provider.create(&intent).await;
            Failpoint::Answered.pass();
            take_answer(app, &committed.row, &answer, job).await?;
            Failpoint::AnswerStored.pass();
            Ok(())
        }
        Err(ServiceError::Conflict { code, .. }) if code == Refusal::KeyWindowClosed.code() => {
            not_sent(app, row, PayoutEvent::TryAgain, job).await
        }
        Err(ServiceError::Conflict { code: BLOCKED, .. }) => not_sent(app, row, PayoutEvent::Hold, job).await,
        Err(error) => Err(error),
    }
}

/// Notes why nothing was sent, and ends the job.
async fn not_sent(app: &App, row: &PayoutRow, event: PayoutEvent, job: Option<JobId>) -> Outcome<()> {
    let mut advance = Advance::new(event, "send", app.clock.now());
    (advance.job, advance.revision) = (job, Some(row.revision));
    advance_payout(app, row, advance).await.map(drop)
}

/// What the provider is asked for, from what is stored: the same on every send.
///
/// # Errors
/// [`ServiceError::Internal`] when the method's token cannot be opened.
pub async fn intent(app: &App, row: &PayoutRow) -> Outcome<Intent> {
    let method = row.method_id;
    let found = app.db.read(move |conn| method_find(conn, method)).await?;
    let found = found.ok_or_else(|| DbError::Corrupt(format!("the method of payout {} is missing", row.id)))?;
    let context = method_context(found.id);
    Ok(Intent {
        payout: row.id,
        key: row.provider_key.clone(),
        amount: row.payout().net()?,
        kind: row.kind,
        destination: app.master.open(&context, &found.sealed).map_err(ServiceError::internal)?,
        description: DESCRIPTION.to_owned(),
    })
}

/// Commits that the payout is about to leave, upon the revision in `row`.
///
/// # Errors
/// [`ServiceError::Conflict`] when it moved on, when the provider no longer remembers its key, or (`shopper_blocked`)
/// when the shopper may not be paid.
pub async fn commit_send(app: &App, row: &PayoutRow) -> Outcome<Advanced> {
    let now = app.clock.now();
    let key_until = now.plus(provider_of(app, &row.provider)?.key_window());
    let mut advance = Advance::new(PayoutEvent::Send { key_until }, "send", now);
    advance.revision = Some(row.revision);
    let change = Change { payout: row.id, advance, unless_blocked: true, told_by: None };
    changed(app, row, change).await?.ok_or(ServiceError::NotFound("payout"))
}

/// Takes in what the provider answered to the send that `sent` is the state of.
///
/// # Errors
/// [`ServiceError::Db`]; the job that did not end then asks the provider when it runs again.
pub async fn take_answer(app: &App, sent: &PayoutRow, answer: &Answer, job: Option<JobId>) -> Outcome<()> {
    let send = u32::try_from(sent.sends).unwrap_or(u32::MAX);
    let mut advance = Advance::new(answer.event(send), "answer", app.clock.now());
    advance.job = job;
    match answer {
        Answer::Accepted { status, .. } => advance.detail = status.unheard(),
        Answer::Rejected { code, detail, class } => {
            advance.detail = Some(format!("{code}: {detail}"));
            if let RejectClass::RetrySameKey { after } = class {
                advance.wait = *after;
            }
        }
        Answer::Unknown { why } => advance.detail = Some(why.clone()),
    }
    advance_payout(app, sent, advance).await.map(drop)
}
