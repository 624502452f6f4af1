//! Calendar months in UTC, by which old clicks are kept apart.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate, NaiveTime};

use crate::base::Timestamp;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// The month that a time lies in.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        let date = time.datetime().date_naive();
        Self(date.with_day(1).unwrap_or(date))
    }

    /// Its first moment.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_datetime(self.0.and_time(NaiveTime::MIN).and_utc())
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }
}

/// `2026_11`: fit for the name of a table.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{:02}", self.0.year(), self.0.month())
    }
}

/// The text is not a month in the form `2026_11`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a month like 2026_11")]
pub struct BadMonth;

impl FromStr for Month {
    type Err = BadMonth;
    fn from_str(text: &str) -> Result<Self, BadMonth> {
        let (year, month) = text.split_once('_').ok_or(BadMonth)?;
        let (year, month) = (year.parse().map_err(|_cause| BadMonth)?, month.parse().map_err(|_cause| BadMonth)?);
        let read = NaiveDate::from_ymd_opt(year, month, 1).map(Self).ok_or(BadMonth)?;
        if read.to_string() == text { Ok(read) } else { Err(BadMonth) }
    }
}
