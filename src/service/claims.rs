//! Shoppers claim orders that never came; partners and operators answer.

use serde_json::json;

use super::accounts::{require, still_here};
use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ClickId, HookNoteId, ShopperId};
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::claims::{ClaimFilter, ClaimRow, claim_find, claim_insert, claim_list};
use crate::db::clicks::click_find;
use crate::db::conversions::conversion_list_of_click;
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

/// Makes a claim.
///
/// # Errors
/// [`ServiceError::NotFound`] when the click is not the shopper's; `before_click`; `order_known` when the click has
/// this order already; `claim_exists`; `too_many_claims`; [`ServiceError::Invalid`].
pub async fn claim_make(app: &App, shopper: ShopperId, wanted: NewClaim) -> Outcome<ClaimRow> {
    let now = app.clock.now();
    let order_number = bounded("order_number", &wanted.order_number, 1, 100)?;
    let note = wanted.note.as_deref().map(|note| bounded("note", note, 0, 2000)).transpose()?;
    let note = note.filter(|note| !note.is_empty());
    if wanted.amount.is_some_and(|amount| amount.minor() <= 0) {
        return Err(ServiceError::invalid("amount", "must be above zero"));
    }
    if wanted.ordered_at > now.plus_seconds(3600) {
        return Err(ServiceError::invalid("ordered_at", "must not lie in the future"));
    }
    let (id, answer_by) = (ClaimId::new(), now.plus_days(i64::from(app.config.claims.answer_days)));
    let note_row = HookNoteRow { id: HookNoteId::new(), kind: EventKind::ClaimMade, subject: id, at: now };
    let made = app.db.write(Lane::Shopper(shopper), move |conn| {
        still_here(conn, shopper)?;
        let open = ClaimFilter { shopper_id: Some(shopper), state: Some(ClaimState::Open), ..ClaimFilter::default() };
        if claim_list(conn, &open, MOST_OPEN)?.len() >= usize::try_from(MOST_OPEN).unwrap_or(usize::MAX) {
            let problem = format!("{MOST_OPEN} claims wait for their answers already");
            return Err(ServiceError::conflict("too_many_claims", problem));
        }
        let click = click_find(conn, wanted.click)?.filter(|click| click.shopper_id == shopper);
        let click = click.ok_or(ServiceError::NotFound("click"))?;
        if wanted.ordered_at < click.at.plus_seconds(-3600) {
            return Err(ServiceError::refused("before_click", "the order is older than the click"));
        }
        let known = conversion_list_of_click(conn, click.id)?;
        if known.iter().any(|c| c.external_id == order_number || c.order_id.as_deref() == Some(&order_number)) {
            return Err(ServiceError::conflict("order_known", "this order is among your orders already"));
        }
        let row = ClaimRow {
            id,
            shopper_id: shopper,
            store_id: click.store_id,
            partner_id: click.partner_id,
            click_id: click.id,
            order_number: order_number.clone(),
            order_amount: wanted.amount.map(Amount::minor),
            currency: wanted.amount.map(Amount::currency),
            ordered_at: wanted.ordered_at,
            note: note.clone(),
            state: ClaimState::Open,
            answer: None,
            created_at: now,
            answer_by,
            answered_at: None,
            answered_by: None,
        };
        claim_insert(conn, &row)?;
        hook_note_insert(conn, &note_row)?;
        Ok(row)
    });
    match made.await {
        Err(ServiceError::Db(DbError::Taken(_))) => {
            Err(ServiceError::conflict("claim_exists", "this order was claimed for this click before"))
        }
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
