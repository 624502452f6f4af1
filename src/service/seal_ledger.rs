//! Seals posted transactions into the hash chain, and folds what they did to partners, banks and the house.
//!
//! One writer: it runs in the house's lane, whose lock holds between nodes. Sealing and folding are one
//! transaction, so a folded balance is always that of the sealed part of the ledger.

use std::collections::BTreeMap;

use super::{App, Outcome, ServiceError};
use crate::db::seals::{SealRow, folded_add, seal_head, seal_insert_all, unsealed_list};
use crate::db::{Conn, Lane};
use crate::domain::chain::{GENESIS, link};
use crate::domain::ledger::Account;

/// Seals up to `limit` transactions; gives how many were sealed.
///
/// # Errors
/// [`ServiceError::Db`].
pub async fn seal_ledger(app: &App, limit: i64) -> Outcome<usize> {
    app.db.write(Lane::House, move |conn| seal_in_tx(conn, limit)).await
}

fn seal_in_tx(conn: &mut Conn, limit: i64) -> Outcome<usize> {
    let waiting = unsealed_list(conn, limit)?;
    let (mut position, mut hash) = seal_head(conn)?.unwrap_or((0, GENESIS.to_owned()));
    let mut folds: BTreeMap<(String, _), i64> = BTreeMap::new();
    let mut seals = Vec::with_capacity(waiting.len());
    for posted in &waiting {
        position += 1;
        hash = link(&hash, &posted.entry());
        seals.push(SealRow { position, transaction_id: posted.transaction.id, hash: hash.clone() });
        for transfer in &posted.transfers {
            for (account, sign) in [(&transfer.debit, -1), (&transfer.credit, 1)] {
                if matches!(account, Account::Shopper(..)) {
                    continue;
                }
                let sum = folds.entry((account.to_string(), transfer.currency)).or_default();
                let moved = transfer.minor * sign;
                *sum = sum.checked_add(moved).ok_or_else(|| ServiceError::internal("a folded sum is too large"))?;
            }
        }
    }
    seal_insert_all(conn, &seals)?;
    for ((account, currency), minor) in folds {
        folded_add(conn, &account, currency, minor)?;
    }
    Ok(waiting.len())
}
