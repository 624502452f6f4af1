//! Payouts as a set of changes finds them, and what comes of it: each change is decided in memory upon what the one before it
//! left, and all is written at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::advance_payout::{Advance, Advanced, attention, decide, follow_up, moved_on};
use crate::base::Failpoint;
use crate::base::id::{JobId, PayoutId, ShopperId};
use crate::db::Conn;
use crate::db::insert::{Insert, insert_together};
use crate::db::jobs::{JobKind, JobRow, job_enqueue_all, job_finish_all};
use crate::db::ledger::TransactionRow;
use crate::db::payouts::{
    PayoutEventRow, PayoutRow, payout_event_rows, payout_list_by_ids, payout_rows, payout_update_all,
};
use crate::domain::ledger::Transfer;
use crate::domain::payout::money::{kind_of, transfers};
use crate::domain::payout::{PayoutEvent, PayoutState};
use crate::service::post::{Postings, transaction};
use crate::service::{Outcome, ServiceError};

/// Payouts and their shoppers' balances.
#[derive(Debug, Default)]
pub(super) struct Book {
    payouts: HashMap<PayoutId, PayoutRow>,
    money: Postings,
    /// Those that are to be added.
    fresh: BTreeSet<PayoutId>,
    /// Those that have changed, with the revision that is stored.
    changed: BTreeMap<PayoutId, i64>,
    events: Vec<PayoutEventRow>,
    finished: Vec<JobId>,
    jobs: Vec<JobRow>,
}

impl Book {
    /// Reads these payouts and their shoppers' balances, and those of other `shoppers`.
    ///
    /// # Errors
    /// [`ServiceError::Db`].
    pub(super) fn load(conn: &mut Conn, ids: Vec<PayoutId>, mut shoppers: BTreeSet<ShopperId>) -> Outcome<Self> {
        let rows = if ids.is_empty() { Vec::new() } else { payout_list_by_ids(conn, ids)? };
        shoppers.extend(rows.iter().map(|row| row.shopper_id));
        let money = Postings::load(conn, &shoppers)?;
        Ok(Self { payouts: rows.into_iter().map(|row| (row.id, row)).collect(), money, ..Self::default() })
    }

    /// A payout as it is now.
    pub(super) fn payout(&self, id: PayoutId) -> Outcome<&PayoutRow> {
        self.payouts.get(&id).ok_or(ServiceError::NotFound("payout"))
    }

    /// The money as it is now.
    pub(super) const fn money(&self) -> &Postings {
        &self.money
    }

    /// Adds a payout with its reserve.
    ///
    /// # Errors
    /// `insufficient_funds`; nothing is changed then.
    pub(super) fn open(
        &mut self,
        row: PayoutRow,
        event: PayoutEventRow,
        (entry, reserve): (TransactionRow, Vec<Transfer>),
    ) -> Outcome<()> {
        self.money.post(entry, reserve)?;
        self.fresh.insert(row.id);
        self.payouts.insert(row.id, row);
        self.events.push(event);
        Ok(())
    }

    /// Brings an event to a payout.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Conflict`] when the state does not allow it or has moved on. Nothing is
    /// changed then.
    pub(super) fn advance(&mut self, id: PayoutId, advance: &Advance) -> Outcome<Advanced> {
        let row = self.payout(id)?.clone();
        if advance.revision.is_some_and(|known| known != row.revision) {
            return Err(moved_on());
        }
        let step = decide(&row, advance)?;
        let mut next = row.with(&step.after);
        next.attention = if advance.settled { None } else { attention(&row, &step) };
        // "Send it again" changes nothing where an earlier send is uncertain, and the next send would stand there without a cause.
        let again = row.state == PayoutState::Submitting && matches!(advance.event, PayoutEvent::TryAgain);
        let changed = !step.noop || next.attention != row.attention || again;
        if changed {
            next.revision = row.revision.saturating_add(1);
            next.updated_at = advance.now;
        }
        next.polls = next.polls.saturating_add(i64::from(advance.polled));
        let job = follow_up(&next, &step, advance)?;
        if changed {
            if let Some(kind) = kind_of(step.ledger) {
                let balances = self.money.balances(row.shopper_id, row.currency);
                let moves = transfers(&next.payout(), row.shopper_id, &row.provider, step.ledger, &balances)?;
                let source = format!("payout/{}/{}", next.id, next.revision);
                let mut entry = transaction(advance.transaction, advance.now, kind, source);
                entry.shopper_id = Some(row.shopper_id);
                entry.payout_id = Some(row.id);
                self.money.post(entry, moves)?;
            }
            self.events.push(event(&row, &next, advance));
        }
        if changed || advance.polled {
            self.changed.entry(id).or_insert(row.revision);
            self.payouts.insert(id, next.clone());
        }
        self.finished.extend(advance.job);
        if let Some(job) = job {
            // One question at a time is enough: of several in one set the last one counts, or each would go on for itself.
            let poll = job.kind == JobKind::PollPayout;
            self.jobs.retain(|other| !(poll && other.kind == job.kind && other.payload == job.payload));
            self.jobs.push(job);
        }
        Ok(Advanced { row: next, step })
    }

    /// Writes all that has changed, and `beside` behind it.
    ///
    /// # Errors
    /// [`ServiceError::Db`]: `Again` when a payout has been changed by somebody else meanwhile.
    pub(super) fn write<const N: usize>(self, conn: &mut Conn, beside: [Insert<'_>; N]) -> Outcome<()> {
        let rows = |ids: &BTreeSet<PayoutId>| ids.iter().filter_map(|id| self.payouts.get(id)).cloned().collect();
        let fresh: Vec<PayoutRow> = rows(&self.fresh);
        let over = self.changed.iter().filter(|(id, _)| !self.fresh.contains(id));
        let over: Vec<(i64, &PayoutRow)> =
            over.filter_map(|(id, known)| Some((*known, self.payouts.get(id)?))).collect();
        payout_update_all(conn, &over)?;
        let money = self.money.rows();
        let mut all = vec![payout_rows(&fresh), payout_event_rows(&self.events)];
        all.extend(money.inserts());
        all.extend(beside);
        insert_together(conn, &all)?;
        job_finish_all(conn, self.finished)?;
        job_enqueue_all(conn, &self.jobs)?;
        Failpoint::Written.pass();
        Ok(())
    }
}

/// What is noted of a change.
fn event(row: &PayoutRow, next: &PayoutRow, advance: &Advance) -> PayoutEventRow {
    let news = next.attention.filter(|_| next.attention != row.attention).map(|why| why.as_str().to_owned());
    let reason = next.reason.clone().filter(|_| next.reason != row.reason);
    PayoutEventRow {
        payout_id: next.id,
        revision: next.revision,
        at: advance.now,
        state: next.state,
        cause: advance.cause.clone(),
        detail: advance.detail.clone().or(news).or(reason),
    }
}
