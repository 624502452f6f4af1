//! Conversions and their revisions.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::fixed::{fixed, list};
use super::indexed::TO_RELEASE;
use super::insert::{Insert, insert, insert_together};
use super::revisions::{RevisionCause, RevisionRow, revision_rows};
use super::schema::{conversions, sql};
use crate::base::Timestamp;
use crate::base::id::{ClickId, ConversionId, PartnerId, ShopperId, StoreId, TermsId};
use crate::both;
use crate::domain::adapter::Weight;
use crate::domain::conversion::{Conversion, State};
use crate::domain::money::{Amount, Currency};

/// A row of `conversions`.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = conversions, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ConversionRow {
    id: ConversionId,
    partner_id: PartnerId,
    external_id: String,
    order_id: Option<String>,
    store_id: StoreId,
    click_id: ClickId,
    shopper_id: ShopperId,
    terms_id: TermsId,
    state: State,
    reason: Option<String>,
    hold: bool,
    payable: bool,
    paid: bool,
    currency: Currency,
    commission: i64,
    cashback: i64,
    order_amount: Option<i64>,
    order_currency: Option<Currency>,
    promise: String,
    category: Option<String>,
    event_at: Option<Timestamp>,
    weight: Weight,
    decided_at: Timestamp,
    occurred_at: Timestamp,
    confirmed_at: Option<Timestamp>,
    available_at: Option<Timestamp>,
    released: bool,
    revision: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ConversionRow {
    /// The row of a conversion.
    ///
    /// # Errors
    /// [`DbError::Corrupt`] when its promise cannot be told as JSON.
    pub fn of(c: &Conversion) -> Result<Self, DbError> {
        let promise = serde_json::to_string(&c.promise).map_err(|cause| DbError::corrupt("promise", cause))?;
        Ok(Self {
            id: c.id,
            partner_id: c.partner_id,
            external_id: c.external_id.clone(),
            order_id: c.order_id.clone(),
            store_id: c.store_id,
            click_id: c.click_id,
            shopper_id: c.shopper_id,
            terms_id: c.terms_id,
            state: c.state,
            reason: c.reason.clone(),
            hold: c.hold,
            payable: c.payable,
            paid: c.paid,
            currency: c.commission.currency(),
            commission: c.commission.minor(),
            cashback: c.cashback.minor(),
            order_amount: c.order_amount.map(Amount::minor),
            order_currency: c.order_amount.map(Amount::currency),
            promise,
            category: c.category.clone(),
            event_at: c.event_at,
            weight: c.weight,
            decided_at: c.decided_at,
            occurred_at: c.occurred_at,
            confirmed_at: c.confirmed_at,
            available_at: c.available_at,
            released: c.released,
            revision: c.revision,
            created_at: c.created_at,
            updated_at: c.updated_at,
        })
    }

    fn conversion(self) -> Result<Conversion, DbError> {
        let promise =
            serde_json::from_str(&self.promise).map_err(|cause| DbError::corrupt("conversions.promise", cause))?;
        Ok(Conversion {
            id: self.id,
            partner_id: self.partner_id,
            external_id: self.external_id,
            order_id: self.order_id,
            store_id: self.store_id,
            click_id: self.click_id,
            shopper_id: self.shopper_id,
            terms_id: self.terms_id,
            state: self.state,
            reason: self.reason,
            hold: self.hold,
            payable: self.payable,
            paid: self.paid,
            commission: Amount::new(self.commission, self.currency),
            cashback: Amount::new(self.cashback, self.currency),
            order_amount: self.order_amount.zip(self.order_currency).map(|(minor, of)| Amount::new(minor, of)),
            promise,
            category: self.category,
            event_at: self.event_at,
            weight: self.weight,
            decided_at: self.decided_at,
            occurred_at: self.occurred_at,
            confirmed_at: self.confirmed_at,
            available_at: self.available_at,
            released: self.released,
            revision: self.revision,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The conversion of this partner and external id.
///
/// # Errors
/// [`DbError`].
pub fn conversion_find_by_key(
    conn: &mut Conn,
    partner: PartnerId,
    external_id: &str,
) -> Result<Option<Conversion>, DbError> {
    let found = conversions::table
        .filter(conversions::partner_id.eq(partner))
        .filter(conversions::external_id.eq(external_id))
        .select(ConversionRow::as_select())
        .first(conn)
        .optional()?;
    found.map(ConversionRow::conversion).transpose()
}

/// The conversions with these keys, a partner's id and what it calls the order each; in no order.
///
/// # Errors
/// [`DbError`].
pub fn conversion_list_by_keys(conn: &mut Conn, keys: &[(PartnerId, &str)]) -> Result<Vec<Conversion>, DbError> {
    let rows = match conn {
        Conn::Pg(c) => rows_by_keys(c, keys)?,
        Conn::Lite(c) => {
            let one = |(partner, external_id): &(PartnerId, &str)| {
                let of_partner = conversions::table.filter(conversions::partner_id.eq(*partner));
                let found = of_partner.filter(conversions::external_id.eq(*external_id));
                found.select(ConversionRow::as_select()).load(c)
            };
            keys.iter().map(one).collect::<QueryResult<Vec<Vec<ConversionRow>>>>()?.concat()
        }
    };
    rows.into_iter().map(ConversionRow::conversion).collect()
}

/// One key after the other is looked up in the index, whatever the planner believes of the table: asked for both lists with
/// ANY, it may read a partner's whole part of the index.
fn rows_by_keys(conn: &mut PgConnection, keys: &[(PartnerId, &str)]) -> QueryResult<Vec<ConversionRow>> {
    use diesel::sql_types::Text;
    let asked = (
        list::<sql::Uid, _>(keys.iter().map(|(partner, _)| *partner)),
        list::<Text, _>(keys.iter().map(|(_, external_id)| *external_id)),
    );
    let by_key = ") AS asked (partner_id, external_id) CROSS JOIN LATERAL (SELECT * FROM conversions \
                  WHERE conversions.partner_id = asked.partner_id \
                  AND conversions.external_id = asked.external_id LIMIT 1) AS found";
    fixed("SELECT found.* FROM UNNEST(", asked, by_key).load(conn)
}

/// What these shoppers have at these stores that was neither declined nor reversed, in no order.
///
/// # Errors
/// [`DbError`].
pub fn conversion_list_alive(
    conn: &mut Conn,
    shoppers: Vec<ShopperId>,
    stores: Vec<StoreId>,
) -> Result<Vec<Conversion>, DbError> {
    let rows: Vec<ConversionRow> = conversions::table
        .filter(conversions::shopper_id.eq_any(shoppers))
        .filter(conversions::store_id.eq_any(stores))
        .filter(conversions::state.eq_any([State::Pending, State::Confirmed]))
        .select(ConversionRow::as_select())
        .load(conn)?;
    rows.into_iter().map(ConversionRow::conversion).collect()
}

/// A conversion by id.
///
/// # Errors
/// [`DbError`].
pub fn conversion_find(conn: &mut Conn, id: ConversionId) -> Result<Option<Conversion>, DbError> {
    let found = conversions::table.find(id).select(ConversionRow::as_select()).first(conn).optional()?;
    found.map(ConversionRow::conversion).transpose()
}

/// A partner's conversions with any of these order numbers or external ids, in no order.
///
/// # Errors
/// [`DbError`].
pub fn conversion_list_by_numbers(
    conn: &mut Conn,
    partner: PartnerId,
    numbers: &[String],
) -> Result<Vec<Conversion>, DbError> {
    let named = conversions::external_id.eq_any(numbers.to_vec()).or(conversions::order_id.eq_any(numbers.to_vec()));
    let some = conversions::table.filter(conversions::partner_id.eq(partner)).filter(named);
    some.select(ConversionRow::as_select()).load(conn)?.into_iter().map(ConversionRow::conversion).collect()
}

/// Conversions by id, in no order.
///
/// # Errors
/// [`DbError`].
pub fn conversion_list_by_ids(conn: &mut Conn, ids: &[ConversionId]) -> Result<Vec<Conversion>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let some = conversions::table.filter(conversions::id.eq_any(ids.to_vec()));
    some.select(ConversionRow::as_select()).load(conn)?.into_iter().map(ConversionRow::conversion).collect()
}

/// Stores a conversion as decided, with its revision. `known_revision` is the one that was decided upon,
/// 0 for a new conversion.
///
/// # Errors
/// [`DbError::Again`] when somebody else changed it since; [`DbError::Taken`] when its key was taken since.
pub fn conversion_put(
    conn: &mut Conn,
    next: &Conversion,
    cause: &RevisionCause,
    known_revision: i64,
) -> Result<(), DbError> {
    let row = ConversionRow::of(next)?;
    let new = if known_revision == 0 {
        std::slice::from_ref(&row)
    } else {
        conversion_update(conn, known_revision, &row)?;
        &[]
    };
    insert_together(conn, &[conversion_rows(new), revision_rows(&[RevisionRow::of(next, cause)])])
}

/// Stores a conversion over the revision that stands before it. By its key, one at a time: a join with a list may be planned, while
/// there are few orders, to read them all, and stay so.
///
/// # Errors
/// [`DbError::Again`] when somebody else changed it since.
pub fn conversion_update(conn: &mut Conn, known_revision: i64, row: &ConversionRow) -> Result<(), DbError> {
    let old = || conversions::table.find(row.id).filter(conversions::revision.eq(known_revision));
    match both!(conn, c => diesel::update(old()).set(row).execute(c))? {
        1 => Ok(()),
        _ => Err(DbError::Again(format!("conversion {} is no longer at revision {known_revision}", row.id))),
    }
}

/// New conversions.
#[must_use]
pub fn conversion_rows(new: &[ConversionRow]) -> Insert<'_> {
    insert!(conversions(
        id, partner_id, external_id, order_id, store_id, click_id, shopper_id, terms_id, state, reason, hold, payable,
        paid, currency, commission, cashback, order_amount, order_currency, promise, category, event_at, weight,
        decided_at, occurred_at, confirmed_at, available_at, released, revision, created_at, updated_at
    ) of new)
}

/// At which stores these conversions were made, in no order.
///
/// # Errors
/// [`DbError`].
pub fn store_list_of(conn: &mut Conn, ids: Vec<ConversionId>) -> Result<Vec<(ConversionId, StoreId)>, DbError> {
    let of_these = conversions::table.filter(conversions::id.eq_any(ids));
    Ok(of_these.select((conversions::id, conversions::store_id)).load(conn)?)
}

/// Which conversions to list.
#[derive(Debug, Clone, Default)]
pub struct ConversionFilter {
    /// Only of this shopper.
    pub shopper_id: Option<ShopperId>,
    /// Only of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only of this store.
    pub store_id: Option<StoreId>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only with this order number or external id.
    pub number: Option<String>,
    /// Only those before this one.
    pub before: Option<ConversionId>,
}

/// Conversions, newest first.
///
/// # Errors
/// [`DbError`].
pub fn conversion_list(conn: &mut Conn, filter: &ConversionFilter, limit: i64) -> Result<Vec<Conversion>, DbError> {
    let mut query =
        conversions::table.select(ConversionRow::as_select()).order(conversions::id.desc()).limit(limit).into_boxed();
    if let Some(shopper) = filter.shopper_id {
        query = query.filter(conversions::shopper_id.eq(shopper));
    }
    if let Some(partner) = filter.partner_id {
        query = query.filter(conversions::partner_id.eq(partner));
    }
    if let Some(store) = filter.store_id {
        query = query.filter(conversions::store_id.eq(store));
    }
    if let Some(state) = filter.state {
        query = query.filter(conversions::state.eq(state));
    }
    if let Some(number) = &filter.number {
        let number = number.clone();
        query = query.filter(conversions::order_id.eq(number.clone()).or(conversions::external_id.eq(number)));
    }
    if let Some(before) = filter.before {
        query = query.filter(conversions::id.lt(before));
    }
    query.load(conn)?.into_iter().map(ConversionRow::conversion).collect()
}

/// How many conversions these stores have that were first heard of in a time, by store and state.
///
/// # Errors
/// [`DbError`].
pub fn order_counts(
    conn: &mut Conn,
    stores: &[StoreId],
    from: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<(StoreId, State), i64>, DbError> {
    if stores.is_empty() {
        return Ok(BTreeMap::new());
    }
    let counted: Vec<(StoreId, State, i64)> = conversions::table
        .filter(conversions::store_id.eq_any(stores.to_vec()))
        .filter(conversions::created_at.ge(from).and(conversions::created_at.lt(until)))
        .group_by((conversions::store_id, conversions::state))
        .select((conversions::store_id, conversions::state, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(counted.into_iter().map(|(store, state, count)| ((store, state), count)).collect())
}

/// The conversions that came of a click.
///
/// # Errors
/// [`DbError`].
pub fn conversion_list_of_click(conn: &mut Conn, click: ClickId) -> Result<Vec<Conversion>, DbError> {
    let rows: Vec<ConversionRow> =
        conversions::table.filter(conversions::click_id.eq(click)).select(ConversionRow::as_select()).load(conn)?;
    rows.into_iter().map(ConversionRow::conversion).collect()
}

/// Confirmed conversions whose hold is over at `now`, the longest waiting first.
///
/// # Errors
/// [`DbError`].
pub fn conversion_list_to_release(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Conversion>, DbError> {
    let due: Vec<ConversionRow> = conversions::table
        .filter(TO_RELEASE)
        .filter(conversions::available_at.le(now))
        .order(conversions::available_at.asc())
        .limit(limit)
        .select(ConversionRow::as_select())
        .load(conn)?;
    due.into_iter().map(ConversionRow::conversion).collect()
}

/// Conversions by id, for verification: the next `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn conversion_walk(conn: &mut Conn, after: Option<ConversionId>, limit: i64) -> Result<Vec<Conversion>, DbError> {
    let after = after.unwrap_or_else(|| ConversionId::from_uuid(uuid::Uuid::nil()));
    let next = || conversions::table.filter(conversions::id.gt(after)).order(conversions::id.asc()).limit(limit);
    let rows: Vec<ConversionRow> = both!(conn, c => next().select(ConversionRow::as_select()).load(c)?);
    rows.into_iter().map(ConversionRow::conversion).collect()
}
