//! Endpoints of outgoing webhooks, their messages, and what waits to become one.

use diesel::dsl::exists;
use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::indexed::WAITING_MESSAGES;
use super::schema::{clicks, hook_messages, hook_notes, hooks};
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ClickId, HookId, HookMessageId, HookNoteId, PartnerId, StoreId};
use crate::both;
use crate::domain::bot::BotVerdict;
use crate::domain::hook::{EventKind, HookState, MessageState};

/// A row of `hooks`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = hooks, treat_none_as_null = true)]
pub struct HookRow {
    /// Its id.
    pub id: HookId,
    /// Whose it is; `None`: the operators'.
    pub partner_id: Option<PartnerId>,
    /// What people call it.
    pub name: String,
    /// Where to.
    pub url: String,
    /// What it wants to be told: a JSON list of words.
    pub events: String,
    /// Its secret, sealed.
    pub sealed: String,
    /// The secret before, sealed,
    pub old_sealed: Option<String>,
    /// and until when it signs too.
    pub old_until: Option<Timestamp>,
    /// Whether it is sent to.
    pub state: HookState,
    /// Why it was switched off.
    pub reason: Option<String>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// How often in a row it could not be reached.
    pub failures: i64,
    /// When it took a message last.
    pub delivered_at: Option<Timestamp>,
    /// Until when it is left alone.
    pub paused_until: Option<Timestamp>,
    /// Until when somebody is sending to it.
    pub leased_until: Option<Timestamp>,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
}

impl HookRow {
    /// What it wants to be told.
    ///
    /// # Errors
    /// [`DbError::Corrupt`].
    pub fn kinds(&self) -> Result<Vec<EventKind>, DbError> {
        serde_json::from_str(&self.events).map_err(|cause| DbError::corrupt("hooks.events", cause))
    }
}

/// What an endpoint's secret is sealed for.
#[must_use]
pub fn hook_context(id: HookId) -> String {
    format!("hook/{id}/secret")
}

