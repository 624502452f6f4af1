//! What stores' scores are made from.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{claims, conversions};
use crate::base::Timestamp;
use crate::base::id::{PartnerId, StoreId};
use crate::domain::claim::ClaimState;
use crate::domain::conversion::State;
use crate::domain::score::ScoredOrder;

/// A store's latest orders, at most `limit`.
///
/// # Errors
/// [`DbError`].
pub fn score_order_list(conn: &mut Conn, store: StoreId, limit: i64) -> Result<Vec<ScoredOrder>, DbError> {
    type Row = (State, Option<String>, Timestamp, Option<Timestamp>, Timestamp);
    let rows: Vec<Row> = conversions::table
        .filter(conversions::store_id.eq(store))
        .order(conversions::id.desc())
        .limit(limit)
        .select((
            conversions::state,
            conversions::reason,
            conversions::occurred_at,
            conversions::confirmed_at,
            conversions::created_at,
        ))
        .load(conn)?;
    let order = |(state, reason, occurred_at, confirmed_at, reported_at)| ScoredOrder {
        state,
        reason,
        occurred_at,
        confirmed_at,
        reported_at,
    };
    Ok(rows.into_iter().map(order).collect())
}

/// How many of the latest claims at a store there are, at most `limit`, and how many of them were answered.
///
/// # Errors
/// [`DbError`].
pub fn score_claim_count(
    conn: &mut Conn,
    partner: PartnerId,
    store: StoreId,
    limit: i64,
) -> Result<(usize, usize), DbError> {
    let states: Vec<ClaimState> = claims::table
        .filter(claims::partner_id.eq(partner))
        .filter(claims::store_id.eq(store))
        .order(claims::id.desc())
        .limit(limit)
        .select(claims::state)
        .load(conn)?;
    let answered = states.iter().filter(|state| **state != ClaimState::Open).count();
    Ok((states.len(), answered))
}
