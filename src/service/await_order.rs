//! An order that a shopper tells of while the store still has time to report it: it becomes a claim by itself when that time is over and
//! the order is not there. So nobody has to remember, and no store is asked about an order that it was going to report.

use super::accounts::still_here;
use super::claims::{NewClaim, Opening, claim_make, claimed_before, is_reported, room_in_tx, told_once};
use super::store_scores::missing_from;
use super::{App, Outcome, ServiceError};
use crate::base::id::{ClaimId, ShopperId};
use crate::db::awaited_orders::{AwaitedRow, awaited_delete, awaited_insert, awaited_list, awaited_list_due};
use crate::db::claims::{ClaimRow, claim_exists};
use crate::db::clicks::click_find;
use crate::db::{DbError, Lane};
use crate::domain::money::Amount;

/// What became of what a shopper told.
#[derive(Debug)]
pub enum Told {
    /// The store's time is over already: it is a claim.
    Claimed(ClaimRow),
    /// It waits.
    Waits(AwaitedRow),
}

/// Takes what a shopper tells of an order: claims it at once or, where `wait` is asked for, when the store has had its time.
///
/// # Errors
/// Those of [`claim_make`].
pub async fn order_tell(app: &App, shopper: ShopperId, claim: NewClaim, wait: bool) -> Outcome<Told> {
    if wait { await_order(app, shopper, claim).await } else { claim_make(app, shopper, claim).await.map(Told::Claimed) }
}

/// Notes an order of a click. It waits as long as the store usually takes to report one.
///
/// # Errors
/// Those of [`claim_make`].
async fn await_order(app: &App, shopper: ShopperId, claim: NewClaim) -> Outcome<Told> {
    let (now, id) = (app.clock.now(), claim.click);
    let click = app.db.read(move |conn| click_find(conn, id).map_err(ServiceError::from)).await?;
    let click = click.filter(|click| click.shopper_id == shopper).ok_or(ServiceError::NotFound("click"))?;
    let known = app.catalogue.snapshot();
    let claim = claim.checked(now)?;
    let ordered_at = claim.ordered_at.max(click.at);
    let opens_at = missing_from(app, known.store(click.store_id).map(AsRef::as_ref), ordered_at).await?;
    if opens_at <= now {
        return claim_make(app, shopper, claim).await.map(Told::Claimed);
    }
    let id = ClaimId::new();
    let told = app.db.write(Lane::Shopper(shopper), move |conn| {
        still_here(conn, shopper)?;
        room_in_tx(conn, shopper)?;
        let click = claim.click_in_tx(conn, shopper)?;
        if claim_exists(conn, click.id, &claim.order_number)? {
            return Err(claimed_before());
        }
        let row = AwaitedRow {
            id,
            shopper_id: shopper,
            store_id: click.store_id,
            click_id: click.id,
            order_number: claim.order_number.clone(),
            order_amount: claim.amount.map(Amount::minor),
            currency: claim.amount.map(Amount::currency),
            ordered_at: claim.ordered_at,
            note: claim.note.clone(),
            told_at: now,
            opens_at,
        };
        awaited_insert(conn, &row)?;
        Ok(Told::Waits(row))
    });
    told_once(told.await)
}

/// What a shopper told of and is not there yet, the newest first.
///
/// # Errors
/// The database's failures.
pub async fn awaited(app: &App, shopper: ShopperId) -> Outcome<Vec<AwaitedRow>> {
    let read = app.db.read(move |conn| {
        let mut missing = Vec::new();
        for row in awaited_list(conn, shopper)? {
            if !is_reported(conn, &row)? {
                missing.push(row);
            }
        }
        Ok::<_, ServiceError>(missing)
    });
    read.await
}

/// Takes back what a shopper told.
///
/// # Errors
/// [`ServiceError::NotFound`] also for another's, and for what has become a claim.
pub async fn awaited_forget(app: &App, shopper: ShopperId, id: ClaimId) -> Outcome<()> {
    let gone =
        app.db.write(Lane::Shopper(shopper), move |conn| Ok::<_, ServiceError>(awaited_delete(conn, shopper, id)?));
    if gone.await? { Ok(()) } else { Err(ServiceError::NotFound("claim")) }
}

/// Makes claims of up to `limit` orders whose time is over; gives how many were looked at. What is there by then, or was claimed
/// otherwise, is let go.
///
/// # Errors
/// The database's failures.
pub async fn claim_awaited(app: &App, limit: i64) -> Outcome<usize> {
    let now = app.clock.now();
    let due = app.db.read(move |conn| awaited_list_due(conn, now, limit).map_err(ServiceError::from)).await?;
    let (count, mut failed) = (due.len(), 0);
    for row in due {
        let id = row.id;
        if let Err(error) = claim_one(app, row).await {
            tracing::error!(claim = %id, %error, "an awaited order could not be made a claim and will be tried again");
            failed += 1;
        }
    }
    Ok(count - failed)
}

async fn claim_one(app: &App, row: AwaitedRow) -> Outcome<()> {
    let (shopper, id) = (row.shopper_id, row.id);
    let claim = NewClaim {
        click: row.click_id,
        amount: row.amount(),
        order_number: row.order_number,
        ordered_at: row.ordered_at,
        note: row.note,
    };
    let opening = Opening::new(app);
    let made = app.db.write(Lane::Shopper(shopper), move |conn| {
        // Whoever comes second, on this node or another, finds it gone.
        if awaited_delete(conn, shopper, id)? {
            still_here(conn, shopper)?;
            opening.claim_in_tx(conn, shopper, &claim)?;
        }
        Ok(())
    });
    match made.await {
        // For good: the order came, or was claimed, its click is gone, or the shopper is not let in any more.
        Err(
            ServiceError::Conflict { .. }
            | ServiceError::Refused { .. }
            | ServiceError::NotFound(_)
            | ServiceError::Unauthenticated
            | ServiceError::Db(DbError::Taken(_)),
        ) => {
            let gone = app.db.write(Lane::Shopper(shopper), move |conn| awaited_delete(conn, shopper, id));
            gone.await.map(|_there| ()).map_err(ServiceError::from)
        }
        other => other,
    }
}
