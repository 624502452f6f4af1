//! Proves a live ledger: every invariant (docs/LEDGER.md) that the rows themselves can show, each finding with the row's name.
//!
//! Reads one consistent state of the database in pages, and believes nothing but the transfers: balances,
//! conversions, payouts and the hash chain are all held against them. Two threads read it: one the ledger from its beginning,
//! the other what the ledger was posted for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use uuid::Uuid;

use super::verify_entries::{Entries, Sums};
use super::{App, Outcome, ServiceError, verify_causes, verify_entries, verify_payouts};
use crate::base::id::{ConversionId, ShopperId};
use crate::db::balances::balances_walk;
use crate::db::causes::{revision_count, revision_walk};
use crate::db::conversions::conversion_walk;
use crate::db::ledger::{transfer_count, transfer_walk_of_conversions};
use crate::db::payouts::payout_open_sums;
use crate::db::revisions::RevisionRow;
use crate::db::seals::{folded_list, misplaced_list, seal_counts};
use crate::db::{Conn, snapshot_in_two};
use crate::domain::chain::{GENESIS, Head};
use crate::domain::ledger::{Account, Bucket, Standing, Transfer, standing, target};
use crate::domain::money::Currency;

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// Which invariant.
    pub check: &'static str,
    /// Which row.
    pub row: String,
    /// What is wrong with it.
    pub detail: String,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default, serde::Serialize, utoipa::ToSchema)]
#[schema(as = LedgerReport)]
pub struct Report {
    /// Transactions read.
    pub transactions: u64,
    /// Transfers read; each is two entries.
    pub transfers: u64,
    /// Conversions held against the ledger.
    pub conversions: u64,
    /// Payouts held against the ledger.
    pub payouts: u64,
    /// Sealed transactions whose hash was computed anew.
    pub sealed: u64,
    /// Transactions that wait to be sealed.
    pub unsealed: i64,
    /// The hash that the chain ends in, computed from the first transaction on: what is stored as hashes has no part
    /// in it.
    pub head: String,
    /// What does not hold; empty when the ledger is clean. The first one is the first row that is broken.
    pub findings: Vec<Finding>,
}

/// How many rows are read at a time.
pub(super) const PAGE: i64 = 1000;
/// A broken ledger can be broken everywhere; the first few rows tell where to look.
const MOST_FINDINGS: usize = 100;

/// Checks everything.
///
/// # Errors
/// [`ServiceError::Db`] when the database cannot be read. A broken ledger is not an error but a finding.
pub async fn verify_ledger(app: &App) -> Outcome<Report> {
    verify_ledger_against(app, None).await
}

/// Checks everything, and that the chain still has a head that somebody kept. Only this finds a chain that was
/// rewritten as a whole, or cut off at its end.
///
/// # Errors
/// [`ServiceError::Db`] when the database cannot be read.
pub async fn verify_ledger_against(app: &App, kept: Option<Head>) -> Outcome<Report> {
    let db = app.db.clone();
    tokio::task::spawn_blocking(move || {
        let (mut first, mut second) = (db.reading_connection()?, db.reading_connection()?);
        verify_over([&mut first, &mut second], kept.as_ref())
    })
    .await
    .map_err(ServiceError::internal)?
}

/// The same over two connections for reading, which are free again when it has not failed.
///
/// # Errors
/// [`ServiceError::Db`] when the database cannot be read.
pub fn verify_over(conns: [&mut Conn; 2], kept: Option<&Head>) -> Outcome<Report> {
    let (report, orders) = snapshot_in_two(conns, |conn| ledger(conn, kept), posted_for)?;
    Ok(report.with(orders))
}

/// The ledger's own rows, and the balances that are made of them.
fn ledger(conn: &mut Conn, kept: Option<&Head>) -> Outcome<Report> {
    let mut report = Report { head: GENESIS.to_owned(), ..Report::default() };
    let entries = verify_entries::entries(conn, kept, &mut report)?;
    places(conn, entries.waiting_count, &mut report)?;
    shoppers(conn, &entries.all, &mut report)?;
    folded(conn, entries, &mut report)?;
    Ok(report)
}

