//! Holds the clients' record against what is stored, and both against the bank.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use diesel::{QueryDsl as _, QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
use kopilka::base::id::{ClickId, PostbackId, ShopperId};
use kopilka::db::Conn;
use kopilka::db::balances::balances_find;
use kopilka::db::clicks::click_find;
use kopilka::db::conversions::{conversion_find_by_key, conversion_list_of_click};
use kopilka::db::payouts::{PayoutRow, payout_list_by_requests, payout_walk};
use kopilka::db::postbacks::postback_find;
use kopilka::db::schema::{clicks, postbacks};
use kopilka::domain::money::Currency;
use kopilka::domain::payout::PayoutState;

use super::process::Process;
use super::rig::{GRANT, Rig};
use super::traffic::{Order, Record, Traffic, Withdrawal, state_after};
use crate::support::bank::the_bank_agrees;
use crate::support::db::connect;

/// How much of a record was compared already; every comparison goes on from there.
#[derive(Debug, Default)]
pub struct Compared {
    clicks: usize,
    reports: usize,
}

/// Everything that was answered well has to be stored. What was not answered may be, once.
pub fn answers_are_kept(conn: &mut Conn, rig: &Rig, record: &Record, compared: &mut Compared) {
    assert_eq!(record.wrong, Vec::<String>::new());
    for (id, shopper) in &record.clicks[compared.clicks..] {
        let row = click_find(conn, *id).unwrap().unwrap_or_else(|| panic!("the click {id} was answered and is lost"));
        assert_eq!(row.shopper_id, *shopper, "click {id}");
    }
    for (id, verdict) in &record.reports[compared.reports..] {
        let row = postback_find(conn, *id).unwrap();
        let row = row.unwrap_or_else(|| panic!("the postback {id} was answered and is lost"));
        assert_eq!(row.verdict.as_str(), verdict, "postback {id}");
    }
    *compared = Compared { clicks: record.clicks.len(), reports: record.reports.len() };
    for (name, order) in &record.orders {
        an_order_is_kept(conn, rig, name, order);
    }
    for (key, asked) in &record.withdrawals {
        a_withdrawal_is_kept(conn, key, asked);
    }
}

fn an_order_is_kept(conn: &mut Conn, rig: &Rig, name: &str, order: &Order) {
    let stored = conversion_find_by_key(conn, rig.partner, name).unwrap();
    let found = stored.as_ref().map(|order| (order.state, order.commission.minor()));
    let answered = state_after(&order.answered);
    let with_open = order.open.map(|open| {
        let mut said = order.answered.clone();
        said.push(open);
        state_after(&said)
    });
    assert!(found == answered || Some(found) == with_open, "{name}: {order:?} is stored as {found:?}");
    if let Some(stored) = stored {
        assert_eq!((stored.shopper_id, stored.click_id), (order.shopper, order.click), "{name}");
        assert_eq!(stored.cashback.minor(), stored.commission.minor() / 2, "{name}");
        assert_eq!(conversion_list_of_click(conn, order.click).unwrap().len(), 1, "{name}");
    }
}

fn a_withdrawal_is_kept(conn: &mut Conn, key: &str, asked: &Withdrawal) {
    let stored = payout_list_by_requests(conn, vec![asked.shopper], vec![key.to_owned()]).unwrap().pop();
    match (&stored, asked.accepted) {
        (Some(row), Some(id)) => assert_eq!(row.id, id, "{key}"),
        (None, Some(id)) => panic!("the payout {id} was accepted and is lost"),
        (_, None) => {}
    }
    if let Some(row) = stored {
        assert_eq!(row.amount, asked.amount, "{key}");
    }
}

