//! Providers' webhooks, kept before they are acted on.

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::indexed::WAITING_EVENTS;
use super::schema::provider_events;
use crate::base::Timestamp;
use crate::base::id::PayoutId;
use crate::both;

/// A row of `provider_events`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = provider_events)]
pub struct ProviderEventRow {
    /// Who sent it.
    pub provider: String,
    /// The provider's id of the message.
    pub event_id: String,
    /// When it came.
    pub received_at: Timestamp,
    /// The payout it is about, once that is known.
    pub payout_id: Option<PayoutId>,
    /// Our key, where the provider gave it back.
    pub provider_key: Option<String>,
    /// The provider's reference.
    pub provider_ref: Option<String>,
    /// The provider's word for where the payout stands; `unreadable` when there is none.
    pub status: String,
    /// The body, word for word.
    pub body: String,
    /// Whether the payout has taken it in.
    pub applied: bool,
    /// Why it waits for a person.
    pub problem: Option<String>,
}

/// Keeps a message; false when it was there before.
///
/// # Errors
/// [`DbError`].
pub fn provider_event_insert(conn: &mut Conn, row: &ProviderEventRow) -> Result<bool, DbError> {
    let added = both!(conn, c => diesel::insert_into(provider_events::table)
        .values(row.clone())
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(added > 0)
}

/// Messages that no payout has taken in, newest first: those received before `before`.
///
/// # Errors
/// [`DbError`].
pub fn provider_event_list_waiting(
    conn: &mut Conn,
    before: Option<Timestamp>,
    limit: i64,
) -> Result<Vec<ProviderEventRow>, DbError> {
    let waiting = provider_events::table.filter(WAITING_EVENTS);
    let mut query = waiting.select(ProviderEventRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(before) = before {
        query = query.filter(provider_events::received_at.lt(before));
    }
    Ok(query.order((provider_events::received_at.desc(), provider_events::event_id.asc())).limit(limit).load(conn)?)
}

/// Notes which key the provider gave for a message that came without one; empty when it knows none.
///
/// # Errors
/// [`DbError`].
pub fn provider_event_learn(conn: &mut Conn, row: &ProviderEventRow, key: &str) -> Result<(), DbError> {
    diesel::update(provider_events::table.find((&row.provider, &row.event_id)))
        .set(provider_events::provider_key.eq(key))
        .execute(conn)?;
    Ok(())
}

/// Notes that a payout has taken a message in.
///
/// # Errors
/// [`DbError`].
pub fn provider_event_apply(conn: &mut Conn, row: &ProviderEventRow, payout: PayoutId) -> Result<(), DbError> {
    diesel::update(provider_events::table.find((&row.provider, &row.event_id)))
        .set((
            provider_events::payout_id.eq(payout),
            provider_events::applied.eq(true),
            provider_events::problem.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}
