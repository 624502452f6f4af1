//! A partner's settings: what its adapter leaves open.

use chrono::{NaiveDateTime, TimeZone};
use serde::{Deserialize, Serialize};

use super::adapter::EventTime;
use super::money::{Amount, Currency};
use crate::base::Timestamp;
use crate::text_enum;

text_enum! {
    /// Whether a partner's calls are taken, and a store's links followed.
    pub enum Status {
        /// In use.
        Active = "active",
        /// Set aside for now.
        Paused = "paused",
    }
}

/// What its adapter leaves open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PartnerSettings {
    /// The currency of amounts that come without one.
    pub currency: Option<Currency>,
    /// The zone of times that come without one: an IANA name, `Europe/Moscow`.
    pub time_zone: Option<String>,
    /// The largest commission that is taken without a person, one for each currency; when any is set, a commission in
    /// a currency without one waits for a person.
    pub max_commission: Vec<Amount>,
    /// The largest order that is taken without a person, one for each currency; when any is set, an order in a
    /// currency without one waits for a person.
    pub max_order: Vec<Amount>,
    /// It is the store itself, without a network between: its landings get `afsrc=1`, by which other services' extensions know
    /// that somebody else sent the shopper.
    pub direct: bool,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time zone; use an IANA name such as Europe/Moscow")]
pub struct BadTimeZone(pub String);

impl PartnerSettings {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`BadTimeZone`].
    pub fn check(&self) -> Result<(), BadTimeZone> {
        match &self.time_zone {
            Some(name) if name.parse::<chrono_tz::Tz>().is_err() => Err(BadTimeZone(name.clone())),
            Some(_) | None => Ok(()),
        }
    }

    /// A partner's time in UTC; `None` when it is a wall-clock time and no zone is known. Of two readings
    /// (an hour that comes twice) the earlier is taken, so that a report never seems newer than it is.
    #[must_use]
    pub fn resolve(&self, time: EventTime) -> Option<Timestamp> {
        match time {
            EventTime::Utc(at) => Some(at),
            EventTime::Local(wall) => self.zone().and_then(|zone| in_zone(zone, wall)),
        }
    }

    fn zone(&self) -> Option<chrono_tz::Tz> {
        self.time_zone.as_ref()?.parse().ok()
    }

    /// True when an amount is within its currency's limit, or no limit is set at all. Where limits are set, a currency
    /// without one is not within: whoever limits roubles did not mean that euros are free.
    #[must_use]
    pub fn within(limits: &[Amount], amount: Amount) -> bool {
        let mut of_currency = limits.iter().filter(|limit| limit.currency() == amount.currency()).peekable();
        limits.is_empty() || (of_currency.peek().is_some() && of_currency.all(|limit| amount.minor() <= limit.minor()))
    }
}

fn in_zone(zone: chrono_tz::Tz, wall: NaiveDateTime) -> Option<Timestamp> {
    let local = zone.from_local_datetime(&wall);
    local.earliest().map(|time| Timestamp::from_datetime(time.to_utc()))
}