/// Every payout there is.
pub fn payouts(conn: &mut Conn) -> Vec<PayoutRow> {
    let mut all: Vec<PayoutRow> = Vec::new();
    loop {
        let page = payout_walk(conn, all.last().map(|row| row.id), 500).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Lets the clients finish at this server, stops it, brings everything to its end, and holds the record against what is stored.
pub async fn settled(rig: &Rig, mut server: Process, mut traffic: Traffic) -> (Record, Tally) {
    traffic.finish(rig.front).await;
    server.kill();
    rig.drain().await;
    let record = traffic.into_record();
    let tally = nothing_is_lost(&mut connect(&rig.url), rig, &record).await;
    (record, tally)
}

/// The end of every test of faults, once everything was answered and brought to its end.
pub async fn nothing_is_lost(conn: &mut Conn, rig: &Rig, record: &Record) -> Tally {
    answers_are_kept(conn, rig, record, &mut Compared::default());
    all_is_accounted_for(conn, rig, record).await;
    rig.verify();
    let tally = Tally::of(conn, record);
    assert_eq!(tally.lost, 0);
    tally
}

/// What was answered well, what is stored, and how much of the first is not in the second: counted from the tables' keys, apart from
/// the comparison above.
#[derive(Debug)]
pub struct Tally {
    answered: [usize; 3],
    stored: [usize; 3],
    lost: usize,
}

impl Tally {
    fn of(conn: &mut Conn, record: &Record) -> Self {
        let clicks: HashSet<ClickId> = clicks::table.select(clicks::id).load(conn).unwrap().into_iter().collect();
        let postbacks: HashSet<PostbackId> =
            postbacks::table.select(postbacks::id).load(conn).unwrap().into_iter().collect();
        let payouts = payouts(conn).len();
        let lost = record.clicks.iter().filter(|(id, _)| !clicks.contains(id)).count()
            + record.reports.iter().filter(|(id, _)| !postbacks.contains(id)).count()
            + record.accepted().saturating_sub(payouts);
        Self { answered: record.progress(), stored: [clicks.len(), postbacks.len(), payouts], lost }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((what, answered), stored) in
            ["clicks answered", "reports answered", "payouts accepted"].iter().zip(self.answered).zip(self.stored)
        {
            write!(f, "{what} {answered}, stored {stored}; ")?;
        }
        write!(f, "lost {}", self.lost)
    }
}

/// After everything was answered and brought to its end: each withdrawal exists once and is over, the bank moved each at
/// most once, its count is the ledger's, and every shopper has what follows from the record.
async fn all_is_accounted_for(conn: &mut Conn, rig: &Rig, record: &Record) {
    let payouts = payouts(conn);
    assert_eq!((payouts.len(), record.accepted()), (record.withdrawals.len(), record.withdrawals.len()));
    let open: Vec<&PayoutRow> = payouts.iter().filter(|row| row.state.holds_reserve()).collect();
    assert!(open.is_empty(), "still under way: {open:#?}");
    let count = rig.bank("GET", "v1/moved", None).await;
    let (moved, returned) = the_bank_agrees(&count, &payouts);
    assert_eq!(sum_of_bank(conn), moved.minus(returned).unwrap().minor(), "the ledger's account at the bank");
    let mut wanted: BTreeMap<ShopperId, i64> = rig.shoppers.iter().map(|shopper| (shopper.id, GRANT)).collect();
    for row in &payouts {
        *wanted.get_mut(&row.shopper_id).unwrap() -= match row.state {
            PayoutState::Paid => row.amount,
            PayoutState::Returned => row.fee,
            _ => 0,
        };
    }
    let mut pending: BTreeMap<ShopperId, i64> = BTreeMap::new();
    for order in record.orders.values() {
        let (available, waiting) = match state_after(&order.answered) {
            Some((kopilka::domain::conversion::State::Confirmed, minor)) => (minor / 2, 0),
            Some((kopilka::domain::conversion::State::Pending, minor)) => (0, minor / 2),
            _ => (0, 0),
        };
        *wanted.get_mut(&order.shopper).unwrap() += available;
        *pending.entry(order.shopper).or_default() += waiting;
    }
    for (shopper, available) in wanted {
        let found = balances_find(conn, shopper, Currency::RUB).unwrap();
        let waiting = pending.get(&shopper).copied().unwrap_or(0);
        assert_eq!((found.available, found.pending), (available, waiting), "shopper {shopper}");
        assert_eq!((found.confirmed, found.in_payout, found.debt), (0, 0, 0), "shopper {shopper}");
    }
}

/// What the ledger says left our account at whoever pays, less what came back, in kopecks.
fn sum_of_bank(conn: &mut Conn) -> i64 {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = BigInt)]
        minor: i64,
    }
    let query = "select cast(coalesce(sum(case when credit like 'bank/%' then amount when debit like 'bank/%' \
                 then -amount else 0 end), 0) as bigint) as minor from ledger_transfers";
    match conn {
        Conn::Lite(conn) => sql_query(query).get_result::<Sum>(conn).unwrap().minor,
        Conn::Pg(conn) => sql_query(query).get_result::<Sum>(conn).unwrap().minor,
    }
}
