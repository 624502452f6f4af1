//! The ledger's rows. Transactions and transfers are only inserted; the database refuses anything else.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{
    ledger_folded, ledger_seals, ledger_transactions, ledger_transfers, ledger_unsealed, shopper_balances,
};
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, PayoutId, ShopperId, TransactionId};
use crate::domain::chain::Entry;
use crate::domain::ledger::{Balances, TransactionKind, Transfer};
use crate::domain::money::Currency;

/// A row of `ledger_transactions`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_transactions)]
pub struct TransactionRow {
    /// Its id.
    pub id: TransactionId,
    /// When it was posted.
    pub at: Timestamp,
    /// Why.
    pub kind: TransactionKind,
    /// What caused it; posts at most once.
    pub source: String,
    /// Whose money it concerns.
    pub shopper_id: Option<ShopperId>,
    /// Which partner it concerns.
    pub partner_id: Option<PartnerId>,
    /// Which conversion.
    pub conversion_id: Option<ConversionId>,
    /// Which payout.
    pub payout_id: Option<PayoutId>,
    /// An operator's words.
    pub note: Option<String>,
}

/// A row of `ledger_transfers`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_transfers)]
struct TransferRow {
    transaction_id: TransactionId,
    position: i64,
    debit: String,
    credit: String,
    amount: i64,
    currency: Currency,
}

impl TransferRow {
    fn transfer(self) -> Result<Transfer, DbError> {
        let account = |text: String| text.parse().map_err(|cause| DbError::corrupt("ledger_transfers", cause));
        Ok(Transfer {
            debit: account(self.debit)?,
            credit: account(self.credit)?,
            minor: self.amount,
            currency: self.currency,
        })
    }
}

/// A transaction with its transfers, in their order.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The transaction.
    pub transaction: TransactionRow,
    /// Its transfers.
    pub transfers: Vec<Transfer>,
}

impl Posted {
    /// What is sealed of it.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        let row = &self.transaction;
        Entry {
            id: row.id,
            at: row.at,
            kind: row.kind.as_str(),
            source: &row.source,
            shopper: row.shopper_id,
            partner: row.partner_id,
            conversion: row.conversion_id,
            payout: row.payout_id,
            note: row.note.as_deref(),
            transfers: &self.transfers,
        }
    }
}

/// Inserts a transaction and its transfers, and puts it before the sealer. Balances are the caller's.
///
/// # Errors
/// [`DbError::Taken`] when its source has posted before.
pub fn transaction_insert(conn: &mut Conn, row: &TransactionRow, transfers: &[Transfer]) -> Result<(), DbError> {
    diesel::insert_into(ledger_transactions::table).values(row).execute(conn)?;
    for (position, transfer) in (1..).zip(transfers) {
        let row = TransferRow {
            transaction_id: row.id,
            position,
            debit: transfer.debit.to_string(),
            credit: transfer.credit.to_string(),
            amount: transfer.minor,
            currency: transfer.currency,
        };
        diesel::insert_into(ledger_transfers::table).values(&row).execute(conn)?;
    }
    diesel::insert_into(ledger_unsealed::table).values(ledger_unsealed::transaction_id.eq(row.id)).execute(conn)?;
    Ok(())
}

/// All transfers posted for a conversion.
///
/// # Errors
/// [`DbError`].
pub fn transfer_list_of_conversion(conn: &mut Conn, id: ConversionId) -> Result<Vec<Transfer>, DbError> {
    let rows: Vec<TransferRow> = ledger_transfers::table
        .inner_join(ledger_transactions::table.on(ledger_transactions::id.eq(ledger_transfers::transaction_id)))
        .filter(ledger_transactions::conversion_id.eq(id))
        .select(TransferRow::as_select())
        .load(conn)?;
    rows.into_iter().map(TransferRow::transfer).collect()
}

/// All transfers posted for a payout.
///
/// # Errors
/// [`DbError`].
pub fn transfer_list_of_payout(conn: &mut Conn, id: PayoutId) -> Result<Vec<Transfer>, DbError> {
    let rows: Vec<TransferRow> = ledger_transfers::table
        .inner_join(ledger_transactions::table.on(ledger_transactions::id.eq(ledger_transfers::transaction_id)))
        .filter(ledger_transactions::payout_id.eq(id))
        .select(TransferRow::as_select())
        .load(conn)?;
    rows.into_iter().map(TransferRow::transfer).collect()
}

