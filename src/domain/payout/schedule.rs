//! When to ask the provider again.

use chrono::TimeDelta;

use crate::base::id::PayoutId;

/// How long to wait before poll number `polls` (0 is the first): 10 s, 1, 5, 15, 60 minutes, then hourly, each
/// lengthened by up to a tenth. The stretch comes from the payout's id, so that many payouts of one moment do not
/// ask together, and the same payout always gives the same schedule.
#[must_use]
pub fn next_poll(polls: u32, payout: PayoutId) -> TimeDelta {
    let seconds: i64 = match polls {
        0 => 10,
        1 => 60,
        2 => 300,
        3 => 900,
        4.. => 3600,
    };
    let [.., a, b] = *payout.as_bytes();
    // The last bytes of a UUIDv7 are random; the poll's number turns them, so that a slow payout does not always
    // come last.
    let spread = i64::from(u16::from_be_bytes([a, b]).rotate_left(polls % 16));
    TimeDelta::milliseconds(seconds * 1000 + seconds * 100 * spread / 65_536)
}

/// How long a paid payout is looked at, since money can come back.
const WATCH: TimeDelta = TimeDelta::days(30);

/// How long to wait before a payout that was paid `age` ago is asked for again: as long as it has been paid, at least
/// two hours. `None` when it no longer has to be watched.
#[must_use]
pub fn next_watch(age: TimeDelta) -> Option<TimeDelta> {
    (age < WATCH).then(|| age.max(TimeDelta::hours(2)))
}
