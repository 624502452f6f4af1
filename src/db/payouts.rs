//! Payouts: withdrawals, what happened to each, and what they hold reserved.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::fixed::update;
use super::insert::{Insert, insert};
use super::schema::{payout_events, payouts};
use crate::base::Timestamp;
use crate::base::id::{MethodId, PayoutId, ShopperId};
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::{MethodKind, Payout, PayoutState, PersonWhy};

/// A row of `payouts`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = payouts, treat_none_as_default_value = false)]
pub struct PayoutRow {
    /// Its id.
    pub id: PayoutId,
    /// Whose it is.
    pub shopper_id: ShopperId,
    /// Where it goes.
    pub method_id: MethodId,
    /// Who sends it.
    pub provider: String,
    /// The method's kind, as it was.
    pub kind: MethodKind,
    /// The method's digits, as they were.
    pub masked: String,
    /// The currency of `amount` and `fee`.
    pub currency: Currency,
    /// What was reserved, the fee included, in minor units.
    pub amount: i64,
    /// The part that stays with the house, in minor units.
    pub fee: i64,
    /// Where it stands.
    pub state: PayoutState,
    /// Why it failed or came back.
    pub reason: Option<String>,
    /// The shopper's key of the request.
    pub idempotency_key: String,
    /// SHA-256 of the request, to tell a repeat from another request under the same key.
    pub request_hash: String,
    /// The one key of all sends to the provider.
    pub provider_key: String,
    /// Until when the provider remembers that key.
    pub key_expires_at: Option<Timestamp>,
    /// Whether nobody knows what came of a send.
    pub uncertain: bool,
    /// The provider's reference.
    pub provider_ref: Option<String>,
    /// How often it was handed to the provider.
    pub sends: i64,
    /// How often the provider was asked.
    pub polls: i64,
    /// Why a person has to look.
    pub attention: Option<PersonWhy>,
    /// Counts its changes; 0 when it was made.
    pub revision: i64,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl PayoutRow {
    /// What was reserved.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        Amount::new(self.amount, self.currency)
    }

    /// The part that stays with the house.
    #[must_use]
    pub const fn fee(&self) -> Amount {
        Amount::new(self.fee, self.currency)
    }

    /// The payout as the rules know it.
    #[must_use]
    pub fn payout(&self) -> Payout {
        Payout {
            id: self.id,
            state: self.state,
            amount: self.amount(),
            fee: self.fee(),
            provider_ref: self.provider_ref.clone(),
            sends: u32::try_from(self.sends).unwrap_or(u32::MAX),
            key_until: self.key_expires_at,
            uncertain: self.uncertain,
            reason: self.reason.clone(),
        }
    }

    /// This row with what the rules made of the payout.
    #[must_use]
    pub fn with(&self, payout: &Payout) -> Self {
        Self {
            state: payout.state,
            provider_ref: payout.provider_ref.clone(),
            sends: i64::from(payout.sends),
            key_expires_at: payout.key_until,
            uncertain: payout.uncertain,
            reason: payout.reason.clone(),
            ..self.clone()
        }
    }
}

/// A row of `payout_events`: what a payout was after each change.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_events, treat_none_as_default_value = false)]
pub struct PayoutEventRow {
    /// The payout.
    pub payout_id: PayoutId,
    /// Which change.
    pub revision: i64,
    /// When.
    pub at: Timestamp,
    /// The state after it.
    pub state: PayoutState,
    /// Where it came from: `shopper`, `operator/{id}`, `send`, `answer`, `webhook`, `poll`, and the like.
    pub cause: String,
    /// More about it: the provider's code, why a person has to look.
    pub detail: Option<String>,
}

/// New payouts. A shopper's key is used once: a second time it is taken.
#[must_use]
pub fn payout_rows(rows: &[PayoutRow]) -> Insert<'_> {
    insert!(payouts(
        id, shopper_id, method_id, provider, kind, masked, currency, amount, fee, state, reason, idempotency_key,
        request_hash, provider_key, key_expires_at, uncertain, provider_ref, sends, polls, attention, revision,
        requested_at, updated_at
    ) of rows)
}

