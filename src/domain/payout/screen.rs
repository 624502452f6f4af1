//! Which withdrawals a person looks at before they are sent, and why. A rule that speaks holds; it never refuses.

use crate::base::Timestamp;
use crate::domain::money::{Amount, MoneyError};
use crate::text_enum;

text_enum! {
    /// A rule that holds a payout for an operator.
    pub enum ReviewRule {
        /// One payout is large.
        Amount = "amount",
        /// The shopper asked for much within a day.
        PersonDay = "person_day",
        /// Much goes to one destination within a day, whoever asks.
        DestinationDay = "destination_day",
        /// Much leaves the service within a day.
        OverallDay = "overall_day",
        /// Other accounts saved the same destination.
        SharedDestination = "shared_destination",
        /// The shopper acts for a partner that the orders came from.
        SelfReferral = "self_referral",
        /// Many orders were cancelled soon after they were made.
        FastCancel = "fast_cancel",
        /// Orders were made in no time after the click.
        QuickOrder = "quick_order",
        /// Several accounts withdraw from one network.
        NetworkBurst = "network_burst",
        /// The account is new.
        NewAccount = "new_account",
    }
}

text_enum! {
    /// Why a payout is looked at, as its shopper is told: what it is about, and not what would get around it.
    pub enum ReviewTopic {
        /// The sums.
        Sum = "sum",
        /// The destination.
        Destination = "destination",
        /// The orders that it comes from.
        Orders = "orders",
        /// The account.
        Account = "account",
    }
}

impl ReviewRule {
    /// What the shopper is told.
    #[must_use]
    pub const fn topic(self) -> ReviewTopic {
        match self {
            Self::Amount | Self::PersonDay | Self::OverallDay => ReviewTopic::Sum,
            Self::DestinationDay | Self::SharedDestination => ReviewTopic::Destination,
            Self::SelfReferral | Self::FastCancel | Self::QuickOrder => ReviewTopic::Orders,
            Self::NetworkBurst | Self::NewAccount => ReviewTopic::Account,
        }
    }
}

/// The rules for one currency. What is `None`, `false` or zero is not asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReviewRules {
    /// One payout of this much or more.
    pub amount: Option<Amount>,
    /// More than this for one shopper within 24 hours.
    pub person_day: Option<Amount>,
    /// More than this to one destination within 24 hours.
    pub destination_day: Option<Amount>,
    /// More than this for all shoppers within 24 hours.
    pub overall_day: Option<Amount>,
    /// A destination that other accounts saved.
    pub shared_destination: bool,
    /// Orders at a partner that the shopper acts for.
    pub self_referral: bool,
    /// So many orders or more that were cancelled soon,
    pub cancelled_orders: u32,
    /// which are at least this part of all, in percent.
    pub cancelled_percent: u32,
    /// How soon after the order a cancellation counts, in hours.
    pub cancelled_hours: u32,
    /// An order within so many seconds of its click.
    pub quick_seconds: u32,
    /// So many accounts or more from one network within 24 hours.
    pub network_accounts: u32,
    /// An account younger than so many days.
    pub new_account_days: u32,
}

/// An order that the shopper's money came from, or should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScreenedOrder {
    /// When the link was followed, where the click is still known.
    pub clicked_at: Option<Timestamp>,
    /// When the order was made, as far as known.
    pub occurred_at: Timestamp,
    /// When it was declined or reversed; `None` for one that stands.
    pub ended_at: Option<Timestamp>,
    /// The shopper acts for the partner that reports it.
    pub own_partner: bool,
}

/// What the rules ask about a request, read in the transaction that reserves. Amounts are of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenFacts {
    /// When it is asked for.
    pub now: Timestamp,
    /// How much, the fee included.
    pub amount: Amount,
    /// What the shopper asked for within 24 hours before, and was not given back.
    pub person_day: Amount,
    /// The same for the destination, whoever asked.
    pub destination_day: Amount,
    /// The same for all shoppers.
    pub overall_day: Amount,
    /// How many other accounts saved the destination.
    pub other_accounts: usize,
    /// The shopper's orders of the time that is looked back on.
    pub orders: Vec<ScreenedOrder>,
    /// How many accounts asked from the same network within 24 hours, this one among them.
    pub network_accounts: usize,
    /// When the account was made.
    pub account_since: Timestamp,
}

