//! Dates and times out of partners' texts.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::AdapterError;
use super::report::{EventTime, Fault};
use super::table::Table;
use crate::base::Timestamp;

/// One way of writing a time.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Format {
    UnixSeconds,
    UnixMillis,
    Rfc3339,
    Rfc2822,
    JavaScript,
    /// A strftime pattern; true when it has an offset.
    Pattern(String, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Named(chrono_tz::Tz),
    Offset(FixedOffset),
}

/// The `[time]` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeFormat {
    formats: Vec<Format>,
    zone: Option<Zone>,
}

pub(crate) const TIME_KEYS: &[&str] = &["format", "zone"];

/// 1990-01-01 and 2200-01-01: outside them a number of seconds is something else.
const PLAUSIBLE: std::ops::Range<i64> = 631_152_000..7_258_118_400;

impl TimeFormat {
    pub fn parse(table: Option<&Table<'_>>) -> Result<Self, AdapterError> {
        let Some(table) = table else { return Ok(Self { formats: vec![Format::Rfc3339], zone: None }) };
        table.known(TIME_KEYS)?;
        Self::of_keys(table, "rfc3339")
    }

    /// Reads the keys of [`TIME_KEYS`] in a table that may have others; `default` is the format when none is given.
    pub fn of_keys(table: &Table<'_>, default: &str) -> Result<Self, AdapterError> {
        let mut texts = table.texts("format")?;
        if texts.is_empty() {
            texts.push(default.to_owned());
        }
        let formats = texts.iter().map(|text| format_of(text, &table.at("format"))).collect::<Result<Vec<_>, _>>()?;
        let zone = table.text("zone")?.map(|text| zone_of(&text, &table.at("zone"))).transpose()?;
        Ok(Self { formats, zone })
    }

    /// True when a time may be read whose place on the clock depends on a zone that is not declared.
    pub fn needs_zone(&self) -> bool {
        self.zone.is_none() && self.formats.iter().any(|format| matches!(format, Format::Pattern(_, false)))
    }

    /// Reads a time; text of nothing but zeros is absent.
    pub fn read(&self, text: &str) -> Result<Option<EventTime>, Fault> {
        let digits = text.chars().filter(char::is_ascii_digit);
        if text.contains('0') && digits.clone().all(|digit| digit == '0') && !text.contains(char::is_alphabetic) {
            return Ok(None);
        }
        let mut problem = None;
        for format in &self.formats {
            match self.one(format, text) {
                Ok(Some(time)) => return Ok(Some(time)),
                Ok(None) => {}
                Err(fault) => problem = problem.or(Some(fault)),
            }
        }
        Err(problem.unwrap_or_else(|| {
            Fault::new("time_unreadable", format!("{text:?} is in none of the declared formats; see time.format"))
        }))
    }

    fn one(&self, format: &Format, text: &str) -> Result<Option<EventTime>, Fault> {
        match format {
            Format::UnixSeconds => unix(text, 1_000_000),
            Format::UnixMillis => unix(text, 1_000),
            Format::Rfc3339 => Ok(with_plus(text, rfc3339).map(utc)),
            Format::Rfc2822 => Ok(DateTime::parse_from_rfc2822(text).ok().map(utc)),
            Format::JavaScript => Ok(javascript(text).map(utc)),
            Format::Pattern(pattern, true) => Ok(with_plus(text, |text| with_offset(text, pattern)).map(utc)),
            Format::Pattern(pattern, false) => naive(text, pattern).map(|local| self.placed(local)).transpose(),
        }
    }

    /// A wall-clock time put into the declared zone. Of two possible times the earlier one is taken.
    fn placed(&self, local: NaiveDateTime) -> Result<EventTime, Fault> {
        let point = match self.zone {
            None => return Ok(EventTime::Local(local)),
            Some(Zone::Named(zone)) => zone.from_local_datetime(&local).earliest().map(|time| time.with_timezone(&Utc)),
            Some(Zone::Offset(zone)) => {
                zone.from_local_datetime(&local).earliest().map(|time| time.with_timezone(&Utc))
            }
        };
        point.map(|time| EventTime::Utc(Timestamp::from_datetime(time))).ok_or_else(|| {
            Fault::new(
                "time_nonexistent",
                format!("{local} does not exist in the declared zone: the clocks went forward"),
            )
        })
    }
}

