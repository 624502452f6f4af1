//! Amounts of money out of partners' texts. Never through a float; what is ambiguous is an error.

use rust_decimal::Decimal;

use super::AdapterError;
use super::report::Fault;
use super::table::Table;
use crate::domain::money::Currency;
use crate::text_enum;

text_enum! {
    /// The decimal mark of a partner's amounts.
    pub enum Mark {
        /// `12.50`
        Point = ".",
        /// `12,50`
        Comma = ",",
        /// Either, as long as it is clear which.
        Auto = "auto",
    }
}

text_enum! {
    /// What is done with the sign.
    pub enum Sign {
        /// Kept.
        Keep = "keep",
        /// Dropped.
        Absolute = "absolute",
        /// Turned round.
        Negate = "negate",
    }
}

/// The unit in which amounts are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Units of 10⁻ⁿ: 0 = major units with decimals in the text, 2 = hundredths.
    Fixed(u32),
    /// Minor units of the currency, by ISO 4217.
    Currency,
}

/// How one amount is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountFormat {
    /// The decimal mark.
    pub decimal: Mark,
    /// What stands between groups of three digits; none refuses any (except under `auto`).
    pub grouping: Option<char>,
    /// The unit.
    pub scale: Scale,
    /// The scale holds whatever the currency, so that a differing exponent is no conflict.
    pub every_currency: bool,
    /// What is done with the sign.
    pub sign: Sign,
}

impl Default for AmountFormat {
    fn default() -> Self {
        Self { decimal: Mark::Point, grouping: None, scale: Scale::Fixed(0), every_currency: false, sign: Sign::Keep }
    }
}

/// Keys that describe an amount.
pub(crate) const AMOUNT_KEYS: &[&str] = &["decimal", "grouping", "scale", "every_currency", "sign"];

