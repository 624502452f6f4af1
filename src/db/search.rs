//! What operators look for: by id of any kind, by number, by address. Every question has an index.

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::select;
use uuid::Uuid;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::{
    adjustments, claims, clicks, clicks_kept, conversions, ledger_transactions, operators, partners, payouts,
    postbacks, shoppers, stores,
};
use crate::base::Id;
use crate::base::id::{ClaimId, ConversionId, PartnerId, PayoutId, ShopperId};

/// Something that was found, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it is: `order`, `click` and the like.
    pub kind: &'static str,
    /// Its id.
    pub id: Uuid,
    /// What people call it; empty where it has no name.
    pub name: String,
}

/// What has this id, of whatever kind it is.
///
/// # Errors
/// [`DbError`].
pub fn find_by_id(conn: &mut Conn, id: Uuid) -> Result<Vec<Hit>, DbError> {
    /// Asks each table for its own kind of id.
    macro_rules! found {
        ($($kind:literal => $table:ident),+ $(,)?) => {{
            let mut hits = Vec::new();
            $(if select(exists($table::table.filter($table::id.eq(Id::<()>::from_uuid(id))))).get_result(conn)? {
                hits.push(Hit { kind: $kind, id, name: String::new() });
            })+
            hits
        }};
    }
    Ok(found!(
        "order" => conversions,
        "click" => clicks,
        "click" => clicks_kept,
        "call" => postbacks,
        "payout" => payouts,
        "claim" => claims,
        "adjustment" => adjustments,
        "shopper" => shoppers,
        "operator" => operators,
        "store" => stores,
        "partner" => partners,
        "transaction" => ledger_transactions,
    ))
}

/// Orders with this number, or with this id at one of the partners; the newest first.
///
/// # Errors
/// [`DbError`].
pub fn find_orders(conn: &mut Conn, number: &str, of: Vec<PartnerId>, limit: i64) -> Result<Vec<Hit>, DbError> {
    let row = (conversions::id, conversions::order_id, conversions::external_id);
    let by_number = conversions::table.filter(conversions::order_id.eq(number)).select(row);
    let mut rows: Vec<(ConversionId, Option<String>, String)> =
        by_number.order(conversions::id.desc()).limit(limit).load(conn)?;
    let by_key = conversions::table
        .filter(conversions::partner_id.eq_any(of))
        .filter(conversions::external_id.eq(number))
        .select(row);
    rows.extend(by_key.limit(limit).load::<(ConversionId, Option<String>, String)>(conn)?);
    rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.0));
    rows.dedup_by_key(|row| row.0);
    let hit = |(id, number, key): (ConversionId, Option<String>, String)| Hit {
        kind: "order",
        id: id.uuid(),
        name: number.unwrap_or(key),
    };
    Ok(rows.into_iter().map(hit).collect())
}

/// Claims about this order number, the newest first.
///
/// # Errors
/// [`DbError`].
pub fn find_claims(conn: &mut Conn, number: &str, limit: i64) -> Result<Vec<Hit>, DbError> {
    let rows: Vec<(ClaimId, String)> = claims::table
        .filter(claims::order_number.eq(number))
        .select((claims::id, claims::order_number))
        .order(claims::id.desc())
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, name)| Hit { kind: "claim", id: id.uuid(), name }).collect())
}

/// Payouts that one of these providers knows by this reference, or by our key.
///
/// # Errors
/// [`DbError`].
pub fn find_payouts(conn: &mut Conn, reference: &str, providers: Vec<String>, limit: i64) -> Result<Vec<Hit>, DbError> {
    let by_reference = payouts::table
        .filter(payouts::provider.eq_any(providers))
        .filter(payouts::provider_ref.eq(reference))
        .select(payouts::id);
    let mut ids: Vec<PayoutId> = by_reference.limit(limit).load(conn)?;
    ids.extend(payouts::table.filter(payouts::provider_key.eq(reference)).select(payouts::id).load::<PayoutId>(conn)?);
    let hit = |id: PayoutId| Hit { kind: "payout", id: id.uuid(), name: reference.to_owned() };
    Ok(ids.into_iter().map(hit).collect())
}

/// The shopper of a normalised address or of a link's name; with `part`, the newest whose address contains the text.
///
/// # Errors
/// [`DbError`].
pub fn find_shoppers(conn: &mut Conn, text: &str, part: bool, limit: i64) -> Result<Vec<Hit>, DbError> {
    let mut rows: Vec<(ShopperId, String)> = shoppers::table
        .filter(shoppers::email.eq(text).or(shoppers::public_id.eq(text)))
        .select((shoppers::id, shoppers::email))
        .load(conn)?;
    if rows.is_empty() && part {
        let like = format!("%{}%", text.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
        let query = shoppers::table.select((shoppers::id, shoppers::email)).into_boxed::<MultiBackend>();
        rows =
            query.filter(shoppers::email.like(like).escape('!')).order(shoppers::id.desc()).limit(limit).load(conn)?;
    }
    Ok(rows.into_iter().map(|(id, name)| Hit { kind: "shopper", id: id.uuid(), name }).collect())
}
