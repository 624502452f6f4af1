//! Clicks, and the keys that sign the links to them.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::bulk::bulk_insert;
use super::conn::Conn;
use super::error::DbError;
use super::schema::{clicks, clicks_kept, shopper_clicks, signing_keys};
use super::set::{Answers, WriteSet};
use crate::base::Timestamp;
use crate::base::id::{ClickId, PartnerId, ShopperId, StoreId, TermsId};
use crate::domain::bot::BotVerdict;

/// A row of `clicks`. Its fields' names stand in the stream too: a new one has to be optional there.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = clicks, treat_none_as_default_value = false)]
pub struct ClickRow {
    /// Its id; [`crate::base::Id::reference`] of it is what the partner gets.
    pub id: ClickId,
    /// Who clicked.
    pub shopper_id: ShopperId,
    /// The store.
    pub store_id: StoreId,
    /// The partner that the store was reached through at that time.
    pub partner_id: PartnerId,
    /// The terms that were promised.
    pub terms_id: TermsId,
    /// When.
    pub at: Timestamp,
    /// When the link was made.
    pub issued_at: Timestamp,
    /// Where the shopper was sent.
    pub landing_url: String,
    /// The host of the page that the link stood on.
    pub referrer_host: Option<String>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    /// The address cut to /24 or /48.
    pub ip_prefix: Option<String>,
    /// A keyed hash of the whole address.
    pub ip_hash: Option<String>,
    /// The `Sec-Fetch-*` headers: `site mode dest user`.
    pub sec_fetch: Option<String>,
    /// What it looked like, when not like a shopper.
    pub bot: Option<BotVerdict>,
}

/// Adds a click.
///
/// # Errors
/// [`DbError`].
pub fn click_insert(conn: &mut Conn, row: &ClickRow) -> Result<(), DbError> {
    bulk_insert!(conn, clicks::table, std::slice::from_ref(row))
}

/// Adds those clicks that are not stored yet; gives how many that were. One that stands in `rows` twice is added once.
///
/// # Errors
/// [`DbError::Taken`] when somebody else adds one of them at the same time: nothing is added then.
pub fn click_insert_missing(conn: &mut Conn, rows: &[ClickRow]) -> Result<usize, DbError> {
    let mut known: HashSet<ClickId> = HashSet::new();
    // SQLite binds 32,766 values at most.
    for part in rows.chunks(1000) {
        let ids: Vec<ClickId> = part.iter().map(|row| row.id).collect();
        known.extend(clicks::table.filter(clicks::id.eq_any(ids)).select(clicks::id).load::<ClickId>(conn)?);
    }
    let missing: Vec<ClickRow> = rows.iter().filter(|row| known.insert(row.id)).cloned().collect();
    if !missing.is_empty() {
        bulk_insert!(conn, clicks::table, &missing)?;
    }
    Ok(missing.len())
}

/// Clicks, written as many at a time as are waiting.
#[derive(Debug)]
pub enum Clicks {}

impl WriteSet for Clicks {
    type Item = ClickRow;
    type Done = ();
    type Error = DbError;
    const FOR_CALLERS: bool = true;

    fn write(conn: &mut Conn, items: &[ClickRow]) -> Result<Answers<Self>, DbError> {
        bulk_insert!(conn, clicks::table, items)?;
        Ok(items.iter().map(|_| Ok(())).collect())
    }
}

/// Clicks by id, also old ones that were kept for their order or claim, in no order.
///
/// # Errors
/// [`DbError`].
pub fn click_list_by_ids(conn: &mut Conn, ids: &[ClickId]) -> Result<Vec<ClickRow>, DbError> {
    let recent = clicks::table.filter(clicks::id.eq_any(ids.to_vec())).select(ClickRow::as_select());
    let mut found: Vec<ClickRow> = recent.load(conn)?;
    if found.len() < ids.len() {
        let kept = clicks_kept::table.filter(clicks_kept::id.eq_any(ids.to_vec())).select(clicks_kept::all_columns);
        found.extend(kept.load::<ClickRow>(conn)?);
    }
    Ok(found)
}

/// A click by id, also an old one that was kept for its order or claim.
///
/// # Errors
/// [`DbError`].
pub fn click_find(conn: &mut Conn, id: ClickId) -> Result<Option<ClickRow>, DbError> {
    Ok(click_list_by_ids(conn, &[id])?.pop())
}

/// The ids of a shopper's clicks from `from` to before `before`, newest first, at most `limit`. They are read by themselves: the
/// view that finds them is another thing on each database, and a join with it could be planned to read all clicks.
///
/// # Errors
/// [`DbError`].
pub fn click_ids_of_shopper(
    conn: &mut Conn,
    shopper: ShopperId,
    from: Option<ClickId>,
    before: Option<ClickId>,
    limit: i64,
) -> Result<Vec<ClickId>, DbError> {
    let from = from.unwrap_or_else(|| ClickId::from_uuid(uuid::Uuid::nil()));
    let before = before.unwrap_or_else(|| ClickId::from_uuid(uuid::Uuid::max()));
    Ok(shopper_clicks::table
        .filter(shopper_clicks::shopper_id.eq(shopper))
        .filter(shopper_clicks::click_id.ge(from).and(shopper_clicks::click_id.lt(before)))
        .select(shopper_clicks::click_id)
        .order(shopper_clicks::click_id.desc())
        .limit(limit)
        .load(conn)?)
}

