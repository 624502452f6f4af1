//! The ledger's rules: accounts, transfers, and how the money follows a conversion.
//!
//! Double entry by construction: a transaction is a list of transfers, each takes from one account what it
//! gives to another. `target` says where the money of a conversion ought to stand; what was posted says
//! where it stands; `difference` is the list of transfers between the two. So repeated, late, swapped and
//! corrected reports all end in the same place.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::conversion::{Conversion, State};
use super::money::{Amount, Currency};
use crate::base::id::{PartnerId, ShopperId};
use crate::text_enum;

text_enum! {
    /// The parts of what we owe a shopper.
    pub enum Bucket {
        /// Reported, not confirmed.
        Pending = "pending",
        /// Confirmed, in hold.
        Confirmed = "confirmed",
        /// May be withdrawn.
        Available = "available",
        /// Reserved for a payout.
        InPayout = "in_payout",
        /// Taken back after it was withdrawn: the only one that is ever below zero.
        Debt = "debt",
    }
}

/// An account. Written as a path, which is also how it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What a partner may come to owe.
    PartnerExpected(PartnerId),
    /// What a partner owes.
    PartnerOwed(PartnerId),
    /// Our money at a payout provider or a bank.
    Bank(String),
    /// What we owe a shopper.
    Shopper(ShopperId, Bucket),
    /// Our share of what is not confirmed.
    MarginPending,
    /// Our share.
    Margin,
    /// Fees that shoppers paid on withdrawals.
    Fees,
    /// Gains and losses of currency conversion.
    Fx,
    /// A budget that pays what exceeds a commission.
    Budget(String),
    /// Debts given up.
    WriteOff,
    /// Money at a provider that nobody can explain yet.
    Suspense(String),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartnerExpected(id) => write!(f, "partner/{id}/expected"),
            Self::PartnerOwed(id) => write!(f, "partner/{id}/owed"),
            Self::Bank(name) => write!(f, "bank/{name}"),
            Self::Shopper(id, bucket) => write!(f, "shopper/{id}/{bucket}"),
            Self::MarginPending => f.write_str("house/margin_pending"),
            Self::Margin => f.write_str("house/margin"),
            Self::Fees => f.write_str("house/fees"),
            Self::Fx => f.write_str("house/fx"),
            Self::Budget(name) => write!(f, "house/budget/{name}"),
            Self::WriteOff => f.write_str("house/write_off"),
            Self::Suspense(name) => write!(f, "house/suspense/{name}"),
        }
    }
}

/// The text is not an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a ledger account")]
pub struct BadAccount(pub String);

impl FromStr for Account {
    type Err = BadAccount;
    fn from_str(path: &str) -> Result<Self, BadAccount> {
        let bad = || BadAccount(path.to_owned());
        let parts: Vec<&str> = path.split('/').collect();
        Ok(match parts.as_slice() {
            ["partner", id, "expected"] => Self::PartnerExpected(id.parse().map_err(|_cause| bad())?),
            ["partner", id, "owed"] => Self::PartnerOwed(id.parse().map_err(|_cause| bad())?),
            ["bank", name] => Self::Bank((*name).to_owned()),
            ["shopper", id, bucket] => {
                Self::Shopper(id.parse().map_err(|_cause| bad())?, bucket.parse().map_err(|_cause| bad())?)
            }
            ["house", "margin_pending"] => Self::MarginPending,
            ["house", "margin"] => Self::Margin,
            ["house", "fees"] => Self::Fees,
            ["house", "fx"] => Self::Fx,
            ["house", "budget", name] => Self::Budget((*name).to_owned()),
            ["house", "write_off"] => Self::WriteOff,
            ["house", "suspense", name] => Self::Suspense((*name).to_owned()),
            _ => return Err(bad()),
        })
    }
}

/// One movement: `amount` (above zero) from `debit` to `credit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Where it comes from.
    pub debit: Account,
    /// Where it goes.
    pub credit: Account,
    /// How much, in minor units; above zero.
    pub minor: i64,
    /// Of what.
    pub currency: Currency,
}

impl Transfer {
    /// A transfer of `amount`; `None` when there is nothing to move. A negative amount moves the other way.
    #[must_use]
    pub fn new(debit: Account, credit: Account, amount: Amount) -> Option<Self> {
        let (minor, currency) = (amount.minor(), amount.currency());
        match minor {
            0 => None,
            1.. => Some(Self { debit, credit, minor, currency }),
            _ => Some(Self { debit: credit, credit: debit, minor: minor.checked_neg()?, currency }),
        }
    }

