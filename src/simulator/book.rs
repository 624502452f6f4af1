//! The bank's books: destinations, payouts, keys, movements, and the rules between them. No I/O but the journal's.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::journal::{Journal, Line};
use super::webhooks::{Hook, hooks_for};
use crate::base::Timestamp;
use crate::domain::money::{Amount, MoneyError};
use crate::domain::payout::MethodKind;

/// A payout's state, as the bank says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// Being worked on.
    Pending,
    /// Moved.
    Paid,
    /// Not moved.
    Failed,
    /// Moved and moved back.
    Returned,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Returned => "returned",
        })
    }
}

/// A card or wallet that became a token. The number itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Destination {
    pub(super) token: String,
    pub(super) kind: MethodKind,
    pub(super) masked: String,
    pub(super) code: u8,
}

/// A payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) key: String,
    /// SHA-256 of the request's body.
    pub(super) body: String,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) amount: Amount,
    pub(super) destination: String,
    pub(super) description: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) created_at: Timestamp,
    /// How often it must still be asked for before it is paid.
    pub(super) polls_left: u32,
    /// When it comes back.
    pub(super) return_at: Option<Timestamp>,
    pub(super) faults: Vec<Fault>,
}

impl Record {
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

/// Money that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Movement {
    pub(super) payout: String,
    pub(super) key: String,
    pub(super) amount: Amount,
    pub(super) at: Timestamp,
    /// True when it came back.
    pub(super) back: bool,
}

/// A payout that is to be made.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) key: String,
    /// SHA-256 of the request's body.
    pub(super) body: String,
    pub(super) amount: Amount,
    /// Where to, in the words of the provider that is simulated.
    pub(super) destination: String,
    pub(super) description: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) faults: Vec<Fault>,
    /// With which code it fails after it was accepted.
    pub(super) failure: Option<String>,
}

/// Why the bank did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("the key was used with another body")]
    KeyReused,
    #[error("there is no such destination")]
    DestinationUnknown,
    #[error("the amount must be positive and in the account's currency")]
    AmountInvalid,
    #[error("the account does not cover it")]
    FloatShort,
    #[error("there is no such payout")]
    NotFound,
    #[error("a payout that is {0} cannot become {1}")]
    NotNow(Status, Status),
    #[error("the record cannot be written: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The books.
#[derive(Debug)]
pub(super) struct Book {
    journal: Journal,
    start: Amount,
    balance: Amount,
    pub(super) offset: TimeDelta,
    destinations: HashMap<String, Destination>,
    /// In the order of their creation.
    pub(super) payouts: Vec<Record>,
    pub(super) movements: Vec<Movement>,
    /// How many create calls came with a key: a destination's faults hit the first only.
    calls: HashMap<String, u32>,
    /// Faults for the next create calls, whoever makes them.
    pub(super) script: VecDeque<Fault>,
    /// Webhooks that wait.
    pub(super) hooks: Vec<Hook>,
}

impl Book {
    /// Books that begin with `start` on the account and go on with what the journal holds.
    pub(super) fn open(journal: Journal, lines: Vec<Line>, start: Amount) -> Result<Self, MoneyError> {
        let mut book = Self {
            journal,
            start,
            balance: start,
            offset: TimeDelta::zero(),
            destinations: HashMap::new(),
            payouts: Vec::new(),
            movements: Vec::new(),
            calls: HashMap::new(),
            script: VecDeque::new(),
            hooks: Vec::new(),
        };
        for line in lines {
            book.remember(line)?;
        }
        Ok(book)
    }

    fn remember(&mut self, line: Line) -> Result<(), MoneyError> {
        match line {
            Line::Destination(destination) => {
                self.destinations.insert(destination.token.clone(), destination);
            }
            Line::Payout(record) => match self.payouts.iter_mut().find(|known| known.id == record.id) {
                Some(known) => *known = record,
                None => self.payouts.push(record),
            },
            Line::Moved(movement) => {
                let amount = movement.amount;
                self.balance = if movement.back { self.balance.plus(amount)? } else { self.balance.minus(amount)? };
                self.movements.push(movement);
            }
            Line::Clock { offset_seconds } => self.offset = TimeDelta::seconds(offset_seconds),
        }
        Ok(())
    }

    /// Writes down, then remembers: what is not on the disk did not happen.
    fn write(&mut self, lines: Vec<Line>) -> Result<(), Refused> {
        self.journal.append(&lines)?;
        for line in lines {
            self.remember(line)?;
        }
        Ok(())
    }

    pub(super) const fn balance(&self) -> Amount {
        self.balance
    }

    pub(super) fn set_offset(&mut self, offset_seconds: i64) -> Result<(), Refused> {
        self.write(vec![Line::Clock { offset_seconds }])
    }

    pub(super) fn add_destination(&mut self, destination: Destination) -> Result<(), Refused> {
        self.write(vec![Line::Destination(destination)])
    }

    /// A token's destination.
    pub(super) fn destination(&self, token: &str) -> Option<&Destination> {
        self.destinations.get(token)
    }