/// Adds an endpoint.
///
/// # Errors
/// [`DbError`].
pub fn hook_insert(conn: &mut Conn, row: &HookRow) -> Result<(), DbError> {
    diesel::insert_into(hooks::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// Writes an endpoint over.
///
/// # Errors
/// [`DbError`].
pub fn hook_update(conn: &mut Conn, row: &HookRow) -> Result<(), DbError> {
    both!(conn, c => diesel::update(hooks::table.find(row.id)).set(row).execute(c))?;
    Ok(())
}

/// Removes an endpoint with its messages.
///
/// # Errors
/// [`DbError`].
pub fn hook_delete(conn: &mut Conn, id: HookId) -> Result<(), DbError> {
    diesel::delete(hook_messages::table.filter(hook_messages::hook_id.eq(id))).execute(conn)?;
    diesel::delete(hooks::table.find(id)).execute(conn)?;
    Ok(())
}

/// An endpoint.
///
/// # Errors
/// [`DbError`].
pub fn hook_find(conn: &mut Conn, id: HookId) -> Result<Option<HookRow>, DbError> {
    Ok(hooks::table.find(id).select(HookRow::as_select()).first(conn).optional()?)
}

/// All endpoints, oldest first: there are few.
///
/// # Errors
/// [`DbError`].
pub fn hook_list_all(conn: &mut Conn) -> Result<Vec<HookRow>, DbError> {
    Ok(hooks::table.order(hooks::id.asc()).select(HookRow::as_select()).load(conn)?)
}

/// The endpoints of one owner, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn hook_list_of(conn: &mut Conn, owner: Option<PartnerId>, limit: i64) -> Result<Vec<HookRow>, DbError> {
    let mut query = hooks::table.select(HookRow::as_select()).into_boxed::<MultiBackend>();
    query = match owner {
        Some(partner) => query.filter(hooks::partner_id.eq(partner)),
        None => query.filter(hooks::partner_id.is_null()),
    };
    Ok(query.order(hooks::id.asc()).limit(limit).load(conn)?)
}

/// Endpoints that are on, have something to be sent at `now`, and that nobody is sending to, at most `limit`.
///
/// # Errors
/// [`DbError`].
pub fn hook_list_due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<HookRow>, DbError> {
    let due = hook_messages::table
        .filter(hook_messages::hook_id.eq(hooks::id))
        .filter(WAITING_MESSAGES)
        .filter(hook_messages::next_at.le(now));
    Ok(hooks::table
        .filter(hooks::state.eq(HookState::On))
        .filter(hooks::paused_until.is_null().or(hooks::paused_until.le(now)))
        .filter(hooks::leased_until.is_null().or(hooks::leased_until.le(now)))
        .filter(exists(due))
        .order(hooks::id.asc())
        .limit(limit)
        .select(HookRow::as_select())
        .load(conn)?)
}

/// Takes an endpoint for its sender alone, or gives it free.
///
/// # Errors
/// [`DbError`].
pub fn hook_lease(conn: &mut Conn, id: HookId, until: Option<Timestamp>) -> Result<(), DbError> {
    diesel::update(hooks::table.find(id)).set(hooks::leased_until.eq(until)).execute(conn)?;
    Ok(())
}

/// Names of endpoints that were switched off by themselves, at most `most`.
///
/// # Errors
/// [`DbError`].
pub fn hook_list_failed(conn: &mut Conn, most: i64) -> Result<Vec<(String, Timestamp)>, DbError> {
    let failed = hooks::table.filter(hooks::state.eq(HookState::Failed)).order(hooks::since.asc());
    Ok(failed.limit(most).select((hooks::name, hooks::since)).load(conn)?)
}

/// A row of `hook_messages`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = hook_messages, treat_none_as_default_value = false)]
pub struct HookMessageRow {
    /// Its id, the same at every try.
    pub id: HookMessageId,
    /// To whom.
    pub hook_id: HookId,
    /// Names what happened: told once.
    pub event: String,
    /// What it is.
    pub kind: EventKind,
    /// The body, the same bytes at every try.
    pub body: String,
    /// Where it stands.
    pub state: MessageState,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// When first.
    pub first_at: Option<Timestamp>,
    /// When last.
    pub tried_at: Option<Timestamp>,
    /// When next.
    pub next_at: Timestamp,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// Why the last try failed.
    pub said: Option<String>,
}

/// Adds messages; one whose event its endpoint was told of stays as it is.
///
/// # Errors
/// [`DbError`].
pub fn hook_message_insert_all(conn: &mut Conn, rows: &[HookMessageRow]) -> Result<(), DbError> {
    for part in rows.chunks(500) {
        match conn {
            Conn::Pg(c) => {
                diesel::insert_into(hook_messages::table).values(part).on_conflict_do_nothing().execute(c)?;
            }
            Conn::Lite(c) => {
                for row in part {
                    diesel::insert_into(hook_messages::table).values(row).on_conflict_do_nothing().execute(c)?;
                }
            }
        }
    }
    Ok(())
}

/// What an endpoint is to be sent at `now`, in the order of ids.
///
/// # Errors
/// [`DbError`].
pub fn hook_message_list_due(
    conn: &mut Conn,
    hook: HookId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<HookMessageRow>, DbError> {
    Ok(hook_messages::table
        .filter(hook_messages::hook_id.eq(hook))
        .filter(WAITING_MESSAGES)
        .filter(hook_messages::next_at.le(now))
        .order(hook_messages::id.asc())
        .limit(limit)
        .select(HookMessageRow::as_select())
        .load(conn)?)
}

/// How many messages wait for an endpoint, counted up to `most`.
///
/// # Errors
/// [`DbError`].
pub fn hook_message_count_waiting(conn: &mut Conn, hook: HookId, most: i64) -> Result<i64, DbError> {
    let waiting = hook_messages::table.filter(hook_messages::hook_id.eq(hook)).filter(WAITING_MESSAGES);
    let found: Vec<HookMessageId> = waiting.select(hook_messages::id).limit(most).load(conn)?;
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// An endpoint's messages, newest first: at most `limit` older than `before`.
///
/// # Errors
/// [`DbError`].
pub fn hook_message_list(
    conn: &mut Conn,
    hook: HookId,
    before: Option<HookMessageId>,
    limit: i64,
) -> Result<Vec<HookMessageRow>, DbError> {
    let of_hook = hook_messages::table.filter(hook_messages::hook_id.eq(hook));
    let mut query = of_hook.select(HookMessageRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(before) = before {
        query = query.filter(hook_messages::id.lt(before));
    }
    Ok(query.order(hook_messages::id.desc()).limit(limit).load(conn)?)
}

/// A message.
///
/// # Errors
/// [`DbError`].
pub fn hook_message_find(conn: &mut Conn, id: HookMessageId) -> Result<Option<HookMessageRow>, DbError> {
    Ok(hook_messages::table.find(id).select(HookMessageRow::as_select()).first(conn).optional()?)
}

/// Writes what became of a message.
///
/// # Errors
/// [`DbError`].
pub fn hook_message_update(conn: &mut Conn, row: &HookMessageRow) -> Result<(), DbError> {
    diesel::update(hook_messages::table.find(row.id))
        .set((
            hook_messages::state.eq(row.state),
            hook_messages::attempts.eq(row.attempts),
            hook_messages::first_at.eq(row.first_at),
            hook_messages::tried_at.eq(row.tried_at),
            hook_messages::next_at.eq(row.next_at),
            hook_messages::status.eq(row.status),
            hook_messages::said.eq(row.said.clone()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets up to `limit` messages made before `end` that do not wait; gives how many.
///
/// # Errors
/// [`DbError`].
pub fn hook_message_purge(conn: &mut Conn, end: HookMessageId, limit: i64) -> Result<usize, DbError> {
    let old = hook_messages::table
        .filter(hook_messages::id.lt(end))
        .filter(hook_messages::state.ne(MessageState::Waiting))
        .order(hook_messages::id.asc());
    let ids: Vec<HookMessageId> = old.limit(limit).select(hook_messages::id).load(conn)?;
    diesel::delete(hook_messages::table.filter(hook_messages::id.eq_any(ids.clone()))).execute(conn)?;
    Ok(ids.len())
}

/// A row of `hook_notes`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = hook_notes)]
pub struct HookNoteRow {
    /// Its id.
    pub id: HookNoteId,
    /// What happened,
    pub kind: EventKind,
    /// to what: the id of a claim or a click.
    pub subject: ClaimId,
    /// When.
    pub at: Timestamp,
}

/// Notes, in the caller's transaction, what happened to a claim.
///
/// # Errors
/// [`DbError`].
pub fn hook_note_insert(conn: &mut Conn, row: &HookNoteRow) -> Result<(), DbError> {
    both!(conn, c => diesel::insert_into(hook_notes::table).values(row.clone()).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Notes, in the caller's transaction, clicks that come so late that the reader of clicks may have passed them.
///
/// # Errors
/// [`DbError`].
pub fn hook_note_clicks(conn: &mut Conn, late: &[ClickId], at: Timestamp) -> Result<(), DbError> {
    if late.is_empty() || !hook_list_all(conn)?.iter().any(|hook| wants(hook, EventKind::ClickRecorded)) {
        return Ok(());
    }
    for id in late {
        let (note, subject) = (HookNoteId::from_uuid(id.uuid()), ClaimId::from_uuid(id.uuid()));
        hook_note_insert(conn, &HookNoteRow { id: note, kind: EventKind::ClickRecorded, subject, at })?;
    }
    Ok(())
}

/// Whether an endpoint wants to be told of this.
#[must_use]
pub fn wants(hook: &HookRow, kind: EventKind) -> bool {
    hook.kinds().is_ok_and(|kinds| kinds.contains(&kind))
}

/// The oldest notes.
///
/// # Errors
/// [`DbError`].
pub fn hook_note_list(conn: &mut Conn, limit: i64) -> Result<Vec<HookNoteRow>, DbError> {
    let oldest = hook_notes::table.order(hook_notes::id.asc()).limit(limit);
    Ok(oldest.select(HookNoteRow::as_select()).load(conn)?)
}

/// Takes notes away; gives how many were there.
///
/// # Errors
/// [`DbError`].
pub fn hook_note_delete(conn: &mut Conn, ids: Vec<HookNoteId>) -> Result<usize, DbError> {
    Ok(diesel::delete(hook_notes::table.filter(hook_notes::id.eq_any(ids))).execute(conn)?)
}

/// A click, as it is told.
#[derive(Debug, Clone, Copy, Queryable)]
pub struct ToldClick {
    /// Its id.
    pub id: ClickId,
    /// The partner that it leads to.
    pub partner: PartnerId,
    /// The store.
    pub store: StoreId,
    /// When.
    pub at: Timestamp,
    /// What it looked like, when not like a shopper.
    pub bot: Option<BotVerdict>,
}

/// The next clicks by id: those after `after` and before `end`, at most `limit`.
///
/// # Errors
/// [`DbError`].
pub fn hook_click_walk(conn: &mut Conn, after: ClickId, end: ClickId, limit: i64) -> Result<Vec<ToldClick>, DbError> {
    Ok(clicks::table
        .filter(clicks::id.gt(after))
        .filter(clicks::id.lt(end))
        .order(clicks::id.asc())
        .limit(limit)
        .select((clicks::id, clicks::partner_id, clicks::store_id, clicks::at, clicks::bot))
        .load(conn)?)
}
