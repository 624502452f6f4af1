//! Terms of a store and the cashback they promise.
//!
//! The rounding rule, stated once: a shopper's part is rounded down to a whole minor unit and the rest
//! stays with the margin, so that the parts always add up to the commission.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::money::{Amount, MoneyError};
use super::reason::Reason;

/// How much cashback one order earns, before caps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rate {
    /// Percent of the order's amount.
    PercentOfOrder(Decimal),
    /// The same sum for each order, in however many items it is reported.
    Fixed(Amount),
    /// Percent of the commission that the partner pays.
    ShareOfCommission(Decimal),
}

/// A rate for one category or tariff of the partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryRate {
    /// The partner's own word for it.
    pub category: String,
    /// The rate.
    pub rate: Rate,
}

/// What earns no cashback, as data with a text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    /// A stable word: `app_orders`, `gift_cards`, `other_promo_codes` …
    pub code: String,
    /// For people, in English.
    pub en: String,
    /// For people, in Russian.
    pub ru: String,
}

/// One immutable version of a store's conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The default rate.
    pub rate: Rate,
    /// Rates by category; the default applies to all others.
    #[serde(default)]
    pub categories: Vec<CategoryRate>,
    /// Another rate for a shopper's first order at the store.
    #[serde(default)]
    pub first_order: Option<Rate>,
    /// The most that one order earns.
    #[serde(default)]
    pub cap_per_order: Option<Amount>,
    /// The most that one shopper earns at the store in a calendar month (UTC).
    #[serde(default)]
    pub cap_per_month: Option<Amount>,
    /// Days between the partner's confirmation and withdrawal.
    #[serde(default)]
    pub hold_days: u16,
    /// How many days after the click an order still counts.
    #[serde(default = "default_attribution_days")]
    pub attribution_days: u16,
    /// The operator's budget that pays what exceeds the commission; without one, nothing exceeds it.
    #[serde(default)]
    pub budget: Option<String>,
    /// What earns nothing.
    #[serde(default)]
    pub exclusions: Vec<Exclusion>,
}

const fn default_attribution_days() -> u16 {
    30
}

/// Why terms cannot be used. The text names the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct BadTerms {
    /// The key in question.
    pub key: String,
    /// What is wrong, and how to mend it.
    pub problem: &'static str,
}

impl Terms {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`BadTerms`] names the first key that is wrong.
    pub fn check(&self) -> Result<(), BadTerms> {
        check_rate("rate", &self.rate)?;
        if let Some(rate) = &self.first_order {
            check_rate("first_order", rate)?;
        }
        for entry in &self.categories {
            check_rate(&format!("categories.{}", entry.category), &entry.rate)?;
        }
        for (key, cap) in [("cap_per_order", self.cap_per_order), ("cap_per_month", self.cap_per_month)] {
            if cap.is_some_and(|amount| amount.minor() <= 0) {
                return Err(BadTerms {
                    key: key.to_owned(),
                    problem: "a cap must be above zero; leave it out for none",
                });
            }
        }
        let named = |name: &String| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        if self.budget.as_ref().is_some_and(|name| !named(name)) {
            return Err(BadTerms { key: "budget".to_owned(), problem: "a budget's name is letters, digits, - and _" });
        }
        Ok(())
    }

    /// Whether what an order earns depends on the shopper's other orders at the store, or on its own other items.
    #[must_use]
    pub fn look_at_history(&self) -> bool {
        let rates = self.categories.iter().map(|entry| &entry.rate).chain(&self.first_order).chain([&self.rate]);
        let caps = self.cap_per_order.is_some() || self.cap_per_month.is_some();
        caps || self.first_order.is_some() || rates.into_iter().any(|rate| matches!(rate, Rate::Fixed(_)))
    }

    /// The promise for one conversion: the rate that applies to it, pinned when it is first seen.
    ///
    /// `month_used` is what the shopper's other conversions at this store earned in the same month.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] when the month's cap is in another currency.
    pub fn promise(
        &self,
        category: Option<&str>,
        first_order: bool,
        month_used: Option<Amount>,
    ) -> Result<Promise, MoneyError> {
        let by_category = self.categories.iter().find(|entry| category == Some(entry.category.as_str()));
        let rate = match (&self.first_order, by_category) {
            (Some(rate), _) if first_order => rate,
            (_, Some(entry)) => &entry.rate,
            (_, None) => &self.rate,
        };
        let month_left = match (self.cap_per_month, month_used) {
            (Some(cap), Some(used)) => {
                let left = cap.minus(used)?;
                Some(Amount::new(left.minor().max(0), left.currency()))
            }
            (cap, None) => cap,
            (None, Some(_)) => None,
        };
        Ok(Promise {
            rate: rate.clone(),
            first_order: first_order && self.first_order.is_some(),
            cap_per_order: self.cap_per_order,
            order_left: None,
            month_left,
            hold_days: self.hold_days,
            budget: self.budget.clone(),
        })
    }
}