/// Adds their transfers to transactions, keeping the order of `rows`.
fn with_transfers(conn: &mut Conn, rows: Vec<TransactionRow>) -> Result<Vec<Posted>, DbError> {
    let ids: Vec<TransactionId> = rows.iter().map(|row| row.id).collect();
    let mut by_id: BTreeMap<TransactionId, Vec<Transfer>> = BTreeMap::new();
    for chunk in ids.chunks(500) {
        let found: Vec<TransferRow> = ledger_transfers::table
            .filter(ledger_transfers::transaction_id.eq_any(chunk.to_vec()))
            .order((ledger_transfers::transaction_id.asc(), ledger_transfers::position.asc()))
            .select(TransferRow::as_select())
            .load(conn)?;
        for row in found {
            by_id.entry(row.transaction_id).or_default().push(row.transfer()?);
        }
    }
    let pair = |transaction: TransactionRow| {
        let transfers = by_id.remove(&transaction.id).unwrap_or_default();
        Posted { transaction, transfers }
    };
    Ok(rows.into_iter().map(pair).collect())
}

/// The transaction that a source posted.
///
/// # Errors
/// [`DbError`].
pub fn transaction_find_by_source(conn: &mut Conn, source: &str) -> Result<Option<Posted>, DbError> {
    let of_source = ledger_transactions::table.filter(ledger_transactions::source.eq(source));
    let rows = of_source.select(TransactionRow::as_select()).load(conn)?;
    Ok(with_transfers(conn, rows)?.pop())
}

/// Which transactions to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct TransactionFilter {
    /// Only of this shopper.
    pub shopper_id: Option<ShopperId>,
    /// Only of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only of this conversion.
    pub conversion_id: Option<ConversionId>,
    /// Only of this payout.
    pub payout_id: Option<PayoutId>,
    /// Only those before this one.
    pub before: Option<TransactionId>,
    /// Only those posted from this time on.
    pub from: Option<Timestamp>,
    /// Only those posted before this time.
    pub until: Option<Timestamp>,
}

/// Transactions with their transfers, newest first.
///
/// # Errors
/// [`DbError`].
pub fn transaction_list(conn: &mut Conn, filter: &TransactionFilter, limit: i64) -> Result<Vec<Posted>, DbError> {
    use ledger_transactions as t;
    let mut query = t::table.select(TransactionRow::as_select()).order(t::id.desc()).limit(limit).into_boxed();
    if let Some(id) = filter.shopper_id {
        query = query.filter(t::shopper_id.eq(id));
    }
    if let Some(id) = filter.partner_id {
        query = query.filter(t::partner_id.eq(id));
    }
    if let Some(id) = filter.conversion_id {
        query = query.filter(t::conversion_id.eq(id));
    }
    if let Some(id) = filter.payout_id {
        query = query.filter(t::payout_id.eq(id));
    }
    if let Some(id) = filter.before {
        query = query.filter(t::id.lt(id));
    }
    if let Some(time) = filter.from {
        query = query.filter(t::at.ge(time));
    }
    if let Some(time) = filter.until {
        query = query.filter(t::at.lt(time));
    }
    let rows = query.load(conn)?;
    with_transfers(conn, rows)
}

/// Transactions by id, for verification: the next `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn transaction_walk(conn: &mut Conn, after: Option<TransactionId>, limit: i64) -> Result<Vec<Posted>, DbError> {
    use ledger_transactions as t;
    let mut query = t::table.select(TransactionRow::as_select()).order(t::id.asc()).limit(limit).into_boxed();
    if let Some(after) = after {
        query = query.filter(t::id.gt(after));
    }
    let rows = query.load(conn)?;
    with_transfers(conn, rows)
}

/// A row of `shopper_balances`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = shopper_balances)]
struct BalanceRow {
    shopper_id: ShopperId,
    currency: Currency,
    pending: i64,
    confirmed: i64,
    available: i64,
    in_payout: i64,
    debt: i64,
}

impl BalanceRow {
    const fn balances(&self) -> Balances {
        Balances {
            pending: self.pending,
            confirmed: self.confirmed,
            available: self.available,
            in_payout: self.in_payout,
            debt: self.debt,
        }
    }
}

/// A shopper's balances in one currency; all zero when there are none yet.
///
/// # Errors
/// [`DbError`].
pub fn balances_find(conn: &mut Conn, shopper: ShopperId, currency: Currency) -> Result<Balances, DbError> {
    let row =
        shopper_balances::table.find((shopper, currency)).select(BalanceRow::as_select()).first(conn).optional()?;
    Ok(row.map_or_else(Balances::default, |row| row.balances()))
}

