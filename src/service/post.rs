//! Posts transactions to the ledger: their rows, and the live balances of the shoppers they touch. The one
//! place where money moves.

use std::collections::{BTreeSet, HashMap};

use super::{Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{ShopperId, TransactionId};
use crate::db::balances::{BalanceRows, balances_list_of};
use crate::db::insert::{Insert, insert_together};
use crate::db::ledger::{Posted, PostedRows, TransactionRow};
use crate::db::{Conn, DbError};
use crate::domain::ledger::{Account, Balances, LedgerError, TransactionKind, Transfer};
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

/// Transactions that are posted together: each upon the balances that the one before it left, all written at once.
#[derive(Debug, Default)]
pub struct Postings {
    balances: HashMap<(ShopperId, Currency), Balances>,
    touched: BTreeSet<(ShopperId, Currency)>,
    posted: Vec<Posted>,
}

impl Postings {
    /// Reads the balances of all shoppers whose money may move.
    ///
    /// # Errors
    /// [`ServiceError::Db`].
    pub fn load(conn: &mut Conn, shoppers: &BTreeSet<ShopperId>) -> Outcome<Self> {
        let all =
            if shoppers.is_empty() { Vec::new() } else { balances_list_of(conn, shoppers.iter().copied().collect())? };
        Ok(Self::of(all.into_iter()))
    }

    /// Begins with balances that were read already.
    #[must_use]
    pub fn of(all: impl Iterator<Item = (ShopperId, Currency, Balances)>) -> Self {
        let mut postings = Self::default();
        postings.know(all);
        postings
    }

    /// Takes in balances that were read as well.
    pub fn know(&mut self, all: impl IntoIterator<Item = (ShopperId, Currency, Balances)>) {
        self.balances.extend(all.into_iter().map(|(shopper, currency, balances)| ((shopper, currency), balances)));
    }

    /// A shopper's balances as they are now.
    #[must_use]
    pub fn balances(&self, shopper: ShopperId, currency: Currency) -> Balances {
        self.balances.get(&(shopper, currency)).copied().unwrap_or_default()
    }

    /// Moves money, in memory; nothing when there are no transfers.
    ///
    /// # Errors
    /// [`LedgerError`] when a balance does not cover it: nothing has moved then.
    pub fn post(&mut self, transaction: TransactionRow, transfers: Vec<Transfer>) -> Result<(), LedgerError> {
        if transfers.is_empty() {
            return Ok(());
        }
        let moved: Result<Vec<_>, LedgerError> = touched(&transfers)
            .into_iter()
            .map(|(shopper, currency)| {
                let after = self.balances(shopper, currency).after(shopper, currency, &transfers)?;
                Ok(((shopper, currency), after))
            })
            .collect();
        for (key, after) in moved? {
            self.balances.insert(key, after);
            self.touched.insert(key);
        }
        self.posted.push(Posted { transaction, transfers });
        Ok(())
    }

    /// Writes what was posted.
    ///
    /// # Errors
    /// [`DbError::Taken`] when a source has posted before.
    pub fn write(&self, conn: &mut Conn) -> Result<(), DbError> {
        insert_together(conn, &self.rows().inserts())
    }

    /// The rows of what was posted, to be written together with others.
    #[must_use]
    pub fn rows(&self) -> MoneyRows {
        let after = |key: &(ShopperId, Currency)| (key.0, key.1, self.balances(key.0, key.1));
        let balances = BalanceRows::of(self.touched.iter().map(after));
        MoneyRows { posted: PostedRows::of(&self.posted), balances }
    }
}

/// Transactions, and what they leave on shoppers' accounts.
#[derive(Debug)]
pub struct MoneyRows {
    posted: PostedRows,
    balances: BalanceRows,
}

impl MoneyRows {
    /// As they are written.
    #[must_use]
    pub fn inserts(&self) -> [Insert<'_>; 4] {
        let [transactions, waiting, transfers] = self.posted.inserts();
        [transactions, waiting, transfers, self.balances.insert()]
    }
}

/// Posts `transfers` under `row`; nothing when there are none. Must run in the lane of every shopper touched.
///
/// # Errors
/// `insufficient_funds` when a balance does not cover it, [`DbError::Taken`] when the source has
/// posted before. Nothing is changed then, since the caller's transaction is undone.
pub fn post(conn: &mut Conn, row: &TransactionRow, transfers: &[Transfer]) -> Outcome<()> {
    let shoppers = touched(transfers).into_iter().map(|(shopper, _)| shopper).collect();
    let mut postings = Postings::load(conn, &shoppers)?;
    postings.post(row.clone(), transfers.to_vec())?;
    Ok(postings.write(conn)?)
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
