//! The one place where a payout changes: load it, let the rules decide, move the money, write the row over the
//! revision it was decided upon, note the event, make the next job; all in one transaction, which many changes share.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::book::Book;
use super::jobs::{poll_job, submit_job};
use crate::base::Timestamp;
use crate::base::id::{JobId, PayoutId, ShopperId, TransactionId};
use crate::db::jobs::JobRow;
use crate::db::payouts::PayoutRow;
use crate::db::protection::freeze_list;
use crate::db::provider_events::{ProviderEventRow, provider_event_insert};
use crate::db::shoppers::shopper_list_unblocked;
use crate::db::{Answers, Conn, Lane, WriteSet};
use crate::domain::money::Amount;
use crate::domain::payout::{
    LedgerMove, Next, PayoutEvent, PayoutState, PersonWhy, Step, next_poll, next_watch, transition,
};
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
    /// The id of the transaction that its money follows by.
    pub(super) transaction: TransactionId,
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

/// A change that waits to be written together with others.
#[derive(Debug)]
pub struct Change {
    /// The payout.
    pub payout: PayoutId,
    /// What happened.
    pub advance: Advance,
    /// Only if its shopper is not blocked.
    pub unless_blocked: bool,
    /// The provider's message that tells of it; one that came before changes nothing.
    pub told_by: Option<ProviderEventRow>,
}

/// Changes of payouts, written as many at a time as are waiting.
#[derive(Debug)]
pub enum Changes {}

impl WriteSet for Changes {
    type Item = Change;
    /// `None` for a message that came before.
    type Done = Option<Advanced>;
    type Error = ServiceError;
    const FOR_CALLERS: bool = false;

    fn write(conn: &mut Conn, items: &[Change]) -> Result<Answers<Self>, ServiceError> {
        let mut book = Book::load(conn, items.iter().map(|item| item.payout).collect(), BTreeSet::new())?;
        let asked = items.iter().filter(|item| item.unless_blocked);
        let asked: Vec<ShopperId> =
            asked.filter_map(|item| book.payout(item.payout).ok()).map(|row| row.shopper_id).collect();
        let active = if asked.is_empty() { Vec::new() } else { payable(conn, asked)? };
        let mut answers = Vec::with_capacity(items.len());
        for item in items {
            let blocked = |row: &PayoutRow| item.unless_blocked && !active.contains(&row.shopper_id);
            if book.payout(item.payout).is_ok_and(blocked) {
                answers.push(Err(ServiceError::conflict(BLOCKED, "the shopper is blocked, or payouts are frozen")));
                continue;
            }
            match &item.told_by {
                Some(event) if !provider_event_insert(conn, event)? => answers.push(Ok(None)),
                // A message that cannot be taken in must come again: it may not stay, and the set is taken apart.
                Some(_) => answers.push(Ok(Some(book.advance(item.payout, &item.advance)?))),
                None => answers.push(book.advance(item.payout, &item.advance).map(Some)),
            }
        }
        book.write(conn, [])?;
        Ok(answers)
    }
}

/// Which of these shoppers may be paid: they are neither blocked nor have frozen their payouts.
pub(super) fn payable(conn: &mut Conn, shoppers: Vec<ShopperId>) -> Outcome<Vec<ShopperId>> {
    let frozen = freeze_list(conn, shoppers.clone())?;
    let mut active = shopper_list_unblocked(conn, shoppers)?;
    active.retain(|shopper| !frozen.contains(shopper));
    Ok(active)
}

/// The code of a change that is refused because the shopper is blocked, or has frozen payouts.
pub(super) const BLOCKED: &str = "shopper_blocked";

/// Brings an event to a payout.
///
/// # Errors
/// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] when the state does not allow it or has moved on;
/// [`ServiceError::Db`]. Nothing is changed then.
pub async fn advance_payout(app: &App, row: &PayoutRow, advance: Advance) -> Outcome<Advanced> {
    let change = Change { payout: row.id, advance, unless_blocked: false, told_by: None };
    changed(app, row, change).await?.ok_or_else(|| ServiceError::internal("a change without a message was repeated"))
}

/// Brings a change to a payout, and says what happened; `None` for a message that came before.
///
/// # Errors
/// As [`advance_payout`]; `shopper_blocked`.
pub(super) async fn changed(app: &App, row: &PayoutRow, change: Change) -> Outcome<Option<Advanced>> {
    let done = app.payouts.write(Lane::Shopper(row.shopper_id), change).await?;
    Ok(done.inspect(report))
}

/// The same inside the caller's transaction, in the lane of the payout's shopper. Follow it with [`report`] after the
/// commit.
///
/// # Errors
/// As [`advance_payout`].
pub fn advance_in_tx(conn: &mut Conn, id: PayoutId, advance: &Advance) -> Outcome<Advanced> {
    let mut book = Book::load(conn, vec![id], BTreeSet::new())?;
    let advanced = book.advance(id, advance)?;
    book.write(conn, [])?;
    Ok(advanced)
}

pub(super) fn moved_on() -> ServiceError {
    ServiceError::conflict("payout_moved_on", "the payout has changed meanwhile")
}

pub(super) fn decide(row: &PayoutRow, advance: &Advance) -> Outcome<Step> {
    let current = row.payout();
    if let Some(amount) = advance.amount
        && amount != current.net()?
    {
        let next = Next::Person(PersonWhy::OtherAmount);
        return Ok(Step { after: current, ledger: LedgerMove::None, next, noop: true });
    }
    Ok(transition(&current, &advance.event, advance.now)?)
}

/// Whether it stays until somebody has looked, whatever the payout does.
const fn stays(why: PersonWhy) -> bool {
    match why {
        PersonWhy::Review
        | PersonWhy::NeverSent
        | PersonWhy::TwoReferences
        | PersonWhy::PaidAfterRelease
        | PersonWhy::FailedAfterPaid
        | PersonWhy::OtherAmount => true,
        PersonWhy::KeyWindowClosed
        | PersonWhy::UnheardState
        | PersonWhy::OurSide
        | PersonWhy::ShopperBlocked
        | PersonWhy::JobGivenUp => false,
    }
}

/// What a person has to look at: contradictions stay until somebody has; a wait is over once the payout moves on.
/// Waiting for approval is a state of its own.
pub(super) fn attention(row: &PayoutRow, step: &Step) -> Option<PersonWhy> {
    if let Next::Person(why) = step.next
        && why != PersonWhy::Review
        // A wait for the provider does not take the place of what stays until somebody has looked.
        && !(why == PersonWhy::UnheardState && row.attention.is_some_and(stays))
    {
        return Some(why);
    }
    row.attention.filter(|why| match why {
        PersonWhy::KeyWindowClosed | PersonWhy::UnheardState => step.after.state == row.state,
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

/// The job that comes next. A job of the same name that waits already is left as it is.
pub(super) fn follow_up(next: &PayoutRow, step: &Step, advance: &Advance) -> Outcome<Option<JobRow>> {
    let polls = u32::try_from(next.polls).unwrap_or(u32::MAX);
    let poll_wait = advance.wait.unwrap_or_else(|| next_poll(polls, next.id));
    let under_way = matches!(next.state, PayoutState::Submitting | PayoutState::Submitted | PayoutState::Unknown);
    Ok(match step.next {
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
    })
}

/// Money that was paid can come back, and not every provider tells.
fn watch(next: &PayoutRow, step: &Step, advance: &Advance) -> Outcome<Option<JobRow>> {
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