/// Conversions and payouts.
fn posted_for(conn: &mut Conn) -> Outcome<Report> {
    let mut report = Report::default();
    conversions(conn, &mut report)?;
    verify_payouts::payouts(conn, &mut report)?;
    Ok(report)
}

impl Report {
    pub(super) fn found(&mut self, check: &'static str, row: impl std::fmt::Display, detail: impl Into<String>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { check, row: row.to_string(), detail: detail.into() });
        }
    }

    /// With what was found about conversions and payouts.
    fn with(mut self, orders: Self) -> Self {
        self.conversions = orders.conversions;
        self.payouts = orders.payouts;
        self.findings.extend(orders.findings);
        self.findings.truncate(MOST_FINDINGS);
        self
    }
}

/// Invariants 8 and 9: every transaction is either in the chain or waits for it, and every seal has its transaction.
fn places(conn: &mut Conn, waiting: usize, report: &mut Report) -> Outcome<()> {
    let (sealed, unsealed) = seal_counts(conn)?;
    report.unsealed = unsealed;
    let (neither, both) = misplaced_list(conn, PAGE)?;
    if usize::try_from(unsealed).ok() != Some(waiting.saturating_add(both.len())) {
        let detail = format!("{unsealed} wait to be sealed, but {waiting} have their transaction");
        report.found("chain", "ledger_unsealed", detail);
    }
    if u64::try_from(sealed).ok() != Some(report.sealed) {
        report.found("chain", "ledger_seals", format!("{sealed} seals, but {} have their transaction", report.sealed));
    }
    let transfers = transfer_count(conn)?;
    if u64::try_from(transfers).ok() != Some(report.transfers) {
        let detail =
            format!("{transfers} are stored, {} belong to a transaction that is sealed or waits", report.transfers);
        report.found("balance", "ledger_transfers", detail);
    }
    for id in neither {
        report.found("chain", format!("ledger_transactions {id}"), "it is neither sealed nor waiting to be");
    }
    for id in both {
        report.found("chain", format!("ledger_unsealed {id}"), "it waits to be sealed, but is sealed already");
    }
    Ok(())
}

/// Invariants 2, 3 and 6 for shoppers: stored balances are those of the entries, none is below zero save debt,
/// and what is in payout is what the open payouts hold.
fn shoppers(conn: &mut Conn, sums: &Sums, report: &mut Report) -> Outcome<()> {
    let (mut after, mut seen) = (None, 0_usize);
    let open = payout_open_sums(conn)?;
    loop {
        let page = balances_walk(conn, after, PAGE)?;
        let Some((last, _, _)) = page.last() else { break };
        // A page may end between two currencies of one shopper; those are read again with the next page.
        let full = page.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        let cut = if full { page.iter().rposition(|(id, _, _)| id != last) } else { Some(page.len() - 1) };
        let Some(cut) = cut else { return Err(ServiceError::internal("a shopper with a thousand currencies")) };
        for (id, currency, stored) in page.iter().take(cut + 1) {
            after = Some(*id);
            for bucket in Bucket::ALL {
                let account = Account::Shopper(*id, *bucket);
                let posted = sums.of(&account, *currency);
                seen += usize::from(posted.is_some());
                let (posted, stored) = (posted.unwrap_or(0), stored.get(*bucket));
                if posted != stored {
                    report.found(
                        "stored_balance",
                        format!("{account} {currency}"),
                        format!("stored {stored}, but the entries give {posted}"),
                    );
                }
                if *bucket != Bucket::Debt && posted < 0 {
                    report.found("negative", format!("{account} {currency}"), format!("stands at {posted}"));
                }
            }
            in_payout(*id, *currency, stored.in_payout, &open, report);
        }
    }
    let shopper_accounts = sums.accounts().filter(|account| matches!(account, Account::Shopper(..))).count();
    if shopper_accounts != seen {
        let detail = format!("{shopper_accounts} accounts have entries, {seen} of them have a stored balance");
        report.found("stored_balance", "shopper_balances", detail);
    }
    Ok(())
}

