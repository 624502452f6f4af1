//! Looking at payouts.

use crate::base::id::{PayoutId, ShopperId};
use crate::db::DbError;
use crate::db::payouts::{PayoutEventRow, PayoutFilter, PayoutRow, payout_event_list, payout_find, payout_list};
use crate::db::protection::{ApprovalRow, FreezeRow, ReviewRow, approval_list, freeze_find, review_list};
use crate::service::{App, Outcome, ServiceError};

/// A payout with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayoutWithEvents {
    /// The payout.
    pub row: PayoutRow,
    /// What happened to it, oldest first.
    pub events: Vec<PayoutEventRow>,
    /// Why it is held for an operator, or was.
    pub reviews: Vec<ReviewRow>,
    /// Who let it go.
    pub approvals: Vec<ApprovalRow>,
    /// Its shopper's payouts are frozen.
    pub freeze: Option<FreezeRow>,
}

/// One payout.
///
/// # Errors
/// [`ServiceError::NotFound`], [`ServiceError::Db`].
pub async fn payout_of(app: &App, id: PayoutId) -> Outcome<PayoutRow> {
    let found = app.db.read(move |conn| payout_find(conn, id)).await?;
    found.ok_or(ServiceError::NotFound("payout"))
}

/// One payout with its history; with `owner`, only if it is that shopper's.
///
/// # Errors
/// [`ServiceError::NotFound`], [`ServiceError::Db`].
pub async fn payout_with_events(app: &App, id: PayoutId, owner: Option<ShopperId>) -> Outcome<PayoutWithEvents> {
    let found = app
        .db
        .read(move |conn| {
            let Some(row) = payout_find(conn, id)? else { return Ok(None) };
            let events = payout_event_list(conn, id)?;
            let (reviews, approvals) = (review_list(conn, id)?, approval_list(conn, id)?);
            let freeze = freeze_find(conn, row.shopper_id)?;
            Ok::<_, DbError>(Some(PayoutWithEvents { row, events, reviews, approvals, freeze }))
        })
        .await?;
    found
        .filter(|found| owner.is_none_or(|owner| found.row.shopper_id == owner))
        .ok_or(ServiceError::NotFound("payout"))
}

/// Payouts, newest first, at most `limit`.
///
/// # Errors
/// [`ServiceError::Db`].
pub async fn payouts(app: &App, filter: PayoutFilter, limit: i64) -> Outcome<Vec<PayoutRow>> {
    Ok(app.db.read(move |conn| payout_list(conn, &filter, limit)).await?)
}
