//! Shoppers claim orders that never came; partners and operators answer.

use serde_json::json;

use super::accounts::{require, still_here};
use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ClickId, HookNoteId, ShopperId};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::awaited_orders::{AwaitedRow, awaited_delete, awaited_delete_order, awaited_list};
use crate::db::claims::{ClaimFilter, ClaimRow, claim_find, claim_insert, claim_list, order_list_of_number};
use crate::db::clicks::{ClickRow, click_find};
use crate::db::hooks::{HookNoteRow, hook_note_insert};
use crate::db::{Conn, DbError, Lane};
use crate::domain::access::{Actor, Permission};
use crate::domain::claim::ClaimState;
use crate::domain::hook::EventKind;
use crate::domain::money::Amount;

/// How many claims of one shopper may be open: each can hold receipts, and people have to read them.
const MOST_OPEN: i64 = 50;

/// What a shopper claims.
#[derive(Debug, Clone)]
pub struct NewClaim {
    /// The click that should have earned it.
    pub click: ClickId,
    /// The order's number, 1 to 100 characters.
    pub order_number: String,
    /// What was paid, if the shopper tells.
    pub amount: Option<Amount>,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// The shopper's words, up to 2000 characters.
    pub note: Option<String>,
}

fn bounded(field: &str, text: &str, least: usize, most: usize) -> Outcome<String> {
    let text = text.trim();
    if (least..=most).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(ServiceError::invalid(field, format!("must have {least} to {most} characters")))
}

impl NewClaim {
    /// The same, with its fields looked at.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`].
    pub(super) fn checked(self, now: Timestamp) -> Outcome<Self> {
        let order_number = bounded("order_number", &self.order_number, 1, 100)?;
        let note = self.note.as_deref().map(|note| bounded("note", note, 0, 2000)).transpose()?;
        let note = note.filter(|note| !note.is_empty());
        if self.amount.is_some_and(|amount| amount.minor() <= 0) {
            return Err(ServiceError::invalid("amount", "must be above zero"));
        }
        if self.ordered_at > now.plus_seconds(3600) {
            return Err(ServiceError::invalid("ordered_at", "must not lie in the future"));
        }
        Ok(Self { order_number, note, ..self })
    }

    /// Its click, if it can be claimed.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the click is not the shopper's; `before_click`; `order_known` when the shopper has this order
    /// of the store already.
    pub(super) fn click_in_tx(&self, conn: &mut Conn, shopper: ShopperId) -> Outcome<ClickRow> {
        let click = click_find(conn, self.click)?.filter(|click| click.shopper_id == shopper);
        let click = click.ok_or(ServiceError::NotFound("click"))?;
        if self.ordered_at < click.at.plus_seconds(-3600) {
            return Err(ServiceError::refused("before_click", "the order is older than the click"));
        }
        if !order_list_of_number(conn, shopper, click.store_id, &self.order_number)?.is_empty() {
            return Err(ServiceError::conflict("order_known", "this order is among your orders already"));
        }
        Ok(click)
    }
}

/// Whether the order came, of whichever click of the shopper's.
pub(super) fn is_reported(conn: &mut Conn, row: &AwaitedRow) -> Outcome<bool> {
    Ok(!order_list_of_number(conn, row.shopper_id, row.store_id, &row.order_number)?.is_empty())
}

/// Refuses when too much of a shopper's waits for an answer, or for its store, already. What came meanwhile waits no more.
pub(super) fn room_in_tx(conn: &mut Conn, shopper: ShopperId) -> Outcome<()> {
    let open = ClaimFilter { shopper_id: Some(shopper), state: Some(ClaimState::Open), ..ClaimFilter::default() };
    let mut waiting = claim_list(conn, &open, MOST_OPEN)?.len();
    for row in awaited_list(conn, shopper)? {
        if is_reported(conn, &row)? {
            awaited_delete(conn, shopper, row.id)?;
        } else {
            waiting = waiting.saturating_add(1);
        }
    }
    if waiting >= usize::try_from(MOST_OPEN).unwrap_or(usize::MAX) {
        let problem = format!("{MOST_OPEN} claims wait for their answers, or their stores, already");
        return Err(ServiceError::conflict("too_many_claims", problem));
    }
    Ok(())
}

/// What a new claim has of its own, made before it is written: its id, its moment, until when it is to be answered, and the note that it
/// is to be told of.
pub(super) struct Opening {
    id: ClaimId,
    at: Timestamp,
    answer_by: Timestamp,
    note: HookNoteRow,
}

