//! Money: whole minor units of one currency, checked arithmetic, no floats anywhere.
//!
//! An [`Amount`] is written `{"amount": "12.34", "currency": "RUB"}` in JSON and an integer beside a
//! code in the database. Rates are [`Decimal`]s and meet money only in [`Amount::percent_floor`].

use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The Russian rouble.
    pub const RUB: Self = Self(iso_currency::Currency::RUB);
    /// The euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// The three letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Digits after the decimal point: 2 for RUB, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// From the three-digit number of ISO 4217, which some networks send instead of letters.
    #[must_use]
    pub fn from_numeric(number: u16) -> Option<Self> {
        iso_currency::Currency::from_numeric(number).map(Self)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
impl FromStr for Currency {
    type Err = MoneyError;
    /// Reads three upper-case letters.
    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| MoneyError::UnknownCurrency(code.to_owned()))
    }
}
impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <String as utoipa::PartialSchema>::schema()
    }
}
impl utoipa::ToSchema for Currency {}

/// Why an amount could not be made or combined. The text is fit for outsiders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a code of ISO 4217.
    #[error("{0:?} is not an ISO 4217 currency code")]
    UnknownCurrency(String),
    /// Not a decimal number.
    #[error("{0:?} is not a decimal number")]
    NotANumber(String),
    /// More digits than the currency has: an error, never a rounding.
    #[error("{0} has more digits after the point than {1} has")]
    TooPrecise(Decimal, Currency),
    /// Beyond 64 bits of minor units.
    #[error("the amount is too large")]
    TooLarge,
    /// Two currencies in one sum.
    #[error("{0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
}

/// The largest single amount that is believed or booked, in minor units. Sums are kept in 64 bits: a few amounts near
/// that bound would stop the ledger, a hundred thousand of these do not.
pub const LARGEST_MINOR: i64 = 10_000_000_000_000;

/// An amount of money: whole minor units (kopecks, cents) of one currency. May be negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

impl Amount {
    /// From minor units: `Amount::new(1234, RUB)` is 12.34 roubles.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in this currency.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// From major units, exactly.
    ///
    /// # Errors
    /// [`MoneyError::TooPrecise`] when the currency has fewer digits; [`MoneyError::TooLarge`].
    pub fn from_major(major: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let factor = Decimal::from(10_u64.pow(currency.exponent()));
        let minor = major.checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        if minor.fract() != Decimal::ZERO {
            return Err(MoneyError::TooPrecise(major, currency));
        }
        minor.to_i64().map(|minor| Self { minor, currency }).ok_or(MoneyError::TooLarge)
    }

    /// Reads major units from plain decimal text with a point (`"12.34"`), as our own API takes them.
    ///
    /// # Errors
    /// Any [`MoneyError`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        let major = if plain { Decimal::from_str_exact(text).ok() } else { None };
        Self::from_major(major.ok_or_else(|| MoneyError::NotANumber(text.to_owned()))?, currency)
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Major units, with exactly the currency's digits.
    #[must_use]
    pub fn major(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// True for 0.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::TooLarge`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::TooLarge`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::TooLarge)?;
        Ok(Self { minor, ..self })
    }

    /// The smaller of two.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        Ok(Self { minor: self.minor.min(other.minor), ..self })
    }

    /// `percent` of this amount, rounded down to a whole minor unit. This is the one place where money is rounded by a
    /// rule: a shopper's part goes down and what is left over stays with the margin. (A commission that follows an order's
    /// new amount is rounded too, in `changes::in_proportion`, but somebody sees it before it counts.)
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`].
    pub fn percent_floor(self, percent: Decimal) -> Result<Self, MoneyError> {
        let exact = Decimal::from(self.minor).checked_mul(percent).ok_or(MoneyError::TooLarge)? / Decimal::ONE_HUNDRED;
        let floor = exact.round_dp_with_strategy(0, RoundingStrategy::ToNegativeInfinity);
        floor.to_i64().map(|minor| Self { minor, ..self }).ok_or(MoneyError::TooLarge)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.major(), self.currency)
    }
}
impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How an [`Amount`] is written in JSON.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Amount)]
pub struct AmountJson {
    /// Major units as a decimal string.
    #[schema(example = "12.34")]
    amount: String,
    /// ISO 4217 code.
    #[schema(example = "RUB")]
    currency: Currency,
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AmountJson { amount: self.major().to_string(), currency: self.currency }.serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = AmountJson::deserialize(deserializer)?;
        Self::parse(&json.amount, json.currency).map_err(serde::de::Error::custom)
    }
}
impl utoipa::PartialSchema for Amount {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <AmountJson as utoipa::PartialSchema>::schema()
    }
}
impl utoipa::ToSchema for Amount {
    fn name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }
}
