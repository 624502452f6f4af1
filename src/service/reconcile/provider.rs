//! One comparison of a provider's side with ours: what is loaded for it, and what is kept of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{CaseId, PayoutId};
use crate::db::audit::SYSTEM;
use crate::db::ledger::transfer_list_of_payouts;
use crate::db::payouts::PayoutRow;
use crate::db::reconciliation::{
    CaseRow, case_close, case_insert, case_list_by_keys, case_list_open, case_reopen, case_seen, payout_keys_elsewhere,
    payout_list_named, payout_walk_sent,
};
use crate::db::{Conn, DbError};
use crate::domain::ledger::Account;
use crate::domain::money::Amount;
use crate::domain::reconcile::{Class, Finding, Matched, Ours, Scope, Theirs, compare};
use crate::service::{Outcome, ServiceError};

/// How many payouts are loaded at a time.
const PAGE: i64 = 1000;
/// Why a case was closed by itself: a later comparison found all in order.
const AGREED: &str = "agreed";

/// What came of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Compared {
    /// Lines of theirs.
    pub lines: usize,
    /// Payouts that all agree on.
    pub agreed: usize,
    /// Differences.
    pub differences: usize,
    /// Of these: cases that are new,
    pub opened: usize,
    /// and cases that were known.
    pub known: usize,
    /// Cases that turned out to be in order.
    pub closed: usize,
}

/// Holds a provider's lines against what is stored. Nothing is written.
pub(super) fn look(
    conn: &mut Conn,
    provider: &str,
    theirs: &[Theirs],
    scope: &Scope,
    now: Timestamp,
) -> Outcome<(Vec<Ours>, Matched)> {
    let references: Vec<String> = distinct(theirs.iter().map(|line| line.reference.as_str()));
    let keys: Vec<String> = distinct(theirs.iter().filter_map(|line| line.key.as_deref()));
    let named = payout_list_named(conn, provider, &references, &keys)?;
    let mut rows: BTreeMap<PayoutId, PayoutRow> = named.into_iter().map(|row| (row.id, row)).collect();
    let mut after = None;
    loop {
        let page = payout_walk_sent(conn, provider, (scope.from, scope.until), after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        rows.extend(page.into_iter().map(|row| (row.id, row)));
    }
    let booked = booked(conn, provider, rows.keys().copied().collect())?;
    let ours = rows.into_values().map(|row| ours(row, &booked)).collect::<Outcome<Vec<_>>>()?;
    // One account may be configured under several names: what is sent through another one is compared there.
    let elsewhere = payout_keys_elsewhere(conn, provider, &keys)?;
    let here = |line: &&Theirs| line.key.as_ref().is_none_or(|key| !elsewhere.contains(key));
    let theirs: Vec<Theirs> = theirs.iter().filter(here).cloned().collect();
    let matched = compare(&theirs, &ours, scope, now);
    Ok((ours, matched))
}

fn distinct<'t>(all: impl Iterator<Item = &'t str>) -> Vec<String> {
    all.collect::<BTreeSet<&str>>().into_iter().map(str::to_owned).collect()
}

/// What the ledger has on the provider's account for each payout: what went out less what came back.
fn booked(conn: &mut Conn, provider: &str, ids: Vec<PayoutId>) -> Outcome<BTreeMap<PayoutId, i64>> {
    let (account, mut sums) = (Account::Bank(provider.to_owned()), BTreeMap::new());
    for part in ids.chunks(500) {
        for (payout, transfer) in transfer_list_of_payouts(conn, part.to_vec())? {
            let sign = i64::from(transfer.credit == account) - i64::from(transfer.debit == account);
            let sum: &mut i64 = sums.entry(payout).or_default();
            let moved = transfer.minor.checked_mul(sign).and_then(|moved| sum.checked_add(moved));
            *sum = moved.ok_or_else(|| ServiceError::internal("a sum is too large"))?;
        }
    }
    Ok(sums)
}

