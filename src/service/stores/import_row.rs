//! The rows of an import file, as CSV with a header or as TOML with `[[store]]` tables. Pure: a text in, rows out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::store_add::NewStore;
use super::terms_text::{amount, read_rate, wrong_amount};
use crate::domain::extension::ExtensionChange;
use crate::domain::rate::Terms;
use crate::service::{Outcome, ServiceError};

/// One store of a file. In CSV, lists are separated by `|`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportRow {
    /// Its name in URLs; a store of this name is changed, else one is added.
    pub slug: String,
    /// The slug of the partner that it is reached through.
    pub partner: String,
    /// Its name for people.
    pub name: String,
    /// Its own home page.
    pub home_url: String,
    /// Its domains.
    pub domains: Vec<String>,
    /// Where a click leads.
    pub landing_url: String,
    /// Where a click with a deep link leads.
    pub deep_link_url: Option<String>,
    /// Words for the catalogue.
    pub categories: Vec<String>,
    /// `5%`, `40% of commission` or `300 RUB`.
    pub rate: Option<String>,
    /// The rate of a shopper's first order, written as `rate`.
    pub first_order: Option<String>,
    /// The most that one order earns, as in `1500 RUB`.
    pub cap_per_order: Option<String>,
    /// Days between confirmation and withdrawal.
    pub hold_days: Option<u16>,
    /// How many days after the click an order still counts.
    pub attribution_days: Option<u16>,
    /// The browser extension may remind of the store: `yes` or `no` in CSV. What is left out of these six stays as it is.
    pub ext: Option<bool>,
    /// It may remind on pages of the cart.
    pub cart: Option<bool>,
    /// It may mark the store in search results.
    pub serp: Option<bool>,
    /// How often it may remind in one session.
    pub max_prompts: Option<u8>,
    /// The stand-down pack of the store's network.
    pub network: Option<String>,
    /// Where paths of the cart begin.
    pub cart_paths: Option<Vec<String>>,
    /// Whole terms, in TOML only, instead of the five keys from `rate` on.
    pub terms: Option<Terms>,
}

/// A row with the line of its file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The line where it begins.
    pub line: u64,
    /// The row, or what is wrong with it.
    pub row: Result<ImportRow, String>,
}

/// A row that was not taken, or one with a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BadRow {
    /// The file.
    pub file: String,
    /// The line where the row begins.
    pub line: u64,
    /// The store's slug, as far as it could be read.
    pub slug: String,
    /// The field, and what to mend or to look at.
    pub problem: String,
}

/// The columns of a CSV file, in the order of the sample.
const COLUMNS: [&str; 19] = [
    "slug",
    "partner",
    "name",
    "home_url",
    "domains",
    "landing_url",
    "deep_link_url",
    "categories",
    "rate",
    "first_order",
    "cap_per_order",
    "hold_days",
    "attribution_days",
    "ext",
    "cart",
    "serp",
    "max_prompts",
    "network",
    "cart_paths",
];

/// Reads a CSV file with a header line. Empty cells are left out.
///
/// # Errors
/// [`ServiceError::Invalid`] for `header` when it has an unknown column, or lacks `slug`.
pub fn read_csv(text: &str) -> Outcome<Vec<Numbered>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|cause| ServiceError::invalid("header", cause.to_string()))?.clone();
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        let problem = format!("there is no column {unknown:?}; known: {}", COLUMNS.join(", "));
        return Err(ServiceError::invalid("header", problem));
    }
    if !header.iter().any(|name| name == "slug") {
        return Err(ServiceError::invalid("header", "the first line must name the columns, slug among them"));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let numbered = match record {
            Ok(record) => {
                let cells = header.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty()).collect();
                Numbered { line: record.position().map_or(0, csv::Position::line), row: from_cells(&cells) }
            }
            Err(cause) => {
                Numbered { line: cause.position().map_or(0, csv::Position::line), row: Err(complaint(&cause)) }
            }
        };
        rows.push(numbered);
    }
    Ok(rows)
}

fn complaint(cause: &csv::Error) -> String {
    if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = cause.kind() {
        return format!("has {len} cells where the header has {expected_len}; put a text with commas in double quotes");
    }
    cause.to_string()
}

