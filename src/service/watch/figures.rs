//! The business in figures: who is owed what and for how long, and the days of the last month. It reads every order, so what it
//! gave is kept in memory for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::base::Timestamp;
use crate::base::id::{PartnerId, StoreId};
use crate::db::days::click_day_list;
use crate::db::figures::{OpenOrders, open_order_sums, open_payout_sums, order_day_list, shopper_sums};
use crate::db::inbox::unsealed_oldest;
use crate::db::seals::{folded_list, unsealed_count};
use crate::db::{Conn, snapshot};
use crate::domain::aging::{AGES, BORDERS, spread};
use crate::domain::conversion::State;
use crate::domain::ledger::{Account, Bucket};
use crate::domain::money::{Amount, Currency};
use crate::service::{App, Outcome};

/// For how many seconds figures are kept.
const KEPT: i64 = 300;
/// How many days are told, today among them.
const DAYS: i64 = 30;
const DAY: i64 = 86_400;

/// What we owe shoppers in one state and currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Owed {
    /// Where it stands.
    pub bucket: Bucket,
    /// All of it.
    pub total: Amount,
    /// By age, the youngest first; absent where the age says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ages: Option<Vec<Amount>>,
}

/// What one partner owes us in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PartnerOwed {
    /// The partner.
    #[schema(value_type = String, format = "uuid")]
    pub partner: PartnerId,
    /// Its name.
    pub name: String,
    /// What it owes; below zero when it paid ahead.
    pub owed: Amount,
    /// The same by age of the orders, the youngest first.
    pub ages: Vec<Amount>,
    /// What it may come to owe: orders that are not confirmed.
    pub expected: Amount,
}

/// A day of all stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DaySum {
    /// Its beginning, in UTC.
    pub day: Timestamp,
    /// Clicks.
    pub clicks: i64,
    /// Orders that were first reported on it.
    pub orders: i64,
    /// The commission of those that stand, by currency.
    pub commission: Vec<Amount>,
    /// Their cashback.
    pub cashback: Vec<Amount>,
}

/// The figures.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Figures {
    /// When they were read.
    pub at: Timestamp,
    /// What shoppers are owed.
    pub shoppers: Vec<Owed>,
    /// What partners owe.
    pub partners: Vec<PartnerOwed>,
    /// Banks and the house, as the sealed part of the ledger has them: above zero is ours or owed by us.
    pub house: Vec<HouseBalance>,
    /// How many transactions wait for their seal, and are in neither the house's nor the partners' balances.
    pub unsealed: i64,
    /// When the first of these was posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsealed_since: Option<Timestamp>,
    /// The last 30 days, the oldest first.
    pub days: Vec<DaySum>,
    /// By store and day (since 1970): clicks and orders.
    #[serde(skip)]
    pub stores: BTreeMap<(StoreId, i64), (i64, i64)>,
}

/// A balance of a bank or of the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HouseBalance {
    /// The account.
    #[schema(example = "house/margin")]
    pub account: String,
    /// What stands on it.
    pub balance: Amount,
}

/// The figures that were read last.
#[derive(Debug, Clone, Default)]
pub struct KeptFigures {
    last: Arc<Mutex<Option<Arc<Figures>>>>,
    /// Held by whoever reads them anew: others wait and find them fresh.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl KeptFigures {
    fn fresh(&self, now: Timestamp) -> Option<Arc<Figures>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone().filter(|kept| now < kept.at.plus_seconds(KEPT))
    }
}

/// The figures; they may be five minutes old, and say when they were read.
///
/// # Errors
/// The database's failures.
pub async fn figures(app: &App) -> Outcome<Arc<Figures>> {
    let now = app.clock.now();
    if let Some(kept) = app.figures.fresh(now) {
        return Ok(kept);
    }
    let reading = Arc::clone(&app.figures.reading).lock_owned().await;
    if let Some(kept) = app.figures.fresh(now) {
        return Ok(kept);
    }
    let (db, known) = (app.db.clone(), app.catalogue.snapshot());
    let name =
        move |id: PartnerId| known.partner(id).map_or_else(|| id.to_string(), |partner| partner.row.name.clone());
    let read = db.read_much(move |conn| {
        // Until it is read, also when nobody waits for it any more.
        let _reading = reading;
        snapshot(conn, |conn| read(conn, now, &name))
    });
    let read = Arc::new(read.await?);
    *app.figures.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
    Ok(read)
}

fn read(conn: &mut Conn, now: Timestamp, name: &dyn Fn(PartnerId) -> String) -> Outcome<Figures> {
    let borders = BORDERS.map(|days| now.plus_days(-days));
    let open = open_order_sums(conn, borders)?;
    let payouts = open_payout_sums(conn, borders)?;
    let mut in_payout: BTreeMap<Currency, [i64; AGES]> = BTreeMap::new();
    for sum in payouts {
        add(in_payout.entry(sum.currency).or_default(), sum.age, sum.amount);
    }
    let today = now.seconds().div_euclid(DAY);
    let first = today.saturating_sub(DAYS - 1);
    let since = Timestamp::from_seconds(first.saturating_mul(DAY)).unwrap_or(now);
    let (days, stores) = days(conn, since, first..=today)?;
    let folded = folded_list(conn)?;
    let (unsealed, unsealed_since) = (unsealed_count(conn)?, unsealed_oldest(conn)?);
    Ok(Figures {
        at: now,
        shoppers: shoppers(conn, &open, &in_payout)?,
        partners: partners(&folded, &open, name),
        house: folded
            .into_iter()
            .filter(|(account, _, minor)| !account.starts_with("partner/") && *minor != 0)
            .map(|(account, currency, minor)| HouseBalance { account, balance: Amount::new(minor, currency) })
            .collect(),
        unsealed,
        unsealed_since,
        days,
        stores,
    })
}

