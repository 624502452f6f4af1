//! Terms as people type them: rates as `5%`, `40% of commission` or `300 RUB`, lists a line each; and what differs between two
//! versions. Pure.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::domain::money::{Amount, Currency};
use crate::domain::rate::{CategoryRate, Exclusion, Rate, Terms};
use crate::service::{Outcome, ServiceError};

/// Terms, a text for each field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TermsText {
    /// `5%`, `40% of commission` or `300 RUB`.
    pub rate: String,
    /// The rate of a shopper's first order; empty for the same.
    pub first_order: String,
    /// The most that one order earns, `1500 RUB`; empty for none.
    pub cap_per_order: String,
    /// The most that one shopper earns in a month.
    pub cap_per_month: String,
    /// Days between confirmation and withdrawal.
    pub hold_days: String,
    /// How many days after the click an order still counts.
    pub attribution_days: String,
    /// The budget that pays what exceeds the commission; empty for none.
    pub budget: String,
    /// `the partner's word = rate`, a line each.
    pub categories: String,
    /// `code | in English | in Russian`, a line each.
    pub exclusions: String,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TermsDifference {
    /// Its name.
    pub field: &'static str,
    /// What it was.
    pub before: String,
    /// What it will be.
    pub after: String,
}

impl TermsText {
    /// The texts of terms.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        let some = |amount: Option<Amount>| amount.map(|amount| amount.to_string()).unwrap_or_default();
        let category = |entry: &CategoryRate| format!("{} = {}", entry.category, rate_text(&entry.rate));
        let exclusion = |one: &Exclusion| format!("{} | {} | {}", one.code, one.en, one.ru);
        Self {
            rate: rate_text(&terms.rate),
            first_order: terms.first_order.as_ref().map(rate_text).unwrap_or_default(),
            cap_per_order: some(terms.cap_per_order),
            cap_per_month: some(terms.cap_per_month),
            hold_days: terms.hold_days.to_string(),
            attribution_days: terms.attribution_days.to_string(),
            budget: terms.budget.clone().unwrap_or_default(),
            categories: terms.categories.iter().map(category).collect::<Vec<_>>().join("\n"),
            exclusions: terms.exclusions.iter().map(exclusion).collect::<Vec<_>>().join("\n"),
        }
    }

    /// Reads the texts.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] names the field.
    pub fn read(&self) -> Outcome<Terms> {
        let cap = |field: &str, text: &str| match text.trim() {
            "" => Ok(None),
            text => amount(text).map(Some).ok_or_else(|| wrong_amount(field, text)),
        };
        let days = |field: &str, text: &str, default: u16| match text.trim() {
            "" => Ok(default),
            text => text.parse::<u16>().map_err(|_cause| ServiceError::invalid(field, "must be a number of days")),
        };
        let first_order = Some(self.first_order.trim()).filter(|text| !text.is_empty());
        let terms = Terms {
            rate: read_rate("rate", self.rate.trim())?,
            categories: lines(&self.categories).map(read_category).collect::<Outcome<_>>()?,
            first_order: first_order.map(|text| read_rate("first_order", text)).transpose()?,
            cap_per_order: cap("cap_per_order", &self.cap_per_order)?,
            cap_per_month: cap("cap_per_month", &self.cap_per_month)?,
            hold_days: days("hold_days", &self.hold_days, 0)?,
            attribution_days: days("attribution_days", &self.attribution_days, 30)?,
            budget: Some(self.budget.trim().to_owned()).filter(|text| !text.is_empty()),
            exclusions: lines(&self.exclusions).map(read_exclusion).collect::<Outcome<_>>()?,
        };
        let field = |key: &str| if key.starts_with("categories.") { "categories".to_owned() } else { key.to_owned() };
        terms.check().map_err(|bad| ServiceError::invalid(field(&bad.key), bad.problem))?;
        Ok(terms)
    }

    /// What differs in `after`.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<TermsDifference> {
        let fields = [
            ("rate", &self.rate, &after.rate),
            ("first_order", &self.first_order, &after.first_order),
            ("cap_per_order", &self.cap_per_order, &after.cap_per_order),
            ("cap_per_month", &self.cap_per_month, &after.cap_per_month),
            ("hold_days", &self.hold_days, &after.hold_days),
            ("attribution_days", &self.attribution_days, &after.attribution_days),
            ("budget", &self.budget, &after.budget),
            ("categories", &self.categories, &after.categories),
            ("exclusions", &self.exclusions, &after.exclusions),
        ];
        let differ = fields.into_iter().filter(|(_, before, after)| before != after);
        differ
            .map(|(field, before, after)| TermsDifference { field, before: before.clone(), after: after.clone() })
            .collect()
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn read_category(line: &str) -> Outcome<CategoryRate> {
    // The last sign parts: a partner's word may have one too.
    let (category, rate) = line
        .rsplit_once('=')
        .ok_or_else(|| ServiceError::invalid("categories", format!("{line:?} must be written as word = 5%")))?;
    Ok(CategoryRate { category: category.trim().to_owned(), rate: read_rate("categories", rate.trim())? })
}

fn read_exclusion(line: &str) -> Outcome<Exclusion> {
    let wrong = || ServiceError::invalid("exclusions", format!("{line:?} must be written as code | English | Russian"));
    let mut parts = line.split('|').map(str::trim);
    let (Some(code), Some(en), Some(ru), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    if [code, en, ru].iter().any(|part| part.is_empty()) {
        return Err(wrong());
    }
    Ok(Exclusion { code: code.to_owned(), en: en.to_owned(), ru: ru.to_owned() })
}

/// A rate as [`read_rate`] reads it.
fn rate_text(rate: &Rate) -> String {
    match rate {
        Rate::PercentOfOrder(percent) => format!("{}%", percent.normalize()),
        Rate::ShareOfCommission(percent) => format!("{}% of commission", percent.normalize()),
        Rate::Fixed(amount) => amount.to_string(),
    }
}

pub(super) fn wrong_amount(field: &str, text: &str) -> ServiceError {
    ServiceError::invalid(field, format!("{text:?} must be an amount and a currency, as in 300.50 RUB"))
}

pub(super) fn amount(text: &str) -> Option<Amount> {
    let (number, code) = text.trim().split_once(' ')?;
    let currency: Currency = code.trim().parse().ok()?;
    Amount::parse(number, currency).ok()
}

pub(super) fn read_rate(field: &str, text: &str) -> Outcome<Rate> {
    let wrong = || {
        let problem = format!("{text:?} must be written as 5%, 40% of commission or 300 RUB");
        ServiceError::invalid(field, problem)
    };
    let Some((number, of)) = text.split_once('%') else { return amount(text).map(Rate::Fixed).ok_or_else(wrong) };
    let percent = Decimal::from_str_exact(number.trim()).map_err(|_cause| wrong())?;
    match of.trim() {
        "" | "of order" => Ok(Rate::PercentOfOrder(percent)),
        "of commission" => Ok(Rate::ShareOfCommission(percent)),
        _ => Err(wrong()),
    }
}
