//! `[payouts.review]`: which withdrawals an operator looks at first, beside large ones.

use serde::Deserialize;

use super::text;
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::ReviewRules;

/// `[payouts.review]`. Lists hold one amount for each currency; a currency without one has no limit. Zero turns a rule off.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Review {
    /// The most for one shopper within 24 hours.
    #[serde(deserialize_with = "text::amounts")]
    pub person_day: Vec<Amount>,
    /// The most to one destination within 24 hours.
    #[serde(deserialize_with = "text::amounts")]
    pub destination_day: Vec<Amount>,
    /// The most for all shoppers within 24 hours.
    #[serde(deserialize_with = "text::amounts")]
    pub overall_day: Vec<Amount>,
    /// Whether a destination that other accounts saved is looked at.
    pub shared_destination: bool,
    /// Whether orders at a partner that the shopper acts for are looked at.
    pub self_referral: bool,
    /// From how many orders on that were cancelled soon.
    pub cancelled_orders: u32,
    /// Which part of all orders they have to be, in percent.
    pub cancelled_percent: u32,
    /// How soon after the order a cancellation counts, in hours.
    pub cancelled_hours: u32,
    /// Within how many seconds of its click an order is quick.
    pub quick_seconds: u32,
    /// From how many accounts on that withdraw from one network within 24 hours.
    pub network_accounts: u32,
    /// For how many days an account is new.
    pub new_account_days: u32,
    /// How many days of orders are looked at.
    pub look_back_days: u32,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            person_day: Vec::new(),
            destination_day: Vec::new(),
            overall_day: Vec::new(),
            shared_destination: true,
            self_referral: true,
            cancelled_orders: 5,
            cancelled_percent: 50,
            cancelled_hours: 48,
            quick_seconds: 0,
            network_accounts: 0,
            new_account_days: 0,
            look_back_days: 90,
        }
    }
}

impl Review {
    /// The rules for a currency; `amount` is from `payouts.review_above`.
    pub(super) fn rules(&self, currency: Currency, amount: Option<Amount>) -> ReviewRules {
        let of = |amounts: &[Amount]| amounts.iter().copied().find(|amount| amount.currency() == currency);
        ReviewRules {
            amount,
            person_day: of(&self.person_day),
            destination_day: of(&self.destination_day),
            overall_day: of(&self.overall_day),
            shared_destination: self.shared_destination,
            self_referral: self.self_referral,
            cancelled_orders: self.cancelled_orders,
            cancelled_percent: self.cancelled_percent,
            cancelled_hours: self.cancelled_hours,
            quick_seconds: self.quick_seconds,
            network_accounts: self.network_accounts,
            new_account_days: self.new_account_days,
        }
    }

    /// Whether any rule looks at orders.
    #[must_use]
    pub const fn asks_orders(&self) -> bool {
        self.self_referral || self.cancelled_orders > 0 || self.quick_seconds > 0
    }
}
