//! How much waits for a person, counted no further than asked, and what the alarms ask.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::indexed::{JOBS_GOING_ON, OPEN_ADJUSTMENTS, OPEN_CLAIMS, WAITING_CALLS};
use super::schema::{adjustments, claims, jobs, ledger_transactions, ledger_unsealed, payouts, postbacks};
use crate::base::Timestamp;
use crate::base::id::{AdjustmentId, ClaimId, JobId, PartnerId, PayoutId, PostbackId, TransactionId};
use crate::domain::payout::PayoutState;
use crate::domain::verdict::Verdict;

/// How many there are, up to the limit that was asked with.
fn count<T>(found: &[T]) -> i64 {
    i64::try_from(found.len()).unwrap_or(i64::MAX)
}

/// Held and refused calls that no later run has settled.
///
/// # Errors
/// [`DbError`].
pub fn postback_count_waiting(conn: &mut Conn, most: i64) -> Result<i64, DbError> {
    let waiting = postbacks::table.filter(WAITING_CALLS);
    Ok(count::<PostbackId>(&waiting.select(postbacks::id).order(postbacks::id.desc()).limit(most).load(conn)?))
}

/// Payouts in a state.
///
/// # Errors
/// [`DbError`].
pub fn payout_count_in(conn: &mut Conn, state: PayoutState, most: i64) -> Result<i64, DbError> {
    let found = payouts::table.filter(payouts::state.eq(state)).select(payouts::id);
    Ok(count::<PayoutId>(&found.order(payouts::id.desc()).limit(most).load(conn)?))
}

/// Payouts that a person has to look at.
///
/// # Errors
/// [`DbError`].
pub fn payout_count_attention(conn: &mut Conn, most: i64) -> Result<i64, DbError> {
    let found = payouts::table.filter(payouts::attention.is_not_null()).select(payouts::id);
    Ok(count::<PayoutId>(&found.order(payouts::id.desc()).limit(most).load(conn)?))
}

/// Claims that nobody has answered.
///
/// # Errors
/// [`DbError`].
pub fn claim_count_open(conn: &mut Conn, most: i64) -> Result<i64, DbError> {
    let found = claims::table.filter(OPEN_CLAIMS).select(claims::id);
    Ok(count::<ClaimId>(&found.order(claims::id.desc()).limit(most).load(conn)?))
}

/// Corrections that wait for a second person at `now`.
///
/// # Errors
/// [`DbError`].
pub fn adjustment_count_open(conn: &mut Conn, now: Timestamp, most: i64) -> Result<i64, DbError> {
    let open = adjustments::table.filter(OPEN_ADJUSTMENTS).filter(adjustments::expires_at.gt(now));
    Ok(count::<AdjustmentId>(&open.select(adjustments::id).order(adjustments::id.desc()).limit(most).load(conn)?))
}

/// Jobs that were given up.
///
/// # Errors
/// [`DbError`].
pub fn job_count_dead(conn: &mut Conn, most: i64) -> Result<i64, DbError> {
    let dead = jobs::table.filter(jobs::dead.eq(true)).select(jobs::id);
    Ok(count::<JobId>(&dead.limit(most).load(conn)?))
}

/// Jobs of payouts that failed at least `tries` times and go on, with what was said last.
///
/// # Errors
/// [`DbError`].
pub fn job_list_failing(conn: &mut Conn, tries: i64, most: i64) -> Result<Vec<(String, Option<String>)>, DbError> {
    let failing = jobs::table
        .filter(JOBS_GOING_ON)
        .filter(jobs::attempts.ge(tries))
        .filter(jobs::last_error.is_not_null())
        .filter(jobs::kind.eq_any(["submit_payout", "poll_payout"]));
    Ok(failing.select((jobs::key, jobs::last_error)).order(jobs::run_at.asc()).limit(most).load(conn)?)
}

/// When the oldest transaction was posted that waits for its seal.
///
/// # Errors
/// [`DbError`].
pub fn unsealed_oldest(conn: &mut Conn) -> Result<Option<Timestamp>, DbError> {
    let oldest = ledger_unsealed::table.select(ledger_unsealed::transaction_id);
    let oldest: Option<TransactionId> = oldest.order(ledger_unsealed::transaction_id.asc()).first(conn).optional()?;
    let Some(id) = oldest else { return Ok(None) };
    Ok(ledger_transactions::table.find(id).select(ledger_transactions::at).first(conn).optional()?)
}

/// The partners of the newest calls that wait for a person, at most `most` calls of `since` or later.
///
/// # Errors
/// [`DbError`].
pub fn postback_partners_waiting(conn: &mut Conn, since: Timestamp, most: i64) -> Result<Vec<PartnerId>, DbError> {
    let waiting = postbacks::table.filter(WAITING_CALLS).filter(postbacks::id.ge(PostbackId::first_at(since)));
    let mut partners: Vec<PartnerId> =
        waiting.select(postbacks::partner_id).order(postbacks::id.desc()).limit(most).load(conn)?;
    partners.sort_unstable();
    partners.dedup();
    Ok(partners)
}

/// The last calls of a partner, newest first: what became of each, and when it came.
///
/// # Errors
/// [`DbError`].
pub fn postback_list_verdicts(
    conn: &mut Conn,
    partner: PartnerId,
    most: i64,
) -> Result<Vec<(Verdict, Timestamp)>, DbError> {
    let last = postbacks::table.filter(postbacks::partner_id.eq(partner)).order(postbacks::id.desc()).limit(most);
    Ok(last.select((postbacks::verdict, postbacks::received_at)).load(conn)?)
}
