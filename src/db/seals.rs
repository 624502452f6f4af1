//! The hash chain over the ledger, and the balances that are folded from its sealed part.

use std::collections::HashSet;

use diesel::prelude::*;

use super::bulk::bulk_insert;
use super::conn::Conn;
use super::error::DbError;
use super::ledger::{Posted, TransactionRow, TransferRow, with_transfers};
use super::schema::{ledger_folded, ledger_seals, ledger_transactions, ledger_transfers, ledger_unsealed};
use crate::base::Timestamp;
use crate::base::id::TransactionId;
use crate::both;
use crate::domain::money::Currency;

/// The head of the chain: position and hash of the last sealed transaction.
///
/// # Errors
/// [`DbError`].
pub fn seal_head(conn: &mut Conn) -> Result<Option<(i64, String)>, DbError> {
    let newest = ledger_seals::table.order(ledger_seals::position.desc());
    Ok(newest.select((ledger_seals::position, ledger_seals::hash)).first(conn).optional()?)
}

/// How many ids one question has.
const PAGE: i64 = 500;

/// Transactions that wait to be sealed, oldest first. One that is sealed already does not wait, whatever the list of
/// those that wait says: it would be folded twice.
///
/// # Errors
/// [`DbError`].
pub fn unsealed_list(conn: &mut Conn, limit: i64) -> Result<Vec<Posted>, DbError> {
    // In steps, each by a key: as one query it was planned as a walk through the whole ledger while it grew fast.
    let (mut rows, mut after): (Vec<TransactionRow>, Option<TransactionId>) = (Vec::new(), None);
    let mut missing = limit;
    while missing > 0 {
        let asked = missing.min(PAGE);
        let mut waiting = ledger_unsealed::table.select(ledger_unsealed::transaction_id).into_boxed();
        if let Some(after) = after {
            waiting = waiting.filter(ledger_unsealed::transaction_id.gt(after));
        }
        let ids: Vec<TransactionId> = waiting.order(ledger_unsealed::transaction_id.asc()).limit(asked).load(conn)?;
        if ids.is_empty() {
            break;
        }
        let last_page = i64::try_from(ids.len()).is_ok_and(|found| found < asked);
        after = ids.last().copied();
        let sealed = ledger_seals::table.filter(ledger_seals::transaction_id.eq_any(ids.clone()));
        let sealed: HashSet<TransactionId> =
            sealed.select(ledger_seals::transaction_id).load(conn)?.into_iter().collect();
        let open: Vec<TransactionId> = ids.into_iter().filter(|id| !sealed.contains(id)).collect();
        let found = ledger_transactions::table.filter(ledger_transactions::id.eq_any(open));
        let found = found.order(ledger_transactions::id.asc()).select(TransactionRow::as_select());
        rows.extend(found.load::<TransactionRow>(conn)?);
        missing = if last_page { 0 } else { limit.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX)) };
    }
    with_transfers(conn, rows)
}

/// Transactions whose place is wrong: those that are neither sealed nor waiting, and those that are both. Up to
/// `limit` of each, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn misplaced_list(conn: &mut Conn, limit: i64) -> Result<(Vec<TransactionId>, Vec<TransactionId>), DbError> {
    use diesel::dsl::{exists, not};
    let by_age = || ledger_transactions::table.select(ledger_transactions::id).order(ledger_transactions::id.asc());
    let waiting = || ledger_unsealed::table.filter(ledger_unsealed::transaction_id.eq(ledger_transactions::id));
    let neither = by_age()
        .filter(not(exists(ledger_seals::table.filter(ledger_seals::transaction_id.eq(ledger_transactions::id)))))
        .filter(not(exists(waiting())));
    let both = by_age()
        .filter(exists(ledger_seals::table.filter(ledger_seals::transaction_id.eq(ledger_transactions::id))))
        .filter(exists(waiting()));
    Ok((neither.limit(limit).load(conn)?, both.limit(limit).load(conn)?))
}

/// A row of `ledger_seals`: the transaction at a position of the chain.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = ledger_seals, treat_none_as_default_value = false)]
pub struct SealRow {
    /// Counts from 1.
    pub position: i64,
    /// What is sealed there.
    pub transaction_id: TransactionId,
    /// The hash of it and of all before it.
    pub hash: String,
}

/// Seals transactions.
///
/// # Errors
/// [`DbError::Taken`] when another sealer was there first.
pub fn seal_insert_all(conn: &mut Conn, seals: &[SealRow]) -> Result<(), DbError> {
    bulk_insert!(conn, ledger_seals::table, seals)?;
    let sealed: Vec<TransactionId> = seals.iter().map(|seal| seal.transaction_id).collect();
    for chunk in sealed.chunks(500) {
        let waiting = ledger_unsealed::table.filter(ledger_unsealed::transaction_id.eq_any(chunk.to_vec()));
        diesel::delete(waiting).execute(conn)?;
    }
    Ok(())
}