/// A shopper's clicks, newest first.
///
/// # Errors
/// [`DbError`].
pub fn click_list_of_shopper(
    conn: &mut Conn,
    shopper: ShopperId,
    before: Option<ClickId>,
    limit: i64,
) -> Result<Vec<ClickRow>, DbError> {
    let ids = click_ids_of_shopper(conn, shopper, None, before, limit)?;
    let mut rows = click_list_by_ids(conn, &ids)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    Ok(rows)
}

/// How many clicks of all partners one page of a partner's clicks looks through at most.
const LOOKED_THROUGH: i64 = 20_000;

/// A partner's clicks, newest first, and the click before which the next page begins. There is no index for them: it would
/// be written with every click and read by few. So a page looks through the newest clicks of all partners, only so many,
/// and may be short, or empty, while more follow.
///
/// # Errors
/// [`DbError`].
pub fn click_list_of_partner(
    conn: &mut Conn,
    partner: PartnerId,
    before: Option<ClickId>,
    limit: i64,
) -> Result<(Vec<ClickRow>, Option<ClickId>), DbError> {
    let mut horizon = clicks::table.select(clicks::id).order(clicks::id.desc()).limit(1).into_boxed();
    let mut query = clicks::table.select(ClickRow::as_select()).order(clicks::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        horizon = horizon.filter(clicks::id.lt(before));
        query = query.filter(clicks::id.lt(before));
    }
    let horizon: Option<ClickId> = horizon.offset(LOOKED_THROUGH).first(conn).optional()?;
    if let Some(horizon) = horizon {
        query = query.filter(clicks::id.ge(horizon));
    }
    let rows: Vec<ClickRow> = query.filter(clicks::partner_id.eq(partner)).load(conn)?;
    let full = i64::try_from(rows.len()).is_ok_and(|found| found >= limit);
    let next = rows.last().filter(|_| full).map(|row| row.id).or(horizon);
    Ok((rows, next))
}

/// The oldest of the newest `count` clicks of all partners, and when it was; none when there are no more than that.
///
/// # Errors
/// [`DbError`].
pub fn click_horizon(conn: &mut Conn, count: i64) -> Result<(Option<ClickId>, Option<Timestamp>), DbError> {
    let oldest = clicks::table.order(clicks::id.desc()).select((clicks::id, clicks::at)).offset(count).limit(1);
    let found: Option<(ClickId, Timestamp)> = oldest.first(conn).optional()?;
    Ok(found.map_or((None, None), |(id, at)| (Some(id), Some(at))))
}

/// How many clicks led to each store of a partner in a time, of those after `horizon`.
///
/// # Errors
/// [`DbError`].
pub fn click_counts(
    conn: &mut Conn,
    partner: PartnerId,
    horizon: Option<ClickId>,
    from: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<StoreId, i64>, DbError> {
    let least = horizon.unwrap_or_else(|| ClickId::from_uuid(uuid::Uuid::nil()));
    let counted: Vec<(StoreId, i64)> = clicks::table
        .filter(clicks::id.gt(least))
        .filter(clicks::partner_id.eq(partner))
        .filter(clicks::at.ge(from).and(clicks::at.lt(until)))
        .group_by(clicks::store_id)
        .select((clicks::store_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(counted.into_iter().collect())
}

/// A row of `signing_keys`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
pub struct SigningKeyRow {
    /// Its short name, which stands in the links it signed.
    pub id: String,
    /// The key, sealed for `signing_key/{id}`.
    pub sealed: String,
    /// Since when it signs.
    pub created_at: Timestamp,
    /// Until when it verifies.
    pub retired_at: Option<Timestamp>,
}

/// The keys that verify at `now`, newest first: the first one signs.
///
/// # Errors
/// [`DbError`].
pub fn signing_key_list(conn: &mut Conn, now: Timestamp) -> Result<Vec<SigningKeyRow>, DbError> {
    Ok(signing_keys::table
        .filter(signing_keys::retired_at.is_null().or(signing_keys::retired_at.gt(now)))
        .order((signing_keys::created_at.desc(), signing_keys::id.desc()))
        .select(SigningKeyRow::as_select())
        .load(conn)?)
}

/// Adds a key; the older ones verify until `retire_at`.
///
/// # Errors
/// [`DbError`].
pub fn signing_key_rotate(conn: &mut Conn, row: &SigningKeyRow, retire_at: Timestamp) -> Result<(), DbError> {
    diesel::update(signing_keys::table.filter(signing_keys::retired_at.is_null()))
        .set(signing_keys::retired_at.eq(retire_at))
        .execute(conn)?;
    diesel::insert_into(signing_keys::table).values(row).execute(conn)?;
    Ok(())
}

/// Takes out of a shopper's clicks what tells about a person: the browser, and where it came from.
///
/// # Errors
/// [`DbError`].
pub fn click_erase_all(conn: &mut Conn, shopper: ShopperId) -> Result<(), DbError> {
    macro_rules! erase {
        ($table:ident, $those:expr) => {
            diesel::update($table::table.filter($those))
                .set((
                    $table::referrer_host.eq(None::<String>),
                    $table::user_agent.eq(None::<String>),
                    $table::ip_prefix.eq(None::<String>),
                    $table::ip_hash.eq(None::<String>),
                    $table::sec_fetch.eq(None::<String>),
                ))
                .execute(conn)?
        };
    }
    let own = click_ids_of_shopper(conn, shopper, None, None, i64::MAX)?;
    // SQLite binds 32,766 values at most.
    for part in own.chunks(1000) {
        erase!(clicks, clicks::id.eq_any(part.to_vec()));
    }
    erase!(clicks_kept, clicks_kept::shopper_id.eq(shopper));
    Ok(())
}
