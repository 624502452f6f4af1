//! Makes messages of what happened. Three things are read, each on from where it was read last: the sealed ledger (orders,
//! withdrawals, partners' payments), the clicks, and the notes that stand beside claims. How far was read and the messages
//! are one commit in the house's lane, so nothing is lost and nothing is told twice.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;

use super::KEPT_DAYS;
use super::body::{self, Event};
use crate::base::Timestamp;
use crate::base::id::{ClickId, ConversionId, HookMessageId, HookNoteId, PayoutId};
use crate::db::claims::claim_find;
use crate::db::clicks::{ClickRow, click_list_by_ids};
use crate::db::conversions::conversion_list_by_ids;
use crate::db::hooks::{
    HookMessageRow, HookRow, ToldClick, hook_click_walk, hook_list_all, hook_message_count_waiting,
    hook_message_insert_all, hook_message_purge, hook_note_clicks, hook_note_delete, hook_note_list, wants,
};
use crate::db::ledger::Posted;
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::payouts::{PayoutRow, payout_list_by_ids};
use crate::db::revisions::{RevisionRow, revision_list_of};
use crate::db::seals::{seal_head, seal_walk};
use crate::db::{Conn, Lane};
use crate::domain::conversion::Conversion;
use crate::domain::hook::{EventKind, HookState};
use crate::domain::ledger::TransactionKind;
use crate::service::catalogue::Snapshot;
use crate::service::{App, Outcome, ServiceError};

/// How far the sealed ledger was read: a position.
const LEDGER: &str = "hooks_ledger";
/// How far the clicks were read: an id.
const CLICKS: &str = "hooks_clicks";
/// How long after its time a click may be stored and still be met by the reader; later ones are noted.
const PATIENCE: TimeDelta = TimeDelta::minutes(3);
/// From what age on a click that is stored by a worker is noted: earlier than the reader passes it.
const LATE: TimeDelta = TimeDelta::minutes(1);
/// How often the mark of clicks is moved that nobody wants to be told of, in seconds.
const IDLE: i64 = 60;
/// How many messages may wait for an endpoint that is switched off. What comes beyond that it is not told.
const MOST_WAITING: i64 = 100_000;
/// How many ids one question has.
const PAGE: usize = 500;

/// Makes messages of up to `limit` things of each sort; gives how many were read.
///
/// # Errors
/// The database's failures.
pub async fn feed_hooks(app: &App, limit: i64) -> Outcome<usize> {
    let ledger = from_ledger(app, limit).await?;
    let notes = from_notes(app, limit).await?;
    let clicks = from_clicks(app, limit).await?;
    Ok(ledger.max(notes).max(clicks))
}

fn messages(hooks: &[HookRow], events: &[Event], now: Timestamp) -> Vec<HookMessageRow> {
    let of_event = |event: &Event| -> Vec<HookMessageRow> {
        hooks.iter().filter(|hook| event.is_for(hook)).map(|hook| event.message(hook, now)).collect()
    };
    events.iter().flat_map(of_event).collect()
}

/// Writes messages to those endpoints that are still as they were when the messages were made; false when they are not.
fn written(conn: &mut Conn, hooks: &[HookRow], made: &[HookMessageRow]) -> Outcome<bool> {
    let now = hook_list_all(conn)?;
    let same = |a: &HookRow, b: &HookRow| a.id == b.id && a.events == b.events;
    if now.len() != hooks.len() || !now.iter().zip(hooks).all(|(a, b)| same(a, b)) {
        return Ok(false);
    }
    let mut full = BTreeSet::new();
    for hook in now.iter().filter(|hook| hook.state != HookState::On) {
        if hook_message_count_waiting(conn, hook.id, MOST_WAITING)? >= MOST_WAITING {
            full.insert(hook.id);
        }
    }
    let made: Vec<HookMessageRow> = made.iter().filter(|row| !full.contains(&row.hook_id)).cloned().collect();
    hook_message_insert_all(conn, &made)?;
    Ok(true)
}

fn position(mark: Option<MarkRow>) -> Outcome<i64> {
    mark.map_or(Ok(0), |row| row.body.parse().map_err(ServiceError::internal))
}

