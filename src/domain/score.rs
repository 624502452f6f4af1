//! A store's honest score: what its latest orders and claims say about it.

use chrono::TimeDelta;
use serde::Serialize;

use super::conversion::{NO_REASON, State};
use crate::base::Timestamp;

/// Fewer orders than these say nothing.
pub const LEAST_ORDERS: usize = 20;

/// What a score needs to know of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredOrder {
    /// Where it stands.
    pub state: State,
    /// Why, in the partner's words.
    pub reason: Option<String>,
    /// When it was made.
    pub occurred_at: Timestamp,
    /// When it was first confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When it was first reported.
    pub reported_at: Timestamp,
}

/// What is shown. Shares are whole percent, rounded to the nearest, half up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = StoreScore)]
pub struct Score {
    /// How many orders it is made from.
    pub orders: usize,
    /// Of those that were decided, how many were declined or taken back; `None` when none were.
    pub declined_percent: Option<usize>,
    /// Of those, how many without a reason; `None` when there are none.
    pub unexplained_percent: Option<usize>,
    /// Half of the confirmed ones took no more days than these, from the order to the confirmation.
    pub median_days: Option<i64>,
    /// Nine of ten orders were reported within these hours.
    pub seen_hours: i64,
    /// Of the claims, how many were answered; `None` when there were none.
    pub answered_percent: Option<usize>,
}

impl Score {
    /// The score of these orders and claims; `None` when they are too few.
    #[must_use]
    pub fn of(orders: &[ScoredOrder], claims: usize, answered: usize) -> Option<Self> {
        if orders.len() < LEAST_ORDERS {
            return None;
        }
        let lost = |order: &&ScoredOrder| matches!(order.state, State::Declined | State::Reversed);
        let unexplained = |order: &&ScoredOrder| order.reason.as_deref().is_none_or(|reason| reason == NO_REASON);
        let decided = orders.iter().filter(|order| order.state != State::Pending).count();
        let declined = orders.iter().filter(lost).count();
        let silent = orders.iter().filter(lost).filter(unexplained).count();
        let waits = orders.iter().filter_map(|order| Some(order.confirmed_at?.since(order.occurred_at)));
        Some(Self {
            orders: orders.len(),
            declined_percent: percent(declined, decided),
            unexplained_percent: percent(silent, declined),
            median_days: median(waits.collect()).map(|wait| wait.num_days().max(0)),
            seen_hours: seen_hours(orders),
            answered_percent: percent(answered, claims),
        })
    }
}

/// Nine tenths of the orders were reported within these hours, the one that was begun included.
fn seen_hours(orders: &[ScoredOrder]) -> i64 {
    let mut waits: Vec<i64> = orders.iter().map(|one| one.reported_at.since(one.occurred_at).num_minutes()).collect();
    waits.sort_unstable();
    let minutes = waits.get(waits.len().saturating_mul(9) / 10).or(waits.last()).copied().unwrap_or_default();
    (minutes.max(0) + 59) / 60
}

/// How long an order may take to appear before it counts as missing: as long as the store usually takes, and a day at least;
/// three days where nobody knows.
#[must_use]
pub fn missing_after_hours(score: Option<&Score>) -> i64 {
    score.map_or(72, |score| score.seen_hours.max(24))
}

fn percent(part: usize, whole: usize) -> Option<usize> {
    part.checked_mul(200)?.checked_add(whole)?.checked_div(whole.checked_mul(2)?)
}

fn median(mut waits: Vec<TimeDelta>) -> Option<TimeDelta> {
    waits.sort();
    waits.get(waits.len().checked_sub(1)? / 2).copied()
}
