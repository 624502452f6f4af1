//! The part of verification that looks behind the ledger: what transactions were posted for is still there, and
//! conversions are what their own history and their promise make them.

use crate::db::causes::Causes;
use crate::db::ledger::TransactionRow;
use crate::db::revisions::RevisionRow;
use crate::domain::conversion::Conversion;
use crate::domain::ledger::TransactionKind;

/// What is wrong with a transaction's cause; nothing when it is there and says the same.
pub(super) fn cause(row: &TransactionRow, causes: &Causes) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(id) = row.conversion_id {
        match causes.conversions.get(&id) {
            None => wrong.push(format!("its conversion {id} is gone")),
            Some((shopper, partner)) if (row.shopper_id, row.partner_id) != (Some(*shopper), Some(*partner)) => {
                wrong.push(format!("its conversion {id} is another shopper's or another partner's"));
            }
            Some(_) => {}
        }
    }
    if let Some(id) = row.payout_id {
        match causes.payouts.get(&id) {
            None => wrong.push(format!("its payout {id} is gone")),
            Some(shopper) if row.shopper_id != Some(*shopper) => {
                wrong.push(format!("its payout {id} is another shopper's"));
            }
            Some(_) => {}
        }
    }
    if !source(row, causes) {
        wrong.push(format!("there is no row of what it was posted for, {}", row.source));
    }
    wrong
}

/// True when the source names a revision or an event that is there, of the very conversion or payout that the
/// transaction names; and for what has no such row.
fn source(row: &TransactionRow, causes: &Causes) -> bool {
    let number = |prefix: String| row.source.strip_prefix(&prefix).and_then(|rest| rest.parse::<i64>().ok());
    match row.kind {
        TransactionKind::Conversion | TransactionKind::HoldOver => row.conversion_id.is_some_and(|id| {
            number(format!("conversion/{id}/")).is_some_and(|revision| causes.revisions.contains(&(id, revision)))
        }),
        TransactionKind::PayoutReserved
        | TransactionKind::PayoutPaid
        | TransactionKind::PayoutReleased
        | TransactionKind::PayoutReturned => row.payout_id.is_some_and(|id| {
            number(format!("payout/{id}/")).is_some_and(|revision| causes.events.contains(&(id, revision)))
        }),
        TransactionKind::PartnerPayment | TransactionKind::Adjustment => {
            row.conversion_id.is_none() && row.payout_id.is_none()
        }
    }
}

/// What is wrong with a conversion: its cashback is what its promise gives for its amounts, and it is what its last
/// revision says. A promise is pinned with all that its caps had left, so it gives the same today as then.
pub(super) fn conversion(row: &Conversion, last: Option<&RevisionRow>) -> Vec<String> {
    let mut wrong = Vec::new();
    if row.state.is_alive() {
        match row.promise.cashback(row.commission, row.order_amount) {
            Ok(promised) if promised == row.cashback => {}
            Ok(promised) => wrong.push(format!("its cashback is {}, but its promise gives {promised}", row.cashback)),
            Err(reason) => wrong.push(format!("its promise gives nothing for its amounts: {}", reason.as_str())),
        }
    }
    let same = last.is_some_and(|last| {
        (last.revision, last.state, last.hold, last.available_at)
            == (row.revision, row.state, row.hold, row.available_at)
            && (last.commission, last.cashback) == (row.commission.minor(), row.cashback.minor())
    });
    if !same {
        wrong.push("it is not what its last revision says".to_owned());
    }
    wrong
}
