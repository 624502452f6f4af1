//! What ledger transactions say they come from, read in bulk for verification.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;

use super::conn::Conn;
use super::conversions::RevisionRow;
use super::error::DbError;
use super::ledger::Posted;
use super::schema::{conversion_revisions, conversions, payout_events, payouts};
use crate::base::id::{ConversionId, PartnerId, PayoutId, ShopperId};

/// The rows that a list of transactions names as its causes, as far as they are there.
#[derive(Debug, Default)]
pub struct Causes {
    /// Conversions: whose they are and who reported them.
    pub conversions: BTreeMap<ConversionId, (ShopperId, PartnerId)>,
    /// Their revisions.
    pub revisions: BTreeSet<(ConversionId, i64)>,
    /// Payouts: whose they are.
    pub payouts: BTreeMap<PayoutId, ShopperId>,
    /// Their events.
    pub events: BTreeSet<(PayoutId, i64)>,
}

/// SQLite takes a bounded number of values in one statement.
const CHUNK: usize = 500;

/// The causes of `page`.
///
/// # Errors
/// [`DbError`].
pub fn cause_list(conn: &mut Conn, page: &[Posted]) -> Result<Causes, DbError> {
    let mut causes = Causes::default();
    for chunk in page.chunks(CHUNK) {
        let ids: Vec<ConversionId> = chunk.iter().filter_map(|posted| posted.transaction.conversion_id).collect();
        let found: Vec<(ConversionId, ShopperId, PartnerId)> = conversions::table
            .filter(conversions::id.eq_any(ids.clone()))
            .select((conversions::id, conversions::shopper_id, conversions::partner_id))
            .load(conn)?;
        causes.conversions.extend(found.into_iter().map(|(id, shopper, partner)| (id, (shopper, partner))));
        let found: Vec<(ConversionId, i64)> = conversion_revisions::table
            .filter(conversion_revisions::conversion_id.eq_any(ids))
            .select((conversion_revisions::conversion_id, conversion_revisions::revision))
            .load(conn)?;
        causes.revisions.extend(found);
        let ids: Vec<PayoutId> = chunk.iter().filter_map(|posted| posted.transaction.payout_id).collect();
        let found: Vec<(PayoutId, ShopperId)> = payouts::table
            .filter(payouts::id.eq_any(ids.clone()))
            .select((payouts::id, payouts::shopper_id))
            .load(conn)?;
        causes.payouts.extend(found);
        let found: Vec<(PayoutId, i64)> = payout_events::table
            .filter(payout_events::payout_id.eq_any(ids))
            .select((payout_events::payout_id, payout_events::revision))
            .load(conn)?;
        causes.events.extend(found);
    }
    Ok(causes)
}

/// The last revision of each of these conversions that has one.
///
/// # Errors
/// [`DbError`].
pub fn revision_last_list(
    conn: &mut Conn,
    ids: &[ConversionId],
) -> Result<BTreeMap<ConversionId, RevisionRow>, DbError> {
    let mut last = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<RevisionRow> = conversion_revisions::table
            .filter(conversion_revisions::conversion_id.eq_any(chunk.to_vec()))
            .order((conversion_revisions::conversion_id.asc(), conversion_revisions::revision.asc()))
            .select(RevisionRow::as_select())
            .load(conn)?;
        last.extend(rows.into_iter().map(|row| (row.conversion_id, row)));
    }
    Ok(last)
}
