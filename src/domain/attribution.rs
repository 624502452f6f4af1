//! Which click earns a conversion.

use super::reason::Reason;
use crate::base::Timestamp;

/// How far a partner's clock may run from ours, in seconds.
const CLOCK_TOLERANCE_SECONDS: i64 = 3600;

/// Checks that a sale at `occurred_at` may be credited to a click at `clicked_at`.
///
/// # Errors
/// [`Reason::BeforeClick`] when the sale came first, [`Reason::OutsideWindow`] when it came too late,
/// [`Reason::FromTheFuture`] when it is dated after now.
pub fn check_window(
    clicked_at: Timestamp,
    occurred_at: Timestamp,
    now: Timestamp,
    window_days: u16,
) -> Result<(), Reason> {
    if occurred_at > now.plus_seconds(CLOCK_TOLERANCE_SECONDS) {
        return Err(Reason::FromTheFuture);
    }
    if occurred_at < clicked_at.plus_seconds(-CLOCK_TOLERANCE_SECONDS) {
        return Err(Reason::BeforeClick);
    }
    if occurred_at > clicked_at.plus_days(i64::from(window_days)) {
        return Err(Reason::OutsideWindow);
    }
    Ok(())
}
