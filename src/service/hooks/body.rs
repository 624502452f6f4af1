//! What messages say. Partners are told of what is theirs, and nothing of who a shopper is or where money goes.

use serde_json::{Value, json};

use crate::base::Timestamp;
use crate::base::id::{ConversionId, HookId, HookMessageId, PartnerId, PayoutId};
use crate::db::claims::ClaimRow;
use crate::db::hooks::{HookMessageRow, HookRow, ToldClick, wants};
use crate::db::ledger::Posted;
use crate::db::payouts::PayoutRow;
use crate::db::revisions::RevisionRow;
use crate::domain::claim::ClaimState;
use crate::domain::conversion::Conversion;
use crate::domain::hook::{EventKind, MessageState};
use crate::domain::ledger::TransactionKind;
use crate::domain::money::Amount;
use crate::domain::payout::PayoutState;
use crate::service::catalogue::Snapshot;

/// Something that happened.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub kind: EventKind,
    /// Names it: the same event always has the same name.
    pub name: String,
    pub at: Timestamp,
    /// Whose it is, besides the operators'.
    pub partner: Option<PartnerId>,
    /// What everybody is told who is told at all.
    pub data: Value,
    /// What operators are told beside that.
    pub inside: Value,
}

impl Event {
    /// Whether an endpoint is told of it: asked for, its own, and not older than the endpoint.
    pub fn is_for(&self, hook: &HookRow) -> bool {
        let own = hook.partner_id.is_none_or(|owner| self.partner == Some(owner) && self.kind.for_partners());
        own && self.at >= hook.created_at && wants(hook, self.kind)
    }

    /// The message to an endpoint.
    pub fn message(&self, hook: &HookRow, now: Timestamp) -> HookMessageRow {
        let mut data = self.data.clone();
        if let (None, Some(all), Some(more)) = (hook.partner_id, data.as_object_mut(), self.inside.as_object()) {
            all.extend(more.clone());
        }
        let body = json!({ "type": self.kind, "timestamp": self.at, "data": data });
        message(hook.id, self.kind, self.name.clone(), body.to_string(), now)
    }
}

pub(super) fn message(hook: HookId, kind: EventKind, event: String, body: String, now: Timestamp) -> HookMessageRow {
    HookMessageRow {
        id: HookMessageId::new(),
        hook_id: hook,
        event,
        kind,
        body,
        state: MessageState::Waiting,
        created_at: now,
        attempts: 0,
        first_at: None,
        tried_at: None,
        next_at: now,
        status: None,
        said: None,
    }
}

pub(super) fn click(known: &Snapshot, click: &ToldClick) -> Event {
    Event {
        kind: EventKind::ClickRecorded,
        name: format!("click/{}", click.id),
        at: click.at,
        partner: Some(click.partner),
        data: json!({
            "click": click.id.reference(), "store": known.store(click.store).map(|store| &store.row.slug),
            "at": click.at, "bot": click.bot,
        }),
        inside: json!({ "partner": slug(known, click.partner) }),
    }
}

fn slug(known: &Snapshot, partner: PartnerId) -> Option<&str> {
    known.partner(partner).map(|partner| partner.row.slug.as_str())
}