/// Writes payouts, each over the revision that stands before it.
///
/// # Errors
/// [`DbError::Again`] when one has moved on meanwhile; [`DbError`].
pub fn payout_update_all(conn: &mut Conn, rows: &[(i64, &PayoutRow)]) -> Result<(), DbError> {
    let changed = match conn {
        Conn::Pg(_) if rows.is_empty() => 0,
        Conn::Pg(c) => update!(payouts(
            id, state, reason, key_expires_at, uncertain, provider_ref, sends, polls, attention, revision, updated_at
        ) of rows, c)?,
        Conn::Lite(c) => rows.iter().try_fold(0, |sum, (known, row)| {
            let old = payouts::table.find(row.id).filter(payouts::revision.eq(*known));
            let to = (
                payouts::state.eq(row.state),
                payouts::reason.eq(&row.reason),
                payouts::key_expires_at.eq(row.key_expires_at),
                payouts::uncertain.eq(row.uncertain),
                payouts::provider_ref.eq(&row.provider_ref),
                payouts::sends.eq(row.sends),
                payouts::polls.eq(row.polls),
                payouts::attention.eq(row.attention),
                payouts::revision.eq(row.revision),
                payouts::updated_at.eq(row.updated_at),
            );
            diesel::update(old).set(to).execute(c).map(|one| sum + one)
        })?,
    };
    if changed == rows.len() { Ok(()) } else { Err(DbError::Again("a payout has changed meanwhile".to_owned())) }
}

/// What happened to payouts.
#[must_use]
pub fn payout_event_rows(rows: &[PayoutEventRow]) -> Insert<'_> {
    insert!(payout_events(payout_id, revision, at, state, cause, detail) of rows)
}

/// What happened to a payout, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn payout_event_list(conn: &mut Conn, id: PayoutId) -> Result<Vec<PayoutEventRow>, DbError> {
    Ok(payout_events::table
        .filter(payout_events::payout_id.eq(id))
        .order(payout_events::revision.asc())
        .select(PayoutEventRow::as_select())
        .load(conn)?)
}

/// One payout.
///
/// # Errors
/// [`DbError`].
pub fn payout_find(conn: &mut Conn, id: PayoutId) -> Result<Option<PayoutRow>, DbError> {
    Ok(payouts::table.find(id).select(PayoutRow::as_select()).first(conn).optional()?)
}

/// Payouts by id, in no order.
///
/// # Errors
/// [`DbError`].
pub fn payout_list_by_ids(conn: &mut Conn, ids: Vec<PayoutId>) -> Result<Vec<PayoutRow>, DbError> {
    Ok(payouts::table.filter(payouts::id.eq_any(ids)).select(PayoutRow::as_select()).load(conn)?)
}

/// The payouts that any of these shoppers requested under any of these keys.
///
/// # Errors
/// [`DbError`].
pub fn payout_list_by_requests(
    conn: &mut Conn,
    shoppers: Vec<ShopperId>,
    keys: Vec<String>,
) -> Result<Vec<PayoutRow>, DbError> {
    let query = payouts::table.filter(payouts::shopper_id.eq_any(shoppers));
    let query = query.filter(payouts::idempotency_key.eq_any(keys));
    Ok(query.select(PayoutRow::as_select()).load(conn)?)
}

/// The payout that a provider speaks of: by our key where it gave that back, else by its reference.
///
/// # Errors
/// [`DbError`].
pub fn payout_find_by_provider(
    conn: &mut Conn,
    provider: &str,
    key: Option<&str>,
    reference: Option<&str>,
) -> Result<Option<PayoutRow>, DbError> {
    let of_provider = || payouts::table.filter(payouts::provider.eq(provider)).select(PayoutRow::as_select());
    if let Some(key) = key {
        return Ok(of_provider().filter(payouts::provider_key.eq(key)).first(conn).optional()?);
    }
    let Some(reference) = reference else { return Ok(None) };
    Ok(of_provider().filter(payouts::provider_ref.eq(reference)).first(conn).optional()?)
}

/// Which provider the payout with this key is sent through.
///
/// # Errors
/// [`DbError`].
pub fn payout_find_provider(conn: &mut Conn, key: &str) -> Result<Option<String>, DbError> {
    let of_key = payouts::table.filter(payouts::provider_key.eq(key));
    Ok(of_key.select(payouts::provider).first(conn).optional()?)
}