impl AmountFormat {
    /// Reads the keys of [`AMOUNT_KEYS`]; what is not given is taken from `base`.
    pub(crate) fn parse(table: &Table<'_>, base: &Self) -> Result<Self, AdapterError> {
        let scale = match table.scalar("scale")?.as_deref() {
            None => base.scale,
            Some("currency") => Scale::Currency,
            Some(text) => match text.parse::<u32>() {
                Ok(digits) if digits <= 18 => Scale::Fixed(digits),
                Ok(_) | Err(_) => {
                    let problem = "must be a whole number from 0 to 18, or \"currency\"";
                    return Err(AdapterError::new(&table.at("scale"), problem.to_owned()));
                }
            },
        };
        let grouping = match table.text("grouping")? {
            None => base.grouping,
            Some(text) => {
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (None, _) => None,
                    (Some(mark @ (',' | '.' | ' ' | '\'')), None) => Some(mark),
                    (Some(_), _) => {
                        let problem = "must be \",\", \".\", \" \", \"'\" or \"\" for none";
                        return Err(AdapterError::new(&table.at("grouping"), problem.to_owned()));
                    }
                }
            }
        };
        let decimal = table.word("decimal", base.decimal)?;
        let clash = matches!((decimal, grouping), (Mark::Point, Some('.')) | (Mark::Comma, Some(',')));
        if clash {
            let problem = "is also the decimal mark; choose another";
            return Err(AdapterError::new(&table.at("grouping"), problem.to_owned()));
        }
        Ok(Self {
            decimal,
            grouping,
            scale,
            every_currency: table.flag("every_currency")?.unwrap_or(base.every_currency),
            sign: table.word("sign", base.sign)?,
        })
    }

    /// Reads a number as written, before the scale is applied.
    ///
    /// # Errors
    /// A code and a text for the operator: `amount_not_a_number`, `amount_ambiguous`, `amount_too_long`.
    pub(crate) fn number(&self, text: &str) -> Result<Decimal, Fault> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let plain = self.plain(digits).map_err(|fault| fault.at(&format!("{text:?}")))?;
        let number = Decimal::from_str_exact(&plain).map_err(|_cause| {
            Fault::new("amount_too_long", format!("{text:?} has more digits than an amount can have (28)"))
        })?;
        Ok(if negative { -number } else { number })
    }

    /// Digits with a point, from digits with this format's marks.
    fn plain(&self, text: &str) -> Result<String, Fault> {
        let (mark, grouping) = match self.decimal {
            Mark::Point => (Some('.'), self.grouping),
            Mark::Comma => (Some(','), self.grouping),
            Mark::Auto => guess(text)?,
        };
        let (whole, fraction) = match mark.and_then(|mark| text.split_once(mark)) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let whole = ungrouped(whole, grouping)?;
        let fraction_ok = fraction.is_none_or(all_digits);
        if !fraction_ok || !all_digits(&whole) {
            return Err(Fault::new(
                "amount_not_a_number",
                "is not an amount in the declared format; see amounts.decimal and amounts.grouping".to_owned(),
            ));
        }
        Ok(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
    }

    /// Major units out of the number as written.
    ///
    /// # Errors
    /// `amount_scale_conflict` when the scale cannot be that of the currency, `amount_not_minor_units`,
    /// `amount_too_long`.
    pub(crate) fn major(&self, number: Decimal, currency: Option<Currency>) -> Result<Decimal, Fault> {
        let digits = match (self.scale, currency) {
            (Scale::Fixed(digits), Some(currency)) => {
                if digits != 0 && !self.every_currency && digits != currency.exponent() {
                    return Err(Fault::new(
                        "amount_scale_conflict",
                        format!(
                            "the adapter says {digits} digits but {currency} has {}; set scale = \"currency\" when the \
                             partner sends minor units of each currency, or every_currency = true when it always sends {digits}",
                            currency.exponent()
                        ),
                    ));
                }
                digits
            }
            (Scale::Fixed(digits), None) => digits,
            (Scale::Currency, Some(currency)) => currency.exponent(),
            (Scale::Currency, None) => {
                return Err(Fault::new(
                    "amount_scale_conflict",
                    "the amount is in minor units of its currency, but the currency is absent".to_owned(),
                ));
            }
        };
        let number = match self.sign {
            Sign::Keep => number,
            Sign::Absolute => number.abs(),
            Sign::Negate => -number,
        };
        if digits == 0 && self.scale == Scale::Fixed(0) {
            return Ok(number);
        }
        let whole = number.trunc();
        if whole != number {
            return Err(Fault::new(
                "amount_not_minor_units",
                format!("{number} should be a whole number of minor units"),
            ));
        }
        let factor = Decimal::try_new(1, digits).unwrap_or(Decimal::ONE);
        whole
            .checked_mul(factor)
            .ok_or_else(|| Fault::new("amount_too_long", format!("{number} is larger than an amount can be")))
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Takes grouping marks out; each group after the first must have three digits.
fn ungrouped(whole: &str, grouping: Option<char>) -> Result<String, Fault> {
    let same = |c: char| grouping.is_some_and(|mark| c == mark || (mark == ' ' && matches!(c, '\u{a0}' | '\u{202f}')));
    let mut groups = whole.split(same);
    let mut out = groups.next().unwrap_or_default().to_owned();
    let mut first = true;
    for group in groups {
        if group.len() != 3 || (first && (out.is_empty() || out.len() > 3)) {
            return Err(Fault::new("amount_not_a_number", "has a group that is not of three digits".to_owned()));
        }
        first = false;
        out.push_str(group);
    }
    Ok(out)
}

/// Which mark is the decimal one and which one groups, when the adapter leaves it to the text.
fn guess(text: &str) -> Result<(Option<char>, Option<char>), Fault> {
    let points = text.matches('.').count();
    let commas = text.matches(',').count();
    let blank = [' ', '\u{a0}', '\u{202f}'].iter().any(|mark| text.contains(*mark));
    let other = if blank { Some(' ') } else { text.contains('\'').then_some('\'') };
    match (points, commas) {
        (0, 0) => Ok((None, other)),
        (1, 1..) | (1.., 1) if text.rfind('.') > text.rfind(',') && points == 1 => Ok((Some('.'), Some(','))),
        (1, 1..) | (1.., 1) if text.rfind(',') > text.rfind('.') && commas == 1 => Ok((Some(','), Some('.'))),
        (1, 0) => single(text, '.', other),
        (0, 1) => single(text, ',', other),
        (2.., 0) => Ok((None, Some('.'))),
        (0, 2..) => Ok((None, Some(','))),
        (_, _) => Err(Fault::new("amount_not_a_number", "mixes points and commas".to_owned())),
    }
}

/// One mark alone: `1,234` may be one thousand or one and a bit; everything else is clear.
fn single(text: &str, mark: char, other: Option<char>) -> Result<(Option<char>, Option<char>), Fault> {
    let (whole, fraction) = text.split_once(mark).unwrap_or((text, ""));
    let group_like = fraction.len() == 3 && (1..=3).contains(&whole.len()) && whole != "0" && other.is_none();
    if group_like {
        return Err(Fault::new(
            "amount_ambiguous",
            "may be thousands or decimals; declare amounts.decimal as \".\" or \",\"".to_owned(),
        ));
    }
    Ok((Some(mark), other))
}
