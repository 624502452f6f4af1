//! What a partner owes, from the ledger's own accounts: sums of a period, and what they are made of.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, TransactionId};
use crate::db::Conn;
use crate::db::conversions::conversion_list_by_ids;
use crate::db::ledger::{Posted, TransactionFilter, transaction_list};
use crate::domain::ledger::{Account, TransactionKind};
use crate::domain::money::{Amount, Currency};
use crate::service::{App, Outcome, ServiceError};

/// What a partner owes in one currency. Positive is owed to us.
#[derive(Serialize, ToSchema)]
pub struct Line {
    /// The currency.
    #[schema(value_type = String, example = "RUB")]
    pub currency: Currency,
    /// What was owed at the beginning.
    pub opening: Amount,
    /// What was confirmed.
    pub confirmed: Amount,
    /// What was taken back.
    pub reversed: Amount,
    /// What was paid.
    pub paid: Amount,
    /// What was owed at the end: opening and confirmed, less reversed and paid.
    pub closing: Amount,
    /// What may come to be owed: orders that were pending at the end.
    pub expected: Amount,
}

/// A statement.
#[derive(Serialize, ToSchema)]
pub struct Statement {
    /// From this time on.
    pub from: Timestamp,
    /// Until this time.
    pub to: Timestamp,
    /// A line for each currency.
    pub lines: Vec<Line>,
}

#[derive(Default)]
struct Sums {
    opening: i64,
    confirmed: i64,
    reversed: i64,
    paid: i64,
    expected: i64,
}

/// Sums up what a partner owes for a period.
///
/// # Errors
/// [`ServiceError::Invalid`] for `to` when it is not later than `from`; the database's failures.
pub async fn statement(app: &App, partner: PartnerId, from: Timestamp, to: Timestamp) -> Outcome<Statement> {
    if from >= to {
        return Err(ServiceError::invalid("to", "must be later than from"));
    }
    let sums = app.db.read(move |conn| crate::db::snapshot(conn, |conn| sum_up(conn, partner, from, to))).await?;
    let line = |(currency, sums): (Currency, Sums)| {
        let amount = |minor| Amount::new(minor, currency);
        Line {
            currency,
            opening: amount(sums.opening),
            confirmed: amount(sums.confirmed),
            reversed: amount(sums.reversed),
            paid: amount(sums.paid),
            closing: amount(sums.opening + sums.confirmed - sums.reversed - sums.paid),
            expected: amount(sums.expected),
        }
    };
    Ok(Statement { from, to, lines: sums.into_iter().map(line).collect() })
}

fn sum_up(conn: &mut Conn, partner: PartnerId, from: Timestamp, to: Timestamp) -> Outcome<BTreeMap<Currency, Sums>> {
    let mut sums = BTreeMap::new();
    let mut filter = TransactionFilter { partner_id: Some(partner), until: Some(to), ..TransactionFilter::default() };
    loop {
        let page = transaction_list(conn, &filter, 500)?;
        let Some(last) = page.last() else { return Ok(sums) };
        filter.before = Some(last.transaction.id);
        for posted in &page {
            add(&mut sums, partner, from, posted).ok_or_else(|| ServiceError::internal("a sum is too large"))?;
        }
    }
}

fn add(sums: &mut BTreeMap<Currency, Sums>, partner: PartnerId, from: Timestamp, posted: &Posted) -> Option<()> {
    let (owed, expected) = (Account::PartnerOwed(partner), Account::PartnerExpected(partner));
    let row = &posted.transaction;
    for transfer in &posted.transfers {
        let line = sums.entry(transfer.currency).or_default();
        let minor = transfer.minor;
        let grows = |account: &Account| i64::from(transfer.debit == *account) - i64::from(transfer.credit == *account);
        line.expected = line.expected.checked_add(minor.checked_mul(grows(&expected))?)?;
        let change = minor.checked_mul(grows(&owed))?;
        let sum = match (row.at < from, change, row.kind) {
            (true, _, _) => &mut line.opening,
            (false, _, TransactionKind::PartnerPayment) => &mut line.paid,
            (false, 0.., _) => &mut line.confirmed,
            (false, _, _) => &mut line.reversed,
        };
        let lessens = row.at >= from && (row.kind == TransactionKind::PartnerPayment || change < 0);
        *sum = sum.checked_add(if lessens { change.checked_neg()? } else { change })?;
    }
    Some(())
}

/// One change of what a partner owes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StatementEntry)]
pub struct Entry {
    /// When it was posted.
    pub at: Timestamp,
    /// Why.
    pub kind: TransactionKind,
    /// The order.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub order_id: Option<ConversionId>,
    /// Its number, or the partner's key for it.
    pub number: Option<String>,
    /// What came to be owed; below zero what was taken back or paid.
    pub amount: Amount,
}

/// Changes of what a partner owes in a period, newest first: at most `limit` transactions before `before` are looked at. Gives
/// the transaction before which the next part begins.
///
/// # Errors
/// The database's failures.
pub async fn entries(
    app: &App,
    partner: PartnerId,
    (from, to): (Timestamp, Timestamp),
    before: Option<TransactionId>,
    limit: i64,
) -> Outcome<(Vec<Entry>, Option<TransactionId>)> {
    app.db
        .read(move |conn| {
            let filter = TransactionFilter {
                partner_id: Some(partner),
                from: Some(from),
                until: Some(to),
                before,
                ..TransactionFilter::default()
            };
            let page = transaction_list(conn, &filter, limit)?;
            let full = i64::try_from(page.len()).is_ok_and(|count| count >= limit);
            let next = page.last().filter(|_| full).map(|last| last.transaction.id);
            Ok((tell(conn, partner, &page)?, next))
        })
        .await
}

fn tell(conn: &mut Conn, partner: PartnerId, page: &[Posted]) -> Outcome<Vec<Entry>> {
    let ids: Vec<ConversionId> = page.iter().filter_map(|posted| posted.transaction.conversion_id).collect();
    let orders = conversion_list_by_ids(conn, &ids)?;
    let numbers: HashMap<ConversionId, String> =
        orders.into_iter().map(|order| (order.id, order.order_id.unwrap_or(order.external_id))).collect();
    let owed = Account::PartnerOwed(partner);
    let mut entries = Vec::new();
    for posted in page {
        let mut changes: BTreeMap<Currency, i64> = BTreeMap::new();
        for transfer in &posted.transfers {
            let grows = i64::from(transfer.debit == owed) - i64::from(transfer.credit == owed);
            let change = changes.entry(transfer.currency).or_default();
            let moved = transfer.minor.checked_mul(grows).and_then(|moved| change.checked_add(moved));
            *change = moved.ok_or_else(|| ServiceError::internal("a sum is too large"))?;
        }
        let row = &posted.transaction;
        entries.extend(changes.into_iter().filter(|(_, minor)| *minor != 0).map(|(currency, minor)| Entry {
            at: row.at,
            kind: row.kind,
            order_id: row.conversion_id,
            number: row.conversion_id.and_then(|id| numbers.get(&id).cloned()),
            amount: Amount::new(minor, currency),
        }));
    }
    Ok(entries)
}
