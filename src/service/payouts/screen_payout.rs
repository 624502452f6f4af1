//! Reads what the rules for reviews ask about a set of requests, and keeps count while the set is decided.
//!
//! Sums over several shoppers are those of what is committed and of the set: two requests of one moment in two lanes do not
//! see each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::TimeDelta;

use super::request_payout::{DAY, PayoutRequest};
use crate::base::Timestamp;
use crate::base::id::{ClickId, MethodId, ShopperId};
use crate::config;
use crate::db::Conn;
use crate::db::clicks::click_list_by_ids;
use crate::db::insert::Insert;
use crate::db::payouts::PayoutRow;
use crate::db::people::person_partners_of;
use crate::db::protection::{
    DayRow, NetworkRow, OrderRow, PayeeRow, ReviewRow, destination_list_same, network_list, network_rows,
    order_list_of, payout_list_of_day, payout_sum_of_day, review_rows,
};
use crate::db::shoppers::ShopperRow;
use crate::domain::conversion::State;
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::{Hit, ScreenFacts, ScreenedOrder, screen};
use crate::service::Outcome;

/// A request, when it was made, and from which network.
pub(super) type Asked<'a> = (&'a PayoutRequest, Timestamp, Option<&'a str>);

/// What the rules are asked upon.
#[derive(Debug, Default)]
pub(super) struct Screening {
    /// What each asked destination is.
    hashes: HashMap<MethodId, String>,
    /// Who saved it,
    owners: HashMap<String, BTreeSet<ShopperId>>,
    /// under which methods.
    same: HashMap<String, HashSet<MethodId>>,
    day: Vec<DayRow>,
    overall: HashMap<Currency, i64>,
    orders: HashMap<ShopperId, Vec<ScreenedOrder>>,
    networks: HashMap<String, BTreeSet<ShopperId>>,
    reviews: Vec<ReviewRow>,
    origins: Vec<NetworkRow>,
}

