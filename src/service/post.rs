//! Posts a transaction to the ledger: its rows, and the live balances of the shoppers it touches. The one
//! place where money moves.

use std::collections::BTreeSet;

use super::{Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{ShopperId, TransactionId};
use crate::db::Conn;
use crate::db::balances::{balances_find, balances_put_all};
use crate::db::ledger::{Posted, TransactionRow, transaction_insert_all};
use crate::domain::ledger::{Account, LedgerError, TransactionKind, Transfer};
use crate::domain::money::Currency;

impl From<LedgerError> for ServiceError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::NotCovered { .. } => Self::refused("insufficient_funds", "the balance does not cover this"),
            LedgerError::TooLarge => Self::refused("amount_too_large", error.to_string()),
        }
    }
}

/// A transaction that names nothing yet but why it is posted.
#[must_use]
pub fn transaction(id: TransactionId, at: Timestamp, kind: TransactionKind, source: String) -> TransactionRow {
    TransactionRow {
        id,
        at,
        kind,
        source,
        shopper_id: None,
        partner_id: None,
        conversion_id: None,
        payout_id: None,
        note: None,
    }
}

/// Posts `transfers` under `row`; nothing when there are none. Must run in the lane of every shopper touched.
///
/// # Errors
/// `insufficient_funds` when a balance does not cover it, [`crate::db::DbError::Taken`] when the source has
/// posted before. Nothing is changed then, since the caller's transaction is undone.
pub fn post(conn: &mut Conn, row: &TransactionRow, transfers: &[Transfer]) -> Outcome<()> {
    if transfers.is_empty() {
        return Ok(());
    }
    let mut balances = Vec::new();
    for (shopper, currency) in touched(transfers) {
        balances.push((
            shopper,
            currency,
            balances_find(conn, shopper, currency)?.after(shopper, currency, transfers)?,
        ));
    }
    balances_put_all(conn, &balances)?;
    transaction_insert_all(conn, &[Posted { transaction: row.clone(), transfers: transfers.to_vec() }])?;
    Ok(())
}

/// The balances that transfers change.
#[must_use]
pub fn touched(transfers: &[Transfer]) -> BTreeSet<(ShopperId, Currency)> {
    let mut out = BTreeSet::new();
    for transfer in transfers {
        for account in [&transfer.debit, &transfer.credit] {
            if let Account::Shopper(id, _) = account {
                out.insert((*id, transfer.currency));
            }
        }
    }
    out
}
