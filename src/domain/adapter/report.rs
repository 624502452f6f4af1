//! What an adapter reads out of a call: one normalised report a payment.

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::domain::money::Currency;
use crate::text_enum;

text_enum! {
    /// Where a payment stands, in our words.
    pub enum ReportStatus {
        /// Seen, not yet checked by the store.
        Pending = "pending",
        /// Accepted by the store.
        Confirmed = "confirmed",
        /// Refused before it was confirmed.
        Declined = "declined",
        /// Taken back.
        Reversed = "reversed",
    }
}

text_enum! {
    /// Whether the amounts of a report say how much it is now, or by how much it changed.
    pub enum Amounts {
        /// The whole amount as it stands now.
        Total = "total",
        /// The difference to what was told before.
        Delta = "delta",
    }
}

text_enum! {
    /// How a report without a usable event time competes with others about the same payment.
    pub enum Weight {
        /// A plain pending report: anything settled goes before it.
        Open = "open",
        /// A decision, or the taking back of one; of two, the later arrival counts.
        Settled = "settled",
        /// Final: only a later event time changes it.
        Last = "last",
    }
}

/// When something happened, as far as the partner told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventTime {
    /// A point in time.
    Utc(Timestamp),
    /// A wall-clock time whose zone the adapter does not declare: the partner's setting decides later.
    #[schema(value_type = String)]
    Local(NaiveDateTime),
}

impl std::fmt::Display for EventTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Utc(time) => time.fmt(f),
            Self::Local(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.f")),
        }
    }
}

/// One line of an order, for people to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Item {
    /// The store's article number.
    pub sku: Option<String>,
    /// The article's name.
    pub name: Option<String>,
    /// How many.
    #[schema(value_type = Option<String>)]
    pub quantity: Option<Decimal>,
    /// Price of one, major units.
    #[schema(value_type = Option<String>)]
    pub unit_price: Option<Decimal>,
    /// Price of the line, major units.
    #[schema(value_type = Option<String>)]
    pub amount: Option<Decimal>,
    /// Commission of the line, major units.
    #[schema(value_type = Option<String>)]
    pub commission: Option<Decimal>,
    /// The partner's category or tariff of the line.
    pub group: Option<String>,
    /// The line's own status, where the partner tells one.
    pub status: Option<ReportStatus>,
}

/// What a partner says about one payment. Amounts are decimals in major units, exactly as told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Report {
    /// External id: what makes the payment unique for its partner.
    pub key: Option<String>,
    /// The partner's transaction number.
    pub transaction_id: Option<String>,
    /// Our click reference as it came back.
    pub click_ref: Option<String>,
    /// The store's order number: groups payments for people.
    pub order_id: Option<String>,
    /// Where the payment stands.
    pub status: ReportStatus,
    /// The order's sum.
    #[schema(value_type = Option<String>)]
    pub order_amount: Option<Decimal>,
    /// The currency of `order_amount`.
    pub order_currency: Option<Currency>,
    /// What the partner owes us.
    #[schema(value_type = Option<String>)]
    pub commission: Option<Decimal>,
    /// The currency of `commission`.
    pub currency: Option<Currency>,
    /// What the buyer paid, where it is told apart from `order_amount`.
    #[schema(value_type = Option<String>)]
    pub customer_amount: Option<Decimal>,
    /// The currency of `customer_amount`.
    pub customer_currency: Option<Currency>,
    /// Totals or differences.
    pub amounts: Amounts,
    /// When it happened; none means "take the time of receipt".
    pub occurred_at: Option<EventTime>,
    /// How it competes without an event time.
    pub weight: Weight,
    /// Held back after approval.
    pub hold: Option<bool>,
    /// Closed for changes.
    pub locked: Option<bool>,
    /// Ready to be paid out to us.
    pub payable: Option<bool>,
    /// Paid out to us.
    pub paid: Option<bool>,
    /// Why it was declined or reversed.
    pub reason: Option<String>,
    /// The partner's category or tariff.
    pub category: Option<String>,
    /// The kind of action: sale, lead …
    pub kind: Option<String>,
    /// The partner's or store's reference of the buyer.
    pub user_ref: Option<String>,
    /// The promo code used.
    pub promo_code: Option<String>,
    /// The external id that this report takes back.
    pub reverses: Option<String>,
    /// The order's lines.
    pub items: Vec<Item>,
}

impl Report {
    /// A report that says nothing but a status; the weight is that of the status.
    #[must_use]
    pub fn new(status: ReportStatus) -> Self {
        let weight = match status {
            ReportStatus::Pending => Weight::Open,
            ReportStatus::Confirmed | ReportStatus::Declined | ReportStatus::Reversed => Weight::Settled,
        };
        Self {
            key: None,
            transaction_id: None,
            click_ref: None,
            order_id: None,
            status,
            order_amount: None,
            order_currency: None,
            commission: None,
            currency: None,
            customer_amount: None,
            customer_currency: None,
            amounts: Amounts::Total,
            occurred_at: None,
            weight,
            hold: None,
            locked: None,
            payable: None,
            paid: None,
            reason: None,
            category: None,
            kind: None,
            user_ref: None,
            promo_code: None,
            reverses: None,
            items: Vec::new(),
        }
    }
}

/// What reading a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// One report or several.
    Reports(Vec<Report>),
    /// Not a sale.
    Ignored {
        /// Why, for people.
        why: String,
    },
    /// Needs a person.
    Unreadable {
        /// Stable snake_case word.
        code: &'static str,
        /// What, where, and how to mend it.
        detail: String,
    },
}

/// Why a value could not be read: becomes [`Reading::Unreadable`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub code: &'static str,
    pub detail: String,
}

impl Fault {
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// The same with the place put in front.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self { code: self.code, detail: format!("{place}: {}", self.detail) }
    }
}