    /// The amount moved.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        Amount::new(self.minor, self.currency)
    }
}

text_enum! {
    /// Why a transaction was posted.
    pub enum TransactionKind {
        /// A conversion's report changed what it is worth or where it stands.
        Conversion = "conversion",
        /// A hold ended.
        HoldOver = "hold_over",
        /// A payout was requested: its sum is reserved.
        PayoutReserved = "payout_reserved",
        /// A payout arrived.
        PayoutPaid = "payout_paid",
        /// A payout failed or was cancelled: the reserve came back.
        PayoutReleased = "payout_released",
        /// A payout came back after it had been paid.
        PayoutReturned = "payout_returned",
        /// A partner paid what it owes.
        PartnerPayment = "partner_payment",
        /// An operator's correction.
        Adjustment = "adjustment",
    }
}

/// What a shopper has, of one currency. `debt` is zero or below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balances {
    /// Reported, not confirmed.
    pub pending: i64,
    /// Confirmed, in hold.
    pub confirmed: i64,
    /// May be withdrawn.
    pub available: i64,
    /// Reserved for payouts.
    pub in_payout: i64,
    /// Owed by the shopper; zero or below.
    pub debt: i64,
}

/// A transfer that an account does not cover.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A balance would leave its bounds.
    #[error("{account} does not cover this: it would stand at {would_be}")]
    NotCovered {
        /// The account.
        account: Account,
        /// Where it would stand, in minor units.
        would_be: i64,
    },
    /// Beyond 64 bits.
    #[error("the sum is too large")]
    TooLarge,
}

impl Balances {
    /// The balance of one part.
    #[must_use]
    pub const fn get(&self, bucket: Bucket) -> i64 {
        match bucket {
            Bucket::Pending => self.pending,
            Bucket::Confirmed => self.confirmed,
            Bucket::Available => self.available,
            Bucket::InPayout => self.in_payout,
            Bucket::Debt => self.debt,
        }
    }

    fn get_mut(&mut self, bucket: Bucket) -> &mut i64 {
        match bucket {
            Bucket::Pending => &mut self.pending,
            Bucket::Confirmed => &mut self.confirmed,
            Bucket::Available => &mut self.available,
            Bucket::InPayout => &mut self.in_payout,
            Bucket::Debt => &mut self.debt,
        }
    }

    /// These balances after `transfers`, as far as they are the shopper's and in `currency`.
    ///
    /// # Errors
    /// [`LedgerError::NotCovered`] when a part would fall below zero (or the debt rise above it).
    pub fn after(&self, shopper: ShopperId, currency: Currency, transfers: &[Transfer]) -> Result<Self, LedgerError> {
        let mut next = *self;
        for transfer in transfers.iter().filter(|transfer| transfer.currency == currency) {
            for (account, sign) in [(&transfer.debit, -1), (&transfer.credit, 1)] {
                let Account::Shopper(owner, bucket) = account else { continue };
                if *owner != shopper {
                    continue;
                }
                let slot = next.get_mut(*bucket);
                *slot = slot.checked_add(transfer.minor * sign).ok_or(LedgerError::TooLarge)?;
            }
        }
        for bucket in Bucket::ALL {
            let would_be = next.get(*bucket);
            let fits = if *bucket == Bucket::Debt { would_be <= 0 } else { would_be >= 0 };
            if !fits {
                return Err(LedgerError::NotCovered { account: Account::Shopper(shopper, *bucket), would_be });
            }
        }
        Ok(next)
    }
}

/// Where the money of one conversion stands, credit positive. The partner's two accounts are left out:
/// each is whatever balances its stage. `payable` is available and debt together, since what a shopper
/// spent or owes meanwhile is not the conversion's concern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pending: i64,
    margin_pending: i64,
    budget_pending: i64,
    confirmed: i64,
    payable: i64,
    margin: i64,
    budget: i64,
}

/// Where the money of a conversion ought to stand.
#[must_use]
pub fn target(conversion: &Conversion) -> Standing {
    let cashback = conversion.cashback.minor();
    let left = conversion.commission.minor().saturating_sub(cashback);
    // What a cashback exceeds its commission by is the budget's to pay; the margin never goes below zero.
    let (margin, budget) = (left.max(0), left.min(0));
    match conversion.state {
        State::Pending => {
            Standing { pending: cashback, margin_pending: margin, budget_pending: budget, ..Standing::default() }
        }
        State::Confirmed if conversion.released => {
            Standing { payable: cashback, margin, budget, ..Standing::default() }
        }
        State::Confirmed => Standing { confirmed: cashback, margin, budget, ..Standing::default() },
        State::Declined | State::Reversed => Standing::default(),
    }
}

