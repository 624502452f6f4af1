//! A file of changes to orders, as partners' people write it: one order a line, with what is to become of it. Pure: a line that
//! cannot be read says in which column and why.

use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::money::Amount;
use crate::text_enum;

/// The most lines of one file.
pub const MOST_LINES: usize = 5_000;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

text_enum! {
    /// What is to become of an order.
    pub enum Action {
        /// It is final.
        Confirm = "confirm",
        /// It is cancelled, or taken back.
        Decline = "decline",
        /// It stays as it is, with another amount.
        Change = "change",
    }
}

text_enum! {
    /// A column of the file.
    pub enum Column {
        /// The order's number, or the partner's key for it.
        Order = "order",
        /// What is to become of it.
        Action = "action",
        /// The order's amount from now on.
        Amount = "amount",
        /// The commission from now on; in proportion to the amount when it is empty.
        Commission = "commission",
        /// Why, in the partner's words.
        Reason = "reason",
    }
}

text_enum! {
    /// Why a line cannot be carried out.
    pub enum Problem {
        /// The field is empty.
        Empty = "empty",
        /// The line has more fields than the header.
        TooMany = "too_many",
        /// No word for what is to be done.
        NoAction = "no_action",
        /// No amount above zero.
        NoAmount = "no_amount",
        /// More digits after the point than the currency has, or too large.
        BadAmount = "bad_amount",
        /// An amount where none is wanted.
        NotWanted = "not_wanted",
        /// Longer than it may be.
        TooLong = "too_long",
        /// The partner has no such order.
        Unknown = "unknown",
        /// Several parts of an order have this number: each has a key of its own.
        Several = "several",
        /// Another line is about the same order.
        Twice = "twice",
        /// The order is declined or taken back, so there is nothing to change.
        Closed = "closed",
        /// The order's amount is not known, so the commission cannot follow it.
        NoBase = "no_base",
        /// The order was changed since the file was looked at.
        Changed = "changed",
    }
}

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The order's number, or the partner's key for it.
    pub order: String,
    /// What is to become of it.
    pub action: Action,
    /// The order's amount from now on, major units.
    pub amount: Option<Decimal>,
    /// The commission from now on, major units.
    pub commission: Option<Decimal>,
    /// Why.
    pub reason: Option<String>,
}

/// What stands in the way of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = OrderChangeFault)]
pub struct Fault {
    /// In which column.
    #[schema(value_type = String, example = "order")]
    pub column: Column,
    /// What.
    #[schema(value_type = String, example = "unknown")]
    pub problem: Problem,
}

impl Fault {
    /// A problem in a column.
    #[must_use]
    pub const fn new(column: Column, problem: Problem) -> Self {
        Self { column, problem }
    }
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file; the header is line 1.
    pub line: u64,
    /// What stands in the first column, for showing.
    pub order: String,
    /// What it asks for.
    pub change: Result<Change, Fault>,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// It has no lines beside the header.
    #[error("the file has no lines below its header")]
    Empty,
    /// It has too many lines.
    #[error("the file has more than {MOST_LINES} lines")]
    TooLong,
    /// The header lacks a column, or names one that is not known.
    #[error(
        "the first line must name the columns: order, action, amount, commission, reason; the first two are needed"
    )]
    Header,
    /// It is no CSV.
    #[error("line {0} is no line of a CSV file")]
    NotCsv(u64),
}

/// Reads a file. Fields are separated by commas, semicolons or tabs, whichever the header uses.
///
/// # Errors
/// [`BadFile`].
pub fn read(text: &str) -> Result<Vec<Line>, BadFile> {
    let text = text.trim_start_matches('\u{feff}');
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b';', b'\t'].into_iter().find(|mark| header.as_bytes().contains(mark)).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns: Option<Vec<Column>> = reader.headers().map_err(|_cause| BadFile::Header)?.iter().map(column).collect();
    let columns = columns.ok_or(BadFile::Header)?;
    if ![Column::Order, Column::Action].iter().all(|needed| columns.contains(needed)) || repeats(&columns) {
        return Err(BadFile::Header);
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let line_of = |position: Option<&csv::Position>| position.map_or(0, csv::Position::line);
        let record = record.map_err(|cause| BadFile::NotCsv(line_of(cause.position())))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if lines.len() >= MOST_LINES {
            return Err(BadFile::TooLong);
        }
        let field = |wanted: Column| {
            let place = columns.iter().position(|column| *column == wanted);
            place.and_then(|place| record.get(place)).unwrap_or_default()
        };
        let change = if record.len() > columns.len() {
            let last = columns.last().copied().unwrap_or(Column::Order);
            Err(Fault::new(last, Problem::TooMany))
        } else {
            change(&field)
        };
        let order: String = field(Column::Order).chars().take(200).collect();
        lines.push(Line { line: line_of(record.position()), order, change });
    }
    if lines.is_empty() { Err(BadFile::Empty) } else { Ok(lines) }
}