/// A change of an order that moved money: as it was after it.
pub(super) fn order(
    known: &Snapshot,
    posted: &Posted,
    order: &Conversion,
    revision: &RevisionRow,
    before: Option<&RevisionRow>,
) -> Event {
    let currency = order.commission.currency();
    let kind = match posted.transaction.kind {
        TransactionKind::HoldOver => EventKind::ConversionAvailable,
        TransactionKind::Conversion
        | TransactionKind::PayoutReserved
        | TransactionKind::PayoutPaid
        | TransactionKind::PayoutReleased
        | TransactionKind::PayoutReturned
        | TransactionKind::PartnerPayment
        | TransactionKind::Adjustment => EventKind::of_order(before.map(|row| row.state), revision.state),
    };
    let amount = |minor| Amount::new(minor, currency);
    Event {
        kind,
        name: order_name(revision.conversion_id, revision.revision),
        at: posted.transaction.at,
        partner: Some(order.partner_id),
        data: json!({
            "id": order.id, "external_id": order.external_id, "order_number": order.order_id,
            "revision": revision.revision, "state": revision.state, "was": before.map(|row| row.state),
            "reason": revision.reason, "store": known.store(order.store_id).map(|store| &store.row.slug),
            "click": order.click_id.reference(), "commission": amount(revision.commission),
            "cashback": amount(revision.cashback), "order_amount": order.order_amount,
            "occurred_at": order.occurred_at, "available_at": revision.available_at,
        }),
        inside: json!({ "partner": slug(known, order.partner_id), "shopper": order.shopper_id }),
    }
}

fn order_name(id: ConversionId, revision: i64) -> String {
    format!("conversion/{id}/{revision}")
}

/// What happened to a withdrawal. Where it goes is told nobody.
pub(super) fn payout(posted: &Posted, row: &PayoutRow) -> Option<Event> {
    let kind = match posted.transaction.kind {
        TransactionKind::PayoutReserved => EventKind::PayoutRequested,
        TransactionKind::PayoutPaid => EventKind::PayoutPaid,
        TransactionKind::PayoutReleased if row.state == PayoutState::Cancelled => EventKind::PayoutCancelled,
        TransactionKind::PayoutReleased => EventKind::PayoutFailed,
        TransactionKind::PayoutReturned => EventKind::PayoutReturned,
        TransactionKind::Conversion
        | TransactionKind::HoldOver
        | TransactionKind::PartnerPayment
        | TransactionKind::Adjustment => return None,
    };
    let shown = !matches!(kind, EventKind::PayoutRequested | EventKind::PayoutPaid);
    Some(Event {
        kind,
        name: payout_name(row.id, kind, &posted.transaction.source),
        at: posted.transaction.at,
        partner: None,
        data: json!({
            "id": row.id, "shopper": row.shopper_id, "amount": row.amount(), "fee": row.fee(),
            "provider": row.provider, "kind": row.kind, "reason": row.reason.as_ref().filter(|_| shown),
            "requested_at": row.requested_at,
        }),
        inside: Value::Null,
    })
}

/// One change of a payout can post twice: paid, and back at once.
fn payout_name(id: PayoutId, kind: EventKind, source: &str) -> String {
    format!("payout/{id}/{}/{kind}", source.rsplit('/').next().unwrap_or_default())
}

/// A partner's payment that was booked.
pub(super) fn payment(posted: &Posted) -> Option<Event> {
    let (row, moved) = (&posted.transaction, posted.transfers.first()?);
    Some(Event {
        kind: EventKind::PartnerPaymentBooked,
        name: format!("transaction/{}", row.id),
        at: row.at,
        partner: row.partner_id,
        data: json!({ "reference": row.note, "amount": moved.amount(), "at": row.at }),
        inside: json!({ "partner_id": row.partner_id, "transaction": row.id }),
    })
}

pub(super) fn claim(known: &Snapshot, kind: EventKind, name: String, at: Timestamp, row: &ClaimRow) -> Event {
    let answered = kind == EventKind::ClaimAnswered;
    // A claim may be answered by the time that its making is told.
    let state = if answered { row.state } else { ClaimState::Open };
    Event {
        kind,
        name,
        at,
        partner: Some(row.partner_id),
        data: json!({
            "id": row.id, "store": known.store(row.store_id).map(|store| &store.row.slug),
            "click": row.click_id.reference(), "order_number": row.order_number, "amount": row.amount(),
            "ordered_at": row.ordered_at, "state": state, "answer": row.answer.as_ref().filter(|_| answered),
            "answer_by": row.answer_by,
        }),
        inside: json!({ "partner": slug(known, row.partner_id), "shopper": row.shopper_id }),
    }
}
