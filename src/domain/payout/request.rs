//! What a shopper may withdraw, what it costs, and what an operator wants to see first.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::domain::money::{Amount, MoneyError};

/// The limits of one kind of method in one currency, from the configuration. All amounts are of that currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutLimits {
    /// The least that one payout may be, before the fee.
    pub minimum: Amount,
    /// The most that one payout may be, before the fee.
    pub maximum: Amount,
    /// The most that a shopper may request within 24 hours.
    pub daily: Amount,
    /// From this amount on an operator has to approve.
    pub review_from: Amount,
    /// The fixed part of the fee.
    pub fee_fixed: Amount,
    /// The proportional part of the fee, in percent of the amount, as decimal text (`"1.5"`).
    #[serde(with = "decimal_text")]
    pub fee_percent: Decimal,
    /// How many payouts of a shopper may be open at the same time.
    #[serde(default = "one")]
    pub max_open: u32,
}

const fn one() -> u32 {
    1
}

impl PayoutLimits {
    /// The fee for `amount`: the fixed part and the percentage, rounded down to a whole minor unit.
    ///
    /// # Errors
    /// Any [`MoneyError`].
    pub fn fee(&self, amount: Amount) -> Result<Amount, MoneyError> {
        self.fee_fixed.plus(amount.percent_floor(self.fee_percent)?)
    }
}

/// What a decision on a request needs to know, read in the transaction that reserves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFacts {
    /// What the shopper wants, the fee included.
    pub amount: Amount,
    /// The shopper's `available`.
    pub available: Amount,
    /// The shopper's open debt, as a positive amount; zero when there is none.
    pub debt: Amount,
    /// Whether the e-mail address is confirmed.
    pub email_confirmed: bool,
    /// When the method's cool-off ends (48 h after it was added or changed).
    pub method_usable_from: Timestamp,
    /// The time of the request.
    pub now: Timestamp,
    /// Whether the shopper's account is in use; a blocked one is not paid.
    pub account_active: bool,
    /// How many payouts of the shopper hold a reserve.
    pub open_payouts: u32,
    /// What the shopper requested within the last 24 hours and was not given back.
    pub requested_today: Amount,
}

/// What to do with a request that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// An operator has to approve first.
    pub needs_review: bool,
    /// The part of the amount that stays with the house.
    pub fee: Amount,
}

/// Why a request was refused. The text is fit for the shopper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// The account is blocked.
    #[error("this account is blocked")]
    AccountBlocked,
    /// The e-mail address is not confirmed.
    #[error("confirm your e-mail address first")]
    EmailNotConfirmed,
    /// A debt is open.
    #[error("a debt of {0} is open; later earnings fill it first")]
    DebtOpen(Amount),
    /// The method is in its cool-off.
    #[error("this payout method can be used from {0}")]
    MethodTooNew(Timestamp),
    /// Another payout is on its way.
    #[error("another payout is still on its way")]
    AnotherOpen,
    /// Below the method's minimum.
    #[error("the least that can be paid out this way is {0}")]
    TooSmall(Amount),
    /// Above the method's maximum.
    #[error("the most that can be paid out this way at once is {0}")]
    TooLarge(Amount),
    /// More than there is.
    #[error("only {0} is available")]
    NotEnough(Amount),
    /// Above what may be requested in a day.
    #[error("the most that can be requested within 24 hours is {0}")]
    DailyLimit(Amount),
    /// The fee is not less than the amount.
    #[error("the fee of {0} would leave nothing to pay out")]
    FeeTakesAll(Amount),
    /// The configured fee is negative: more would leave than was reserved.
    #[error("this payout method is not available now")]
    Misconfigured,
    /// Currencies that do not go together, or amounts too large to add.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl RequestRefusal {
    /// A stable word for the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AccountBlocked => "account_blocked",
            Self::EmailNotConfirmed => "email_not_confirmed",
            Self::DebtOpen(_) => "debt_open",
            Self::MethodTooNew(_) => "method_too_new",
            Self::AnotherOpen => "payout_already_open",
            Self::TooSmall(_) => "amount_below_minimum",
            Self::TooLarge(_) => "amount_above_maximum",
            Self::NotEnough(_) => "not_enough_available",
            Self::DailyLimit(_) => "daily_limit",
            Self::FeeTakesAll(_) => "fee_takes_all",
            Self::Misconfigured => "payout_unavailable",
            Self::Money(_) => "wrong_money",
        }
    }
}

/// Decides on a request: the first reason against it, or what it costs and whether an operator looks first.
///
/// # Errors
/// [`RequestRefusal`]; nothing may then be changed.
pub fn check_request(facts: &RequestFacts, limits: &PayoutLimits) -> Result<Plan, RequestRefusal> {
    if !facts.account_active {
        return Err(RequestRefusal::AccountBlocked);
    }
    if !facts.email_confirmed {
        return Err(RequestRefusal::EmailNotConfirmed);
    }
    if facts.debt.minor() != 0 {
        return Err(RequestRefusal::DebtOpen(facts.debt));
    }
    if facts.now < facts.method_usable_from {
        return Err(RequestRefusal::MethodTooNew(facts.method_usable_from));
    }
    if facts.open_payouts >= limits.max_open {
        return Err(RequestRefusal::AnotherOpen);
    }
    if below(facts.amount, limits.minimum)? || facts.amount.minor() <= 0 {
        return Err(RequestRefusal::TooSmall(limits.minimum));
    }
    if below(limits.maximum, facts.amount)? {
        return Err(RequestRefusal::TooLarge(limits.maximum));
    }
    if below(facts.available, facts.amount)? {
        return Err(RequestRefusal::NotEnough(facts.available));
    }
    if below(limits.daily, facts.requested_today.plus(facts.amount)?)? {
        return Err(RequestRefusal::DailyLimit(limits.daily));
    }
    let fee = limits.fee(facts.amount)?;
    if fee.minor() < 0 {
        return Err(RequestRefusal::Misconfigured);
    }
    if !below(fee, facts.amount)? {
        return Err(RequestRefusal::FeeTakesAll(fee));
    }
    Ok(Plan { needs_review: !below(facts.amount, limits.review_from)?, fee })
}

fn below(a: Amount, b: Amount) -> Result<bool, MoneyError> {
    Ok(a.minus(b)?.minor() < 0)
}

/// Decimals as text: a number in a file could have been a float on its way here.
mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Decimal::from_str_exact(&text).map_err(serde::de::Error::custom)
    }
}
