//! The invented partners and stores of the demonstration: what they sell, what they pay, and the terms that the
//! operator has agreed with them.

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::domain::money::{Amount, Currency, MoneyError};
use crate::domain::partner::PartnerSettings;
use crate::domain::rate::Terms;

const DATA: &str = include_str!("data/shops.toml");

/// A partner of the demonstration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoPartner {
    /// Its name in URLs.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The preset that reads its calls, and the network that makes them.
    pub network: String,
    /// What its adapter leaves open.
    #[serde(default)]
    pub settings: PartnerSettings,
}

impl DemoPartner {
    /// Its secret: no secret at all, since everything here is invented.
    #[must_use]
    pub fn secret(&self) -> String {
        format!("demo-secret-{}", self.slug)
    }
}

/// Something to buy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What it is, in English.
    pub en: String,
    /// What it is, in Russian.
    pub ru: String,
    /// What it costs, in the store's currency.
    pub price: String,
}

/// A store of the demonstration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoStore {
    /// Its name in URLs.
    pub slug: String,
    /// The slug of its partner.
    pub partner: String,
    /// Its name for people.
    pub name: String,
    /// Words for the catalogue.
    pub categories: Vec<String>,
    /// What it sells in.
    pub currency: Currency,
    /// What it pays the partner, and the partner us, in percent of the order.
    pub commission_percent: Decimal,
    /// What is in the basket.
    pub items: Vec<Item>,
    /// What we promise to shoppers.
    pub terms: Terms,
}

impl DemoStore {
    /// What the first `count` items of the basket cost, and the commission on them.
    ///
    /// # Errors
    /// [`MoneyError`] for a price that is none.
    pub fn basket(&self, count: usize) -> Result<(Amount, Amount), MoneyError> {
        let mut sum = Amount::zero(self.currency);
        for item in self.items.iter().take(count) {
            sum = sum.plus(Amount::parse(&item.price, self.currency)?)?;
        }
        Ok((sum, sum.percent_floor(self.commission_percent)?))
    }

    /// Its own domain.
    #[must_use]
    pub fn domain(&self) -> String {
        format!("{}.example", self.slug)
    }
}

/// Everything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shops {
    /// The partners.
    #[serde(rename = "partner")]
    pub partners: Vec<DemoPartner>,
    /// The stores.
    #[serde(rename = "store")]
    pub stores: Vec<DemoStore>,
}

impl Shops {
    /// Reads them.
    ///
    /// # Errors
    /// What is wrong in the program's own data.
    pub fn load() -> Result<Self, String> {
        toml::from_str(DATA).map_err(|cause| format!("the demonstration's stores: {cause}"))
    }

    /// A store by its slug.
    #[must_use]
    pub fn store(&self, slug: &str) -> Option<&DemoStore> {
        self.stores.iter().find(|store| store.slug == slug)
    }

    /// A partner by its slug.
    #[must_use]
    pub fn partner(&self, slug: &str) -> Option<&DemoPartner> {
        self.partners.iter().find(|partner| partner.slug == slug)
    }
}