fn add(ages: &mut [i64; AGES], age: i64, minor: i64) {
    if let Some(sum) = usize::try_from(age).ok().and_then(|age| ages.get_mut(age)) {
        *sum = sum.saturating_add(minor);
    }
}

fn amounts(minor: [i64; AGES], currency: Currency) -> Vec<Amount> {
    minor.into_iter().map(|minor| Amount::new(minor, currency)).collect()
}

fn shoppers(conn: &mut Conn, open: &[OpenOrders], in_payout: &BTreeMap<Currency, [i64; AGES]>) -> Outcome<Vec<Owed>> {
    let of_orders = |currency: Currency, state: State| {
        let mut ages = [0; AGES];
        let these = open.iter().filter(|sum| sum.currency == currency && sum.state == state && !sum.released);
        these.for_each(|sum| add(&mut ages, sum.age, sum.cashback));
        ages
    };
    let mut all = Vec::new();
    for sums in shopper_sums(conn)? {
        let currency = sums.currency;
        let payouts = in_payout.get(&currency).copied().unwrap_or_default();
        let rows = [
            (Bucket::Pending, sums.pending, Some(of_orders(currency, State::Pending))),
            (Bucket::Confirmed, sums.confirmed, Some(of_orders(currency, State::Confirmed))),
            (Bucket::Available, sums.available, None),
            (Bucket::InPayout, sums.in_payout, Some(payouts)),
            (Bucket::Debt, sums.debt, None),
        ];
        let some = rows.into_iter().filter(|(_, total, _)| *total != 0);
        all.extend(some.map(|(bucket, total, ages)| Owed {
            bucket,
            total: Amount::new(total, currency),
            // Cashback of an order can stand elsewhere, in a debt: what stands here is the oldest part then.
            ages: ages.map(|ages| amounts(spread(total, ages), currency)),
        }));
    }
    all.sort_by_key(|owed| owed.bucket);
    Ok(all)
}

fn partners(
    folded: &[(String, Currency, i64)],
    open: &[OpenOrders],
    name: &dyn Fn(PartnerId) -> String,
) -> Vec<PartnerOwed> {
    let mut sums: BTreeMap<(PartnerId, Currency), (i64, i64)> = BTreeMap::new();
    for (account, currency, minor) in folded {
        match account.parse() {
            Ok(Account::PartnerOwed(id)) => sums.entry((id, *currency)).or_default().0 = minor.saturating_neg(),
            Ok(Account::PartnerExpected(id)) => sums.entry((id, *currency)).or_default().1 = minor.saturating_neg(),
            Ok(
                Account::Bank(_)
                | Account::Shopper(..)
                | Account::MarginPending
                | Account::Margin
                | Account::Fees
                | Account::Fx
                | Account::Budget(_)
                | Account::WriteOff
                | Account::Suspense(_),
            )
            | Err(_) => {}
        }
    }
    let some = sums.into_iter().filter(|(_, (owed, expected))| *owed != 0 || *expected != 0);
    let row = |((partner, currency), (owed, expected)): ((PartnerId, Currency), (i64, i64))| {
        let mut ages = [0; AGES];
        let confirmed = open.iter().filter(|sum| sum.partner_id == partner && sum.currency == currency);
        confirmed.filter(|sum| sum.state == State::Confirmed).for_each(|sum| add(&mut ages, sum.age, sum.commission));
        let amount = |minor| Amount::new(minor, currency);
        PartnerOwed {
            partner,
            name: name(partner),
            owed: amount(owed),
            ages: amounts(spread(owed, ages), currency),
            expected: amount(expected),
        }
    };
    let mut rows: Vec<PartnerOwed> = some.map(row).collect();
    rows.sort_by(|a, b| (b.owed.minor(), &a.name).cmp(&(a.owed.minor(), &b.name)));
    rows
}

/// Days, and clicks and orders by store and day.
type Days = (Vec<DaySum>, BTreeMap<(StoreId, i64), (i64, i64)>);

fn days(conn: &mut Conn, since: Timestamp, span: std::ops::RangeInclusive<i64>) -> Outcome<Days> {
    let mut stores: BTreeMap<(StoreId, i64), (i64, i64)> = BTreeMap::new();
    for (day, store, clicks) in click_day_list(conn, since)? {
        stores.entry((store, day.seconds().div_euclid(DAY))).or_default().0 = clicks;
    }
    let mut money: BTreeMap<(i64, Currency), (i64, i64)> = BTreeMap::new();
    for sum in order_day_list(conn, since)? {
        let orders = &mut stores.entry((sum.store_id, sum.day)).or_default().1;
        *orders = orders.saturating_add(sum.orders);
        let (commission, cashback) = money.entry((sum.day, sum.currency)).or_default();
        *commission = commission.saturating_add(sum.commission);
        *cashback = cashback.saturating_add(sum.cashback);
    }
    let mut counts: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for ((_, day), (clicks, orders)) in &stores {
        let sum = counts.entry(*day).or_default();
        *sum = (sum.0.saturating_add(*clicks), sum.1.saturating_add(*orders));
    }
    let row = |day: i64| {
        let (clicks, orders) = counts.get(&day).copied().unwrap_or_default();
        let of_day = || money.iter().filter(move |((of, _), _)| *of == day);
        DaySum {
            day: Timestamp::from_seconds(day.saturating_mul(DAY)).unwrap_or(since),
            clicks,
            orders,
            commission: of_day().map(|((_, currency), (minor, _))| Amount::new(*minor, *currency)).collect(),
            cashback: of_day().map(|((_, currency), (_, minor))| Amount::new(*minor, *currency)).collect(),
        }
    };
    Ok((span.map(row).collect(), stores))
}
