//! The part of verification that reads the ledger itself, once, in the order in which it was sealed: the hash chain is computed
//! anew, and what all entries add up to.

use std::collections::{BTreeMap, HashMap};

use super::verify_ledger::{PAGE, Report};
use super::{Outcome, ServiceError, verify_causes};
use crate::db::Conn;
use crate::db::causes::cause_list;
use crate::db::ledger::{Posted, TransactionRow};
use crate::db::seals::{seal_walk, unsealed_list};
use crate::domain::chain::{GENESIS, Head, link};
use crate::domain::ledger::{Account, Transfer};
use crate::domain::money::Currency;

/// What entries add up to, by account and currency.
#[derive(Debug, Default)]
pub(super) struct Sums(HashMap<(Account, Currency), i64>);

impl Sums {
    /// Adds the two entries of each transfer.
    pub(super) fn add(&mut self, transfers: &[Transfer]) -> Outcome<()> {
        for transfer in transfers {
            for (account, sign) in [(&transfer.debit, -1), (&transfer.credit, 1)] {
                let sum = self.0.entry((account.clone(), transfer.currency)).or_default();
                let added = transfer.minor.checked_mul(sign).and_then(|minor| sum.checked_add(minor));
                *sum = added.ok_or_else(|| ServiceError::internal("a sum is too large"))?;
            }
        }
        Ok(())
    }

    /// What an account has, if it has entries.
    pub(super) fn of(&self, account: &Account, currency: Currency) -> Option<i64> {
        self.0.get(&(account.clone(), currency)).copied()
    }

    /// The accounts that have entries, each once a currency.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.0.keys().map(|(account, _)| account)
    }

    /// Those that are no shopper's, by the account's path.
    pub(super) fn of_others(&self) -> BTreeMap<(String, Currency), i64> {
        let others = self.0.iter().filter(|((account, _), _)| !matches!(account, Account::Shopper(..)));
        others.map(|((account, currency), minor)| ((account.to_string(), *currency), *minor)).collect()
    }
}

/// What the ledger's entries add up to.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// All of them.
    pub all: Sums,
    /// Those of transactions that wait to be sealed.
    pub waiting: Sums,
    /// How many of these there are.
    pub waiting_count: usize,
}

/// Invariants 1, 8 and 9 (docs/LEDGER.md): the chain verifies from the first transaction, and transactions have transfers and a cause.
pub(super) fn entries(conn: &mut Conn, kept: Option<&Head>, report: &mut Report) -> Outcome<Entries> {
    let (mut entries, mut chain) = (Entries::default(), Chain::new(kept));
    loop {
        let page = seal_walk(conn, chain.position, PAGE)?;
        if page.is_empty() {
            break;
        }
        page.iter().for_each(|(at, stored, posted)| chain.next(*at, stored, posted, report));
        examine(conn, page.iter().map(|(.., posted)| posted), &mut entries.all, report)?;
    }
    chain.end(report);
    let waiting = unsealed_list(conn, i64::MAX)?;
    examine(conn, waiting.iter(), &mut entries.all, report)?;
    waiting.iter().try_for_each(|posted| entries.waiting.add(&posted.transfers))?;
    entries.waiting_count = waiting.len();
    Ok(entries)
}

/// The chain, computed from its beginning.
struct Chain<'a> {
    position: i64,
    /// The stored hash there.
    before: String,
    kept: Option<&'a Head>,
    at_kept: Option<String>,
}

impl<'a> Chain<'a> {
    fn new(kept: Option<&'a Head>) -> Self {
        let at_kept = kept.filter(|kept| kept.position == 0).map(|_first| GENESIS.to_owned());
        Self { position: 0, before: GENESIS.to_owned(), kept, at_kept }
    }

    fn next(&mut self, at: i64, stored: &str, posted: &Posted, report: &mut Report) {
        if at != self.position + 1 {
            let detail = format!("position {} is missing before it", self.position + 1);
            report.found("chain", format!("ledger_seals position {at}"), detail);
        }
        let entry = posted.entry();
        let computed = link(&self.before, &entry);
        if computed != stored {
            let detail = "the transaction, or one before it in the chain, is not what was sealed";
            report.found("chain", format!("ledger_transactions {} (position {at})", entry.id), detail);
        }
        report.head = if report.head == self.before { computed } else { link(&report.head, &entry) };
        // Going on from the stored hash names every broken row, and not all that follow the first.
        self.position = at;
        stored.clone_into(&mut self.before);
        report.sealed += 1;
        if self.kept.is_some_and(|kept| kept.position == at) {
            self.at_kept = Some(report.head.clone());
        }
    }

    fn end(&self, report: &mut Report) {
        let Some(kept) = self.kept else { return };
        let row = format!("ledger_seals position {}", kept.position);
        match &self.at_kept {
            None => report.found("kept_head", row, format!("the chain ends at position {}", self.position)),
            Some(hash) if *hash != kept.hash => {
                report.found("kept_head", row, format!("the chain has {hash} there, {} was kept", kept.hash));
            }
            Some(_same) => {}
        }
    }
}

/// Looks at transactions, and adds up their entries.
fn examine<'a>(
    conn: &mut Conn,
    page: impl Iterator<Item = &'a Posted> + Clone,
    sums: &mut Sums,
    report: &mut Report,
) -> Outcome<()> {
    let rows: Vec<&TransactionRow> = page.clone().map(|posted| &posted.transaction).collect();
    let causes = cause_list(conn, &rows)?;
    for posted in page {
        let row = || format!("ledger_transactions {}", posted.transaction.id);
        report.transactions += 1;
        report.transfers += u64::try_from(posted.transfers.len()).unwrap_or(0);
        for detail in verify_causes::cause(&posted.transaction, &causes) {
            report.found("cause", row(), detail);
        }
        if posted.transfers.is_empty() {
            report.found("balance", row(), "it has no transfers");
        }
        if let Some(bad) = posted.transfers.iter().find(|transfer| transfer.minor <= 0) {
            report.found("balance", row(), format!("a transfer of {} minor units: amounts are above zero", bad.minor));
        }
        sums.add(&posted.transfers)?;
    }
    Ok(())
}
