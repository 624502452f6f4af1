//! Accounts whose addresses were never confirmed, and to which nothing belongs: letters to nobody keep an address from whoever
//! it really is.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::indexed::{UNCONFIRMED_PEOPLE, UNCONFIRMED_SHOPPERS};
use super::schema::{
    adjustments, awaited_orders, claims, conversions, partner_applications, partner_people, past_addresses,
    payout_freezes, payout_methods, shopper_balances, shopper_clicks, shoppers,
};
use super::tokens::{Owner, token_delete_all};
use crate::base::Timestamp;
use crate::base::id::{PersonId, ShopperId};
use crate::domain::application::ApplicationState;

diesel::allow_tables_to_appear_in_same_query!(shoppers, adjustments);
diesel::allow_tables_to_appear_in_same_query!(shoppers, past_addresses);
diesel::allow_tables_to_appear_in_same_query!(shoppers, awaited_orders);

/// Active shoppers of before `before` whose addresses were never confirmed and to whom nothing belongs, the oldest first: at most
/// `limit`.
///
/// # Errors
/// [`DbError`].
pub fn shopper_list_unconfirmed(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<ShopperId>, DbError> {
    let query = shoppers::table
        .filter(UNCONFIRMED_SHOPPERS)
        .filter(shoppers::created_at.lt(before))
        .filter(not(exists(conversions::table.filter(conversions::shopper_id.eq(shoppers::id)))))
        .filter(not(exists(shopper_balances::table.filter(shopper_balances::shopper_id.eq(shoppers::id)))))
        .filter(not(exists(claims::table.filter(claims::shopper_id.eq(shoppers::id)))))
        .filter(not(exists(awaited_orders::table.filter(awaited_orders::shopper_id.eq(shoppers::id)))))
        .filter(not(exists(payout_methods::table.filter(payout_methods::shopper_id.eq(shoppers::id)))))
        .filter(not(exists(adjustments::table.filter(adjustments::shopper_id.eq(shoppers::id)))))
        .filter(not(exists(payout_freezes::table.filter(payout_freezes::shopper_id.eq(shoppers::id)))))
        .filter(not(exists(past_addresses::table.filter(past_addresses::shopper_id.eq(shoppers::id)))))
        // The dearest question comes last.
        .filter(not(exists(shopper_clicks::table.filter(shopper_clicks::shopper_id.eq(shoppers::id)))));
    Ok(query.select(shoppers::id).order(shoppers::created_at.asc()).limit(limit).load(conn)?)
}

/// People of before `before` who act, or want to act, for a partner and never confirmed their addresses, the oldest first: at most
/// `limit`.
///
/// # Errors
/// [`DbError`].
pub fn person_list_unconfirmed(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<PersonId>, DbError> {
    let query = partner_people::table.filter(UNCONFIRMED_PEOPLE).filter(partner_people::created_at.lt(before));
    Ok(query.select(partner_people::id).order(partner_people::created_at.asc()).limit(limit).load(conn)?)
}

/// Forgets such a shopper, with the codes that were mailed; says whether there was one.
///
/// # Errors
/// [`DbError`].
pub fn shopper_delete_unconfirmed(conn: &mut Conn, id: ShopperId) -> Result<bool, DbError> {
    let one = shoppers::table.find(id).filter(UNCONFIRMED_SHOPPERS);
    let gone = diesel::delete(one).execute(conn)? == 1;
    if gone {
        token_delete_all(conn, Owner::Shopper(id))?;
    }
    Ok(gone)
}

/// Forgets such a person, with what was applied for and the codes that were mailed; says whether there was one.
///
/// # Errors
/// [`DbError`].
pub fn person_delete_unconfirmed(conn: &mut Conn, id: PersonId) -> Result<bool, DbError> {
    let applied = partner_applications::table
        .filter(partner_applications::person_id.eq(id))
        .filter(partner_applications::state.eq(ApplicationState::Unconfirmed));
    diesel::delete(applied).execute(conn)?;
    let one = partner_people::table.find(id).filter(partner_people::email_confirmed_at.is_null());
    let gone = diesel::delete(one).execute(conn)? == 1;
    if gone {
        token_delete_all(conn, Owner::Person(id))?;
    }
    Ok(gone)
}
