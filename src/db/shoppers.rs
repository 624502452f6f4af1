//! Shoppers' accounts.

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::shoppers;
use crate::base::Timestamp;
use crate::base::id::ShopperId;
use crate::domain::access::AccountStatus;
use crate::domain::reason::Language;

/// One shopper. `Debug` would show the address and the password's hash, so there is none.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = shoppers)]
pub struct ShopperRow {
    /// Its id.
    pub id: ShopperId,
    /// How tracking links name the shopper.
    pub public_id: String,
    /// Normalised address.
    pub email: String,
    /// PHC string.
    pub password_hash: String,
    /// Whether the account may be used.
    pub status: AccountStatus,
    /// The language to speak to the shopper in.
    pub language: Language,
    /// When a code sent to the address came back.
    pub email_confirmed_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// Adds a shopper.
///
/// # Errors
/// [`DbError::Taken`] when the address is known.
pub fn shopper_insert(conn: &mut Conn, row: &ShopperRow) -> Result<(), DbError> {
    diesel::insert_into(shoppers::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// One shopper.
///
/// # Errors
/// [`DbError`].
pub fn shopper_find(conn: &mut Conn, id: ShopperId) -> Result<Option<ShopperRow>, DbError> {
    let query = shoppers::table.filter(shoppers::id.eq(id)).select(ShopperRow::as_select());
    Ok(query.first(conn).optional()?)
}

/// Shoppers by id, in no order.
///
/// # Errors
/// [`DbError`].
pub fn shopper_list_by_ids(conn: &mut Conn, ids: Vec<ShopperId>) -> Result<Vec<ShopperRow>, DbError> {
    Ok(shoppers::table.filter(shoppers::id.eq_any(ids)).select(ShopperRow::as_select()).load(conn)?)
}

/// The shopper with a normalised address.
///
/// # Errors
/// [`DbError`].
pub fn shopper_find_by_email(conn: &mut Conn, email: &str) -> Result<Option<ShopperRow>, DbError> {
    let query = shoppers::table.filter(shoppers::email.eq(email)).select(ShopperRow::as_select());
    Ok(query.first(conn).optional()?)
}

/// The shopper that a tracking link names.
///
/// # Errors
/// [`DbError`].
pub fn shopper_find_by_public_id(conn: &mut Conn, public_id: &str) -> Result<Option<ShopperRow>, DbError> {
    let query = shoppers::table.filter(shoppers::public_id.eq(public_id)).select(ShopperRow::as_select());
    Ok(query.first(conn).optional()?)
}

/// Shoppers, newest first: at most `limit` older than `before`, only those whose address contains `email_part`.
///
/// # Errors
/// [`DbError`].
pub fn shopper_list(
    conn: &mut Conn,
    before: Option<ShopperId>,
    email_part: Option<&str>,
    limit: i64,
) -> Result<Vec<ShopperRow>, DbError> {
    let mut query = shoppers::table.select(ShopperRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(before) = before {
        query = query.filter(shoppers::id.lt(before));
    }
    if let Some(part) = email_part {
        query = query.filter(shoppers::email.like(contains_pattern(part)).escape('!'));
    }
    Ok(query.order(shoppers::id.desc()).limit(limit).load(conn)?)
}

/// A LIKE pattern, escaped with `!`, for "contains this text", whatever signs are in it.
fn contains_pattern(text: &str) -> String {
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|c| if matches!(c, '%' | '_' | '!') { vec!['!', c] } else { vec![c] })
        .collect();
    format!("%{escaped}%")
}

/// Replaces a password's hash if it still is `old`; says whether it was.
///
/// # Errors
/// [`DbError`].
pub fn shopper_set_password(conn: &mut Conn, id: ShopperId, old: &str, new: &str) -> Result<bool, DbError> {
    let current = shoppers::table.filter(shoppers::id.eq(id).and(shoppers::password_hash.eq(old)));
    Ok(diesel::update(current).set(shoppers::password_hash.eq(new)).execute(conn)? == 1)
}

/// Sets the language to speak to the shopper in; says whether there is one.
///
/// # Errors
/// [`DbError`].
pub fn shopper_set_language(conn: &mut Conn, id: ShopperId, language: Language) -> Result<bool, DbError> {
    let one = shoppers::table.filter(shoppers::id.eq(id));
    Ok(diesel::update(one).set(shoppers::language.eq(language)).execute(conn)? == 1)
}

/// Notes that the address was confirmed; says whether it had not been.
///
/// # Errors
/// [`DbError`].
pub fn shopper_confirm_email(conn: &mut Conn, id: ShopperId, at: Timestamp) -> Result<bool, DbError> {
    let unconfirmed = shoppers::table.filter(shoppers::id.eq(id).and(shoppers::email_confirmed_at.is_null()));
    Ok(diesel::update(unconfirmed).set(shoppers::email_confirmed_at.eq(at)).execute(conn)? == 1)
}

/// Gives an account another address, confirmed at `at`, if it still has `old`; says whether it had.
///
/// # Errors
/// [`DbError::Taken`] when the address is another account's.
pub fn shopper_set_email(conn: &mut Conn, id: ShopperId, old: &str, new: &str, at: Timestamp) -> Result<bool, DbError> {
    let current = shoppers::table.filter(shoppers::id.eq(id).and(shoppers::email.eq(old)));
    let changed = (shoppers::email.eq(new), shoppers::email_confirmed_at.eq(at));
    Ok(diesel::update(current).set(changed).execute(conn)? == 1)
}

/// Moves an account from one status to another; says whether it stood at `from`.
///
/// # Errors
/// [`DbError`].
pub fn shopper_set_status(
    conn: &mut Conn,
    id: ShopperId,
    from: AccountStatus,
    to: AccountStatus,
) -> Result<bool, DbError> {
    let current = shoppers::table.filter(shoppers::id.eq(id).and(shoppers::status.eq(from)));
    Ok(diesel::update(current).set(shoppers::status.eq(to)).execute(conn)? == 1)
}

/// Takes out of a shopper's row what tells who it was. The address is free again.
///
/// # Errors
/// [`DbError`].
pub fn shopper_erase(conn: &mut Conn, id: ShopperId) -> Result<(), DbError> {
    diesel::update(shoppers::table.find(id))
        .set((
            shoppers::email.eq(format!("{id}@erased.invalid")),
            shoppers::password_hash.eq("-"),
            shoppers::status.eq(AccountStatus::Erased),
            shoppers::email_confirmed_at.eq(None::<Timestamp>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Which of these shoppers may sign in.
///
/// # Errors
/// [`DbError`].
pub fn shopper_list_active(conn: &mut Conn, ids: Vec<ShopperId>) -> Result<Vec<ShopperId>, DbError> {
    let active = shoppers::table.filter(shoppers::id.eq_any(ids)).filter(shoppers::status.eq("active"));
    Ok(active.select(shoppers::id).load(conn)?)
}

/// Which of these shoppers there are and are not blocked: what is reported about them is booked, also when they left.
///
/// # Errors
/// [`DbError`].
pub fn shopper_list_unblocked(conn: &mut Conn, ids: Vec<ShopperId>) -> Result<Vec<ShopperId>, DbError> {
    let unblocked = shoppers::table.filter(shoppers::id.eq_any(ids)).filter(shoppers::status.ne("blocked"));
    Ok(unblocked.select(shoppers::id).load(conn)?)
}