/// A wall-clock time in a zone given later: the partner's setting. Of two possible times the earlier one.
#[must_use]
pub fn in_zone(local: NaiveDateTime, zone: chrono_tz::Tz) -> Option<Timestamp> {
    zone.from_local_datetime(&local).earliest().map(|time| Timestamp::from_datetime(time.with_timezone(&Utc)))
}

fn utc(time: DateTime<FixedOffset>) -> EventTime {
    EventTime::Utc(Timestamp::from_datetime(time.with_timezone(&Utc)))
}

fn format_of(text: &str, at: &str) -> Result<Format, AdapterError> {
    match text {
        "unix_s" => Ok(Format::UnixSeconds),
        "unix_ms" => Ok(Format::UnixMillis),
        "rfc3339" => Ok(Format::Rfc3339),
        "rfc2822" => Ok(Format::Rfc2822),
        "javascript" => Ok(Format::JavaScript),
        pattern if pattern.contains('%') => {
            let broken =
                chrono::format::StrftimeItems::new(pattern).any(|item| matches!(item, chrono::format::Item::Error));
            if broken {
                return Err(AdapterError::new(at, format!("{pattern:?} is not a strftime pattern")));
            }
            let offset = ["%z", "%:z", "%#z", "%+"].iter().any(|code| pattern.contains(code));
            Ok(Format::Pattern(pattern.to_owned(), offset))
        }
        other => Err(AdapterError::new(
            at,
            format!(
                "{other:?} is no format; use unix_s, unix_ms, rfc3339, rfc2822, javascript, or a pattern such as \
                 \"%d.%m.%Y %H:%M:%S\""
            ),
        )),
    }
}

fn zone_of(text: &str, at: &str) -> Result<Zone, AdapterError> {
    if let Ok(zone) = text.parse::<chrono_tz::Tz>() {
        return Ok(Zone::Named(zone));
    }
    text.parse::<FixedOffset>().map(Zone::Offset).map_err(|_cause| {
        AdapterError::new(at, format!("{text:?} is no time zone; use a name such as \"Europe/Moscow\", or \"+03:00\""))
    })
}

/// Seconds or milliseconds since 1970, with or without a fraction.
fn unix(text: &str, micros_each: i64) -> Result<Option<EventTime>, Fault> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Ok(None);
    }
    let micros = Decimal::from_str_exact(text)
        .ok()
        .and_then(|number| number.checked_mul(Decimal::from(micros_each)))
        .and_then(|number| number.trunc().to_i64());
    let time = micros.and_then(Timestamp::from_micros).filter(|time| PLAUSIBLE.contains(&time.seconds()));
    match time {
        Some(time) => Ok(Some(EventTime::Utc(time))),
        None => Err(Fault::new(
            "time_implausible",
            format!("{text} is no time between 1990 and 2200; seconds are unix_s, milliseconds unix_ms"),
        )),
    }
}

/// Tries the text as it is and, because `+` in a query decodes to a blank, with that blank as a plus.
fn with_plus<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    read(text).or_else(|| {
        let (head, offset) = text.rsplit_once(' ')?;
        offset
            .starts_with(|c: char| c.is_ascii_digit())
            .then(|| format!("{head}+{offset}"))
            .and_then(|text| read(&text))
    })
}

/// RFC 3339, and the same with an offset that lacks its colon.
fn rfc3339(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok().or_else(|| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok())
}

/// A pattern with an offset; `Z` is an offset too.
fn with_offset(text: &str, pattern: &str) -> Option<DateTime<FixedOffset>> {
    let utc = || text.strip_suffix(['Z', 'z']).map(|head| format!("{head}+0000"));
    let read = |text: &str| DateTime::parse_from_str(text, pattern).ok();
    read(text).or_else(|| utc().and_then(|text| read(&text)))
}

/// `Tue Jul 16 2019 14:45:15 GMT+0200 (Central European Summer Time)`.
fn javascript(text: &str) -> Option<DateTime<FixedOffset>> {
    let plain = text.split(" (").next().unwrap_or(text).trim();
    with_plus(plain, |text| DateTime::parse_from_str(text, "%a %b %d %Y %H:%M:%S GMT%z").ok())
        .or_else(|| DateTime::parse_from_rfc2822(plain).ok())
}

fn naive(text: &str, pattern: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, pattern)
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, pattern).ok().map(|day| day.and_time(NaiveTime::MIN)))
}
