//! What a set of decisions comes to, written in bulk: a conversion once, as the last of its decisions left it, each of its
//! revisions, and the money that moved.

use std::collections::BTreeMap;

use super::super::Outcome;
use super::super::post::Postings;
use super::decide::Plan;
use crate::base::id::{ConversionId, PostbackId};
use crate::db::Conn;
use crate::db::conversions::{ConversionRow, conversion_rows, conversion_update};
use crate::db::insert::insert_together;
use crate::db::postbacks::{PostbackRow, postback_rows};
use crate::db::revisions::{RevisionCause, RevisionRow, revision_rows};
use crate::domain::conversion::Conversion;

/// What is to be written.
#[derive(Debug, Default)]
pub struct Written {
    /// With the revision that the first of its decisions was made upon.
    conversions: BTreeMap<ConversionId, (i64, Conversion)>,
    revisions: Vec<RevisionRow>,
}

impl Written {
    /// Adds what was decided about one report of this call.
    pub(super) fn add(&mut self, plan: &Plan, call: PostbackId) {
        let Some(next) = &plan.next else { return };
        let known = self.conversions.get(&next.id).map_or(plan.known_revision, |(known, _)| *known);
        self.conversions.insert(next.id, (known, next.clone()));
        self.revisions.push(RevisionRow::of(next, &RevisionCause::Postback(call)));
    }

    /// Writes all of it, with the calls that it came of.
    ///
    /// # Errors
    /// [`super::super::ServiceError::Db`].
    pub(super) fn write(&self, conn: &mut Conn, money: &Postings, calls: &[PostbackRow]) -> Outcome<()> {
        let mut new = Vec::new();
        for (known, next) in self.conversions.values() {
            let row = ConversionRow::of(next)?;
            if *known == 0 { new.push(row) } else { conversion_update(conn, *known, &row)? }
        }
        let money = money.rows();
        let mut all = vec![conversion_rows(&new), revision_rows(&self.revisions)];
        all.extend(money.inserts());
        all.push(postback_rows(calls));
        Ok(insert_together(conn, &all)?)
    }
}