fn from_cells(cells: &BTreeMap<&str, &str>) -> Result<ImportRow, String> {
    let text = |name: &str| cells.get(name).map(|cell| (*cell).to_owned());
    let words = |cell: &&str| cell.split('|').map(|word| word.trim().to_owned()).collect::<Vec<_>>();
    let list = |name: &str| cells.get(name).map(words).unwrap_or_default();
    let flag = |name: &str| {
        let parse = |cell: &&str| match cell.to_ascii_lowercase().as_str() {
            "yes" | "true" | "1" => Ok(true),
            "no" | "false" | "0" => Ok(false),
            _ => Err(format!("{name}: {cell:?} must be yes or no")),
        };
        cells.get(name).map(parse).transpose()
    };
    let prompts = |cell: &&str| cell.parse::<u8>().map_err(|_cause| format!("max_prompts: {cell:?} is not a number"));
    let days = |name: &str| {
        let parse =
            |cell: &&str| cell.parse::<u16>().map_err(|_cause| format!("{name}: {cell:?} is not a number of days"));
        cells.get(name).map(parse).transpose()
    };
    Ok(ImportRow {
        slug: text("slug").unwrap_or_default(),
        partner: text("partner").unwrap_or_default(),
        name: text("name").unwrap_or_default(),
        home_url: text("home_url").unwrap_or_default(),
        domains: list("domains"),
        landing_url: text("landing_url").unwrap_or_default(),
        deep_link_url: text("deep_link_url"),
        categories: list("categories"),
        rate: text("rate"),
        first_order: text("first_order"),
        cap_per_order: text("cap_per_order"),
        hold_days: days("hold_days")?,
        attribution_days: days("attribution_days")?,
        ext: flag("ext")?,
        cart: flag("cart")?,
        serp: flag("serp")?,
        max_prompts: cells.get("max_prompts").map(prompts).transpose()?,
        network: text("network"),
        cart_paths: cells.get("cart_paths").map(words),
        terms: None,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default)]
    store: Vec<toml::Spanned<toml::Table>>,
}

/// Reads a TOML file of `[[store]]` tables.
///
/// # Errors
/// [`ServiceError::Invalid`] for `file` when it is no TOML; the text names the line.
pub fn read_toml(text: &str) -> Outcome<Vec<Numbered>> {
    let file: TomlFile = toml::from_str(text).map_err(|cause| ServiceError::invalid("file", cause.to_string()))?;
    // Spans rise, so that each line feed is counted once.
    let (mut line, mut counted) = (1_u64, 0_usize);
    let mut rows = Vec::new();
    for table in file.store {
        let start = table.span().start;
        let between = text.as_bytes().get(counted..start).unwrap_or_default();
        let feeds = between.iter().filter(|byte| **byte == b'\n').count();
        line = line.saturating_add(u64::try_from(feeds).unwrap_or(0));
        counted = counted.max(start);
        let row = ImportRow::deserialize(table.into_inner()).map_err(|cause| cause.message().trim().to_owned());
        rows.push(Numbered { line, row });
    }
    Ok(rows)
}

impl ImportRow {
    pub(super) fn store(&self) -> NewStore {
        NewStore {
            slug: self.slug.clone(),
            partner: self.partner.clone(),
            name: self.name.clone(),
            home_url: self.home_url.clone(),
            domains: self.domains.clone(),
            landing_url: self.landing_url.clone(),
            deep_link_url: self.deep_link_url.clone(),
            categories: self.categories.clone(),
            extension: self.extension(),
        }
    }

    /// What the row says of the browser extension.
    pub(super) fn extension(&self) -> ExtensionChange {
        ExtensionChange {
            ext: self.ext,
            cart: self.cart,
            serp: self.serp,
            max_prompts: self.max_prompts,
            network: self.network.clone(),
            cart_paths: self.cart_paths.clone(),
        }
    }

    /// The terms that the row asks for; `None` when it says nothing about them.
    pub(super) fn terms(&self) -> Outcome<Option<Terms>> {
        if let Some(terms) = &self.terms {
            let alone = self.rate.is_none() && self.first_order.is_none() && self.cap_per_order.is_none();
            if !alone || self.hold_days.is_some() || self.attribution_days.is_some() {
                return Err(ServiceError::invalid("terms", "stands alone: write the rate and days inside it"));
            }
            return Ok(Some(terms.clone()));
        }
        let Some(rate) = &self.rate else {
            let others = self.first_order.is_some() || self.cap_per_order.is_some() || self.hold_days.is_some();
            if others || self.attribution_days.is_some() {
                return Err(ServiceError::invalid("rate", "is needed where other terms are given"));
            }
            return Ok(None);
        };
        let cap = |text: &String| amount(text).ok_or_else(|| wrong_amount("cap_per_order", text));
        Ok(Some(Terms {
            rate: read_rate("rate", rate)?,
            categories: Vec::new(),
            first_order: self.first_order.as_ref().map(|text| read_rate("first_order", text)).transpose()?,
            cap_per_order: self.cap_per_order.as_ref().map(cap).transpose()?,
            cap_per_month: None,
            hold_days: self.hold_days.unwrap_or(0),
            attribution_days: self.attribution_days.unwrap_or(30),
            budget: None,
            exclusions: Vec::new(),
        }))
    }
}