fn check_rate(key: &str, rate: &Rate) -> Result<(), BadTerms> {
    let wrong = |problem| Err(BadTerms { key: key.to_owned(), problem });
    match rate {
        Rate::PercentOfOrder(percent) | Rate::ShareOfCommission(percent) => {
            if *percent < Decimal::ZERO || *percent > Decimal::ONE_HUNDRED {
                return wrong("a percentage lies between 0 and 100");
            }
            // With these, every amount times the percentage fits a decimal without rounding it.
            if percent.normalize().scale() > 6 {
                return wrong("a percentage has at most 6 digits after the point");
            }
            Ok(())
        }
        Rate::Fixed(amount) if amount.minor() < 0 => wrong("a fixed cashback cannot be negative"),
        Rate::Fixed(_) => Ok(()),
    }
}

/// Another item of the same order, as far as it limits what this one earns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    /// The rate that it was promised.
    pub rate: Rate,
    /// What it earns.
    pub cashback: Amount,
}

/// What one conversion was promised. Stored with it; later terms never touch it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Promise {
    /// The rate that applies.
    pub rate: Rate,
    /// It is the first-order rate.
    pub first_order: bool,
    /// The most that this order earns.
    pub cap_per_order: Option<Amount>,
    /// What the order's other items left of that, where there are any.
    pub order_left: Option<Amount>,
    /// What was left of the month's cap.
    pub month_left: Option<Amount>,
    /// Days between confirmation and withdrawal.
    pub hold_days: u16,
    /// Who pays what exceeds the commission.
    pub budget: Option<String>,
}

impl Promise {
    /// What is left for this item of an order beside its `others`: of the order's cap, and of a fixed sum, which an
    /// order earns once. Never less than `promised`, what the item has been promised already. `None` when there are
    /// no others, or nothing limits what they earn together.
    #[must_use]
    pub fn left_of_order(&self, others: &[OrderItem], promised: i64) -> Option<Amount> {
        if others.is_empty() {
            return None;
        }
        let left = |most: Amount, of: &mut dyn Iterator<Item = &OrderItem>| {
            let earned = of.filter(|item| item.cashback.currency() == most.currency());
            let used = earned.map(|item| item.cashback.minor()).fold(0, i64::saturating_add);
            Amount::new(most.minor().saturating_sub(used).max(promised).max(0), most.currency())
        };
        let by_cap = self.cap_per_order.map(|cap| left(cap, &mut others.iter()));
        let by_sum = match &self.rate {
            Rate::Fixed(sum) => Some(left(*sum, &mut others.iter().filter(|item| item.rate == self.rate))),
            Rate::PercentOfOrder(_) | Rate::ShareOfCommission(_) => None,
        };
        match (by_cap, by_sum) {
            // Of two currencies the one that the cashback is in decides; the other is refused where it is priced.
            (Some(cap), Some(sum)) => Some(cap.min(sum).unwrap_or(sum)),
            (one, other) => one.or(other),
        }
    }

    /// The cashback of an order: never below zero, never above a cap, and never above the commission
    /// unless a budget pays the rest. Always in the commission's currency.
    ///
    /// # Errors
    /// [`Reason::NoOrderAmount`] or [`Reason::CurrencyMismatch`] when the rate cannot be applied to what the
    /// partner reported; [`Reason::TooLarge`].
    pub fn cashback(&self, commission: Amount, order: Option<Amount>) -> Result<Amount, Reason> {
        let earned = match &self.rate {
            Rate::Fixed(amount) => *amount,
            Rate::ShareOfCommission(percent) => commission.percent_floor(*percent).map_err(reason)?,
            Rate::PercentOfOrder(percent) => {
                order.ok_or(Reason::NoOrderAmount)?.percent_floor(*percent).map_err(reason)?
            }
        };
        let mut cashback = earned;
        for cap in [self.cap_per_order, self.order_left, self.month_left].into_iter().flatten() {
            cashback = cashback.min(cap).map_err(reason)?;
        }
        if self.budget.is_none() {
            cashback = cashback.min(commission).map_err(reason)?;
        }
        if cashback.currency() != commission.currency() {
            return Err(Reason::CurrencyMismatch);
        }
        Ok(Amount::new(cashback.minor().max(0), cashback.currency()))
    }
}

/// A money error, as the reason a report is held for.
#[must_use]
pub fn reason(error: MoneyError) -> Reason {
    match error {
        MoneyError::CurrencyMismatch(..) => Reason::CurrencyMismatch,
        MoneyError::TooPrecise(..) => Reason::TooPrecise,
        MoneyError::TooLarge | MoneyError::NotANumber(_) => Reason::TooLarge,
        MoneyError::UnknownCurrency(_) => Reason::NoCurrency,
    }
}
