//! How many of the clicks that led to a partner's stores became orders, by store and month.
//!
//! Clicks of one partner have no index of their own (it would be written with every click), so only the newest clicks of
//! all partners are counted, so many; a month that reaches back beyond them is told without a rate.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use crate::base::Timestamp;
use crate::base::id::{PartnerId, StoreId};
use crate::db::clicks::{click_counts, click_horizon};
use crate::db::conversions::order_counts;
use crate::domain::conversion::State;
use crate::domain::month::Month;
use crate::service::{App, Outcome, ServiceError};

/// How many months are told, this one included.
const MONTHS: usize = 3;
/// How many of the newest clicks of all partners are counted.
pub const COUNTED: i64 = 200_000;

/// What became of the clicks to one store in one month.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ConversionRate)]
pub struct Row {
    /// A moment in the middle of the month (which is one of UTC), so that it is the same month in every zone.
    pub month: Timestamp,
    /// The store's name.
    pub store: String,
    /// How many clicks; absent when not all of the month can be counted.
    pub clicks: Option<i64>,
    /// How many orders were first heard of.
    pub orders: i64,
    /// How many of them are confirmed by now.
    pub confirmed: i64,
    /// How many of them were declined or taken back.
    pub declined: i64,
    /// How many of a hundred clicks became orders, to one digit.
    #[schema(value_type = Option<String>, example = "2.5")]
    pub percent: Option<Decimal>,
}

/// Counts clicks and orders of the last months: newest month first, each with the stores by name. Stores with neither are
/// left out.
///
/// # Errors
/// The database's failures.
pub async fn conversion_rate(app: &App, partner: PartnerId) -> Outcome<Vec<Row>> {
    let known = app.catalogue.snapshot();
    let of_partner = known.stores.values().filter(|store| store.row.partner_id == partner);
    let names: BTreeMap<StoreId, String> = of_partner.map(|store| (store.row.id, store.row.name.clone())).collect();
    let this = Month::of(app.clock.now());
    let mut months = vec![(this.start(), this.next().start())];
    while months.len() < MONTHS {
        let Some((start, _)) = months.last().copied() else { break };
        months.push((Month::of(start.plus_seconds(-1)).start(), start));
    }
    app.db
        .read(move |conn| {
            let (horizon, since) = click_horizon(conn, COUNTED)?;
            let stores: Vec<StoreId> = names.keys().copied().collect();
            let mut rows = Vec::new();
            for (from, until) in months {
                let whole = since.is_none_or(|since| since < from);
                let clicks = if whole { click_counts(conn, partner, horizon, from, until)? } else { BTreeMap::new() };
                let orders = order_counts(conn, &stores, from, until)?;
                let mut of_month: Vec<Row> = Vec::new();
                for (store, name) in &names {
                    let count =
                        |states: &[State]| states.iter().filter_map(|state| orders.get(&(*store, *state))).sum::<i64>();
                    let clicked = clicks.get(store).copied().unwrap_or(0);
                    let all = count(State::ALL);
                    if all == 0 && clicked == 0 {
                        continue;
                    }
                    of_month.push(Row {
                        month: from.plus_days(14),
                        store: name.clone(),
                        clicks: whole.then_some(clicked),
                        orders: all,
                        confirmed: count(&[State::Confirmed]),
                        declined: count(&[State::Declined, State::Reversed]),
                        percent: if whole { percent(all, clicked) } else { None },
                    });
                }
                of_month.sort_by(|one, other| one.store.cmp(&other.store));
                rows.append(&mut of_month);
            }
            Ok::<_, ServiceError>(rows)
        })
        .await
}

fn percent(part: i64, whole: i64) -> Option<Decimal> {
    let exact = Decimal::from(part).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(Decimal::from(whole))?;
    Some(exact.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero))
}
