//! Proves a live ledger: every invariant that the rows themselves can show, each finding with the row's name.
//!
//! Reads one consistent state of the database in pages, and believes nothing but the transfers: balances,
//! conversions, payouts and the hash chain are all held against them.

use std::collections::BTreeMap;

use super::{App, Outcome, ServiceError, verify_causes};
use crate::base::id::{ConversionId, ShopperId};
use crate::db::balances::balances_walk;
use crate::db::causes::{cause_list, revision_last_list};
use crate::db::conversions::conversion_walk;
use crate::db::ledger::{Posted, transaction_walk, transfer_list_of_conversions, transfer_list_of_payouts};
use crate::db::payouts::{PayoutRow, payout_open_sums, payout_walk};
use crate::db::seals::{folded_list, misplaced_list, seal_counts, seal_walk, unsealed_list};
use crate::db::{Conn, snapshot};
use crate::domain::chain::{GENESIS, Head, link};
use crate::domain::ledger::{Account, Bucket, Standing, Transfer, standing, target};
use crate::domain::money::Currency;
use crate::domain::payout::PayoutState;

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

type Sums = BTreeMap<(String, Currency), i64>;

const PAGE: i64 = 1000;
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
        let mut conn = db.reading_connection()?;
        snapshot(&mut conn, |conn| verify(conn, kept.as_ref()))
    })
    .await
    .map_err(ServiceError::internal)?
}

fn verify(conn: &mut Conn, kept: Option<&Head>) -> Outcome<Report> {
    let mut report = Report { head: GENESIS.to_owned(), ..Report::default() };
    chain(conn, kept, &mut report)?;
    places(conn, &mut report)?;
    let sums = entries(conn, &mut report)?;
    shoppers(conn, &sums, &mut report)?;
    folded(conn, &sums, &mut report)?;
    conversions(conn, &mut report)?;
    payouts(conn, &mut report)?;
    report.findings.truncate(MOST_FINDINGS);
    Ok(report)
}

impl Report {
    fn found(&mut self, check: &'static str, row: impl std::fmt::Display, detail: impl Into<String>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { check, row: row.to_string(), detail: detail.into() });
        }
    }
}

fn add(sums: &mut Sums, posted: &Posted) -> Outcome<()> {
    for transfer in &posted.transfers {
        for (account, sign) in [(&transfer.debit, -1), (&transfer.credit, 1)] {
            let sum = sums.entry((account.to_string(), transfer.currency)).or_default();
            *sum =
                sum.checked_add(transfer.minor * sign).ok_or_else(|| ServiceError::internal("a sum is too large"))?;
        }
    }
    Ok(())
}

/// Invariant 11: the chain verifies from the first transaction.
fn chain(conn: &mut Conn, kept: Option<&Head>, report: &mut Report) -> Outcome<()> {
    let (mut position, mut before) = (0, GENESIS.to_owned());
    let mut at_kept = kept.filter(|kept| kept.position == 0).map(|_first| GENESIS.to_owned());
    loop {
        let page = seal_walk(conn, position, PAGE)?;
        if page.is_empty() {
            break;
        }
        for (at, stored, posted) in page {
            if at != position + 1 {
                let detail = format!("position {} is missing before it", position + 1);
                report.found("chain", format!("ledger_seals position {at}"), detail);
            }
            let entry = posted.entry();
            let computed = link(&before, &entry);
            if computed != stored {
                let detail = "the transaction, or one before it in the chain, is not what was sealed";
                report.found("chain", format!("ledger_transactions {} (position {at})", entry.id), detail);
            }
            report.head = if report.head == before { computed } else { link(&report.head, &entry) };
            // Going on from the stored hash names every broken row, and not all that follow the first.
            (position, before) = (at, stored);
            report.sealed += 1;
            if kept.is_some_and(|kept| kept.position == position) {
                at_kept = Some(report.head.clone());
            }
        }
    }
    if let Some(kept) = kept {
        let row = format!("ledger_seals position {}", kept.position);
        match at_kept {
            None => report.found("kept_head", row, format!("the chain ends at position {position}")),
            Some(hash) if hash != kept.hash => {
                report.found("kept_head", row, format!("the chain has {hash} there, {} was kept", kept.hash));
            }
            Some(_same) => {}
        }
    }
    Ok(())
}

/// Invariant 11: every transaction is either in the chain or waits for it, and every seal has its transaction.
fn places(conn: &mut Conn, report: &mut Report) -> Outcome<()> {
    let (sealed, unsealed) = seal_counts(conn)?;
    report.unsealed = unsealed;
    if u64::try_from(sealed).ok() != Some(report.sealed) {
        report.found("chain", "ledger_seals", format!("{sealed} seals, but {} have their transaction", report.sealed));
    }
    let (neither, both) = misplaced_list(conn, PAGE)?;
    for id in neither {
        report.found("chain", format!("ledger_transactions {id}"), "it is neither sealed nor waiting to be");
    }
    for id in both {
        report.found("chain", format!("ledger_unsealed {id}"), "it waits to be sealed, but is sealed already");
    }
    Ok(())
}