/// A shopper's balances in every currency.
///
/// # Errors
/// [`DbError`].
pub fn balances_list(conn: &mut Conn, shopper: ShopperId) -> Result<Vec<(Currency, Balances)>, DbError> {
    let rows: Vec<BalanceRow> = shopper_balances::table
        .filter(shopper_balances::shopper_id.eq(shopper))
        .order(shopper_balances::currency.asc())
        .select(BalanceRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.currency, row.balances())).collect())
}

/// Balances of all shoppers, for verification: the next `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn balances_walk(
    conn: &mut Conn,
    after: Option<ShopperId>,
    limit: i64,
) -> Result<Vec<(ShopperId, Currency, Balances)>, DbError> {
    let mut query = shopper_balances::table
        .select(BalanceRow::as_select())
        .order((shopper_balances::shopper_id.asc(), shopper_balances::currency.asc()))
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(shopper_balances::shopper_id.gt(after));
    }
    Ok(query.load(conn)?.into_iter().map(|row: BalanceRow| (row.shopper_id, row.currency, row.balances())).collect())
}

/// Stores a shopper's balances.
///
/// # Errors
/// [`DbError`]; the database itself refuses a negative part.
pub fn balances_put(conn: &mut Conn, shopper: ShopperId, currency: Currency, to: &Balances) -> Result<(), DbError> {
    let row = BalanceRow {
        shopper_id: shopper,
        currency,
        pending: to.pending,
        confirmed: to.confirmed,
        available: to.available,
        in_payout: to.in_payout,
        debt: to.debt,
    };
    let changed = diesel::update(shopper_balances::table.find((shopper, currency))).set(&row).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(shopper_balances::table).values(&row).execute(conn)?;
    }
    Ok(())
}

/// The head of the chain: position and hash of the last sealed transaction.
///
/// # Errors
/// [`DbError`].
pub fn seal_head(conn: &mut Conn) -> Result<Option<(i64, String)>, DbError> {
    let newest = ledger_seals::table.order(ledger_seals::position.desc());
    Ok(newest.select((ledger_seals::position, ledger_seals::hash)).first(conn).optional()?)
}

/// Transactions that wait to be sealed, oldest first. One that is sealed already does not wait, whatever the list of
/// those that wait says: it would be folded twice.
///
/// # Errors
/// [`DbError`].
pub fn unsealed_list(conn: &mut Conn, limit: i64) -> Result<Vec<Posted>, DbError> {
    let rows = ledger_transactions::table
        .inner_join(ledger_unsealed::table.on(ledger_unsealed::transaction_id.eq(ledger_transactions::id)))
        .filter(diesel::dsl::not(diesel::dsl::exists(
            ledger_seals::table.filter(ledger_seals::transaction_id.eq(ledger_transactions::id)),
        )))
        .order(ledger_transactions::id.asc())
        .limit(limit)
        .select(TransactionRow::as_select())
        .load(conn)?;
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

/// Seals a transaction at a position.
///
/// # Errors
/// [`DbError::Taken`] when another sealer was there first.
pub fn seal_insert(conn: &mut Conn, position: i64, id: TransactionId, hash: &str) -> Result<(), DbError> {
    let row = (ledger_seals::position.eq(position), ledger_seals::transaction_id.eq(id), ledger_seals::hash.eq(hash));
    diesel::insert_into(ledger_seals::table).values(row).execute(conn)?;
    diesel::delete(ledger_unsealed::table.find(id)).execute(conn)?;
    Ok(())
}

/// Sealed transactions by position: the next `limit` after `after`, with their hashes.
///
/// # Errors
/// [`DbError`].
pub fn seal_walk(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<(i64, String, Posted)>, DbError> {
    let seals: Vec<(i64, String, TransactionRow)> = ledger_seals::table
        .inner_join(ledger_transactions::table.on(ledger_transactions::id.eq(ledger_seals::transaction_id)))
        .filter(ledger_seals::position.gt(after))
        .order(ledger_seals::position.asc())
        .limit(limit)
        .select((ledger_seals::position, ledger_seals::hash, TransactionRow::as_select()))
        .load(conn)?;
    let (places, rows): (Vec<_>, Vec<_>) = seals.into_iter().map(|(at, hash, row)| ((at, hash), row)).unzip();
    let posted = with_transfers(conn, rows)?;
    Ok(places.into_iter().zip(posted).map(|((at, hash), posted)| (at, hash, posted)).collect())
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