fn ours(row: PayoutRow, booked: &BTreeMap<PayoutId, i64>) -> Outcome<Ours> {
    Ok(Ours {
        payout: row.id,
        net: row.payout().net()?,
        booked: booked.get(&row.id).copied().unwrap_or(0),
        key: row.provider_key,
        reference: row.provider_ref,
        state: row.state,
        requested_at: row.requested_at,
        changed_at: row.updated_at,
    })
}

/// A case of a finding.
pub(super) fn case(rail: &str, found: &Finding, key: String, found_in: &str, now: Timestamp) -> CaseRow {
    CaseRow {
        id: CaseId::new(),
        rail: rail.to_owned(),
        key,
        class: found.class,
        payout_id: found.payout,
        partner_id: None,
        reference: found.reference.clone(),
        ours: found.ours.map(Amount::minor),
        ours_currency: found.ours.map(Amount::currency),
        theirs: found.theirs.map(Amount::minor),
        theirs_currency: found.theirs.map(Amount::currency),
        said: Some(found.said.clone()),
        found_in: found_in.to_owned(),
        happened_at: found.at,
        opened_at: now,
        seen_at: now,
        closed_at: None,
        closed_by: None,
        reason: None,
    }
}

/// Keeps cases: new ones are opened, known ones are noted as seen again. One that a person closed stays closed as long as the
/// difference is the one that was explained; one that closed by itself opens again.
pub(super) fn keep(conn: &mut Conn, rail: &str, cases: &[CaseRow], now: Timestamp) -> Result<(usize, usize), DbError> {
    let keys: Vec<String> = cases.iter().map(|row| row.key.clone()).collect();
    let known = case_list_by_keys(conn, rail, &keys)?;
    let seen: Vec<CaseId> = cases.iter().filter_map(|row| known.get(&row.key)).map(|row| row.id).collect();
    case_seen(conn, &seen, now)?;
    let (mut opened, mut made) = (0, HashSet::new());
    let mut again = 0;
    for row in cases {
        let old = known.get(&row.key);
        if old.is_some_and(|old| !is_news(old, row)) || !made.insert(row.key.clone()) {
            continue;
        }
        match old {
            Some(old) => {
                case_reopen(conn, old.id, row)?;
                again += 1;
            }
            None => case_insert(conn, row)?,
        }
        opened += 1;
    }
    Ok((opened, seen.len().saturating_sub(again)))
}

/// Whether a case that is closed does not explain what was found now.
fn is_news(old: &CaseRow, found: &CaseRow) -> bool {
    let other = old.said != found.said || old.theirs() != found.theirs();
    old.closed_at.is_some() && (other || old.closed_by.as_deref() == Some(SYSTEM))
}

/// Closes what turned out to be in order: the classes that later news can mend, where the provider spoke of the payout (or, for the
/// ledger, where the payout was looked at) and the difference was not found again.
pub(super) fn close_mended(
    conn: &mut Conn,
    rail: &str,
    (ours, matched): (&[Ours], &Matched),
    now: Timestamp,
) -> Result<usize, DbError> {
    let found: HashSet<String> = matched.findings.iter().map(Finding::key).collect();
    let looked: HashSet<PayoutId> = ours.iter().map(|one| one.payout).collect();
    let mut closed = 0;
    for row in case_list_open(conn, rail, &[Class::Status, Class::LateReturn, Class::OursOnly, Class::Ledger])? {
        let about = row.payout_id.is_some_and(|id| match row.class {
            Class::Ledger => looked.contains(&id),
            Class::Status
            | Class::LateReturn
            | Class::OursOnly
            | Class::TheirsOnly
            | Class::Amount
            | Class::Currency
            | Class::Duplicate
            | Class::Fee => matched.seen.contains(&id),
        });
        if about && !found.contains(&row.key) {
            closed += usize::from(case_close(conn, row.id, SYSTEM, AGREED, now)?);
        }
    }
    Ok(closed)
}