/// Where the money of a conversion stands, by what was posted for it.
///
/// # Errors
/// [`LedgerError::TooLarge`].
pub fn standing(conversion: &Conversion, posted: &[Transfer]) -> Result<Standing, LedgerError> {
    let mut sums: BTreeMap<&Account, i64> = BTreeMap::new();
    for transfer in posted {
        for (account, sign) in [(&transfer.debit, -1), (&transfer.credit, 1)] {
            let sum = sums.entry(account).or_default();
            *sum = sum.checked_add(transfer.minor * sign).ok_or(LedgerError::TooLarge)?;
        }
    }
    let of = |account: &Account| sums.get(account).copied().unwrap_or(0);
    let shopper = |bucket| of(&Account::Shopper(conversion.shopper_id, bucket));
    let budget = of(&budget_account(conversion));
    // Both stages use one budget account. The stage of a posting is told by the partner's account, and each
    // stage balances, so the pending stage's share of the budget is what its other accounts leave open.
    let expected = of(&Account::PartnerExpected(conversion.partner_id));
    let (pending, margin_pending) = (shopper(Bucket::Pending), of(&Account::MarginPending));
    let budget_pending = -(expected + pending + margin_pending);
    Ok(Standing {
        pending,
        margin_pending,
        budget_pending,
        confirmed: shopper(Bucket::Confirmed),
        payable: shopper(Bucket::Available) + shopper(Bucket::Debt),
        margin: of(&Account::Margin),
        budget: budget - budget_pending,
    })
}

fn budget_account(conversion: &Conversion) -> Account {
    Account::Budget(conversion.promise.budget.clone().unwrap_or_else(|| "none".to_owned()))
}

/// The transfers that lead from where a conversion's money stands to where it ought to.
///
/// What is earned fills an open debt first; what is taken back comes out of what is available, and what
/// that does not cover becomes debt.
#[must_use]
pub fn difference(conversion: &Conversion, from: &Standing, to: &Standing, balances: &Balances) -> Vec<Transfer> {
    let currency = conversion.commission.currency();
    let shopper = |bucket| Account::Shopper(conversion.shopper_id, bucket);
    let expected = Account::PartnerExpected(conversion.partner_id);
    let owed = Account::PartnerOwed(conversion.partner_id);
    let mut out = Vec::new();
    let pending_stage = [
        (shopper(Bucket::Pending), to.pending - from.pending),
        (Account::MarginPending, to.margin_pending - from.margin_pending),
        (budget_account(conversion), to.budget_pending - from.budget_pending),
    ];
    move_stage(&expected, &pending_stage, currency, &mut out);
    let payable = to.payable - from.payable;
    let (available, debt) = if payable >= 0 {
        let filled = payable.min(-balances.debt);
        (payable - filled, filled)
    } else {
        let taken = (-payable).min(balances.available);
        (-taken, payable + taken)
    };
    let confirmed_stage = [
        (shopper(Bucket::Confirmed), to.confirmed - from.confirmed),
        (shopper(Bucket::Debt), debt),
        (shopper(Bucket::Available), available),
        (Account::Margin, to.margin - from.margin),
        (budget_account(conversion), to.budget - from.budget),
    ];
    move_stage(&owed, &confirmed_stage, currency, &mut out);
    out
}

/// Moves one stage: what one account loses goes straight to one that gains (a hold that ends moves
/// `confirmed` to `available`); the rest comes from or goes back to the partner.
fn move_stage(partner: &Account, changes: &[(Account, i64)], currency: Currency, out: &mut Vec<Transfer>) {
    let mut changes = changes.to_vec();
    for giver in 0..changes.len() {
        for taker in 0..changes.len() {
            let (Some((from, loss)), Some((to, gain))) = (changes.get(giver).cloned(), changes.get(taker).cloned())
            else {
                continue;
            };
            let moved = (-loss).min(gain);
            if moved <= 0 {
                continue;
            }
            out.extend(Transfer::new(from, to, Amount::new(moved, currency)));
            for (index, change) in [(giver, moved), (taker, -moved)] {
                if let Some((_, left)) = changes.get_mut(index) {
                    *left += change;
                }
            }
        }
    }
    for (account, change) in changes {
        out.extend(Transfer::new(partner.clone(), account, Amount::new(change, currency)));
    }
}
