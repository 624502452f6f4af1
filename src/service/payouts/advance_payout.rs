//! The one place where a payout changes: load it, let the rules decide, move the money, write the row over the
//! revision it was decided upon, note the event, make the next job; all in one transaction.

use chrono::TimeDelta;

use super::jobs::{poll_job, submit_job};
use crate::base::Timestamp;
use crate::base::id::{JobId, PayoutId, TransactionId};
use crate::db::balances::balances_find;
use crate::db::jobs::{job_enqueue, job_finish};
use crate::db::payouts::{
    PayoutEventRow, PayoutRow, payout_count_poll, payout_event_insert, payout_find, payout_update,
};
use crate::db::{Conn, Lane};
use crate::domain::money::Amount;
use crate::domain::payout::money::{kind_of, transfers};
use crate::domain::payout::{
    LedgerMove, Next, PayoutEvent, PayoutState, PersonWhy, Step, next_poll, next_watch, transition,
};
use crate::service::post::{post, transaction};
use crate::service::{App, Outcome, ServiceError};

/// How long after we were refused for our own account it is tried again without a person.
const OUR_SIDE_WAIT: TimeDelta = TimeDelta::hours(1);

/// An event on its way to a payout, with all that the transaction needs: it may run more than once.
#[derive(Debug, Clone)]
pub struct Advance {
    /// What happened.
    pub event: PayoutEvent,
    /// Where it came from: `shopper`, `operator/{id}`, `send`, `answer`, `webhook`, `poll`.
    pub cause: String,
    /// More about it, for operators; no secrets.
    pub detail: Option<String>,
    /// The amount that the provider speaks of, to be held against ours.
    pub amount: Option<Amount>,
    /// When.
    pub now: Timestamp,
    /// Only if the payout still has this revision.
    pub revision: Option<i64>,
    /// The job whose work this is: it ends in the same transaction.
    pub job: Option<JobId>,
    /// How long the provider asked us to wait.
    pub wait: Option<TimeDelta>,
    /// Whether the provider was asked.
    pub polled: bool,
    /// Whether a person has looked: what asked for one is over.
    pub settled: bool,
    transaction: TransactionId,
    next_job: JobId,
}

impl Advance {
    /// An event and where it came from.
    #[must_use]
    pub fn new(event: PayoutEvent, cause: impl Into<String>, now: Timestamp) -> Self {
        Self {
            event,
            cause: cause.into(),
            detail: None,
            amount: None,
            now,
            revision: None,
            job: None,
            wait: None,
            polled: false,
            settled: false,
            transaction: TransactionId::new(),
            next_job: JobId::new(),
        }
    }
}

/// What became of an event.
#[derive(Debug, Clone)]
pub struct Advanced {
    /// The payout afterwards.
    pub row: PayoutRow,
    /// What was decided.
    pub step: Step,
}

/// Brings an event to a payout.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] when the state does not allow it or has moved on;
/// [`ServiceError::Db`]. Nothing is changed then.
pub async fn advance_payout(app: &App, id: PayoutId, advance: Advance) -> Outcome<Advanced> {
    let found = app.db.read(move |conn| Ok::<_, ServiceError>(payout_find(conn, id)?)).await?;
    let shopper = found.ok_or(ServiceError::NotFound("payout"))?.shopper_id;
    let advanced = app.db.write(Lane::Shopper(shopper), move |conn| advance_in_tx(conn, id, &advance)).await?;
    report(&advanced);
    Ok(advanced)
}

/// The same inside the caller's transaction, in the lane of the payout's shopper. Follow it with [`report`] after the
/// commit.
///
/// # Errors
/// As [`advance_payout`].
pub fn advance_in_tx(conn: &mut Conn, id: PayoutId, advance: &Advance) -> Outcome<Advanced> {
    let row = payout_find(conn, id)?.ok_or(ServiceError::NotFound("payout"))?;
    if advance.revision.is_some_and(|known| known != row.revision) {
        return Err(moved_on());
    }
    let step = decide(&row, advance)?;
    let mut next = row.with(&step.after);
    next.attention = if advance.settled { None } else { attention(&row, &step) };
    if !step.noop || next.attention != row.attention {
        next.revision = row.revision.saturating_add(1);
        next.updated_at = advance.now;
        write(conn, &row, &next, step.ledger, advance)?;
    }
    if advance.polled {
        payout_count_poll(conn, id)?;
        next.polls = next.polls.saturating_add(1);
    }
    if let Some(job) = advance.job {
        job_finish(conn, job)?;
    }
    follow_up(conn, &next, &step, advance)?;
    Ok(Advanced { row: next, step })
}

fn moved_on() -> ServiceError {
    ServiceError::conflict("payout_moved_on", "the payout has changed meanwhile")
}

fn decide(row: &PayoutRow, advance: &Advance) -> Outcome<Step> {
    let current = row.payout();
    if let Some(amount) = advance.amount
        && amount != current.net()?
    {
        let next = Next::Person(PersonWhy::OtherAmount);
        return Ok(Step { after: current, ledger: LedgerMove::None, next, noop: true });
    }
    Ok(transition(&current, &advance.event, advance.now)?)
}

