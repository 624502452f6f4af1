//! What a set of decisions comes to, written in bulk: a conversion once, as the last of its decisions left it, each of its
//! revisions, and the money that moved.

use std::collections::BTreeMap;

use super::super::Outcome;
use super::super::post::Postings;
use super::decide::Plan;
use crate::base::id::{ConversionId, PostbackId};
use crate::db::Conn;
use crate::db::conversions::{RevisionCause, RevisionRow, conversion_put_all, revision_insert_all};
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

    /// Writes all of it.
    ///
    /// # Errors
    /// [`super::super::ServiceError::Db`].
    pub(super) fn write(&self, conn: &mut Conn, money: &Postings) -> Outcome<()> {
        let conversions: Vec<(i64, &Conversion)> =
            self.conversions.values().map(|(known, next)| (*known, next)).collect();
        conversion_put_all(conn, &conversions)?;
        revision_insert_all(conn, &self.revisions)?;
        Ok(money.write(conn)?)
    }
}
