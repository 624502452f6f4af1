//! How old a signed call may be. A call that somebody copied and sends again much later is then refused, although its
//! signature is right.

use super::AdapterError;
use super::amount::AmountFormat;
use super::auth::AuthFailure;
use super::call::Envelope;
use super::expr::{Expr, Scope};
use super::report::EventTime;
use super::table::Table;
use super::value::FieldRef;
use super::when::TimeFormat;
use crate::base::Timestamp;

/// How far a partner's clock may go ahead of ours when the adapter does not say: five minutes, as in the Standard
/// Webhooks specification.
const AHEAD_SECONDS: i64 = 300;
/// The most that may be declared: a year.
const MOST_SECONDS: i64 = 366 * 86_400;

pub(crate) const SIGNED_AT_KEYS: &[&str] = &["field", "format", "zone", "max_age_seconds", "max_ahead_seconds"];

/// The `signed_at` table of a signature.
#[derive(Debug, Clone)]
pub(crate) struct SignedAt {
    pub at: Expr,
    format: TimeFormat,
    oldest_seconds: i64,
    ahead_seconds: i64,
}

impl SignedAt {
    pub fn parse(table: &Table<'_>) -> Result<Self, AdapterError> {
        table.known(SIGNED_AT_KEYS)?;
        let value = table.value("field").ok_or_else(|| {
            let problem = "is missing: where the time stands, as in \"header:webhook-timestamp\"";
            AdapterError::new(&table.at("field"), problem.to_owned())
        })?;
        let format = TimeFormat::of_keys(table, "unix_s")?;
        if format.needs_zone() {
            let problem = "is missing: without it the age of a time without an offset is not known";
            return Err(AdapterError::new(&table.at("zone"), problem.to_owned()));
        }
        let oldest_seconds = seconds(table, "max_age_seconds")?.ok_or_else(|| {
            let problem = "is missing: how many seconds after it was signed a call still counts, as in 300";
            AdapterError::new(&table.at("max_age_seconds"), problem.to_owned())
        })?;
        Ok(Self {
            at: Expr::parse(value, &table.at("field"), table.names)?,
            format,
            oldest_seconds,
            ahead_seconds: seconds(table, "max_ahead_seconds")?.unwrap_or(AHEAD_SECONDS),
        })
    }

    /// Every field that the time is read from.
    pub fn fields(&self) -> Vec<&FieldRef> {
        let mut fields = Vec::new();
        self.at.fields(&mut fields);
        fields
    }

    /// Is the call fresh at `now`? To be asked once its signature holds.
    pub fn check(&self, envelope: &Envelope<'_>, now: Timestamp) -> Result<(), AuthFailure> {
        let amounts = AmountFormat::default();
        let scope = Scope { envelope, item: None, status: None, amounts: &amounts, raw: true };
        let unreadable = |detail: String| AuthFailure::new("timestamp_unreadable", detail);
        let missing = || AuthFailure::new("timestamp_missing", "the call does not say when it was signed".to_owned());
        let value = self.at.eval(&scope).map_err(|fault| unreadable(fault.detail))?;
        let value = value.filter(|value| !value.text.trim().is_empty()).ok_or_else(missing)?;
        let told = self.format.read(value.text.trim()).map_err(|fault| unreadable(fault.detail))?;
        let signed_at = match told.ok_or_else(missing)? {
            EventTime::Utc(time) => time,
            EventTime::Local(time) => return Err(unreadable(format!("the zone of {time} is not known"))),
        };
        let age = now.since(signed_at);
        if age.num_seconds() > self.oldest_seconds {
            return Err(AuthFailure::new(
                "timestamp_too_old",
                format!(
                    "signed at {signed_at}, which is {} s ago; the adapter takes calls of up to {} s",
                    age.num_seconds(),
                    self.oldest_seconds
                ),
            ));
        }
        if age.num_seconds() < -self.ahead_seconds {
            return Err(AuthFailure::new(
                "timestamp_ahead",
                format!(
                    "signed at {signed_at}, which is {} s from now; the adapter takes up to {} s: one of the two clocks is \
                     wrong",
                    -age.num_seconds(),
                    self.ahead_seconds
                ),
            ));
        }
        Ok(())
    }
}

fn seconds(table: &Table<'_>, key: &str) -> Result<Option<i64>, AdapterError> {
    let Some(text) = table.scalar(key)? else { return Ok(None) };
    match text.parse::<i64>() {
        Ok(seconds) if (0..=MOST_SECONDS).contains(&seconds) => Ok(Some(seconds)),
        Ok(_) | Err(_) => {
            Err(AdapterError::new(&table.at(key), format!("must be a whole number of seconds, at most {MOST_SECONDS}")))
        }
    }
}
