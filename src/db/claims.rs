//! Claims: shoppers' missing orders.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::schema::{claim_files, claims, conversions};
use crate::base::Timestamp;
use crate::base::id::{ClaimId, ClickId, PartnerId, ShopperId, StoreId};
use crate::domain::claim::ClaimState;
use crate::domain::money::{Amount, Currency};

/// A row of `claims`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = claims)]
pub struct ClaimRow {
    /// Its id.
    pub id: ClaimId,
    /// Who claims.
    pub shopper_id: ShopperId,
    /// The store of the click.
    pub store_id: StoreId,
    /// The partner that the click led to.
    pub partner_id: PartnerId,
    /// The click.
    pub click_id: ClickId,
    /// The order's number as the store wrote it.
    pub order_number: String,
    /// What was paid, in minor units.
    pub order_amount: Option<i64>,
    /// The currency of that.
    pub currency: Option<Currency>,
    /// When it was ordered, as the shopper says.
    pub ordered_at: Timestamp,
    /// The shopper's words.
    pub note: Option<String>,
    /// Where it stands.
    pub state: ClaimState,
    /// The answer's words.
    pub answer: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it should be answered.
    pub answer_by: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// Who answered.
    pub answered_by: Option<String>,
}

impl ClaimRow {
    /// What was paid, if told.
    #[must_use]
    pub fn amount(&self) -> Option<Amount> {
        self.order_amount.zip(self.currency).map(|(minor, currency)| Amount::new(minor, currency))
    }
}

/// Which claims to list.
#[derive(Debug, Clone, Default)]
pub struct ClaimFilter {
    /// Only of this shopper.
    pub shopper_id: Option<ShopperId>,
    /// Only about this partner.
    pub partner_id: Option<PartnerId>,
    /// Only in this state.
    pub state: Option<ClaimState>,
    /// Only those before this one.
    pub before: Option<ClaimId>,
}

/// Adds a claim.
///
/// # Errors
/// [`DbError::Taken`] when this order was claimed for this click before.
pub fn claim_insert(conn: &mut Conn, row: &ClaimRow) -> Result<(), DbError> {
    diesel::insert_into(claims::table).values(row).execute(conn)?;
    Ok(())
}

/// A claim by id.
///
/// # Errors
/// [`DbError`].
pub fn claim_find(conn: &mut Conn, id: ClaimId) -> Result<Option<ClaimRow>, DbError> {
    Ok(claims::table.find(id).select(ClaimRow::as_select()).first(conn).optional()?)
}

/// Whether this order was claimed for this click.
///
/// # Errors
/// [`DbError`].
pub fn claim_exists(conn: &mut Conn, click: ClickId, number: &str) -> Result<bool, DbError> {
    let same = claims::table.filter(claims::click_id.eq(click)).filter(claims::order_number.eq(number));
    Ok(diesel::select(diesel::dsl::exists(same)).get_result(conn)?)
}

/// The keys of a shopper's orders at a store that have this number, as their key or as the order's, whichever click they came of.
///
/// # Errors
/// [`DbError`].
pub fn order_list_of_number(
    conn: &mut Conn,
    shopper: ShopperId,
    store: StoreId,
    number: &str,
) -> Result<Vec<String>, DbError> {
    let named = conversions::external_id.eq(number).nullable().or(conversions::order_id.eq(number));
    let own = conversions::table.filter(conversions::shopper_id.eq(shopper)).filter(conversions::store_id.eq(store));
    Ok(own.filter(named).select(conversions::external_id).load(conn)?)
}

/// Claims, newest first.
///
/// # Errors
/// [`DbError`].
pub fn claim_list(conn: &mut Conn, filter: &ClaimFilter, limit: i64) -> Result<Vec<ClaimRow>, DbError> {
    let mut query = claims::table.select(ClaimRow::as_select()).order(claims::id.desc()).limit(limit).into_boxed();
    if let Some(shopper) = filter.shopper_id {
        query = query.filter(claims::shopper_id.eq(shopper));
    }
    if let Some(partner) = filter.partner_id {
        query = query.filter(claims::partner_id.eq(partner));
    }
    if let Some(state) = filter.state {
        query = query.filter(claims::state.eq(state));
    }
    if let Some(before) = filter.before {
        query = query.filter(claims::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// Answers an open claim; false when it is not open any more.
///
/// # Errors
/// [`DbError`].
pub fn claim_answer(
    conn: &mut Conn,
    id: ClaimId,
    state: ClaimState,
    answer: &str,
    at: Timestamp,
    by: &str,
) -> Result<bool, DbError> {
    let open = claims::table.find(id).filter(claims::state.eq(ClaimState::Open));
    let changed = diesel::update(open)
        .set((
            claims::state.eq(state),
            claims::answer.eq(answer),
            claims::answered_at.eq(at),
            claims::answered_by.eq(by),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Opens a claim again whose order could not be booked after all.
///
/// # Errors
/// [`DbError`].
pub fn claim_reopen(conn: &mut Conn, id: ClaimId) -> Result<(), DbError> {
    let accepted = claims::table.find(id).filter(claims::state.eq(ClaimState::Accepted));
    diesel::update(accepted)
        .set((
            claims::state.eq(ClaimState::Open),
            claims::answer.eq(None::<String>),
            claims::answered_at.eq(None::<Timestamp>),
            claims::answered_by.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes out of a shopper's claims what tells about a person: the words and the files.
///
/// # Errors
/// [`DbError`].
pub fn claim_erase_all(conn: &mut Conn, shopper: ShopperId) -> Result<(), DbError> {
    let own = claims::table.filter(claims::shopper_id.eq(shopper));
    let ids: Vec<ClaimId> = own.select(claims::id).load(conn)?;
    for part in ids.chunks(500) {
        diesel::delete(claim_files::table.filter(claim_files::claim_id.eq_any(part.to_vec()))).execute(conn)?;
    }
    diesel::update(own).set(claims::note.eq(None::<String>)).execute(conn)?;
    Ok(())
}