/// When the first sealed transaction was posted.
///
/// # Errors
/// [`DbError`].
pub fn seal_first(conn: &mut Conn) -> Result<Option<Timestamp>, DbError> {
    let first = ledger_seals::table
        .inner_join(ledger_transactions::table.on(ledger_transactions::id.eq(ledger_seals::transaction_id)))
        .order(ledger_seals::position.asc());
    Ok(first.select(ledger_transactions::at).first(conn).optional()?)
}

/// Sealed transactions by position: the next `limit` after `after`, with their hashes.
///
/// # Errors
/// [`DbError`].
pub fn seal_walk(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<(i64, String, Posted)>, DbError> {
    let seals: Vec<(i64, String, TransactionRow)> = both!(conn, c => ledger_seals::table
        .inner_join(ledger_transactions::table.on(ledger_transactions::id.eq(ledger_seals::transaction_id)))
        .filter(ledger_seals::position.gt(after))
        .order(ledger_seals::position.asc())
        .limit(limit)
        .select((ledger_seals::position, ledger_seals::hash, TransactionRow::as_select()))
        .load(c)?);
    let upto = seals.last().map_or(after, |(position, ..)| *position);
    let transfers: Vec<(i64, TransferRow)> = both!(conn, c => ledger_seals::table
        .inner_join(ledger_transfers::table.on(ledger_transfers::transaction_id.eq(ledger_seals::transaction_id)))
        .filter(ledger_seals::position.gt(after).and(ledger_seals::position.le(upto)))
        .order((ledger_seals::position.asc(), ledger_transfers::position.asc()))
        .select((ledger_seals::position, TransferRow::as_select()))
        .load(c)?);
    let mut transfers = transfers.into_iter().peekable();
    let mut walked = Vec::with_capacity(seals.len());
    for (position, hash, transaction) in seals {
        let mut own = Vec::new();
        // Those of an earlier place belong to a seal whose transaction is not there.
        while let Some((place, row)) = transfers.next_if(|(place, _)| *place <= position) {
            if place == position {
                own.push(row.transfer()?);
            }
        }
        walked.push((position, hash, Posted { transaction, transfers: own }));
    }
    Ok(walked)
}

/// How many transactions are sealed and how many wait.
///
/// # Errors
/// [`DbError`].
pub fn seal_counts(conn: &mut Conn) -> Result<(i64, i64), DbError> {
    let sealed = ledger_seals::table.count().get_result(conn)?;
    let waiting = ledger_unsealed::table.count().get_result(conn)?;
    Ok((sealed, waiting))
}

/// How many transactions wait to be sealed.
///
/// # Errors
/// [`DbError`].
pub fn unsealed_count(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(ledger_unsealed::table.count().get_result(conn)?)
}

/// Folded balances, credit positive: account, currency, minor units.
///
/// # Errors
/// [`DbError`].
pub fn folded_list(conn: &mut Conn) -> Result<Vec<(String, Currency, i64)>, DbError> {
    Ok(ledger_folded::table
        .order((ledger_folded::account.asc(), ledger_folded::currency.asc()))
        .select((ledger_folded::account, ledger_folded::currency, ledger_folded::balance))
        .load(conn)?)
}

/// The folded balances of one account, by currency.
///
/// # Errors
/// [`DbError`].
pub fn folded_find(conn: &mut Conn, account: &str) -> Result<Vec<(Currency, i64)>, DbError> {
    Ok(ledger_folded::table
        .filter(ledger_folded::account.eq(account))
        .order(ledger_folded::currency.asc())
        .select((ledger_folded::currency, ledger_folded::balance))
        .load(conn)?)
}

/// Adds to a folded balance.
///
/// # Errors
/// [`DbError`].
pub fn folded_add(conn: &mut Conn, account: &str, currency: Currency, minor: i64) -> Result<(), DbError> {
    let changed = diesel::update(ledger_folded::table.find((account, currency)))
        .set(ledger_folded::balance.eq(ledger_folded::balance + minor))
        .execute(conn)?;
    if changed == 0 {
        let row = (
            ledger_folded::account.eq(account),
            ledger_folded::currency.eq(currency),
            ledger_folded::balance.eq(minor),
        );
        diesel::insert_into(ledger_folded::table).values(row).execute(conn)?;
    }
    Ok(())
}
