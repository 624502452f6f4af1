//! Settles partners' reports: load what is needed, decide in pure code, write what was decided. All calls that wait in a
//! lane are settled together: what they need is read at once, each is decided upon what the one before it left, and
//! what came of all of them is written in bulk. The decision is a value, so the test bench can show it without writing.

mod calls;
mod decide;
mod known;
mod written;

use super::post::{post, transaction};
use super::{Outcome, ServiceError};
use crate::base::id::TransactionId;
use crate::db::Conn;
use crate::db::ledger::TransactionRow;
use crate::domain::conversion::Conversion;
use crate::domain::ledger::{TransactionKind, Transfer};
use crate::domain::reason::{Language, Reason};

pub use calls::{Call, Calls, Prepared, ReportOutcome, Rerun, resolve, verdict_of};
pub use decide::{Loaded, Plan, decide, report_click, report_key};
pub use known::Known;

/// Posts the transfers of one revision of a conversion.
///
/// # Errors
/// [`ServiceError::Db`].
pub fn post_conversion(
    conn: &mut Conn,
    next: &Conversion,
    transfers: &[Transfer],
    kind: TransactionKind,
    id: TransactionId,
) -> Outcome<()> {
    post(conn, &transaction_of(next, kind, id), transfers)
}

/// The transaction that the money of one revision of a conversion follows by.
fn transaction_of(next: &Conversion, kind: TransactionKind, id: TransactionId) -> TransactionRow {
    let source = format!("conversion/{}/{}", next.id, next.revision);
    let mut row = transaction(id, next.updated_at, kind, source);
    row.shopper_id = Some(next.shopper_id);
    row.partner_id = Some(next.partner_id);
    row.conversion_id = Some(next.id);
    row
}

impl From<Reason> for ServiceError {
    fn from(reason: Reason) -> Self {
        Self::refused(reason.as_str(), reason.sentence(Language::En))
    }
}
