//! How often something may be tried: a token bucket a key, in memory of this process.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::error::{Outcome, ServiceError};

/// After how many questions the keys that have recovered are forgotten.
const SWEEP_EVERY: u32 = 4096;

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