async fn from_ledger(app: &App, limit: i64) -> Outcome<usize> {
    let (known, now) = (app.catalogue.snapshot(), app.clock.now());
    let read = app.db.read(move |conn| {
        let hooks = hook_list_all(conn)?;
        let from = position(mark_find(conn, LEDGER)?)?;
        if hooks.is_empty() {
            let head = seal_head(conn)?.map_or(0, |(head, _)| head);
            return Ok::<_, ServiceError>((hooks, from, head, 0, Vec::new()));
        }
        let walked = seal_walk(conn, from, limit)?;
        let (to, count) = (walked.last().map_or(from, |(at, ..)| *at), walked.len());
        let oldest = hooks.iter().map(|hook| hook.created_at).min().unwrap_or(now);
        let told: Vec<Posted> =
            walked.into_iter().map(|(.., posted)| posted).filter(|one| one.transaction.at >= oldest).collect();
        let events = of_ledger(conn, &known, &told)?;
        let made = messages(&hooks, &events, now);
        Ok((hooks, from, to, count, made))
    });
    let (hooks, from, to, count, made) = read.await?;
    if to == from {
        return Ok(0);
    }
    app.db
        .write(Lane::House, move |conn| {
            let mark = MarkRow { name: LEDGER.to_owned(), at: now, body: to.to_string() };
            // Whoever comes second, or before a new endpoint, leaves it to the next turn.
            if position(mark_find(conn, LEDGER)?)? == from && written(conn, &hooks, &made)? {
                mark_set(conn, &mark)?;
                return Ok::<_, ServiceError>(count);
            }
            Ok(0)
        })
        .await
}

/// What events about orders and withdrawals are made from.
#[derive(Default)]
struct Facts {
    orders: HashMap<ConversionId, Conversion>,
    revisions: HashMap<(ConversionId, i64), RevisionRow>,
    payouts: HashMap<PayoutId, PayoutRow>,
}

fn of_ledger(conn: &mut Conn, known: &Snapshot, told: &[Posted]) -> Outcome<Vec<Event>> {
    let mut facts = Facts::default();
    let orders: BTreeSet<ConversionId> = told.iter().filter_map(|one| one.transaction.conversion_id).collect();
    for ids in orders.into_iter().collect::<Vec<_>>().chunks(PAGE) {
        facts.orders.extend(conversion_list_by_ids(conn, ids)?.into_iter().map(|order| (order.id, order)));
        let revisions = revision_list_of(conn, ids.to_vec())?;
        facts.revisions.extend(revisions.into_iter().map(|row| ((row.conversion_id, row.revision), row)));
    }
    let payouts: BTreeSet<PayoutId> = told.iter().filter_map(|one| one.transaction.payout_id).collect();
    for ids in payouts.into_iter().collect::<Vec<_>>().chunks(PAGE) {
        facts.payouts.extend(payout_list_by_ids(conn, ids.to_vec())?.into_iter().map(|row| (row.id, row)));
    }
    Ok(told.iter().filter_map(|posted| event(known, &facts, posted)).collect())
}

fn event(known: &Snapshot, facts: &Facts, posted: &Posted) -> Option<Event> {
    let row = &posted.transaction;
    if row.kind == TransactionKind::PartnerPayment {
        return body::payment(posted);
    }
    if let Some(payout) = row.payout_id {
        return body::payout(posted, facts.payouts.get(&payout)?);
    }
    let order = facts.orders.get(&row.conversion_id?)?;
    let number: i64 = row.source.rsplit('/').next()?.parse().ok()?;
    let revision = |number| facts.revisions.get(&(order.id, number));
    Some(body::order(known, posted, order, revision(number)?, revision(number.saturating_sub(1))))
}