/// Invariant 1: transactions have transfers and a cause; what they add up to, by account.
fn entries(conn: &mut Conn, report: &mut Report) -> Outcome<Sums> {
    let (mut sums, mut after) = (Sums::new(), None);
    loop {
        let page = transaction_walk(conn, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.transaction.id);
        let causes = cause_list(conn, &page)?;
        for posted in &page {
            report.transactions += 1;
            for detail in verify_causes::cause(&posted.transaction, &causes) {
                report.found("cause", format!("ledger_transactions {}", posted.transaction.id), detail);
            }
            report.transfers += u64::try_from(posted.transfers.len()).unwrap_or(0);
            if posted.transfers.is_empty() {
                report.found(
                    "balance",
                    format!("ledger_transactions {}", posted.transaction.id),
                    "it has no transfers",
                );
            }
            if let Some(bad) = posted.transfers.iter().find(|transfer| transfer.minor <= 0) {
                let detail = format!("a transfer of {} minor units: amounts are above zero", bad.minor);
                report.found("balance", format!("ledger_transactions {}", posted.transaction.id), detail);
            }
            add(&mut sums, posted)?;
        }
    }
    Ok(sums)
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
                let account = Account::Shopper(*id, *bucket).to_string();
                let posted = sums.get(&(account.clone(), *currency)).copied();
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
    let shopper_accounts = sums.keys().filter(|(account, _)| account.starts_with("shopper/")).count();
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
fn folded(conn: &mut Conn, sums: &Sums, report: &mut Report) -> Outcome<()> {
    let mut stored: Sums = folded_list(conn)?.into_iter().map(|(account, of, minor)| ((account, of), minor)).collect();
    for posted in unsealed_list(conn, i64::MAX)? {
        add(&mut stored, &posted)?;
    }
    let house = |account: &str| !account.starts_with("shopper/");
    for ((account, currency), posted) in sums.iter().filter(|((account, _), _)| house(account)) {
        let folded = stored.get(&(account.clone(), *currency)).copied().unwrap_or(0);
        if folded != *posted {
            report.found(
                "folded_balance",
                format!("{account} {currency}"),
                format!("folded {folded}, but the entries give {posted}"),
            );
        }
    }
    for ((account, currency), minor) in stored.iter().filter(|((account, _), _)| house(account)) {
        if !sums.contains_key(&(account.clone(), *currency)) {
            report.found(
                "folded_balance",
                format!("{account} {currency}"),
                format!("folded {minor}, but there are no entries"),
            );
        }
    }
    Ok(())
}

/// Invariant 10: what is posted for a conversion is its target, and it is what its promise and its history make it.
fn conversions(conn: &mut Conn, report: &mut Report) -> Outcome<()> {
    let mut after = None;
    loop {
        let page = conversion_walk(conn, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let ids: Vec<ConversionId> = page.iter().map(|conversion| conversion.id).collect();
        let revisions = revision_last_list(conn, &ids)?;
        let posted = grouped(transfer_list_of_conversions(conn, ids)?);
        for conversion in &page {
            report.conversions += 1;
            for detail in verify_causes::conversion(conversion, revisions.get(&conversion.id)) {
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
    Ok(())
}

/// Invariants 6 and 7 for each payout: the reserve is held exactly as long as the payout is open, and what went to the
/// provider is what was paid without what was returned.
fn payouts(conn: &mut Conn, report: &mut Report) -> Outcome<()> {
    let mut after = None;
    loop {
        let page = payout_walk(conn, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let posted = grouped(transfer_list_of_payouts(conn, page.iter().map(|row| row.id).collect())?);
        for row in &page {
            report.payouts += 1;
            payout(row, posted.get(&row.id).map_or(&[][..], Vec::as_slice), report)?;
        }
    }
    Ok(())
}

/// Transfers by what they were posted for.
fn grouped<K: Ord>(rows: Vec<(K, Transfer)>) -> BTreeMap<K, Vec<Transfer>> {
    let mut out: BTreeMap<K, Vec<Transfer>> = BTreeMap::new();
    for (of, transfer) in rows {
        out.entry(of).or_default().push(transfer);
    }
    out
}

fn payout(row: &PayoutRow, posted: &[Transfer], report: &mut Report) -> Outcome<()> {
    let mut sums = Sums::new();
    for transfer in posted {
        for (account, sign) in [(&transfer.debit, -1), (&transfer.credit, 1)] {
            *sums.entry((account.to_string(), transfer.currency)).or_default() += transfer.minor * sign;
        }
    }
    let of = |account: Account| sums.get(&(account.to_string(), row.currency)).copied().unwrap_or(0);
    let held = of(Account::Shopper(row.shopper_id, Bucket::InPayout));
    let should_hold = if row.state.holds_reserve() { row.amount } else { 0 };
    if held != should_hold {
        let detail = format!("{held} is reserved for it, but its state ({}) wants {should_hold}", row.state);
        report.found("payout_reserve", format!("payouts {}", row.id), detail);
    }
    let sent = of(Account::Bank(row.provider.clone()));
    let should_be_sent = if row.state == PayoutState::Paid { row.payout().net()?.minor() } else { 0 };
    if sent != should_be_sent {
        let detail = format!("{sent} went to {}, but its state ({}) wants {should_be_sent}", row.provider, row.state);
        report.found("payout_moved", format!("payouts {}", row.id), detail);
    }
    Ok(())
}
