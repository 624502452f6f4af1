//! The ledger's rows. Transactions and transfers are only inserted; the database refuses anything else.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::insert::{Insert, insert};
use super::schema::{ledger_transactions, ledger_transfers, ledger_unsealed};
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, PayoutId, ShopperId, TransactionId};
use crate::both;
use crate::domain::chain::Entry;
use crate::domain::ledger::{TransactionKind, Transfer};
use crate::domain::money::Currency;

/// A row of `ledger_transactions`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_transactions, treat_none_as_default_value = false)]
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

/// A row of `ledger_unsealed`.
#[derive(Debug, Insertable)]
#[diesel(table_name = ledger_unsealed)]
struct WaitingRow {
    transaction_id: TransactionId,
}

/// A row of `ledger_transfers`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_transfers, treat_none_as_default_value = false)]
pub(super) struct TransferRow {
    transaction_id: TransactionId,
    position: i64,
    debit: String,
    credit: String,
    amount: i64,
    currency: Currency,
}

impl TransferRow {
    pub(super) fn transfer(self) -> Result<Transfer, DbError> {
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

/// Transactions with their transfers, as they are to be stored.
#[derive(Debug)]
pub struct PostedRows {
    transactions: Vec<TransactionRow>,
    waiting: Vec<WaitingRow>,
    transfers: Vec<TransferRow>,
}

impl PostedRows {
    /// The rows of these.
    #[must_use]
    pub fn of(posted: &[Posted]) -> Self {
        Self {
            transactions: posted.iter().map(|one| one.transaction.clone()).collect(),
            waiting: posted.iter().map(|one| WaitingRow { transaction_id: one.transaction.id }).collect(),
            transfers: posted.iter().flat_map(transfer_rows).collect(),
        }
    }

    /// Adds the transactions and their transfers, and puts them before the sealer. Balances are the caller's. A source posts
    /// once: a second time it is taken.
    #[must_use]
    pub fn inserts(&self) -> [Insert<'_>; 3] {
        let (transactions, waiting, transfers) = (&self.transactions[..], &self.waiting[..], &self.transfers[..]);
        let transactions = insert!(ledger_transactions(
            id, at, kind, source, shopper_id, partner_id, conversion_id, payout_id, note
        ) of transactions);
        let waiting = insert!(ledger_unsealed(transaction_id) of waiting);
        let transfers =
            insert!(ledger_transfers(transaction_id, position, debit, credit, amount, currency) of transfers);
        [transactions, waiting, transfers]
    }
}

fn transfer_rows(posted: &Posted) -> Vec<TransferRow> {
    let row = |(position, transfer): (i64, &Transfer)| TransferRow {
        transaction_id: posted.transaction.id,
        position,
        debit: transfer.debit.to_string(),
        credit: transfer.credit.to_string(),
        amount: transfer.minor,
        currency: transfer.currency,
    };
    (1..).zip(&posted.transfers).map(row).collect()
}

/// All transfers posted for these conversions, each with the conversion it was posted for.
///
/// # Errors
/// [`DbError`].
pub fn transfer_list_of_conversions(
    conn: &mut Conn,
    ids: Vec<ConversionId>,
) -> Result<Vec<(ConversionId, Transfer)>, DbError> {
    let rows: Vec<(Option<ConversionId>, TransferRow)> = ledger_transfers::table
        .inner_join(ledger_transactions::table.on(ledger_transactions::id.eq(ledger_transfers::transaction_id)))
        .filter(ledger_transactions::conversion_id.eq_any(ids.into_iter().map(Some)))
        .select((ledger_transactions::conversion_id, TransferRow::as_select()))
        .load(conn)?;
    let of_conversion =
        |(id, row): (Option<ConversionId>, TransferRow)| id.map(|id| row.transfer().map(|transfer| (id, transfer)));
    rows.into_iter().filter_map(of_conversion).collect()
}

/// All transfers posted for a conversion.
///
/// # Errors
/// [`DbError`].
pub fn transfer_list_of_conversion(conn: &mut Conn, id: ConversionId) -> Result<Vec<Transfer>, DbError> {
    let all = transfer_list_of_conversions(conn, vec![id])?;
    Ok(all.into_iter().map(|(_, transfer)| transfer).collect())
}

/// All transfers posted for these payouts, each with the payout it was posted for.
///
/// # Errors
/// [`DbError`].
pub fn transfer_list_of_payouts(conn: &mut Conn, ids: Vec<PayoutId>) -> Result<Vec<(PayoutId, Transfer)>, DbError> {
    let rows: Vec<(Option<PayoutId>, TransferRow)> = ledger_transfers::table
        .inner_join(ledger_transactions::table.on(ledger_transactions::id.eq(ledger_transfers::transaction_id)))
        .filter(ledger_transactions::payout_id.eq_any(ids.into_iter().map(Some)))
        .select((ledger_transactions::payout_id, TransferRow::as_select()))
        .load(conn)?;
    let of_payout =
        |(id, row): (Option<PayoutId>, TransferRow)| id.map(|id| row.transfer().map(|transfer| (id, transfer)));
    rows.into_iter().filter_map(of_payout).collect()
}

/// Adds their transfers to transactions, keeping the order of `rows`.
pub(super) fn with_transfers(conn: &mut Conn, rows: Vec<TransactionRow>) -> Result<Vec<Posted>, DbError> {
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

/// All transfers posted for the conversions after one and up to another, each with the conversion it was posted for, in no
/// order.
///
/// # Errors
/// [`DbError`].
pub fn transfer_walk_of_conversions(
    conn: &mut Conn,
    after: ConversionId,
    upto: ConversionId,
) -> Result<Vec<(ConversionId, Transfer)>, DbError> {
    let rows: Vec<(Option<ConversionId>, TransferRow)> = both!(conn, c => ledger_transactions::table
        .inner_join(ledger_transfers::table.on(ledger_transfers::transaction_id.eq(ledger_transactions::id)))
        .filter(ledger_transactions::conversion_id.gt(after).and(ledger_transactions::conversion_id.le(upto)))
        .select((ledger_transactions::conversion_id, TransferRow::as_select()))
        .load(c)?);
    rows.into_iter().filter_map(|(id, row)| id.map(|id| row.transfer().map(|transfer| (id, transfer)))).collect()
}

/// How many transfers there are.
///
/// # Errors
/// [`DbError`].
pub fn transfer_count(conn: &mut Conn) -> Result<i64, DbError> {
    Ok(ledger_transfers::table.count().get_result(conn)?)
}
