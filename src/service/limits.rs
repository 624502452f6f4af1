//! How often something may be tried: a token bucket a key, in memory of this process.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::error::{Outcome, ServiceError};

/// After how many questions the keys that have recovered are forgotten.
const SWEEP_EVERY: u32 = 4096;

/// The limits of the service, made once from the configuration. Keys: an address, an account, a shopper's id.
#[derive(Debug)]
pub struct Limits {
    /// Sign-ins and sign-ups from one network address.
    pub sign_in_address: Limit,
    /// Sign-ins and sign-ups for one e-mail address.
    pub sign_in_account: Limit,
    /// Codes of one account's second factor: one in 300,000 guesses is right.
    pub factor: Limit,
    /// Archives of all that is known of one shopper.
    pub exports: Limit,
    /// Tracking links for one shopper.
    pub links: Limit,
    /// Payout requests of one shopper.
    pub payouts: Limit,
}

impl Limits {
    /// As the configuration says.
    #[must_use]
    pub fn of(config: &crate::config::Limits) -> Self {
        Self {
            sign_in_address: Limit::per_minute(config.sign_in_per_minute),
            sign_in_account: Limit::per_minute(config.sign_in_per_minute),
            factor: Limit::new(10, Duration::from_secs(900)),
            exports: Limit::per_hour(6),
            links: Limit::per_minute(config.links_per_minute),
            payouts: Limit::per_hour(config.payouts_per_hour),
        }
    }

    /// Counts a try to sign in or up, under the client's address and the account it is for.
    ///
    /// # Errors
    /// [`ServiceError::TooMany`].
    pub fn sign_in(&self, client: Option<IpAddr>, account: &str) -> Outcome<()> {
        self.sign_in_address.check(&network(client))?;
        self.account(account)
    }

    /// The same for an operator: somebody may be a shopper under the same address.
    ///
    /// # Errors
    /// [`ServiceError::TooMany`].
    pub fn operator_sign_in(&self, client: Option<IpAddr>, email: &str) -> Outcome<()> {
        self.sign_in(client, &format!("operator {}", email.trim()))
    }

    /// The same for somebody who acts for a partner.
    ///
    /// # Errors
    /// [`ServiceError::TooMany`].
    pub fn person_sign_in(&self, client: Option<IpAddr>, email: &str) -> Outcome<()> {
        self.sign_in(client, &format!("person {}", email.trim()))
    }

    /// Counts a try at the password of an account, once it is known whose it is.
    ///
    /// # Errors
    /// [`ServiceError::TooMany`].
    pub fn account(&self, account: &str) -> Outcome<()> {
        self.sign_in_account.check(&account.trim().to_lowercase())
    }

    /// Counts a try that names no account, such as a mailed code.
    ///
    /// # Errors
    /// [`ServiceError::TooMany`].
    pub fn code(&self, client: Option<IpAddr>) -> Outcome<()> {
        self.sign_in_address.check(&network(client))
    }
}

/// One household: an IPv4 address, or the first 64 bits of an IPv6 one.
fn network(client: Option<IpAddr>) -> String {
    match client {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(IpAddr::V4(address)) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

/// So many tries in so much time, for each key (an address, an account).
pub struct Limit {
    limiter: RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock>,
    asked: AtomicU32,
}

impl std::fmt::Debug for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Limit({} keys)", self.limiter.len())
    }
}

impl Limit {
    /// `tries` at once, and as many again spread over each `window`.
    #[must_use]
    pub fn new(tries: u32, window: Duration) -> Self {
        let tries = NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN);
        let each = window.checked_div(tries.get()).unwrap_or(window).max(Duration::from_nanos(1));
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(tries)).allow_burst(tries);
        Self { limiter: RateLimiter::keyed(quota), asked: AtomicU32::new(0) }
    }

    /// `tries` a minute.
    #[must_use]
    pub fn per_minute(tries: u32) -> Self {
        Self::new(tries, Duration::from_secs(60))
    }

    /// `tries` an hour.
    #[must_use]
    pub fn per_hour(tries: u32) -> Self {
        Self::new(tries, Duration::from_secs(3600))
    }

    /// Counts one try under `key`.
    ///
    /// # Errors
    /// [`ServiceError::TooMany`] with the time until the next one is allowed, at least 1 s.
    pub fn check(&self, key: &str) -> Outcome<()> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key.to_owned()).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            ServiceError::TooMany { retry_after_seconds: wait.as_secs().saturating_add(1) }
        })
    }
}