/// Which payouts to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct PayoutFilter {
    /// Only of this shopper.
    pub shopper_id: Option<ShopperId>,
    /// Only in this state.
    pub state: Option<PayoutState>,
    /// Only those that a person has to look at.
    pub attention: bool,
    /// Only those older than this one.
    pub before: Option<PayoutId>,
}

/// Payouts, newest first.
///
/// # Errors
/// [`DbError`].
pub fn payout_list(conn: &mut Conn, filter: &PayoutFilter, limit: i64) -> Result<Vec<PayoutRow>, DbError> {
    let mut query = payouts::table.select(PayoutRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(shopper) = filter.shopper_id {
        query = query.filter(payouts::shopper_id.eq(shopper));
    }
    if let Some(state) = filter.state {
        query = query.filter(payouts::state.eq(state));
    }
    if filter.attention {
        query = query.filter(payouts::attention.is_not_null());
    }
    if let Some(before) = filter.before {
        query = query.filter(payouts::id.lt(before));
    }
    Ok(query.order(payouts::id.desc()).limit(limit).load(conn)?)
}

/// What is approved for a provider, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn payout_list_approved(conn: &mut Conn, provider: &str, limit: i64) -> Result<Vec<PayoutRow>, DbError> {
    let query = payouts::table.filter(payouts::state.eq(PayoutState::Approved)).filter(payouts::provider.eq(provider));
    Ok(query.select(PayoutRow::as_select()).order(payouts::id.asc()).limit(limit).load(conn)?)
}

/// Whether anything of a provider was sent, or is being sent, and has not ended.
///
/// # Errors
/// [`DbError`].
pub fn payout_is_under_way(conn: &mut Conn, provider: &str) -> Result<bool, DbError> {
    let states = vec![PayoutState::Submitting, PayoutState::Submitted, PayoutState::Unknown];
    let query = payouts::table.filter(payouts::state.eq_any(states)).filter(payouts::provider.eq(provider));
    Ok(query.select(payouts::id).first::<PayoutId>(conn).optional()?.is_some())
}

/// Payouts by id, for verification: the next `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn payout_walk(conn: &mut Conn, after: Option<PayoutId>, limit: i64) -> Result<Vec<PayoutRow>, DbError> {
    let mut query = payouts::table.select(PayoutRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(after) = after {
        query = query.filter(payouts::id.gt(after));
    }
    Ok(query.order(payouts::id.asc()).limit(limit).load(conn)?)
}

/// What counts when a shopper requests another payout: what was requested lately, and what is still open.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = payouts)]
pub struct CountedRow {
    /// Whose it is.
    pub shopper_id: ShopperId,
    /// Its currency.
    pub currency: Currency,
    /// What was reserved, in minor units.
    pub amount: i64,
    /// Where it stands.
    pub state: PayoutState,
    /// When it was requested.
    pub requested_at: Timestamp,
}

/// The payouts of these shoppers that were requested after `since` or are open.
///
/// # Errors
/// [`DbError`].
pub fn payout_list_counted(
    conn: &mut Conn,
    shoppers: Vec<ShopperId>,
    since: Timestamp,
) -> Result<Vec<CountedRow>, DbError> {
    let counts = payouts::requested_at.gt(since).or(payouts::state.eq_any(PayoutState::OPEN.to_vec()));
    let query = payouts::table.filter(payouts::shopper_id.eq_any(shoppers)).filter(counts);
    Ok(query.select(CountedRow::as_select()).load(conn)?)
}

/// What the open payouts hold reserved, by shopper and currency; [`PayoutState::holds_reserve`] says which are open.
///
/// # Errors
/// [`DbError`].
pub fn payout_open_sums(conn: &mut Conn) -> Result<BTreeMap<(ShopperId, Currency), i64>, DbError> {
    let open = PayoutState::ALL.iter().copied().filter(|state| state.holds_reserve()).collect::<Vec<_>>();
    let rows: Vec<(ShopperId, Currency, i64)> = payouts::table
        .filter(payouts::state.eq_any(open))
        .select((payouts::shopper_id, payouts::currency, payouts::amount))
        .load(conn)?;
    let mut sums = BTreeMap::new();
    for (shopper, currency, amount) in rows {
        let sum: &mut i64 = sums.entry((shopper, currency)).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(sums)
}