impl Screening {
    /// Reads what the rules that are on ask about these requests.
    pub(super) fn load(
        conn: &mut Conn,
        config: &config::Payouts,
        asked: &[Asked<'_>],
        payees: &HashMap<ShopperId, PayeeRow>,
    ) -> Outcome<Self> {
        let mut read = Self::default();
        let since = asked.iter().map(|(_, now, _)| *now).min().unwrap_or(Timestamp::EPOCH);
        let rules = &config.review;
        if rules.shared_destination || !rules.destination_day.is_empty() {
            let methods: BTreeSet<MethodId> = asked.iter().map(|(request, ..)| request.method).collect();
            for row in destination_list_same(conn, methods.into_iter().collect())? {
                read.owners.entry(row.hash.clone()).or_default().insert(row.shopper_id);
                read.same.entry(row.hash.clone()).or_default().insert(row.method_id);
                read.hashes.insert(row.method_id, row.hash);
            }
        }
        if !rules.destination_day.is_empty() {
            let owners: BTreeSet<ShopperId> = read.owners.values().flatten().copied().collect();
            read.day = payout_list_of_day(conn, owners.into_iter().collect(), since.plus(-DAY))?;
        }
        for most in &rules.overall_day {
            read.overall.insert(most.currency(), payout_sum_of_day(conn, most.currency(), since.plus(-DAY))?);
        }
        if rules.network_accounts > 0 {
            let networks = asked.iter().filter_map(|(_, _, network)| network.map(str::to_owned)).collect();
            for (network, shopper) in network_list(conn, networks, since.plus(-DAY))? {
                read.networks.entry(network).or_default().insert(shopper);
            }
        }
        if rules.asks_orders() {
            read.orders = orders(conn, config, since, payees)?;
        }
        Ok(read)
    }

    /// Every rule that speaks about a request. `person_day` is what its shopper asked for within the day before.
    pub(super) fn hits(
        &self,
        config: &config::Payouts,
        (request, now, network): Asked<'_>,
        account: &ShopperRow,
        person_day: Amount,
    ) -> Outcome<Vec<Hit>> {
        let currency = request.amount.currency();
        let hash = self.hashes.get(&request.method);
        let others = hash
            .and_then(|hash| self.owners.get(hash))
            .map(|owners| owners.iter().filter(|owner| **owner != request.shopper).count());
        let same = hash.and_then(|hash| self.same.get(hash));
        let today = |row: &&DayRow| {
            let here = same.is_some_and(|same| same.contains(&row.method_id));
            here && row.currency == currency && row.requested_at > now.plus(-DAY)
        };
        let destination = self.day.iter().filter(today).fold(0_i64, |sum, row| sum.saturating_add(row.amount));
        let from_here = network.and_then(|network| self.networks.get(network));
        let others_here = from_here.map_or(0, |all| all.iter().filter(|one| **one != request.shopper).count());
        let facts = ScreenFacts {
            now,
            amount: request.amount,
            person_day,
            destination_day: Amount::new(destination, currency),
            overall_day: Amount::new(self.overall.get(&currency).copied().unwrap_or(0), currency),
            other_accounts: others.unwrap_or(0),
            orders: self.orders.get(&request.shopper).cloned().unwrap_or_default(),
            network_accounts: if network.is_some() { others_here.saturating_add(1) } else { 0 },
            account_since: account.created_at,
        };
        Ok(screen(&facts, &config.review_rules(currency))?)
    }

    /// Counts a request that was accepted, and keeps why it is held and where it came from.
    pub(super) fn note(&mut self, row: &PayoutRow, hits: &[Hit], network: Option<&str>) {
        let at = row.requested_at;
        self.day.push(DayRow {
            method_id: row.method_id,
            currency: row.currency,
            amount: row.amount,
            requested_at: at,
        });
        if let Some(sum) = self.overall.get_mut(&row.currency) {
            *sum = sum.saturating_add(row.amount);
        }
        if let Some(network) = network {
            self.networks.entry(network.to_owned()).or_default().insert(row.shopper_id);
            let (payout_id, shopper_id, network) = (row.id, row.shopper_id, network.to_owned());
            self.origins.push(NetworkRow { payout_id, shopper_id, network, at });
        }
        self.reviews.extend(hits.iter().map(|hit| ReviewRow {
            payout_id: row.id,
            rule: hit.rule,
            seen: hit.seen.clone(),
            allowed: hit.allowed.clone(),
        }));
    }

    /// What was kept, to be written behind the payouts.
    pub(super) fn inserts(&self) -> [Insert<'_>; 2] {
        [review_rows(&self.reviews), network_rows(&self.origins)]
    }
}

/// All addresses that a shopper may be known by as a partner's person.
fn addresses(payees: &HashMap<ShopperId, PayeeRow>) -> Vec<String> {
    payees.values().flat_map(|payee| forms(&payee.account.email)).collect()
}

/// An address, and the same without what stands after a plus.
fn forms(email: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([email.to_owned()]);
    if let Some((name, host)) = email.rsplit_once('@')
        && let Some((plain, _tag)) = name.split_once('+')
    {
        forms.insert(format!("{plain}@{host}"));
    }
    forms
}

/// The orders of the time that is looked back on, by shopper.
fn orders(
    conn: &mut Conn,
    config: &config::Payouts,
    since: Timestamp,
    payees: &HashMap<ShopperId, PayeeRow>,
) -> Outcome<HashMap<ShopperId, Vec<ScreenedOrder>>> {
    let from = since.plus(-TimeDelta::days(i64::from(config.review.look_back_days)));
    let found = order_list_of(conn, payees.keys().copied().collect(), from)?;
    let partners =
        if config.review.self_referral { person_partners_of(conn, &addresses(payees))? } else { HashMap::new() };
    let own = |order: &OrderRow| {
        let forms = payees.get(&order.shopper_id).map(|payee| forms(&payee.account.email)).unwrap_or_default();
        forms.iter().any(|form| partners.get(form) == Some(&order.partner_id))
    };
    // Only one rule asks for clicks.
    let ids: BTreeSet<ClickId> = found.iter().map(|order| order.click_id).collect();
    let clicked: BTreeMap<ClickId, Timestamp> = if config.review.quick_seconds > 0 && !ids.is_empty() {
        let ids: Vec<ClickId> = ids.into_iter().collect();
        click_list_by_ids(conn, &ids)?.into_iter().map(|row| (row.id, row.at)).collect()
    } else {
        BTreeMap::new()
    };
    let mut by_shopper: HashMap<ShopperId, Vec<ScreenedOrder>> = HashMap::new();
    for order in &found {
        let ended_at = match order.state {
            State::Declined | State::Reversed => Some(order.decided_at),
            State::Pending | State::Confirmed => None,
        };
        by_shopper.entry(order.shopper_id).or_default().push(ScreenedOrder {
            clicked_at: clicked.get(&order.click_id).copied(),
            occurred_at: order.occurred_at,
            ended_at,
            own_partner: own(order),
        });
    }
    Ok(by_shopper)
}
