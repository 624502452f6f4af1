//! Statements as CSV files: which column means what is declared, by a preset or by hand, and each line is read or refused with
//! its reason. Read line by line, so that a statement of a hundred thousand lines takes no more than its rows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::money::{Amount, Currency};
use super::reconcile::TheirState;
use crate::base::Timestamp;

/// The most lines of one statement.
pub const MOST_LINES: usize = 200_000;

/// Which column means what. Names are those of the header, in any case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// What stands between two fields; a comma when absent.
    pub delimiter: Option<char>,
    /// Their reference.
    pub reference: String,
    /// Our key, where they give it back.
    pub key: Option<String>,
    /// The amount, in major units.
    pub amount: String,
    /// The currency's column, or
    pub currency: Option<String>,
    /// the currency of all lines.
    pub in_currency: Option<Currency>,
    /// The fee, in major units.
    pub fee: Option<String>,
    /// The fee that is agreed for each payment, in minor units.
    pub fee_agreed: i64,
    /// How it ended, or absent where only what was paid is listed.
    pub state: Option<String>,
    /// What each of their words means.
    pub states: BTreeMap<String, TheirState>,
    /// When.
    pub at: String,
    /// How the time is written, for chrono's `strftime`; RFC 3339 when absent. A date alone is its first moment, in UTC.
    pub at_format: Option<String>,
    /// What the payer wrote, in a bank's statement.
    pub purpose: Option<String>,
    /// Who paid, in a bank's statement.
    pub payer: Option<String>,
}

/// A statement cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadStatement {
    /// A column is not in the header.
    #[error("the header has no column {0}")]
    NoColumn(String),
    /// Too long.
    #[error("the statement has more than {MOST_LINES} lines")]
    TooLong,
    /// Not CSV.
    #[error("line {0} is no line of a CSV file: {1}")]
    NotCsv(u64, String),
    /// The mapping says too little.
    #[error("the mapping {0}")]
    Mapping(&'static str),
}

/// A line as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file; the header is line 1.
    pub line: u64,
    /// Their reference.
    pub reference: String,
    /// Our key.
    pub key: Option<String>,
    /// How much.
    pub amount: Amount,
    /// Their fee in minor units.
    pub fee: Option<i64>,
    /// How it ended.
    pub state: TheirState,
    /// When.
    pub at: Timestamp,
    /// What the payer wrote.
    pub purpose: String,
    /// Who paid.
    pub payer: String,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// Its number in the file.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What is wrong with it.
    pub problem: String,
}

/// All lines of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Those that could be read.
    pub rows: Vec<Row>,
    /// Those that could not.
    pub bad: Vec<BadRow>,
}

/// Where the columns stand.
struct Places {
    reference: usize,
    key: Option<usize>,
    amount: usize,
    currency: Option<usize>,
    fee: Option<usize>,
    state: Option<usize>,
    at: usize,
    purpose: Option<usize>,
    payer: Option<usize>,
}

impl Mapping {
    /// The mapping of this name: `kopilka` (what `kopilka` and the sandbox write), `yookassa` (its register of payouts), `bank` (a
    /// bank's list of incoming payments).
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let word = |text: &str| text.to_owned();
        let some = |text: &str| Some(text.to_owned());
        let states = |all: &[(&str, TheirState)]| all.iter().map(|(text, state)| (word(text), *state)).collect();
        let (pending, paid, failed, returned) =
            (TheirState::Pending, TheirState::Paid, TheirState::Failed, TheirState::Returned);
        match name {
            "kopilka" => Some(Self {
                reference: word("reference"),
                key: some("key"),
                amount: word("amount"),
                currency: some("currency"),
                fee: some("fee"),
                state: some("state"),
                states: states(&[("pending", pending), ("paid", paid), ("failed", failed), ("returned", returned)]),
                at: word("at"),
                ..Self::default()
            }),
            "yookassa" => Some(Self {
                delimiter: Some(';'),
                reference: word("id"),
                key: some("withdrawal_id"),
                amount: word("amount"),
                currency: some("currency"),
                state: some("status"),
                states: states(&[("pending", pending), ("succeeded", paid), ("canceled", failed)]),
                at: word("created_at"),
                ..Self::default()
            }),
            "bank" => Some(Self {
                reference: word("reference"),
                amount: word("amount"),
                currency: some("currency"),
                at: word("date"),
                at_format: some("%Y-%m-%d"),
                purpose: some("purpose"),
                payer: some("payer"),
                ..Self::default()
            }),
            _ => None,
        }
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// [`BadStatement`] when it cannot be read at all; a single line that cannot is among the answer's.
    pub fn read(&self, from: &[u8]) -> Result<Lines, BadStatement> {
        if self.currency.is_none() && self.in_currency.is_none() {
            return Err(BadStatement::Mapping("names neither the currency nor its column"));
        }
        let delimiter = u8::try_from(self.delimiter.unwrap_or(','))
            .map_err(|_cause| BadStatement::Mapping("has a delimiter that is not one byte"))?;
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(from);
        let header = reader.headers().map_err(|cause| BadStatement::NotCsv(1, cause.to_string()))?.clone();
        let places = self.places(&header)?;
        let mut out = Lines::default();
        for (index, record) in reader.records().enumerate() {
            if index >= MOST_LINES {
                return Err(BadStatement::TooLong);
            }
            let count = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(2);
            let record = record.map_err(|cause| BadStatement::NotCsv(count, cause.to_string()))?;
            let line = record.position().map_or(count, csv::Position::line);
            match self.row(line, &record, &places) {
                Ok(row) => out.rows.push(row),
                Err((column, problem)) => out.bad.push(BadRow { line, column, problem }),
            }
        }
        Ok(out)
    }

