//! The transfers of a payout's life: reserve, release, payment, return.

use super::{LedgerMove, Payout};
use crate::base::id::ShopperId;
use crate::domain::ledger::{Account, Balances, Bucket, TransactionKind, Transfer};
use crate::domain::money::{Amount, MoneyError};

/// Reserves the whole amount: `available → in_payout`.
#[must_use]
pub fn reserve(shopper: ShopperId, amount: Amount) -> Vec<Transfer> {
    let (from, to) = (Account::Shopper(shopper, Bucket::Available), Account::Shopper(shopper, Bucket::InPayout));
    Transfer::new(from, to, amount).into_iter().collect()
}

/// What kind of transaction a move is; `None` when nothing moves.
#[must_use]
pub const fn kind_of(ledger: LedgerMove) -> Option<TransactionKind> {
    match ledger {
        LedgerMove::None => None,
        LedgerMove::Release => Some(TransactionKind::PayoutReleased),
        LedgerMove::Pay { .. } => Some(TransactionKind::PayoutPaid),
        LedgerMove::Return { .. } | LedgerMove::PayThenReturn { .. } => Some(TransactionKind::PayoutReturned),
    }
}

/// The transfers of `ledger`, for a shopper who stands at `balances`. What comes back fills an open debt first, as
/// far as there is anything available.
///
/// # Errors
/// [`MoneyError`] when amounts do not go together.
pub fn transfers(
    payout: &Payout,
    shopper: ShopperId,
    provider: &str,
    ledger: LedgerMove,
    balances: &Balances,
) -> Result<Vec<Transfer>, MoneyError> {
    let of = |bucket| Account::Shopper(shopper, bucket);
    let bank = || Account::Bank(provider.to_owned());
    let pay = |fee: Amount| -> Result<Vec<Option<Transfer>>, MoneyError> {
        let net = payout.amount.minus(fee)?;
        Ok(vec![
            Transfer::new(of(Bucket::InPayout), bank(), net),
            Transfer::new(of(Bucket::InPayout), Account::Fees, fee),
        ])
    };
    let give_back = |amount: Amount| Transfer::new(bank(), of(Bucket::Available), amount);
    let currency = payout.amount.currency();
    let (mut moves, back) = match ledger {
        LedgerMove::None => (Vec::new(), Amount::zero(currency)),
        LedgerMove::Release => {
            (vec![Transfer::new(of(Bucket::InPayout), of(Bucket::Available), payout.amount)], payout.amount)
        }
        LedgerMove::Pay { fee } => (pay(fee)?, Amount::zero(currency)),
        LedgerMove::Return { amount } => (vec![give_back(amount)], amount),
        LedgerMove::PayThenReturn { fee, amount } => {
            let mut both = pay(fee)?;
            both.push(give_back(amount));
            (both, amount)
        }
    };
    if !back.is_zero() {
        let available = back.plus(Amount::new(balances.available, currency))?;
        let debt = Amount::zero(currency).minus(Amount::new(balances.debt, currency))?;
        moves.push(Transfer::new(of(Bucket::Available), of(Bucket::Debt), available.min(debt)?));
    }
    Ok(moves.into_iter().flatten().collect())
}
