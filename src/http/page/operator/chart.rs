//! Bars of the last days, drawn on the server: whole numbers for an SVG, and the day's own words beside them.

use serde::Serialize;

use crate::base::Timestamp;
use crate::domain::money::{Amount, Currency};
use crate::service::watch::DaySum;

/// How wide a day is, and how high the highest bar.
const WIDTH: i64 = 10;
const HEIGHT: i64 = 60;

/// One day.
#[derive(Serialize)]
struct Bar {
    x: i64,
    y: i64,
    height: i64,
    day: Timestamp,
    count: i64,
    amount: Option<Amount>,
}

/// One row of bars.
#[derive(Serialize)]
pub(super) struct Chart {
    /// What it shows: the end of its text's key.
    name: &'static str,
    width: i64,
    height: i64,
    bars: Vec<Bar>,
    /// All days together: a count, or
    total: i64,
    /// an amount.
    amount: Option<Amount>,
}

/// The charts, few: clicks, orders, and the money of the currency that most days have.
pub(super) fn charts(days: &[DaySum]) -> Vec<Chart> {
    let mut all = vec![chart("clicks", days, None, |day| day.clicks), chart("orders", days, None, |day| day.orders)];
    if let Some(currency) = main_currency(days) {
        let of = move |amounts: &[Amount]| {
            amounts.iter().find(|amount| amount.currency() == currency).map_or(0, |amount| amount.minor())
        };
        all.push(chart("commission", days, Some(currency), move |day| of(&day.commission)));
        all.push(chart("cashback", days, Some(currency), move |day| of(&day.cashback)));
    }
    all
}

fn main_currency(days: &[DaySum]) -> Option<Currency> {
    let mut seen: Vec<Currency> =
        days.iter().flat_map(|day| day.commission.iter().map(|amount| amount.currency())).collect();
    seen.sort_unstable();
    let most = |chunk: &[Currency]| (chunk.len(), chunk.first().copied());
    seen.chunk_by(|a, b| a == b).map(most).max_by_key(|(count, _)| *count).and_then(|(_, currency)| currency)
}

fn chart(name: &'static str, days: &[DaySum], currency: Option<Currency>, of: impl Fn(&DaySum) -> i64) -> Chart {
    let values: Vec<i64> = days.iter().map(of).collect();
    let highest = values.iter().copied().max().unwrap_or(0).max(1);
    let in_currency = |minor| currency.map(|currency| Amount::new(minor, currency));
    let mut x = 0;
    let bar = |(day, value): (&DaySum, &i64)| {
        let height = value.max(&0).saturating_mul(HEIGHT).checked_div(highest).unwrap_or(0);
        // What is there is seen, however small it is.
        let height = if *value > 0 { height.max(1) } else { 0 };
        let bar = Bar { x, y: HEIGHT - height, height, day: day.day, count: *value, amount: in_currency(*value) };
        x += WIDTH;
        bar
    };
    let bars: Vec<Bar> = days.iter().zip(&values).map(bar).collect();
    let total = values.iter().fold(0_i64, |sum, value| sum.saturating_add(*value));
    Chart { name, width: x, height: HEIGHT, bars, total, amount: in_currency(total) }
}
