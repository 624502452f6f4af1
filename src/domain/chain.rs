//! The hash chain over sealed transactions.
//!
//! `hash(n) = SHA-256(hash(n-1) ‖ canonical text of transaction n)`, the first one chained to 64 zeros.
//! Anyone who has a head and the transactions can check that nothing was changed, added or taken away.

use std::fmt::{Display, Write as _};
use std::str::FromStr;

use super::ledger::Transfer;
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, PayoutId, ShopperId, TransactionId};
use crate::base::secret::sha256_hex;

/// What the first transaction is chained to.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How long the text of a transaction with two transfers is, or less.
const USUAL: usize = 768;

/// Everything of a transaction that is sealed: all there is of it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its id.
    pub id: TransactionId,
    /// When it was posted.
    pub at: Timestamp,
    /// Why, as a word.
    pub kind: &'a str,
    /// What caused it.
    pub source: &'a str,
    /// Whose money it concerns.
    pub shopper: Option<ShopperId>,
    /// Which partner.
    pub partner: Option<PartnerId>,
    /// Which conversion.
    pub conversion: Option<ConversionId>,
    /// Which payout.
    pub payout: Option<PayoutId>,
    /// An operator's words.
    pub note: Option<&'a str>,
    /// Its transfers, in their order.
    pub transfers: &'a [Transfer],
}

impl Entry<'_> {
    /// Writes the lines that are hashed after the previous hash, each after a line feed. An id that is not there is an empty
    /// line.
    fn write(&self, out: &mut String) -> std::fmt::Result {
        write!(out, "\n{}\n{}\n{}\n{}", self.id, self.at.micros(), self.kind, self.source)?;
        or_empty(out, self.shopper)?;
        or_empty(out, self.partner)?;
        or_empty(out, self.conversion)?;
        or_empty(out, self.payout)?;
        or_empty(out, self.note.map(one_line))?;
        self.transfers.iter().try_for_each(|transfer| {
            write!(out, "\n{} {} {} {}", transfer.debit, transfer.credit, transfer.minor, transfer.currency)
        })
    }
}

fn or_empty(out: &mut String, value: Option<impl Display>) -> std::fmt::Result {
    out.push('\n');
    value.map_or(Ok(()), |value| write!(out, "{value}"))
}

/// A note on one line, so that no note can pass for further lines; quoted, so that an empty one is not none.
fn one_line(note: &str) -> String {
    format!("\"{}\"", note.replace('\\', "\\\\").replace('\n', "\\n"))
}

/// The hash of a transaction at its place in the chain, as lower-case hex.
#[must_use]
pub fn link(previous: &str, entry: &Entry<'_>) -> String {
    let mut text = String::with_capacity(USUAL);
    text.push_str(previous);
    // Writing to a String does not fail.
    let _written = entry.write(&mut text);
    sha256_hex(text.as_bytes())
}

/// A place in the chain that somebody kept. Written `POSITION:HASH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many transactions were sealed; 0 before the first.
    pub position: i64,
    /// The hash at that position, as lower-case hex.
    pub hash: String,
}

/// The text is not a head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a head is POSITION:HASH, a whole number and 64 hexadecimal digits")]
pub struct BadHead;

impl FromStr for Head {
    type Err = BadHead;
    fn from_str(text: &str) -> Result<Self, BadHead> {
        let (position, hash) = text.split_once(':').ok_or(BadHead)?;
        let position = position.parse().ok().filter(|position| *position >= 0).ok_or(BadHead)?;
        let fits = hash.len() == GENESIS.len() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self { position, hash: hash.to_ascii_lowercase() }).ok_or(BadHead)
    }
}