/// What a person has to look at: contradictions stay until somebody has; a wait is over once the payout moves on.
/// Waiting for approval is a state of its own.
fn attention(row: &PayoutRow, step: &Step) -> Option<PersonWhy> {
    if let Next::Person(why) = step.next
        && why != PersonWhy::Review
    {
        return Some(why);
    }
    row.attention.filter(|why| match why {
        PersonWhy::KeyWindowClosed => step.after.state == row.state,
        PersonWhy::OurSide => step.after.state == PayoutState::Submitting,
        PersonWhy::ShopperBlocked => step.after.state == row.state && i64::from(step.after.sends) == row.sends,
        PersonWhy::JobGivenUp => step.after.state == row.state && !matches!(step.next, Next::Submit | Next::Poll),
        PersonWhy::Review
        | PersonWhy::NeverSent
        | PersonWhy::TwoReferences
        | PersonWhy::PaidAfterRelease
        | PersonWhy::FailedAfterPaid
        | PersonWhy::OtherAmount => true,
    })
}

fn write(conn: &mut Conn, row: &PayoutRow, next: &PayoutRow, ledger: LedgerMove, advance: &Advance) -> Outcome<()> {
    if !payout_update(conn, next, row.revision)? {
        return Err(moved_on());
    }
    if let Some(kind) = kind_of(ledger) {
        let balances = balances_find(conn, row.shopper_id, row.currency)?;
        let moves = transfers(&next.payout(), row.shopper_id, &row.provider, ledger, &balances)?;
        let source = format!("payout/{}/{}", next.id, next.revision);
        let mut entry = transaction(advance.transaction, advance.now, kind, source);
        entry.shopper_id = Some(row.shopper_id);
        entry.payout_id = Some(row.id);
        post(conn, &entry, &moves)?;
    }
    let news = next.attention.filter(|_| next.attention != row.attention).map(|why| why.as_str().to_owned());
    let reason = next.reason.clone().filter(|_| next.reason != row.reason);
    let event = PayoutEventRow {
        payout_id: next.id,
        revision: next.revision,
        at: advance.now,
        state: next.state,
        cause: advance.cause.clone(),
        detail: advance.detail.clone().or(news).or(reason),
    };
    payout_event_insert(conn, &event)?;
    Ok(())
}

/// Makes the job that comes next. A job of the same name that waits already is left as it is.
fn follow_up(conn: &mut Conn, next: &PayoutRow, step: &Step, advance: &Advance) -> Outcome<()> {
    let polls = u32::try_from(next.polls).unwrap_or(u32::MAX);
    let poll_wait = advance.wait.unwrap_or_else(|| next_poll(polls, next.id));
    let under_way = matches!(next.state, PayoutState::Submitting | PayoutState::Submitted | PayoutState::Unknown);
    let job = match step.next {
        Next::Submit => {
            let again = matches!(advance.event, PayoutEvent::TryAgain);
            let tries = u32::try_from(next.sends.saturating_sub(1)).unwrap_or(0);
            let wait =
                if again { advance.wait.unwrap_or_else(|| next_poll(tries, next.id)) } else { TimeDelta::zero() };
            Some(submit_job(advance.next_job, next.id, next.sends, advance.now.plus(wait))?)
        }
        // A person makes it go on, by asking the provider.
        Next::Person(PersonWhy::JobGivenUp) => None,
        Next::Person(PersonWhy::OurSide | PersonWhy::ShopperBlocked) if next.state == PayoutState::Submitting => {
            Some(submit_job(advance.next_job, next.id, next.sends, advance.now.plus(OUR_SIDE_WAIT))?)
        }
        Next::Poll => Some(poll_job(advance.next_job, next.id, next.polls, advance.now.plus(poll_wait))?),
        Next::Person(_) if under_way => {
            Some(poll_job(advance.next_job, next.id, next.polls, advance.now.plus(poll_wait))?)
        }
        Next::Nothing | Next::Person(_) => watch(next, step, advance)?,
    };
    match job {
        Some(job) => Ok(job_enqueue(conn, &job)?),
        None => Ok(()),
    }
}

/// Money that was paid can come back, and not every provider tells.
fn watch(next: &PayoutRow, step: &Step, advance: &Advance) -> Outcome<Option<crate::db::jobs::JobRow>> {
    if next.state != PayoutState::Paid || (step.noop && !advance.polled) {
        return Ok(None);
    }
    let wait = next_watch(advance.now.since(next.updated_at));
    wait.map(|wait| poll_job(advance.next_job, next.id, next.polls, advance.now.plus(wait))).transpose()
}

/// Says what happened, after the commit.
pub fn report(advanced: &Advanced) {
    let (row, step) = (&advanced.row, &advanced.step);
    if !step.noop {
        metrics::counter!("kopilka_payout_changes_total", "state" => row.state.as_str()).increment(1);
        tracing::info!(payout = %row.id, state = row.state.as_str(), revision = row.revision, "a payout changed");
    }
    match step.next {
        Next::Person(PersonWhy::Review) | Next::Nothing | Next::Submit | Next::Poll => {}
        Next::Person(why) => {
            metrics::counter!("kopilka_payout_attention_total", "why" => why.as_str()).increment(1);
            tracing::error!(payout = %row.id, why = why.as_str(), state = row.state.as_str(), "a person has to look at a payout");
        }
    }
}
