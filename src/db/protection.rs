//! What protects payouts: which destinations are the same, where payouts are asked from, why they are held, who let them
//! go, and whose are frozen.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::insert::{Insert, insert};
use super::schema::{
    conversions, destination_hashes, past_addresses, payout_approvals, payout_freezes, payout_networks, payout_reviews,
    payouts, second_factors, shoppers,
};
use super::shoppers::ShopperRow;
use crate::base::Timestamp;
use crate::base::id::{ClickId, KeyId, MethodId, PartnerId, PayoutId, ShopperId};
use crate::domain::conversion::State;
use crate::domain::money::Currency;
use crate::domain::payout::{PayoutState, ReviewRule};

/// A row of `destination_hashes`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = destination_hashes)]
pub struct DestinationRow {
    /// The saved destination.
    pub method_id: MethodId,
    /// Whose it is.
    pub shopper_id: ShopperId,
    /// Its keyed hash.
    pub hash: String,
}

/// Notes what a destination is.
///
/// # Errors
/// [`DbError`].
pub fn destination_insert(conn: &mut Conn, row: &DestinationRow) -> Result<(), DbError> {
    diesel::insert_into(destination_hashes::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// Puts another hash in the place of the one that a destination had, or notes the first.
///
/// # Errors
/// [`DbError`].
pub fn destination_put(conn: &mut Conn, row: &DestinationRow) -> Result<(), DbError> {
    diesel::delete(destination_hashes::table.find(row.method_id)).execute(conn)?;
    destination_insert(conn, row)
}

/// All destinations that are the same as any of these, on whatever account, these among them.
///
/// # Errors
/// [`DbError`].
pub fn destination_list_same(conn: &mut Conn, methods: Vec<MethodId>) -> Result<Vec<DestinationRow>, DbError> {
    let own = diesel::alias!(destination_hashes as own);
    let named = own.on(own.field(destination_hashes::hash).eq(destination_hashes::hash));
    let same = destination_hashes::table.inner_join(named);
    let same = same.filter(own.field(destination_hashes::method_id).eq_any(methods));
    Ok(same.select(DestinationRow::as_select()).distinct().load(conn)?)
}

/// Forgets what a shopper's destinations were, and where payouts were asked from.
///
/// # Errors
/// [`DbError`].
pub fn protection_erase(conn: &mut Conn, shopper: ShopperId) -> Result<(), DbError> {
    diesel::delete(destination_hashes::table.filter(destination_hashes::shopper_id.eq(shopper))).execute(conn)?;
    diesel::delete(payout_networks::table.filter(payout_networks::shopper_id.eq(shopper))).execute(conn)?;
    diesel::delete(past_addresses::table.filter(past_addresses::shopper_id.eq(shopper))).execute(conn)?;
    diesel::delete(payout_freezes::table.find(shopper)).execute(conn)?;
    Ok(())
}

/// A payout of the last day, as far as limits ask.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = payouts)]
pub struct DayRow {
    /// Where it goes.
    pub method_id: MethodId,
    /// Its currency.
    pub currency: Currency,
    /// What was reserved, in minor units.
    pub amount: i64,
    /// When it was requested.
    pub requested_at: Timestamp,
}

/// The states of payouts whose money went back: they count for no limit.
const GIVEN_BACK: [PayoutState; 3] = [PayoutState::Failed, PayoutState::Cancelled, PayoutState::Returned];

/// The payouts of these shoppers that were requested after `since` and were not given back.
///
/// # Errors
/// [`DbError`].
pub fn payout_list_of_day(conn: &mut Conn, shoppers: Vec<ShopperId>, since: Timestamp) -> Result<Vec<DayRow>, DbError> {
    let own = payouts::table.filter(payouts::shopper_id.eq_any(shoppers)).filter(payouts::requested_at.gt(since));
    Ok(own.filter(payouts::state.ne_all(GIVEN_BACK)).select(DayRow::as_select()).load(conn)?)
}

/// What all shoppers requested in a currency after `since` and was not given back, in minor units.
///
/// # Errors
/// [`DbError`].
pub fn payout_sum_of_day(conn: &mut Conn, currency: Currency, since: Timestamp) -> Result<i64, DbError> {
    let all = payouts::table.filter(payouts::requested_at.gt(since)).filter(payouts::currency.eq(currency));
    let amounts: Vec<i64> = all.filter(payouts::state.ne_all(GIVEN_BACK)).select(payouts::amount).load(conn)?;
    Ok(amounts.into_iter().fold(0, i64::saturating_add))
}

/// An order as far as rules ask.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = conversions)]
pub struct OrderRow {
    /// Whose it is.
    pub shopper_id: ShopperId,
    /// Who reports it.
    pub partner_id: PartnerId,
    /// The click that earned it.
    pub click_id: ClickId,
    /// Where it stands.
    pub state: State,
    /// When the report that it stands by arrived.
    pub decided_at: Timestamp,
    /// When it was made, as far as known.
    pub occurred_at: Timestamp,
}

/// The orders of these shoppers that were made at `from` or later, in no order.
///
/// # Errors
/// [`DbError`].
pub fn order_list_of(conn: &mut Conn, shoppers: Vec<ShopperId>, from: Timestamp) -> Result<Vec<OrderRow>, DbError> {
    let own = conversions::table.filter(conversions::shopper_id.eq_any(shoppers));
    Ok(own.filter(conversions::occurred_at.ge(from)).select(OrderRow::as_select()).load(conn)?)
}

/// A row of `payout_networks`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_networks, treat_none_as_default_value = false)]
pub struct NetworkRow {
    /// The payout.
    pub payout_id: PayoutId,
    /// Who asked for it.
    pub shopper_id: ShopperId,
    /// The keyed hash of the network.
    pub network: String,
    /// When.
    pub at: Timestamp,
}

/// Where payouts were asked from.
#[must_use]
pub fn network_rows(rows: &[NetworkRow]) -> Insert<'_> {
    insert!(payout_networks(payout_id, shopper_id, network, at) of rows)
}

/// Who asked from these networks after `since`.
///
/// # Errors
/// [`DbError`].
pub fn network_list(
    conn: &mut Conn,
    networks: Vec<String>,
    since: Timestamp,
) -> Result<Vec<(String, ShopperId)>, DbError> {
    let known = payout_networks::table.filter(payout_networks::network.eq_any(networks));
    let late = known.filter(payout_networks::at.gt(since));
    Ok(late.select((payout_networks::network, payout_networks::shopper_id)).distinct().load(conn)?)
}

/// Forgets networks of payouts, and past addresses, whose time is over: `networks` and `addresses` say until when. Gives how many.
///
/// # Errors
/// [`DbError`].
pub fn protection_purge(conn: &mut Conn, networks: Timestamp, addresses: Timestamp) -> Result<usize, DbError> {
    let old = payout_networks::table.filter(payout_networks::at.lt(networks));
    let past = past_addresses::table.filter(past_addresses::until.lt(addresses));
    Ok(diesel::delete(old).execute(conn)?.saturating_add(diesel::delete(past).execute(conn)?))
}

/// A row of `payout_reviews`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_reviews, treat_none_as_default_value = false)]
pub struct ReviewRow {
    /// The payout.
    pub payout_id: PayoutId,
    /// The rule that spoke.
    pub rule: ReviewRule,
    /// What it saw.
    pub seen: String,
    /// What would have passed.
    pub allowed: String,
}

/// Why payouts are held.
#[must_use]
pub fn review_rows(rows: &[ReviewRow]) -> Insert<'_> {
    insert!(payout_reviews(payout_id, rule, seen, allowed) of rows)
}