impl Opening {
    /// Now.
    pub(super) fn new(app: &App) -> Self {
        let (id, at) = (ClaimId::new(), app.clock.now());
        let answer_by = at.plus_days(i64::from(app.config.claims.answer_days));
        let note = HookNoteRow { id: HookNoteId::new(), kind: EventKind::ClaimMade, subject: id, at };
        Self { id, at, answer_by, note }
    }

    /// Makes the claim.
    ///
    /// # Errors
    /// Those of [`NewClaim::click_in_tx`]; [`DbError::Taken`].
    pub(super) fn claim_in_tx(&self, conn: &mut Conn, shopper: ShopperId, claim: &NewClaim) -> Outcome<ClaimRow> {
        let click = claim.click_in_tx(conn, shopper)?;
        let row = ClaimRow {
            id: self.id,
            shopper_id: shopper,
            store_id: click.store_id,
            partner_id: click.partner_id,
            click_id: click.id,
            order_number: claim.order_number.clone(),
            order_amount: claim.amount.map(Amount::minor),
            currency: claim.amount.map(Amount::currency),
            ordered_at: claim.ordered_at,
            note: claim.note.clone(),
            state: ClaimState::Open,
            answer: None,
            created_at: self.at,
            answer_by: self.answer_by,
            answered_at: None,
            answered_by: None,
        };
        claim_insert(conn, &row)?;
        hook_note_insert(conn, &self.note)?;
        Ok(row)
    }
}

/// Makes a claim.
///
/// # Errors
/// [`ServiceError::NotFound`] when the click is not the shopper's; `before_click`; `order_known` when the click has
/// this order already; `claim_exists`; `too_many_claims`; [`ServiceError::Invalid`].
pub async fn claim_make(app: &App, shopper: ShopperId, wanted: NewClaim) -> Outcome<ClaimRow> {
    let claim = wanted.checked(app.clock.now())?;
    let opening = Opening::new(app);
    let made = app.db.write(Lane::Shopper(shopper), move |conn| {
        still_here(conn, shopper)?;
        // Who waited for it waits no more.
        awaited_delete_order(conn, shopper, claim.click, &claim.order_number)?;
        room_in_tx(conn, shopper)?;
        opening.claim_in_tx(conn, shopper, &claim)
    });
    told_once(made.await)
}

pub(super) fn claimed_before() -> ServiceError {
    ServiceError::conflict("claim_exists", "this order was claimed for this click before")
}

/// Names why the same order of the same click cannot be told of a second time.
pub(super) fn told_once<T>(told: Outcome<T>) -> Outcome<T> {
    match told {
        Err(ServiceError::Db(DbError::Taken(_))) => Err(claimed_before()),
        other => other,
    }
}

/// Answers an open claim: a partner its own, an operator any.
///
/// # Errors
/// [`ServiceError::NotFound`] also for another partner's; [`ServiceError::Forbidden`] without the permission `care`;
/// `already_answered`; [`ServiceError::Invalid`].
pub async fn claim_answer(app: &App, actor: &Actor, id: ClaimId, accepted: bool, answer: &str) -> Outcome<ClaimRow> {
    let own = match actor {
        Actor::Partner(partner) | Actor::Person(_, partner) => Some(*partner),
        Actor::Shopper(_) | Actor::Operator(..) | Actor::Console => {
            require(actor, Permission::Care)?;
            None
        }
    };
    let answer = bounded("answer", answer, 1, 2000)?;
    let (now, by) = (app.clock.now(), actor.to_string());
    let state = if accepted { ClaimState::Accepted } else { ClaimState::Declined };
    let detail = json!({ "state": state, "answer": answer });
    let audit = AuditRow::new(now, actor, "claim.answer", format!("claim/{id}"), &detail);
    let note = HookNoteRow { id: HookNoteId::new(), kind: EventKind::ClaimAnswered, subject: id, at: now };
    app.db
        .write(Lane::House, move |conn| {
            let found = find(conn, id)?;
            if own.is_some_and(|partner| partner != found.partner_id) {
                return Err(ServiceError::NotFound("claim"));
            }
            if !crate::db::claims::claim_answer(conn, id, state, &answer, now, &by)? {
                return Err(ServiceError::conflict("already_answered", "this claim was answered before"));
            }
            audit_insert_in_tx(conn, &audit)?;
            hook_note_insert(conn, &note)?;
            find(conn, id)
        })
        .await
}

fn find(conn: &mut Conn, id: ClaimId) -> Outcome<ClaimRow> {
    claim_find(conn, id)?.ok_or(ServiceError::NotFound("claim"))
}
