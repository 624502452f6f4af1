//! Corrections that wait for a second person.

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::indexed::OPEN_ADJUSTMENTS;
use super::schema::adjustments;
use crate::base::Timestamp;
use crate::base::id::{AdjustmentId, ShopperId, TransactionId};
use crate::domain::adjustment::AdjustmentState;
use crate::domain::money::{Amount, Currency};

/// A row of `adjustments`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = adjustments)]
pub struct AdjustmentRow {
    /// Its id.
    pub id: AdjustmentId,
    /// The asker's key, which posts once.
    pub key: String,
    /// Whose balance.
    pub shopper_id: ShopperId,
    /// Minor units: above zero is given to the shopper, below zero is taken.
    pub amount: i64,
    /// Of what.
    pub currency: Currency,
    /// The ledger account on the other side.
    pub fund: String,
    /// Why, in the asker's words.
    pub reason: String,
    /// Where it stands.
    pub state: AdjustmentState,
    /// Who asked: `operator/{id}` or `console`.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Until when somebody may decide.
    pub expires_at: Timestamp,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was turned down.
    pub answer: Option<String>,
    /// What was booked.
    pub transaction_id: Option<TransactionId>,
}

impl AdjustmentRow {
    /// How much.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        Amount::new(self.amount, self.currency)
    }

    /// Where it stands at `now`: an open one whose time is over waits for nobody.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> AdjustmentState {
        if self.state == AdjustmentState::Open && self.expires_at <= now {
            return AdjustmentState::Expired;
        }
        self.state
    }
}

/// Which corrections to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdjustmentFilter {
    /// Only in this state.
    pub state: Option<AdjustmentState>,
    /// Only of this shopper.
    pub shopper_id: Option<ShopperId>,
    /// Only those before this one.
    pub before: Option<AdjustmentId>,
}

/// How one was decided on.
#[derive(Debug, Clone)]
pub struct Decided {
    /// What becomes of it.
    pub state: AdjustmentState,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why it was turned down.
    pub answer: Option<String>,
    /// What was booked.
    pub transaction_id: Option<TransactionId>,
}

/// Adds one.
///
/// # Errors
/// [`DbError::Taken`] when the key is there.
pub fn adjustment_insert(conn: &mut Conn, row: &AdjustmentRow) -> Result<(), DbError> {
    diesel::insert_into(adjustments::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// One by id.
///
/// # Errors
/// [`DbError`].
pub fn adjustment_find(conn: &mut Conn, id: AdjustmentId) -> Result<Option<AdjustmentRow>, DbError> {
    Ok(adjustments::table.find(id).select(AdjustmentRow::as_select()).first(conn).optional()?)
}

/// The one of this key.
///
/// # Errors
/// [`DbError`].
pub fn adjustment_find_by_key(conn: &mut Conn, key: &str) -> Result<Option<AdjustmentRow>, DbError> {
    let of_key = adjustments::table.filter(adjustments::key.eq(key));
    Ok(of_key.select(AdjustmentRow::as_select()).first(conn).optional()?)
}

/// Corrections, newest first.
///
/// # Errors
/// [`DbError`].
pub fn adjustment_list(conn: &mut Conn, filter: &AdjustmentFilter, limit: i64) -> Result<Vec<AdjustmentRow>, DbError> {
    let mut query = adjustments::table.select(AdjustmentRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(state) = filter.state {
        query = query.filter(adjustments::state.eq(state));
    }
    if let Some(shopper) = filter.shopper_id {
        query = query.filter(adjustments::shopper_id.eq(shopper));
    }
    if let Some(before) = filter.before {
        query = query.filter(adjustments::id.lt(before));
    }
    Ok(query.order(adjustments::id.desc()).limit(limit).load(conn)?)
}

/// Open ones whose time is over at `now`, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn adjustment_list_overdue(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<AdjustmentRow>, DbError> {
    let overdue = adjustments::table
        .filter(OPEN_ADJUSTMENTS)
        .filter(adjustments::expires_at.le(now))
        .order(adjustments::id.asc())
        .limit(limit);
    Ok(overdue.select(AdjustmentRow::as_select()).load(conn)?)
}

/// Decides on an open one; false when it is not open any more.
///
/// # Errors
/// [`DbError`].
pub fn adjustment_decide(conn: &mut Conn, id: AdjustmentId, decided: &Decided) -> Result<bool, DbError> {
    let open = adjustments::table.find(id).filter(adjustments::state.eq(AdjustmentState::Open));
    let changed = diesel::update(open)
        .set((
            adjustments::state.eq(decided.state),
            adjustments::decided_by.eq(&decided.by),
            adjustments::decided_at.eq(decided.at),
            adjustments::answer.eq(&decided.answer),
            adjustments::transaction_id.eq(decided.transaction_id),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}
