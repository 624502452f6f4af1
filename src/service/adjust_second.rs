//! Corrections that take a second person: one operator asks, another approves or declines, in the time that there is.
//!
//! Whoever asked can call it back but never approve it. A decision and what it books are one transaction in the shopper's
//! lane, and the row is only taken while it is open, so of two who approve at once one finds it done.

use serde_json::json;

use super::accounts::require;
use super::adjust::{Adjusted, Checked, Done, book, detail, key_reused, posted_once, subject};
use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{AdjustmentId, TransactionId};
use crate::db::adjustments::{
    AdjustmentFilter, AdjustmentRow, Decided, adjustment_decide as decide_in_tx, adjustment_find,
    adjustment_find_by_key, adjustment_insert, adjustment_list, adjustment_list_overdue,
};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::ledger::transaction_find_by_source;
use crate::db::shoppers::shopper_find;
use crate::db::{Conn, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::adjustment::AdjustmentState;

/// For how many days somebody may decide.
const DAYS: i64 = 7;

/// Asks for a correction. The same key with the same content finds what was asked before.
pub(super) async fn ask_second(app: &App, actor: &Actor, wanted: Checked) -> Outcome<Adjusted> {
    let now = app.clock.now();
    let row = AdjustmentRow {
        id: AdjustmentId::new(),
        key: wanted.key.clone(),
        shopper_id: wanted.shopper,
        amount: wanted.amount.minor(),
        currency: wanted.amount.currency(),
        fund: wanted.fund.to_string(),
        reason: wanted.reason.clone(),
        state: AdjustmentState::Open,
        asked_by: actor.to_string(),
        asked_at: now,
        expires_at: now.plus_days(DAYS),
        decided_by: None,
        decided_at: None,
        answer: None,
        transaction_id: None,
    };
    let said = json!({ "key": row.key, "amount": wanted.amount, "fund": row.fund, "reason": row.reason, "id": row.id });
    let audit = AuditRow::new(now, actor, "adjustment.ask", subject(&wanted), &said);
    let asked = posted_once(app, Lane::Shopper(wanted.shopper), move |conn| {
        if shopper_find(conn, wanted.shopper)?.is_none() {
            return Err(ServiceError::NotFound("shopper"));
        }
        if let Some(known) = adjustment_find_by_key(conn, &row.key)? {
            let same = known.shopper_id == row.shopper_id
                && known.amount() == row.amount()
                && known.fund == row.fund
                && known.reason == row.reason;
            return if same { Ok(known) } else { Err(key_reused()) };
        }
        if transaction_find_by_source(conn, &format!("adjustment/{}", row.key))?.is_some() {
            return Err(key_reused());
        }
        adjustment_insert(conn, &row)?;
        audit_insert_in_tx(conn, &audit)?;
        Ok(row.clone())
    });
    asked.await.map(Adjusted::Asked)
}

/// What another operator says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondWord {
    /// It is to be booked.
    Approve,
    /// It is not, for this reason (1 to 500 characters). Whoever asked may call it back so.
    Decline(String),
}

/// Decides on a correction that was asked for; gives the row and, when it was approved, what was booked.
///
/// # Errors
/// [`ServiceError::Forbidden`] without the permission `money`; [`ServiceError::NotFound`]; `same_operator` when whoever
/// asked approves; `already_decided` and `expired`; `insufficient_funds`, after which it stays open.
pub async fn adjustment_decide(
    app: &App,
    actor: &Actor,
    id: AdjustmentId,
    word: SecondWord,
) -> Outcome<(AdjustmentRow, Option<Done>)> {
    require(actor, Permission::Money)?;
    if let SecondWord::Decline(reason) = &word
        && !(1..=500).contains(&reason.trim().chars().count())
    {
        return Err(ServiceError::invalid("reason", "must have 1 to 500 characters"));
    }
    let found = app.db.read(move |conn| adjustment_find(conn, id)).await?;
    let shopper = found.ok_or(ServiceError::NotFound("adjustment"))?.shopper_id;
    let (now, transaction, actor) = (app.clock.now(), TransactionId::new(), actor.clone());
    posted_once(app, Lane::Shopper(shopper), move |conn| {
        let row = adjustment_find(conn, id)?.ok_or(ServiceError::NotFound("adjustment"))?;
        match row.state_at(now) {
            AdjustmentState::Open => {}
            AdjustmentState::Expired => {
                return Err(ServiceError::conflict("expired", "nobody decided on this in time; ask for it again"));
            }
            AdjustmentState::Approved | AdjustmentState::Declined => {
                return Err(ServiceError::conflict("already_decided", "somebody decided on this before"));
            }
        }
        let done = match &word {
            SecondWord::Approve => Some(approve(conn, &actor, &row, transaction, now)?),
            SecondWord::Decline(reason) => {
                decline(conn, &actor, &row, reason.trim(), now)?;
                None
            }
        };
        let row = adjustment_find(conn, id)?.ok_or(ServiceError::NotFound("adjustment"))?;
        Ok((row, done))
    })
    .await
}

