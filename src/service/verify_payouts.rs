//! Payouts, held against the ledger, their destinations and their events.

use std::collections::HashMap;

use uuid::Uuid;

use super::Outcome;
use super::verify_entries::Sums;
use super::verify_ledger::{PAGE, Report, grouped};
use crate::base::id::{MethodId, PayoutId, ShopperId};
use crate::db::Conn;
use crate::db::causes::{payout_event_count, payout_event_walk};
use crate::db::ledger::transfer_list_of_payouts;
use crate::db::methods::method_owners;
use crate::db::payouts::{PayoutRow, payout_walk};
use crate::domain::ledger::{Account, Bucket, Transfer};
use crate::domain::payout::PayoutState;

/// The events of one payout: how many, and the last of them.
#[derive(Debug, Default)]
struct Events {
    count: i64,
    last: Option<(i64, String)>,
}

/// All payouts; and that each event has its payout.
pub(super) fn payouts(conn: &mut Conn, report: &mut Report) -> Outcome<()> {
    let (mut after, mut told) = (PayoutId::from_uuid(Uuid::nil()), 0);
    loop {
        let page = payout_walk(conn, Some(after), PAGE)?;
        let Some(last) = page.last() else { break };
        let posted = grouped(transfer_list_of_payouts(conn, page.iter().map(|row| row.id).collect())?);
        let methods: Vec<MethodId> = page.iter().map(|row| row.method_id).collect();
        let owners: HashMap<MethodId, ShopperId> = method_owners(conn, methods)?.into_iter().collect();
        let mut events: HashMap<PayoutId, Events> = HashMap::new();
        for (id, revision, state) in payout_event_walk(conn, after, last.id)? {
            let known = events.entry(id).or_default();
            *known = Events { count: known.count.saturating_add(1), last: Some((revision, state)) };
        }
        after = last.id;
        for row in &page {
            report.payouts += 1;
            let events = events.remove(&row.id).unwrap_or_default();
            told += events.count;
            money(row, posted.get(&row.id).map_or(&[][..], Vec::as_slice), report)?;
            if owners.get(&row.method_id) != Some(&row.shopper_id) {
                let detail = format!("its destination {} is not its shopper's", row.method_id);
                report.found("payout_destination", format!("payouts {}", row.id), detail);
            }
            let last = events.last.as_ref().map(|(revision, state)| (*revision, state.as_str()));
            if row.revision.checked_add(1) != Some(events.count) || last != Some((row.revision, row.state.as_str())) {
                report.found("payout_events", format!("payouts {}", row.id), "it is not what its events say");
            }
        }
    }
    let stored = payout_event_count(conn)?;
    if stored != told {
        let detail = format!("{stored} are stored, {told} belong to a payout");
        report.found("payout_events", "payout_events", detail);
    }
    Ok(())
}

/// Invariant 11: the reserve is held exactly as long as the payout is open, and what went to the provider is what was paid
/// without what was returned.
fn money(row: &PayoutRow, posted: &[Transfer], report: &mut Report) -> Outcome<()> {
    let mut sums = Sums::default();
    sums.add(posted)?;
    let of = |account: Account| sums.of(&account, row.currency).unwrap_or(0);
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