    /// The faults of this create call, counting it: those of its destination, and what the script says.
    pub(super) fn faults_of_call(&mut self, key: &str, own: &[Fault]) -> Vec<Fault> {
        // A payout that the record remembers was called for, also when that was before a restart.
        let remembered = self.payouts.iter().any(|payout| payout.key == key);
        let calls = self.calls.entry(key.to_owned()).or_insert(0);
        *calls += 1;
        let first = *calls == 1 && !remembered;
        let own = own.iter().copied().filter(|fault| first || fault.is_final_refusal());
        own.chain(self.script.pop_front()).collect()
    }

    /// The payout of a key that is remembered for `window`, on the bank's own clock.
    pub(super) fn of_key(&self, key: &str, window: TimeDelta, now: Timestamp) -> Option<&Record> {
        let last = self.payouts.iter().rev().find(|known| known.key == key);
        last.filter(|known| now.since(known.created_at) < window)
    }

    /// The same, to answer a repeated call; an error when the key was used with another body.
    pub(super) fn replay(
        &self,
        key: &str,
        body: &str,
        window: TimeDelta,
        now: Timestamp,
    ) -> Result<Option<Record>, Refused> {
        match self.of_key(key, window, now) {
            Some(known) if known.body != body => Err(Refused::KeyReused),
            Some(known) => Ok(Some(known.clone())),
            None => Ok(None),
        }
    }

    /// Makes a payout and, unless its faults say otherwise, moves the money at once.
    pub(super) fn create(&mut self, order: Order, now: Timestamp) -> Result<Record, Refused> {
        if order.amount.minor() <= 0 || order.amount.currency() != self.start.currency() {
            return Err(Refused::AmountInvalid);
        }
        if self.balance.minus(order.amount)?.minor() < 0 {
            return Err(Refused::FloatShort);
        }
        let polls_left = if order.faults.contains(&Fault::Pending3) { 3 } else { 0 };
        let record = Record {
            id: order.id,
            key: order.key,
            body: order.body,
            status: Status::Pending,
            reason: None,
            amount: order.amount,
            destination: order.destination,
            description: order.description,
            metadata: order.metadata,
            created_at: now,
            polls_left,
            return_at: None,
            faults: order.faults,
        };
        self.hooks.extend(hooks_for(&record, now));
        self.write(vec![Line::Payout(record.clone())])?;
        if record.has(Fault::Pending3) || record.has(Fault::Stuck) {
            return Ok(record);
        }
        match order.failure {
            Some(code) => self.change(record, Status::Failed, Some(&code), now),
            None => self.change(record, Status::Paid, None, now),
        }
    }

    /// Answers a look-up, which is also what a payout that waits for polls waits for.
    pub(super) fn fetch(&mut self, id: &str, now: Timestamp) -> Result<Record, Refused> {
        let mut record = self.find(id)?;
        if record.status == Status::Pending && record.polls_left > 0 {
            record.polls_left -= 1;
            if record.polls_left == 0 {
                return self.change(record, Status::Paid, None, now);
            }
            self.write(vec![Line::Payout(record.clone())])?;
        }
        Ok(record)
    }

    /// Moves a payout by command: pending to paid or failed, paid to returned.
    pub(super) fn set_status(
        &mut self,
        id: &str,
        status: Status,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Record, Refused> {
        let record = self.find(id)?;
        match (record.status, status) {
            (Status::Pending, Status::Paid | Status::Failed) | (Status::Paid, Status::Returned) => {
                self.change(record, status, reason, now)
            }
            (from, to) => Err(Refused::NotNow(from, to)),
        }
    }

    /// Does what the clock has made due.
    pub(super) fn settle_due(&mut self, now: Timestamp) -> Result<(), Refused> {
        let due: Vec<Record> = self
            .payouts
            .iter()
            .filter(|record| record.status == Status::Paid && record.return_at.is_some_and(|at| at <= now))
            .cloned()
            .collect();
        for record in due {
            self.change(record, Status::Returned, Some("account_closed"), now)?;
        }
        Ok(())
    }

    pub(super) fn find(&self, id: &str) -> Result<Record, Refused> {
        self.payouts.iter().find(|known| known.id == id).cloned().ok_or(Refused::NotFound)
    }

    fn change(
        &mut self,
        mut record: Record,
        status: Status,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Record, Refused> {
        record.status = status;
        record.reason = reason.map(str::to_owned);
        if status == Status::Paid && record.has(Fault::ReturnAfter1h) {
            record.return_at = Some(now.plus(TimeDelta::hours(1)));
        }
        if status == Status::Paid && record.has(Fault::Unclaimed) {
            record.return_at = Some(now.plus(TimeDelta::days(30)));
        }
        let moved = |back| {
            Line::Moved(Movement {
                payout: record.id.clone(),
                key: record.key.clone(),
                amount: record.amount,
                at: now,
                back,
            })
        };
        let mut lines = match status {
            Status::Paid => vec![moved(false)],
            Status::Returned => vec![moved(true)],
            Status::Pending | Status::Failed => Vec::new(),
        };
        lines.push(Line::Payout(record.clone()));
        self.write(lines)?;
        self.hooks.extend(hooks_for(&record, now));
        Ok(record)
    }
}
