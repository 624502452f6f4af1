//! How money, numbers and times are written for people.

use chrono::{Datelike as _, Timelike as _};
use chrono_tz::Tz;

use super::Reader;
use crate::base::Timestamp;
use crate::domain::money::Amount;
use crate::domain::reason::Language;

/// A space at which no line ends.
const NBSP: char = '\u{a0}';

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// Months by themselves, without a day before them.
const MONTHS_ALONE_RU: [&str; 12] = [
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
];

/// A decimal number in plain digits (`-1234.50`) as people of this language write it.
#[must_use]
pub fn number(plain: &str, language: Language) -> String {
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |rest| ("−", rest));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let (between, point) = match language {
        Language::En => (',', '.'),
        Language::Ru => (NBSP, ','),
    };
    let mut out = sign.to_owned();
    let count = whole.chars().count();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (count - at).is_multiple_of(3) {
            out.push(between);
        }
        out.push(digit);
    }
    if let Some(part) = part {
        out.push(point);
        out.push_str(part);
    }
    out
}

/// An amount: `1 234,56 ₽`, `RUB 1,234.56`, `€1,234.56`.
#[must_use]
pub fn money(amount: Amount, language: Language) -> String {
    let digits = number(&amount.major().to_string(), language);
    let code = amount.currency().code();
    let sign = match code {
        "EUR" => "€",
        "GBP" => "£",
        "RUB" if language == Language::Ru => "₽",
        "USD" => "$",
        _other => code,
    };
    match language {
        Language::Ru => format!("{digits}{NBSP}{sign}"),
        Language::En => {
            let (minus, digits) = digits.strip_prefix('−').map_or(("", digits.as_str()), |rest| ("−", rest));
            if sign == code { format!("{minus}{code}{NBSP}{digits}") } else { format!("{minus}{sign}{digits}") }
        }
    }
}

/// A sum as people type it (`1 234,5`), in plain digits with a point.
#[must_use]
pub fn amount_input(typed: &str) -> String {
    let bare: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if bare.contains('.') { bare.replace(',', "") } else { bare.replace(',', ".") }
}

/// A day: `26 November 2026`.
pub(super) fn day(at: Timestamp, reader: Reader) -> String {
    let local = at.datetime().with_timezone(&reader.zone);
    let months = match reader.language {
        Language::En => MONTHS_EN,
        Language::Ru => MONTHS_RU,
    };
    let month = usize::try_from(local.month0()).ok().and_then(|at| months.get(at)).copied().unwrap_or_default();
    format!("{}{NBSP}{month} {}", local.day(), local.year())
}

/// A month: `November 2026`, by its first day in the reader's zone.
pub(super) fn month(at: Timestamp, reader: Reader) -> String {
    let local = at.datetime().with_timezone(&reader.zone);
    let months = match reader.language {
        Language::En => MONTHS_EN,
        Language::Ru => MONTHS_ALONE_RU,
    };
    let month = usize::try_from(local.month0()).ok().and_then(|at| months.get(at)).copied().unwrap_or_default();
    format!("{month}{NBSP}{}", local.year())
}

/// A day and the time on it: `26 November 2026, 14:05`.
pub(super) fn moment(at: Timestamp, reader: Reader) -> String {
    let local = at.datetime().with_timezone(&reader.zone);
    format!("{}, {:02}:{:02}", day(at, reader), local.hour(), local.minute())
}

/// The day in a form that fields for dates take: `2026-11-26`.
pub(super) fn plain_day(at: Timestamp, zone: Tz) -> String {
    at.datetime().with_timezone(&zone).format("%Y-%m-%d").to_string()
}
