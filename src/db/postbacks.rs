//! Postbacks: every inbound call of a known partner, word for word, with its verdict.

use diesel::prelude::*;

use super::conn::Conn;
use super::error::DbError;
use super::indexed::WAITING_CALLS;
use super::insert::{Insert, insert, insert_together};
use super::schema::postbacks;
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PartnerId, PostbackId};
use crate::domain::verdict::Verdict;

/// A row of `postbacks`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = postbacks, treat_none_as_default_value = false)]
pub struct PostbackRow {
    /// Its id.
    pub id: PostbackId,
    /// Who called.
    pub partner_id: PartnerId,
    /// When.
    pub received_at: Timestamp,
    /// `GET` or `POST`.
    pub method: String,
    /// The raw query; empty when the call is sealed, like body and headers.
    pub query: String,
    /// The raw body.
    pub body: Vec<u8>,
    /// The headers as a JSON array of pairs.
    pub headers: String,
    /// The caller's address.
    pub peer: Option<String>,
    /// The URL as it was called, without a secret path segment; without its query when the call is sealed.
    pub public_url: String,
    /// The call itself, where it holds a secret: sealed with the master key.
    pub sealed: Option<String>,
    /// A keyed hash of method, query and body: equal calls can be told to be equal.
    pub digest: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, as a stable word.
    pub reason: Option<String>,
    /// Why, in words.
    pub detail: Option<String>,
    /// What was read out of it: a JSON array of reports.
    pub reports: String,
    /// The conversion it concerns, if one.
    pub conversion_id: Option<ConversionId>,
    /// The call that this one runs again.
    pub rerun_of: Option<PostbackId>,
    /// The later run that settled it.
    pub resolved_by: Option<PostbackId>,
}

/// Adds a postback.
///
/// # Errors
/// [`DbError`].
pub fn postback_insert(conn: &mut Conn, row: &PostbackRow) -> Result<(), DbError> {
    insert_together(conn, &[postback_rows(std::slice::from_ref(row))])
}

/// New postbacks.
#[must_use]
pub fn postback_rows(rows: &[PostbackRow]) -> Insert<'_> {
    insert!(postbacks(
        id, partner_id, received_at, method, query, body, headers, peer, public_url, sealed, digest, verdict, reason,
        detail, reports, conversion_id, rerun_of, resolved_by
    ) of rows)
}

/// A postback by id.
///
/// # Errors
/// [`DbError`].
pub fn postback_find(conn: &mut Conn, id: PostbackId) -> Result<Option<PostbackRow>, DbError> {
    Ok(postbacks::table.find(id).select(PostbackRow::as_select()).first(conn).optional()?)
}

/// The earlier runs of the same call, the newest first and the call itself last; none when it was not run again.
///
/// # Errors
/// [`DbError`].
pub fn postback_list_earlier(conn: &mut Conn, row: &PostbackRow) -> Result<Vec<PostbackRow>, DbError> {
    let (mut earlier, mut older) = (Vec::new(), row.rerun_of);
    while let Some(before) = older.map(|id| postback_find(conn, id)).transpose()?.flatten() {
        older = before.rerun_of;
        earlier.push(before);
    }
    Ok(earlier)
}

/// Notes which later run settled a held or refused call.
///
/// # Errors
/// [`DbError`].
pub fn postback_resolve(conn: &mut Conn, id: PostbackId, by: PostbackId) -> Result<(), DbError> {
    diesel::update(postbacks::table.find(id)).set(postbacks::resolved_by.eq(by)).execute(conn)?;
    Ok(())
}

/// Which postbacks to list.
#[derive(Debug, Clone, Default)]
pub struct PostbackFilter {
    /// Only of this partner.
    pub partner_id: Option<PartnerId>,
    /// Only with this verdict.
    pub verdict: Option<Verdict>,
    /// Only held and refused ones that no later run has settled.
    pub waiting: bool,
    /// Only those before this one.
    pub before: Option<PostbackId>,
}