fn approve(
    conn: &mut Conn,
    actor: &Actor,
    row: &AdjustmentRow,
    transaction: TransactionId,
    now: Timestamp,
) -> Outcome<Done> {
    if row.asked_by == actor.to_string() {
        return Err(ServiceError::refused("same_operator", "whoever asked for this cannot approve it: another has to"));
    }
    let wanted = Checked {
        key: row.key.clone(),
        shopper: row.shopper_id,
        amount: row.amount(),
        fund: row.fund.parse().map_err(ServiceError::internal)?,
        reason: row.reason.clone(),
    };
    let done = book(conn, &wanted, transaction, now)?;
    let id = done.posted.transaction.id;
    let mut said = detail(&wanted, id);
    if let Some(said) = said.as_object_mut() {
        said.insert("asked_by".to_owned(), json!(row.asked_by));
    }
    close(conn, row, AdjustmentState::Approved, actor.to_string(), now, None, Some(id))?;
    audit_insert_in_tx(conn, &AuditRow::new(now, actor, "adjustment.approve", subject(&wanted), &said))?;
    Ok(done)
}

fn decline(conn: &mut Conn, actor: &Actor, row: &AdjustmentRow, reason: &str, now: Timestamp) -> Outcome<()> {
    close(conn, row, AdjustmentState::Declined, actor.to_string(), now, Some(reason.to_owned()), None)?;
    let said = json!({ "id": row.id, "reason": reason, "asked_by": row.asked_by });
    let subject = format!("shopper/{}", row.shopper_id);
    Ok(audit_insert_in_tx(conn, &AuditRow::new(now, actor, "adjustment.decline", subject, &said))?)
}

fn close(
    conn: &mut Conn,
    row: &AdjustmentRow,
    state: AdjustmentState,
    by: String,
    at: Timestamp,
    answer: Option<String>,
    transaction_id: Option<TransactionId>,
) -> Outcome<()> {
    let decided = Decided { state, by, at, answer, transaction_id };
    if decide_in_tx(conn, row.id, &decided)? {
        return Ok(());
    }
    Err(ServiceError::conflict("already_decided", "somebody decided on this before"))
}

/// One correction that was asked for.
///
/// # Errors
/// [`ServiceError::NotFound`]; the database's failures.
pub async fn adjustment_one(app: &App, id: AdjustmentId) -> Outcome<AdjustmentRow> {
    let found = app.db.read(move |conn| adjustment_find(conn, id)).await?;
    found.ok_or(ServiceError::NotFound("adjustment"))
}

/// Corrections that were asked for, newest first.
///
/// # Errors
/// The database's failures.
pub async fn adjustments(app: &App, filter: AdjustmentFilter, limit: i64) -> Outcome<Vec<AdjustmentRow>> {
    Ok(app.db.read(move |conn| adjustment_list(conn, &filter, limit)).await?)
}

/// Closes up to `limit` corrections that nobody decided on in time; gives how many there were.
///
/// # Errors
/// The database's failures.
pub async fn adjustments_expire(app: &App, limit: i64) -> Outcome<usize> {
    let now = app.clock.now();
    let overdue = app.db.read(move |conn| adjustment_list_overdue(conn, now, limit)).await?;
    let count = overdue.len();
    for row in overdue {
        let subject = format!("shopper/{}", row.shopper_id);
        let said = json!({ "id": row.id, "asked_by": row.asked_by });
        let audit = AuditRow::of_system(now, "adjustment.expire", subject, &said);
        let decided = Decided {
            state: AdjustmentState::Expired,
            by: "system".to_owned(),
            at: now,
            answer: None,
            transaction_id: None,
        };
        app.db
            .write(Lane::Shopper(row.shopper_id), move |conn| {
                if decide_in_tx(conn, row.id, &decided)? {
                    audit_insert_in_tx(conn, &audit)?;
                }
                Ok::<_, ServiceError>(())
            })
            .await?;
    }
    Ok(count)
}