async fn from_notes(app: &App, limit: i64) -> Outcome<usize> {
    let (known, now) = (app.catalogue.snapshot(), app.clock.now());
    let read = app.db.read(move |conn| {
        let (hooks, notes) = (hook_list_all(conn)?, hook_note_list(conn, limit)?);
        let ids: Vec<HookNoteId> = notes.iter().map(|note| note.id).collect();
        let mut events = Vec::new();
        for note in notes {
            if note.kind == EventKind::ClickRecorded {
                let click = click_list_by_ids(conn, &[ClickId::from_uuid(note.subject.uuid())])?.pop();
                events.extend(click.map(|row| body::click(&known, &told(&row))));
            } else if let Some(row) = claim_find(conn, note.subject)? {
                let name = format!("claim/{}/{}", row.id, note.id);
                events.push(body::claim(&known, note.kind, name, note.at, &row));
            }
        }
        let made = messages(&hooks, &events, now);
        Ok::<_, ServiceError>((hooks, ids, made))
    });
    let (hooks, ids, made) = read.await?;
    if ids.is_empty() {
        return Ok(0);
    }
    app.db
        .write(Lane::House, move |conn| {
            if !written(conn, &hooks, &made)? {
                return Ok::<_, ServiceError>(0);
            }
            // A note that another took away meanwhile has made its message: the event's name keeps it from being told twice.
            Ok(hook_note_delete(conn, ids.clone())?)
        })
        .await
}

fn told(row: &ClickRow) -> ToldClick {
    ToldClick { id: row.id, partner: row.partner_id, store: row.store_id, at: row.at, bot: row.bot }
}

fn upto(mark: Option<MarkRow>) -> Outcome<Option<(ClickId, Timestamp)>> {
    let read = |row: MarkRow| Ok((row.body.parse().map_err(ServiceError::internal)?, row.at));
    mark.map(read).transpose()
}

async fn from_clicks(app: &App, limit: i64) -> Outcome<usize> {
    let (known, now) = (app.catalogue.snapshot(), app.clock.now());
    let end = ClickId::first_at(now.plus(-PATIENCE));
    let read = app.db.read(move |conn| {
        let (hooks, mark) = (hook_list_all(conn)?, upto(mark_find(conn, CLICKS)?)?);
        let wanted = hooks.iter().any(|hook| wants(hook, EventKind::ClickRecorded));
        let from = mark.map(|(from, _)| from);
        // With nobody who wants them clicks are passed by unread; before the first mark nobody did.
        let Some(after) = from.filter(|_| wanted) else {
            let moves =
                from.is_none_or(|from| from < end) && mark.is_none_or(|(_, at)| now.since(at).num_seconds() >= IDLE);
            return Ok::<_, ServiceError>((hooks, from, moves.then_some(end), 0, Vec::new()));
        };
        let clicks = hook_click_walk(conn, after, end, limit)?;
        let events: Vec<Event> = clicks.iter().map(|one| body::click(&known, one)).collect();
        let made = messages(&hooks, &events, now);
        Ok((hooks, from, clicks.last().map(|last| last.id), clicks.len(), made))
    });
    let (hooks, from, to, count, made) = read.await?;
    let Some(to) = to else { return Ok(0) };
    app.db
        .write(Lane::House, move |conn| {
            let still = upto(mark_find(conn, CLICKS)?)?.map(|(from, _)| from) == from;
            if still && written(conn, &hooks, &made)? {
                mark_set(conn, &MarkRow { name: CLICKS.to_owned(), at: now, body: to.to_string() })?;
                return Ok::<_, ServiceError>(count);
            }
            Ok(0)
        })
        .await
}

/// Notes, in the transaction that stores them, which clicks come so late that the reader may have passed them.
///
/// # Errors
/// The database's failures.
pub fn late_clicks(conn: &mut Conn, rows: &[ClickRow], now: Timestamp) -> Result<(), crate::db::DbError> {
    let border = ClickId::first_at(now.plus(-LATE));
    let late: Vec<ClickId> = rows.iter().map(|row| row.id).filter(|id| *id < border).collect();
    hook_note_clicks(conn, &late, now)
}

/// Forgets messages that were delivered or given up long ago; gives how many.
///
/// # Errors
/// The database's failures.
pub async fn hooks_purge(app: &App, limit: i64) -> Outcome<usize> {
    let end = HookMessageId::first_at(app.clock.now().plus_days(-KEPT_DAYS));
    Ok(app.db.write(Lane::House, move |conn| hook_message_purge(conn, end, limit)).await?)
}