/// Postbacks, newest first.
///
/// # Errors
/// [`DbError`].
pub fn postback_list(conn: &mut Conn, filter: &PostbackFilter, limit: i64) -> Result<Vec<PostbackRow>, DbError> {
    let mut query =
        postbacks::table.select(PostbackRow::as_select()).order(postbacks::id.desc()).limit(limit).into_boxed();
    if let Some(partner) = filter.partner_id {
        query = query.filter(postbacks::partner_id.eq(partner));
    }
    if let Some(verdict) = filter.verdict {
        query = query.filter(postbacks::verdict.eq(verdict));
    }
    if filter.waiting {
        query = query.filter(WAITING_CALLS);
    }
    if let Some(before) = filter.before {
        query = query.filter(postbacks::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// Held calls of `since` or later that no later run has settled, and that are held for one of these reasons: oldest first,
/// those after `after`.
///
/// # Errors
/// [`DbError`].
pub fn postback_list_held_since(
    conn: &mut Conn,
    reasons: &[&str],
    since: Timestamp,
    after: Option<PostbackId>,
    limit: i64,
) -> Result<Vec<PostbackRow>, DbError> {
    let mut query = postbacks::table
        .filter(WAITING_CALLS)
        .filter(postbacks::verdict.eq(Verdict::Held))
        .filter(postbacks::reason.eq_any(reasons.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()))
        .filter(postbacks::received_at.ge(since))
        .select(PostbackRow::as_select())
        .order(postbacks::id.asc())
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(postbacks::id.gt(after));
    }
    Ok(query.load(conn)?)
}

/// The postbacks that concern a conversion, oldest first.
///
/// # Errors
/// [`DbError`].
pub fn postback_list_of_conversion(conn: &mut Conn, id: ConversionId) -> Result<Vec<PostbackRow>, DbError> {
    let of_conversion = postbacks::table.filter(postbacks::conversion_id.eq(id)).order(postbacks::id.asc());
    Ok(of_conversion.select(PostbackRow::as_select()).load(conn)?)
}

/// Stores the verdict of a call that is settled in more than one transaction.
///
/// # Errors
/// [`DbError`].
pub fn postback_update_verdict(conn: &mut Conn, row: &PostbackRow) -> Result<(), DbError> {
    diesel::update(postbacks::table.find(row.id))
        .set((
            postbacks::verdict.eq(row.verdict),
            postbacks::reason.eq(&row.reason),
            postbacks::detail.eq(&row.detail),
            postbacks::reports.eq(&row.reports),
            postbacks::conversion_id.eq(row.conversion_id),
        ))
        .execute(conn)?;
    Ok(())
}

/// Which end of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The oldest, in the order they came.
    First,
    /// The newest, the last one first.
    Latest,
}

/// What is told of a call in sums.
#[derive(Debug, Clone)]
pub struct CallFact {
    /// When it came.
    pub received_at: Timestamp,
    /// What became of it.
    pub verdict: Verdict,
    /// A later run settled it.
    pub resolved: bool,
    /// What was read out of it: a JSON array of reports.
    pub reports: String,
}

/// A partner's first or latest calls, without their text.
///
/// # Errors
/// [`DbError`].
pub fn postback_facts(conn: &mut Conn, partner: PartnerId, side: Side, limit: i64) -> Result<Vec<CallFact>, DbError> {
    let of_partner = postbacks::table
        .filter(postbacks::partner_id.eq(partner))
        .select((postbacks::received_at, postbacks::verdict, postbacks::resolved_by, postbacks::reports))
        .limit(limit);
    let rows: Vec<(Timestamp, Verdict, Option<PostbackId>, String)> = match side {
        Side::First => of_partner.order(postbacks::id.asc()).load(conn)?,
        Side::Latest => of_partner.order(postbacks::id.desc()).load(conn)?,
    };
    let fact = |(received_at, verdict, resolved, reports): (_, _, Option<PostbackId>, _)| CallFact {
        received_at,
        verdict,
        resolved: resolved.is_some(),
        reports,
    };
    Ok(rows.into_iter().map(fact).collect())
}

/// Which of a partner's calls to look for.
#[derive(Debug, Clone, Default)]
pub struct CallSearch {
    /// Only with this verdict.
    pub verdict: Option<Verdict>,
    /// Only held and refused ones that no later run has settled.
    pub waiting: bool,
    /// Only those that came at this time or later.
    pub from: Option<Timestamp>,
    /// Only those that came before this time.
    pub until: Option<Timestamp>,
    /// Only those in whose reports this stands: an order's number, a transaction's, a click's reference.
    pub number: Option<String>,
    /// Only those before this one.
    pub before: Option<PostbackId>,
}

/// How many of a partner's calls one page of a search looks through at most.
const LOOKED_THROUGH: i64 = 10_000;

/// A partner's calls, newest first, and the call before which the next page begins. What is looked for has no index, so a
/// page looks through only so many calls, and may be short, or empty, while more follow.
///
/// # Errors
/// [`DbError`].
pub fn postback_search(
    conn: &mut Conn,
    partner: PartnerId,
    search: &CallSearch,
    limit: i64,
) -> Result<(Vec<PostbackRow>, Option<PostbackId>), DbError> {
    let own = postbacks::table.filter(postbacks::partner_id.eq(partner)).order(postbacks::id.desc());
    let mut horizon = own.select(postbacks::id).limit(1).offset(LOOKED_THROUGH).into_boxed();
    let mut query = own.select(PostbackRow::as_select()).limit(limit).into_boxed();
    if let Some(before) = search.before {
        horizon = horizon.filter(postbacks::id.lt(before));
        query = query.filter(postbacks::id.lt(before));
    }
    let horizon: Option<PostbackId> = horizon.first(conn).optional()?;
    if let Some(horizon) = horizon {
        query = query.filter(postbacks::id.ge(horizon));
    }
    if let Some(verdict) = search.verdict {
        query = query.filter(postbacks::verdict.eq(verdict));
    }
    if search.waiting {
        query = query.filter(WAITING_CALLS);
    }
    if let Some(from) = search.from {
        query = query.filter(postbacks::received_at.ge(from));
    }
    if let Some(until) = search.until {
        query = query.filter(postbacks::received_at.lt(until));
    }
    if let Some(number) = &search.number {
        query = query.filter(postbacks::reports.like(quoted_pattern(number)).escape('!'));
    }
    let rows: Vec<PostbackRow> = query.load(conn)?;
    let full = i64::try_from(rows.len()).is_ok_and(|found| found >= limit);
    let next = rows.last().filter(|_| full).map(|row| row.id).or(horizon);
    Ok((rows, next))
}

/// A LIKE pattern, escaped with `!`, for "this text stands there as a JSON string".
fn quoted_pattern(text: &str) -> String {
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    let escaped: String =
        quoted.chars().flat_map(|c| if matches!(c, '%' | '_' | '!') { vec!['!', c] } else { vec![c] }).collect();
    format!("%{escaped}%")
}
