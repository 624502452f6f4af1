//! News about a shopper's money: which transaction of the ledger is news, of what kind, and what is said about it.

use super::conversion::State;
use super::ledger::{Account, Bucket, TransactionKind, Transfer};
use crate::base::id::ShopperId;
use crate::text_enum;

text_enum! {
    /// The kinds of news, each of which a shopper can turn off.
    pub enum NoticeKind {
        /// An order was reported, or is worth another amount.
        Reported = "reported",
        /// An order was confirmed.
        Confirmed = "confirmed",
        /// An order was declined, or taken back after it had been confirmed.
        Declined = "declined",
        /// Money can be withdrawn.
        Available = "available",
        /// A withdrawal was asked for, arrived, failed or came back.
        Payout = "payout",
        /// An operator corrected something.
        Correction = "correction",
    }
}

/// What a transaction says to the shopper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Its kind.
    pub kind: NoticeKind,
    /// Which sentence tells it: the end of a text's key.
    pub says: &'static str,
}

/// What a transaction is to its shopper; `None` when none of the shopper's money moved, or nothing is new. `order` is what the order
/// was before and what it became, where the transaction comes from an order's report.
#[must_use]
pub fn news(
    kind: TransactionKind,
    shopper: ShopperId,
    transfers: &[Transfer],
    order: Option<(Option<State>, State)>,
) -> Option<News> {
    let own = |account: &Account| matches!(account, Account::Shopper(of, _) if *of == shopper);
    if !transfers.iter().any(|transfer| own(&transfer.debit) || own(&transfer.credit)) {
        return None;
    }
    let news = |kind, says| Some(News { kind, says });
    let fills_a_debt = freed(shopper, transfers) == 0;
    match kind {
        TransactionKind::HoldOver if fills_a_debt => news(NoticeKind::Available, "debt"),
        TransactionKind::PayoutReturned if fills_a_debt => news(NoticeKind::Payout, "debt"),
        TransactionKind::Conversion => match order? {
            (Some(State::Confirmed), State::Confirmed) => news(NoticeKind::Confirmed, "changed"),
            (_, State::Confirmed) => news(NoticeKind::Confirmed, "confirmed"),
            (Some(State::Pending), State::Pending) => news(NoticeKind::Reported, "changed"),
            (_, State::Pending) => news(NoticeKind::Reported, "reported"),
            (_, State::Declined) => news(NoticeKind::Declined, "declined"),
            (_, State::Reversed) => news(NoticeKind::Declined, "reversed"),
        },
        TransactionKind::HoldOver => news(NoticeKind::Available, "available"),
        TransactionKind::PayoutReserved => news(NoticeKind::Payout, "payout-reserved"),
        TransactionKind::PayoutPaid => news(NoticeKind::Payout, "payout-paid"),
        TransactionKind::PayoutReleased => news(NoticeKind::Payout, "payout-released"),
        TransactionKind::PayoutReturned => news(NoticeKind::Payout, "payout-returned"),
        TransactionKind::Adjustment => news(NoticeKind::Correction, "correction"),
        TransactionKind::PartnerPayment => None,
    }
}

/// What a transaction adds to all that a shopper has, in minor units.
#[must_use]
pub fn added(shopper: ShopperId, transfers: &[Transfer]) -> i64 {
    let own = |account: &Account| matches!(account, Account::Shopper(of, _) if *of == shopper);
    let of = |transfer: &Transfer| match (own(&transfer.debit), own(&transfer.credit)) {
        (false, true) => transfer.minor,
        (true, false) => transfer.minor.saturating_neg(),
        (true, true) | (false, false) => 0,
    };
    transfers.iter().map(of).fold(0, i64::saturating_add)
}

/// What a transaction makes free to be withdrawn, in minor units.
#[must_use]
pub fn freed(shopper: ShopperId, transfers: &[Transfer]) -> i64 {
    let free = |account: &Account| *account == Account::Shopper(shopper, Bucket::Available);
    let of = |transfer: &Transfer| if free(&transfer.credit) { transfer.minor } else { 0 };
    transfers.iter().map(of).fold(0, i64::saturating_add)
}
