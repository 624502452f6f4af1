//! What a set of decisions comes to, written in bulk: a conversion once, as the last of its decisions left it, each of its
//! revisions, the transactions that its money follows by, and the balances in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Outcome;
use super::super::post::touched;
use super::decide::Plan;
use super::known::Known;
use super::transaction_of;
use crate::base::id::{ConversionId, PostbackId, ShopperId, TransactionId};
use crate::db::Conn;
use crate::db::balances::balances_put_all;
use crate::db::conversions::{RevisionCause, RevisionRow, conversion_put_all, revision_insert_all};
use crate::db::ledger::{Posted, transaction_insert_all};
use crate::domain::conversion::Conversion;
use crate::domain::ledger::TransactionKind;
use crate::domain::money::Currency;

/// What is to be written.
#[derive(Debug, Default)]
pub struct Written {
    /// With the revision that the first of its decisions was made upon.
    conversions: BTreeMap<ConversionId, (i64, Conversion)>,
    revisions: Vec<RevisionRow>,
    transactions: Vec<Posted>,
    balances: BTreeSet<(ShopperId, Currency)>,
}

impl Written {
    /// Adds what was decided about one report of this call.
    pub(super) fn add(&mut self, plan: &Plan, call: PostbackId, transaction: TransactionId) {
        let Some(next) = &plan.next else { return };
        let known = self.conversions.get(&next.id).map_or(plan.known_revision, |(known, _)| *known);
        self.conversions.insert(next.id, (known, next.clone()));
        self.revisions.push(RevisionRow::of(next, &RevisionCause::Postback(call)));
        if !plan.transfers.is_empty() {
            let row = transaction_of(next, TransactionKind::Conversion, transaction);
            self.transactions.push(Posted { transaction: row, transfers: plan.transfers.clone() });
            self.balances.extend(touched(&plan.transfers));
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// [`super::super::ServiceError::Db`].
    pub(super) fn write(&self, conn: &mut Conn, known: &Known) -> Outcome<()> {
        let conversions: Vec<(i64, &Conversion)> =
            self.conversions.values().map(|(known, next)| (*known, next)).collect();
        let balances: Vec<_> = self
            .balances
            .iter()
            .map(|(shopper, currency)| (*shopper, *currency, known.balances(*shopper, *currency)))
            .collect();
        conversion_put_all(conn, &conversions)?;
        revision_insert_all(conn, &self.revisions)?;
        transaction_insert_all(conn, &self.transactions)?;
        balances_put_all(conn, &balances)?;
        Ok(())
    }
}
