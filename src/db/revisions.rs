//! What conversions became, and by what: a row for each change.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::insert::{Insert, insert};
use super::schema::conversion_revisions;
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PostbackId};
use crate::domain::conversion::{Conversion, State};

/// A row of `conversion_revisions`: what a conversion was after one change.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversion_revisions, treat_none_as_default_value = false)]
pub struct RevisionRow {
    /// The conversion.
    pub conversion_id: ConversionId,
    /// Counts from 1.
    pub revision: i64,
    /// When.
    pub at: Timestamp,
    /// The state it got.
    pub state: State,
    /// Held by the partner.
    pub hold: bool,
    /// The commission, in minor units.
    pub commission: i64,
    /// The cashback, in minor units.
    pub cashback: i64,
    /// Why.
    pub reason: Option<String>,
    /// `postback`, `hold_over`, or who did it by hand.
    pub cause: String,
    /// The postback, if that was the cause.
    pub postback_id: Option<PostbackId>,
    /// When a confirmed one may be withdrawn.
    pub available_at: Option<Timestamp>,
}

/// What conversions became.
#[must_use]
pub fn revision_rows(rows: &[RevisionRow]) -> Insert<'_> {
    insert!(conversion_revisions(
        conversion_id, revision, at, state, hold, commission, cashback, reason, cause, postback_id, available_at
    ) of rows)
}

impl RevisionRow {
    /// What a conversion became, and by what.
    #[must_use]
    pub fn of(next: &Conversion, cause: &RevisionCause) -> Self {
        Self {
            conversion_id: next.id,
            revision: next.revision,
            at: next.updated_at,
            state: next.state,
            hold: next.hold,
            commission: next.commission.minor(),
            cashback: next.cashback.minor(),
            reason: next.reason.clone(),
            cause: cause.to_string(),
            postback_id: cause.postback(),
            available_at: next.available_at,
        }
    }
}

/// What changed a conversion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionCause {
    /// A partner's report.
    Postback(PostbackId),
    /// The end of a hold.
    HoldOver,
    /// A person; the text names who.
    Person(String),
}

impl RevisionCause {
    const fn postback(&self) -> Option<PostbackId> {
        match self {
            Self::Postback(id) => Some(*id),
            Self::HoldOver | Self::Person(_) => None,
        }
    }
}

impl std::fmt::Display for RevisionCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Postback(_) => f.write_str("postback"),
            Self::HoldOver => f.write_str("hold_over"),
            Self::Person(who) => f.write_str(who),
        }
    }
}

/// A conversion's revisions, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn revision_list(conn: &mut Conn, id: ConversionId) -> Result<Vec<RevisionRow>, DbError> {
    let of_conversion = conversion_revisions::table.filter(conversion_revisions::conversion_id.eq(id));
    Ok(of_conversion.order(conversion_revisions::revision.asc()).select(RevisionRow::as_select()).load(conn)?)
}

/// The revisions of these conversions, in no order.
///
/// # Errors
/// [`DbError`].
pub fn revision_list_of(conn: &mut Conn, ids: Vec<ConversionId>) -> Result<Vec<RevisionRow>, DbError> {
    let of_these = conversion_revisions::table.filter(conversion_revisions::conversion_id.eq_any(ids));
    Ok(of_these.select(RevisionRow::as_select()).load(conn)?)
}