    fn places(&self, header: &csv::StringRecord) -> Result<Places, BadStatement> {
        let find = |name: &str| {
            let wanted = name.trim().to_lowercase();
            let same = |field: &str| field.trim().trim_start_matches('\u{feff}').to_lowercase() == wanted;
            header.iter().position(same).ok_or_else(|| BadStatement::NoColumn(name.to_owned()))
        };
        let wanted = |name: &Option<String>| name.as_deref().map(find).transpose();
        Ok(Places {
            reference: find(&self.reference)?,
            key: wanted(&self.key)?,
            amount: find(&self.amount)?,
            currency: wanted(&self.currency)?,
            fee: wanted(&self.fee)?,
            state: wanted(&self.state)?,
            at: find(&self.at)?,
            purpose: wanted(&self.purpose)?,
            payer: wanted(&self.payer)?,
        })
    }

    fn row(&self, line: u64, record: &csv::StringRecord, places: &Places) -> Result<Row, (String, String)> {
        let text = |place: usize| record.get(place).unwrap_or_default().trim();
        let maybe = |place: Option<usize>| place.map_or("", text);
        let wrong = |column: &str, problem: String| (column.to_owned(), problem);
        let reference = text(places.reference);
        if reference.is_empty() || reference.chars().count() > 200 || reference.contains('\0') {
            return Err(wrong(&self.reference, "must have 1 to 200 characters".to_owned()));
        }
        let code = maybe(places.currency);
        let currency = match self.in_currency.filter(|_| code.is_empty()) {
            Some(currency) => currency,
            None => code.to_uppercase().parse().map_err(|cause: super::money::MoneyError| {
                wrong(self.currency.as_deref().unwrap_or("currency"), cause.to_string())
            })?,
        };
        let money = |column: &str, text: &str| {
            let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect();
            let plain = if plain.contains('.') { plain } else { plain.replace(',', ".") };
            Amount::parse(&plain, currency).map_err(|cause| wrong(column, cause.to_string()))
        };
        let amount = money(&self.amount, text(places.amount))?;
        if amount.minor() <= 0 {
            return Err(wrong(&self.amount, "must be above zero".to_owned()));
        }
        let fee = match (self.fee.as_deref(), maybe(places.fee)) {
            (Some(column), text) if !text.is_empty() => Some(money(column, text)?.minor()),
            (Some(_) | None, _) => None,
        };
        let word = maybe(places.state);
        let state = match &self.state {
            None => TheirState::Paid,
            Some(column) => {
                let known = self.states.iter().find(|(known, _)| known.to_lowercase() == word.to_lowercase());
                known
                    .map(|(_, state)| *state)
                    .ok_or_else(|| wrong(column, format!("{word:?} is no state that is known")))?
            }
        };
        let at = self.moment(text(places.at)).ok_or_else(|| wrong(&self.at, "is no time of this form".to_owned()))?;
        let key = Some(maybe(places.key)).filter(|key| !key.is_empty()).map(str::to_owned);
        let (purpose, payer) = (maybe(places.purpose).to_owned(), maybe(places.payer).to_owned());
        Ok(Row { line, reference: reference.to_owned(), key, amount, fee, state, at, purpose, payer })
    }

    fn moment(&self, text: &str) -> Option<Timestamp> {
        let Some(format) = &self.at_format else { return text.parse().ok() };
        if let Ok(time) = DateTime::parse_from_str(text, format) {
            return Some(Timestamp::from_datetime(time.to_utc()));
        }
        let naive = NaiveDateTime::parse_from_str(text, format).ok();
        let day = || NaiveDate::parse_from_str(text, format).ok().map(|day| day.and_time(chrono::NaiveTime::MIN));
        naive.or_else(day).map(|time| Timestamp::from_datetime(time.and_utc()))
    }
}