fn in_payout(
    id: ShopperId,
    currency: Currency,
    stored: i64,
    open: &BTreeMap<(ShopperId, Currency), i64>,
    report: &mut Report,
) {
    let held = open.get(&(id, currency)).copied().unwrap_or(0);
    if held != stored {
        let detail = format!("{stored} reserved, but the open payouts hold {held}");
        report.found("in_payout", format!("shopper/{id} {currency}"), detail);
    }
}

/// Invariants 1 and 2 for the rest: folded balances with what is not sealed yet are those of the entries, and
/// everything that is stored adds up to zero.
fn folded(conn: &mut Conn, entries: Entries, report: &mut Report) -> Outcome<()> {
    // What is not sealed is not folded yet.
    let mut stored = entries.waiting.of_others();
    for (account, currency, minor) in folded_list(conn)? {
        let sum: &mut i64 = stored.entry((account, currency)).or_default();
        *sum = sum.checked_add(minor).ok_or_else(|| ServiceError::internal("a sum is too large"))?;
    }
    let sums = entries.all.of_others();
    for ((account, currency), posted) in &sums {
        let folded = stored.get(&(account.clone(), *currency)).copied().unwrap_or(0);
        if folded != *posted {
            report.found(
                "folded_balance",
                format!("{account} {currency}"),
                format!("folded {folded}, but the entries give {posted}"),
            );
        }
    }
    for ((account, currency), minor) in stored.iter().filter(|(key, _)| !sums.contains_key(*key)) {
        report.found(
            "folded_balance",
            format!("{account} {currency}"),
            format!("folded {minor}, but there are no entries"),
        );
    }
    Ok(())
}

/// Invariants 7 and 10: what is posted for a conversion is its target, and it is what its promise and its history make it.
fn conversions(conn: &mut Conn, report: &mut Report) -> Outcome<()> {
    let (mut after, mut revised) = (ConversionId::from_uuid(Uuid::nil()), 0);
    loop {
        let page = conversion_walk(conn, Some(after), PAGE)?;
        let Some(last) = page.last() else { break };
        let revisions = revision_walk(conn, after, last.id)?;
        let last_of: HashMap<ConversionId, &RevisionRow> =
            revisions.iter().map(|row| (row.conversion_id, row)).collect();
        let posted = grouped(transfer_walk_of_conversions(conn, after, last.id)?);
        let ids: HashSet<ConversionId> = page.iter().map(|one| one.id).collect();
        revised += revisions.iter().filter(|row| ids.contains(&row.conversion_id)).count();
        after = last.id;
        for conversion in &page {
            report.conversions += 1;
            for detail in verify_causes::conversion(conversion, last_of.get(&conversion.id).copied()) {
                report.found("conversion", format!("conversions {}", conversion.id), detail);
            }
            let posted = posted.get(&conversion.id).map_or(&[][..], Vec::as_slice);
            let posted: Standing = standing(conversion, posted)?;
            if posted != target(conversion) {
                let detail =
                    format!("its money stands elsewhere than its state ({}) wants: {posted:?}", conversion.state);
                report.found("conversion_target", format!("conversions {}", conversion.id), detail);
            }
        }
    }
    let stored = revision_count(conn)?;
    if usize::try_from(stored).ok() != Some(revised) {
        report.found(
            "conversion",
            "conversion_revisions",
            format!("{stored} are stored, {revised} belong to a conversion"),
        );
    }
    Ok(())
}

/// Transfers by what they were posted for.
pub(super) fn grouped<K: Eq + Hash>(rows: Vec<(K, Transfer)>) -> HashMap<K, Vec<Transfer>> {
    let mut out: HashMap<K, Vec<Transfer>> = HashMap::new();
    for (of, transfer) in rows {
        out.entry(of).or_default().push(transfer);
    }
    out
}
