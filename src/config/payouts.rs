//! Withdrawals: who looks first, how long a new method waits, and the limits of each kind of method.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::rails::Rail;
use super::review::Review;
use super::text;
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::ReviewRules;

/// `[payouts]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Payouts {
    /// From these amounts on (one a currency) an operator has to approve.
    #[serde(deserialize_with = "text::amounts")]
    pub review_above: Vec<Amount>,
    /// How long a new payout method waits before its first use, in hours.
    pub cool_off_hours: u32,
    /// Minimum, maximum, fees and daily limit by kind of method and currency.
    pub limits: Vec<PayoutRule>,
    /// What else an operator looks at first.
    pub review: Review,
    /// From these amounts on (one a currency) two operators have to approve.
    #[serde(deserialize_with = "text::amounts")]
    pub second_above: Vec<Amount>,
    /// Who pays out, in the order in which they are chosen.
    pub providers: Vec<Rail>,
}

impl Default for Payouts {
    fn default() -> Self {
        Self {
            review_above: Vec::new(),
            cool_off_hours: 48,
            limits: Vec::new(),
            review: Review::default(),
            second_above: Vec::new(),
            providers: Vec::new(),
        }
    }
}

impl Payouts {
    /// The rule for a kind of method in a currency: the one that names the kind, else the one for every kind (`*`).
    /// `None`: this currency is not paid out this way.
    #[must_use]
    pub fn rule(&self, kind: &str, currency: Currency) -> Option<&PayoutRule> {
        let find = |wanted: &str| self.limits.iter().find(|rule| rule.kind == wanted && rule.currency == currency);
        find(kind).or_else(|| find("*"))
    }

    /// The rules that hold payouts of a currency for an operator.
    #[must_use]
    pub fn review_rules(&self, currency: Currency) -> ReviewRules {
        self.review.rules(currency, self.review_from(currency))
    }

    /// Whether this amount takes two operators to approve.
    #[must_use]
    pub fn takes_two(&self, amount: Amount) -> bool {
        let same = self.second_above.iter().find(|from| from.currency() == amount.currency());
        same.is_some_and(|from| amount.minor() >= from.minor())
    }

    /// From which amount on an operator has to approve; `None`: never because of the amount. What takes two takes one first.
    #[must_use]
    pub fn review_from(&self, currency: Currency) -> Option<Amount> {
        let all = self.review_above.iter().chain(&self.second_above).copied();
        all.filter(|amount| amount.currency() == currency).min_by_key(|amount| amount.minor())
    }
}

/// The limits of one kind of method in one currency. All amounts are of that currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutRule {
    /// The kind of method (`card`, `wallet`, …), or `*` for every kind.
    pub kind: String,
    /// The currency.
    pub currency: Currency,
    /// The least that one payout may be, before the fee.
    pub minimum: Amount,
    /// The most that one payout may be, before the fee.
    pub maximum: Amount,
    /// The most that a shopper may request within 24 hours.
    pub daily: Amount,
    /// The fixed part of the fee.
    pub fee_fixed: Amount,
    /// The proportional part of the fee, in percent.
    pub fee_percent: Decimal,
    /// How many payouts of a shopper may be open at the same time.
    pub max_open: u32,
}

/// A rule as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    currency: Currency,
    minimum: String,
    maximum: String,
    daily: Option<String>,
    fee_fixed: Option<String>,
    fee_percent: Option<String>,
    max_open: Option<u32>,
}

impl<'de> Deserialize<'de> for PayoutRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let amount = |name: &str, text: &str| {
            let read =
                Amount::parse(text, written.currency).map_err(|cause| D::Error::custom(format!("{name}: {cause}")))?;
            if read.minor() < 0 { Err(D::Error::custom(format!("{name} is negative"))) } else { Ok(read) }
        };
        let minimum = amount("minimum", &written.minimum)?;
        let maximum = amount("maximum", &written.maximum)?;
        if minimum.minor() > maximum.minor() {
            return Err(D::Error::custom("minimum is more than maximum"));
        }
        let percent = written.fee_percent.as_deref().unwrap_or("0");
        let fee_percent = Decimal::from_str_exact(percent)
            .ok()
            .filter(|percent| (Decimal::ZERO..Decimal::ONE_HUNDRED).contains(percent))
            .ok_or_else(|| D::Error::custom("fee_percent is not a number from 0 to below 100, written as \"1.5\""))?;
        Ok(Self {
            minimum,
            maximum,
            daily: written.daily.as_deref().map_or(Ok(maximum), |text| amount("daily", text))?,
            fee_fixed: amount("fee_fixed", written.fee_fixed.as_deref().unwrap_or("0"))?,
            fee_percent,
            max_open: written.max_open.unwrap_or(1),
            currency: written.currency,
            kind: written.kind,
        })
    }
}