/// A rule that spoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub rule: ReviewRule,
    /// What was seen, for operators.
    pub seen: String,
    /// What would have passed, for operators.
    pub allowed: String,
}

impl Hit {
    fn new(rule: ReviewRule, seen: impl ToString, allowed: impl ToString) -> Self {
        Self { rule, seen: seen.to_string(), allowed: allowed.to_string() }
    }
}

/// Every rule that speaks, each with what it saw.
///
/// # Errors
/// [`MoneyError`] for two currencies, or sums too large to add.
pub fn screen(facts: &ScreenFacts, rules: &ReviewRules) -> Result<Vec<Hit>, MoneyError> {
    let mut hits = Vec::new();
    if let Some(from) = rules.amount
        && facts.amount.minus(from)?.minor() >= 0
    {
        hits.push(Hit::new(ReviewRule::Amount, facts.amount, from));
    }
    let days = [
        (ReviewRule::PersonDay, rules.person_day, facts.person_day),
        (ReviewRule::DestinationDay, rules.destination_day, facts.destination_day),
        (ReviewRule::OverallDay, rules.overall_day, facts.overall_day),
    ];
    for (rule, most, before) in days {
        let Some(most) = most else { continue };
        let sum = before.plus(facts.amount)?;
        if sum.minus(most)?.minor() > 0 {
            hits.push(Hit::new(rule, sum, most));
        }
    }
    if rules.shared_destination && facts.other_accounts > 0 {
        hits.push(Hit::new(ReviewRule::SharedDestination, facts.other_accounts, 0));
    }
    hits.extend(of_orders(&facts.orders, rules));
    if at_least(facts.network_accounts, rules.network_accounts) {
        let hit = Hit::new(ReviewRule::NetworkBurst, facts.network_accounts, rules.network_accounts.saturating_sub(1));
        hits.push(hit);
    }
    let days = facts.now.since(facts.account_since).num_days();
    if days < i64::from(rules.new_account_days) {
        hits.push(Hit::new(ReviewRule::NewAccount, days, rules.new_account_days));
    }
    Ok(hits)
}

fn of_orders(orders: &[ScreenedOrder], rules: &ReviewRules) -> Vec<Hit> {
    let mut hits = Vec::new();
    let own = orders.iter().filter(|order| order.own_partner).count();
    if rules.self_referral && own > 0 {
        hits.push(Hit::new(ReviewRule::SelfReferral, own, 0));
    }
    let soon = |order: &&ScreenedOrder| {
        let hours = i64::from(rules.cancelled_hours);
        order.ended_at.is_some_and(|ended| ended.since(order.occurred_at).num_seconds() < hours.saturating_mul(3600))
    };
    let cancelled = orders.iter().filter(soon).count();
    let percent = cancelled.saturating_mul(100).checked_div(orders.len()).unwrap_or(0);
    if at_least(cancelled, rules.cancelled_orders) && at_least(percent, rules.cancelled_percent.max(1)) {
        let (seen, allowed) = (format!("{cancelled} / {}", orders.len()), rules.cancelled_orders.saturating_sub(1));
        hits.push(Hit::new(ReviewRule::FastCancel, seen, allowed));
    }
    // A network that tells no time of the order counts from the call, which is later: that never looks quick.
    let seconds = |order: &ScreenedOrder| Some(order.occurred_at.since(order.clicked_at?).num_seconds());
    let quickest = orders.iter().filter(|order| order.ended_at.is_none()).filter_map(seconds).min();
    if let Some(quickest) = quickest.filter(|seconds| *seconds < i64::from(rules.quick_seconds)) {
        hits.push(Hit::new(ReviewRule::QuickOrder, format!("{quickest} s"), format!("{} s", rules.quick_seconds)));
    }
    hits
}

/// Zero stands for a rule that is off.
fn at_least(count: usize, from: u32) -> bool {
    from > 0 && usize::try_from(from).is_ok_and(|from| count >= from)
}
