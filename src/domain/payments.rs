//! Partners' payments on a bank's statement: which bill a payer means. A bill is a partner's statement of one month, and its
//! reference is the partner's slug and the month: `books-2026-10`.

use chrono::{Days, Months, NaiveDate, NaiveTime};

use crate::base::Timestamp;

/// A month's bill of a partner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillRef {
    /// The partner's slug.
    pub partner: String,
    /// The month's first day.
    pub month: NaiveDate,
}

impl BillRef {
    /// The month as it is written: `2026-10`.
    #[must_use]
    pub fn month_word(&self) -> String {
        self.month.format("%Y-%m").to_string()
    }

    /// The reference that the payer is asked to write.
    #[must_use]
    pub fn word(&self) -> String {
        format!("{}-{}", self.partner, self.month_word())
    }

    /// The month, in UTC: from its first moment until before the next one's.
    #[must_use]
    pub fn time(&self) -> (Timestamp, Timestamp) {
        let start = |day: NaiveDate| Timestamp::from_datetime(day.and_time(NaiveTime::MIN).and_utc());
        let next = self.month.checked_add_months(Months::new(1));
        (start(self.month), start(next.or_else(|| self.month.checked_add_days(Days::new(31))).unwrap_or(self.month)))
    }
}

/// The bill that a payer's words name. Words that name two bills name none: a person has to look.
#[must_use]
pub fn bill_in(purpose: &str, slugs: &[String]) -> Option<BillRef> {
    let lower = purpose.to_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut found: Option<BillRef> = None;
    for word in lower.split(|c: char| !fits(c)) {
        let Some(bill) = read(word, slugs) else { continue };
        match &found {
            Some(known) if *known != bill => return None,
            Some(_) | None => found = Some(bill),
        }
    }
    found
}

fn read(word: &str, slugs: &[String]) -> Option<BillRef> {
    let (rest, month) = word.rsplit_once('-')?;
    let (slug, year) = rest.rsplit_once('-')?;
    let partner = slugs.iter().find(|known| known.to_lowercase() == slug)?.clone();
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) {
        return None;
    }
    let month = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
    Some(BillRef { partner, month })
}
