//! What ledger transactions say they come from, read in bulk for verification.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::ledger::TransactionRow;
use super::revisions::RevisionRow;
use super::schema::{conversion_revisions, conversions, payout_events, payouts};
use crate::base::id::{ConversionId, PartnerId, PayoutId, ShopperId};
use crate::both;

/// The rows that a list of transactions names as its causes, as far as they are there.
#[derive(Debug, Default)]
pub struct Causes {
    /// Conversions: whose they are and who reported them.
    pub conversions: HashMap<ConversionId, (ShopperId, PartnerId)>,
    /// Their revisions.
    pub revisions: HashSet<(ConversionId, i64)>,
    /// Payouts: whose they are.
    pub payouts: HashMap<PayoutId, ShopperId>,
    /// Their events.
    pub events: HashSet<(PayoutId, i64)>,
}

/// SQLite takes a bounded number of values in one statement.
const CHUNK: usize = 500;

/// The causes of these transactions.
///
/// # Errors
/// [`DbError`].
pub fn cause_list(conn: &mut Conn, rows: &[&TransactionRow]) -> Result<Causes, DbError> {
    let mut causes = Causes::default();
    for chunk in rows.chunks(CHUNK) {
        let ids: Vec<ConversionId> = chunk.iter().filter_map(|row| row.conversion_id).collect();
        if !ids.is_empty() {
            let found: Vec<(ConversionId, ShopperId, PartnerId)> = both!(conn, c => conversions::table
                .filter(conversions::id.eq_any(ids.clone()))
                .select((conversions::id, conversions::shopper_id, conversions::partner_id))
                .load(c)?);
            causes.conversions.extend(found.into_iter().map(|(id, shopper, partner)| (id, (shopper, partner))));
            let found: Vec<(ConversionId, i64)> = both!(conn, c => conversion_revisions::table
                .filter(conversion_revisions::conversion_id.eq_any(ids))
                .select((conversion_revisions::conversion_id, conversion_revisions::revision))
                .load(c)?);
            causes.revisions.extend(found);
        }
        let ids: Vec<PayoutId> = chunk.iter().filter_map(|row| row.payout_id).collect();
        if !ids.is_empty() {
            let found: Vec<(PayoutId, ShopperId)> = both!(conn, c => payouts::table
                .filter(payouts::id.eq_any(ids.clone()))
                .select((payouts::id, payouts::shopper_id))
                .load(c)?);
            causes.payouts.extend(found);
            let found: Vec<(PayoutId, i64)> = both!(conn, c => payout_events::table
                .filter(payout_events::payout_id.eq_any(ids))
                .select((payout_events::payout_id, payout_events::revision))
                .load(c)?);
            causes.events.extend(found);
        }
    }
    Ok(causes)
}

/// The revisions of conversions after one and up to another, those of each oldest first.
///
/// # Errors
/// [`DbError`].
pub fn revision_walk(conn: &mut Conn, after: ConversionId, upto: ConversionId) -> Result<Vec<RevisionRow>, DbError> {
    Ok(both!(conn, c => conversion_revisions::table
        .filter(conversion_revisions::conversion_id.gt(after).and(conversion_revisions::conversion_id.le(upto)))
        .order((conversion_revisions::conversion_id.asc(), conversion_revisions::revision.asc()))
        .select(RevisionRow::as_select())
        .load(c)?))
}

/// How many revisions of conversions there are.
///
/// # Errors
/// [`DbError`].
pub fn revision_count(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(conversion_revisions::table.count().get_result(conn)?)
}

/// The events of payouts after one and up to another, those of each oldest first: the revision they made, and the word of its
/// state, whatever it is.
///
/// # Errors
/// [`DbError`].
pub fn payout_event_walk(
    conn: &mut Conn,
    after: PayoutId,
    upto: PayoutId,
) -> Result<Vec<(PayoutId, i64, String)>, DbError> {
    Ok(both!(conn, c => payout_events::table
        .filter(payout_events::payout_id.gt(after).and(payout_events::payout_id.le(upto)))
        .order((payout_events::payout_id.asc(), payout_events::revision.asc()))
        .select((payout_events::payout_id, payout_events::revision, payout_events::state))
        .load(c)?))
}

/// How many events of payouts there are.
///
/// # Errors
/// [`DbError`].
pub fn payout_event_count(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(payout_events::table.count().get_result(conn)?)
}