/// Why a payout is held, or was.
///
/// # Errors
/// [`DbError`].
pub fn review_list(conn: &mut Conn, payout: PayoutId) -> Result<Vec<ReviewRow>, DbError> {
    let own = payout_reviews::table.filter(payout_reviews::payout_id.eq(payout));
    Ok(own.order(payout_reviews::rule.asc()).select(ReviewRow::as_select()).load(conn)?)
}

/// A row of `payout_approvals`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_approvals)]
pub struct ApprovalRow {
    /// The payout.
    pub payout_id: PayoutId,
    /// The revision that was approved.
    pub revision: i64,
    /// Who: `operator/{id}` or `console`.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// Notes an approval.
///
/// # Errors
/// [`DbError::Taken`] when the same person gave it before.
pub fn approval_insert(conn: &mut Conn, row: &ApprovalRow) -> Result<(), DbError> {
    diesel::insert_into(payout_approvals::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// The approvals of a payout, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn approval_list(conn: &mut Conn, payout: PayoutId) -> Result<Vec<ApprovalRow>, DbError> {
    let own = payout_approvals::table.filter(payout_approvals::payout_id.eq(payout));
    Ok(own.order(payout_approvals::at.asc()).select(ApprovalRow::as_select()).load(conn)?)
}

/// A row of `payout_freezes`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = payout_freezes)]
pub struct FreezeRow {
    /// Whose payouts.
    pub shopper_id: ShopperId,
    /// Since when.
    pub at: Timestamp,
    /// Who froze them: `shopper`, `letter` or `operator/{id}`.
    pub actor: String,
}

/// Freezes a shopper's payouts; false when they were frozen before.
///
/// # Errors
/// [`DbError`].
pub fn freeze_insert(conn: &mut Conn, row: &FreezeRow) -> Result<bool, DbError> {
    if freeze_find(conn, row.shopper_id)?.is_some() {
        return Ok(false);
    }
    diesel::insert_into(payout_freezes::table).values(row.clone()).execute(conn)?;
    Ok(true)
}

/// Whether a shopper's payouts are frozen.
///
/// # Errors
/// [`DbError`].
pub fn freeze_find(conn: &mut Conn, shopper: ShopperId) -> Result<Option<FreezeRow>, DbError> {
    Ok(payout_freezes::table.find(shopper).select(FreezeRow::as_select()).first(conn).optional()?)
}

/// A shopper who is to be paid out to.
pub struct PayeeRow {
    /// The account.
    pub account: ShopperRow,
    /// Whether its payouts are frozen.
    pub frozen: bool,
    /// Whether they take a code of a second factor.
    pub takes_code: bool,
}

/// Those of these shoppers that there are, in no order.
///
/// # Errors
/// [`DbError`].
pub fn payee_list(conn: &mut Conn, ids: Vec<ShopperId>) -> Result<Vec<PayeeRow>, DbError> {
    let freeze = payout_freezes::table.on(payout_freezes::shopper_id.eq(shoppers::id));
    let factor = second_factors::table.on(second_factors::owner_id.eq(shoppers::id));
    let kept =
        (payout_freezes::shopper_id.nullable().is_not_null(), second_factors::confirmed_at.nullable().is_not_null());
    let found = shoppers::table.left_join(freeze).left_join(factor).filter(shoppers::id.eq_any(ids));
    let rows: Vec<(ShopperRow, (bool, bool))> = found.select((ShopperRow::as_select(), kept)).load(conn)?;
    Ok(rows.into_iter().map(|(account, (frozen, takes_code))| PayeeRow { account, frozen, takes_code }).collect())
}

/// Which of these shoppers have their payouts frozen.
///
/// # Errors
/// [`DbError`].
pub fn freeze_list(conn: &mut Conn, shoppers: Vec<ShopperId>) -> Result<Vec<ShopperId>, DbError> {
    let own = payout_freezes::table.filter(payout_freezes::shopper_id.eq_any(shoppers));
    Ok(own.select(payout_freezes::shopper_id).load(conn)?)
}

/// Ends a freeze; false when there was none.
///
/// # Errors
/// [`DbError`].
pub fn freeze_delete(conn: &mut Conn, shopper: ShopperId) -> Result<bool, DbError> {
    Ok(diesel::delete(payout_freezes::table.find(shopper)).execute(conn)? > 0)
}

/// A row of `past_addresses`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = past_addresses)]
pub struct PastAddressRow {
    /// Its id.
    pub id: KeyId,
    /// Whose it was.
    pub shopper_id: ShopperId,
    /// The address, sealed for [`past_address_context`].
    pub sealed: String,
    /// Until when letters about destinations go there too.
    pub until: Timestamp,
}

/// What a sealed past address is bound to.
#[must_use]
pub fn past_address_context(id: KeyId) -> String {
    format!("past_address/{id}")
}

/// Keeps an address that an account had.
///
/// # Errors
/// [`DbError`].
pub fn past_address_insert(conn: &mut Conn, row: &PastAddressRow) -> Result<(), DbError> {
    diesel::insert_into(past_addresses::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// The addresses that an account had and that are still told.
///
/// # Errors
/// [`DbError`].
pub fn past_address_list(conn: &mut Conn, shopper: ShopperId, now: Timestamp) -> Result<Vec<PastAddressRow>, DbError> {
    let own = past_addresses::table.filter(past_addresses::shopper_id.eq(shopper));
    Ok(own.filter(past_addresses::until.gt(now)).select(PastAddressRow::as_select()).load(conn)?)
}
