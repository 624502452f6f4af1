//! The hash chain over sealed transactions.
//!
//! `hash(n) = SHA-256(hash(n-1) ‖ canonical text of transaction n)`, the first one chained to 64 zeros.
//! Anyone who has a head and the transactions can check that nothing was changed, added or taken away.

use super::ledger::Transfer;
use crate::base::Timestamp;
use crate::base::id::TransactionId;
use crate::base::secret::sha256_hex;

/// What the first transaction is chained to.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of a transaction at its place in the chain, as lower-case hex. `transfers` in their order.
#[must_use]
pub fn link(
    previous: &str,
    id: TransactionId,
    at: Timestamp,
    kind: &str,
    source: &str,
    transfers: &[Transfer],
) -> String {
    let mut text = format!("{previous}\n{id}\n{}\n{kind}\n{source}", at.micros());
    for transfer in transfers {
        text.push_str(&format!("\n{} {} {} {}", transfer.debit, transfer.credit, transfer.minor, transfer.currency));
    }
    sha256_hex(text.as_bytes())
}