fn repeats(columns: &[Column]) -> bool {
    columns.iter().enumerate().any(|(at, column)| columns.iter().skip(at + 1).any(|other| other == column))
}

/// A column by its name, in either language.
fn column(name: &str) -> Option<Column> {
    Some(match name.to_lowercase().as_str() {
        "order" | "order_number" | "order number" | "заказ" | "номер заказа" => Column::Order,
        "action" | "действие" => Column::Action,
        "amount" | "сумма" => Column::Amount,
        "commission" | "комиссия" => Column::Commission,
        "reason" | "причина" => Column::Reason,
        _ => return None,
    })
}

fn action(word: &str) -> Option<Action> {
    Some(match word.to_lowercase().as_str() {
        "confirm" | "confirmed" | "подтвердить" | "подтверждён" | "подтвержден" => {
            Action::Confirm
        }
        "decline" | "declined" | "отклонить" | "отклонён" | "отклонен" => Action::Decline,
        "change" | "changed" | "изменить" | "изменён" | "изменен" => Action::Change,
        _ => return None,
    })
}

fn change<'f>(field: &impl Fn(Column) -> &'f str) -> Result<Change, Fault> {
    let order = field(Column::Order);
    let wrong = |column, problem| Err(Fault::new(column, problem));
    if order.is_empty() {
        return wrong(Column::Order, Problem::Empty);
    }
    if order.chars().count() > 200 || order.contains('\0') {
        return wrong(Column::Order, Problem::TooLong);
    }
    let Some(action) = action(field(Column::Action)) else { return wrong(Column::Action, Problem::NoAction) };
    let amount = sum(Column::Amount, field(Column::Amount))?;
    let commission = sum(Column::Commission, field(Column::Commission))?;
    let reason = field(Column::Reason);
    if reason.chars().count() > LONGEST_REASON || reason.contains('\0') {
        return wrong(Column::Reason, Problem::TooLong);
    }
    match action {
        Action::Decline if reason.is_empty() => return wrong(Column::Reason, Problem::Empty),
        Action::Decline if amount.is_some() => return wrong(Column::Amount, Problem::NotWanted),
        Action::Decline if commission.is_some() => return wrong(Column::Commission, Problem::NotWanted),
        Action::Change if amount.is_none() && commission.is_none() => return wrong(Column::Amount, Problem::Empty),
        Action::Confirm | Action::Decline | Action::Change => {}
    }
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    Ok(Change { order: order.to_owned(), action, amount, commission, reason })
}

/// A sum as people write it, above zero.
fn sum(column: Column, text: &str) -> Result<Option<Decimal>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = match bare.rsplit_once('.') {
        // Commas before a point part thousands, or nobody knows what they mean.
        Some((whole, part)) if whole.split(',').skip(1).all(|group| group.len() == 3) => {
            format!("{}.{part}", whole.replace(',', ""))
        }
        Some(_unclear) => String::new(),
        None => bare.replace(',', "."),
    };
    let digits = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let read = Decimal::from_str_exact(&plain).ok().filter(|sum| digits && *sum > Decimal::ZERO);
    read.map(Some).ok_or(Fault::new(column, Problem::NoAmount))
}

/// The commission of an order whose amount changes, in proportion, rounded to the nearest minor unit. Whoever owes it sees it
/// before it counts. `None` when the old amount is nothing or of another currency, or the result too large.
#[must_use]
pub fn in_proportion(commission: Amount, old: Amount, new: Amount) -> Option<Amount> {
    if old.currency() != new.currency() || old.minor() <= 0 {
        return None;
    }
    let exact = Decimal::from(commission.minor()).checked_mul(Decimal::from(new.minor()))?;
    let exact = exact.checked_div(Decimal::from(old.minor()))?;
    let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    rounded.to_i64().map(|minor| Amount::new(minor, commission.currency()))
}
