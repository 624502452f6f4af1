//! Cases of reconciliation, the statements that were brought in, and the payouts that are compared.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::schema::{payouts, recon_cases, statements};
use crate::base::Timestamp;
use crate::base::id::{CaseId, PartnerId, PayoutId, StatementId};
use crate::db::payouts::PayoutRow;
use crate::domain::money::{Amount, Currency};
use crate::domain::reconcile::Class;
use crate::text_enum;

/// How many values one question has.
const PAGE: usize = 500;

/// A row of `recon_cases`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = recon_cases)]
pub struct CaseRow {
    /// Its id.
    pub id: CaseId,
    /// The provider's name, or `bank/{name}`.
    pub rail: String,
    /// Names the difference within the rail.
    pub key: String,
    /// What kind.
    pub class: Class,
    /// The payout.
    pub payout_id: Option<PayoutId>,
    /// The partner.
    pub partner_id: Option<PartnerId>,
    /// Their reference.
    pub reference: Option<String>,
    /// What we say, in minor units,
    pub ours: Option<i64>,
    /// of this currency.
    pub ours_currency: Option<Currency>,
    /// What they say, in minor units,
    pub theirs: Option<i64>,
    /// of this currency.
    pub theirs_currency: Option<Currency>,
    /// Both sides in stable words.
    pub said: Option<String>,
    /// Where it was found: `list`, or `statement/{id}`.
    pub found_in: String,
    /// When it happened.
    pub happened_at: Timestamp,
    /// When it was found first.
    pub opened_at: Timestamp,
    /// When it was found last.
    pub seen_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// By whom.
    pub closed_by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl CaseRow {
    /// What we say.
    #[must_use]
    pub fn ours(&self) -> Option<Amount> {
        self.ours.zip(self.ours_currency).map(|(minor, currency)| Amount::new(minor, currency))
    }

    /// What they say.
    #[must_use]
    pub fn theirs(&self) -> Option<Amount> {
        self.theirs.zip(self.theirs_currency).map(|(minor, currency)| Amount::new(minor, currency))
    }
}

/// Adds a case.
///
/// # Errors
/// [`DbError`].
pub fn case_insert(conn: &mut Conn, row: &CaseRow) -> Result<(), DbError> {
    diesel::insert_into(recon_cases::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// The cases of a rail with these keys.
///
/// # Errors
/// [`DbError`].
pub fn case_list_by_keys(conn: &mut Conn, rail: &str, keys: &[String]) -> Result<HashMap<String, CaseRow>, DbError> {
    let mut found = HashMap::new();
    for part in keys.chunks(PAGE) {
        let some = recon_cases::table.filter(recon_cases::rail.eq(rail)).filter(recon_cases::key.eq_any(part.to_vec()));
        let rows: Vec<CaseRow> = some.select(CaseRow::as_select()).load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.key.clone(), row)));
    }
    Ok(found)
}

/// A rail's open cases of these classes.
///
/// # Errors
/// [`DbError`].
pub fn case_list_open(conn: &mut Conn, rail: &str, classes: &[Class]) -> Result<Vec<CaseRow>, DbError> {
    let open = recon_cases::table.filter(recon_cases::rail.eq(rail)).filter(recon_cases::closed_at.is_null());
    let of = open.filter(recon_cases::class.eq_any(classes.to_vec()));
    Ok(of.select(CaseRow::as_select()).load(conn)?)
}

/// Notes that cases were found again.
///
/// # Errors
/// [`DbError`].
pub fn case_seen(conn: &mut Conn, ids: &[CaseId], at: Timestamp) -> Result<(), DbError> {
    for part in ids.chunks(PAGE) {
        diesel::update(recon_cases::table.filter(recon_cases::id.eq_any(part.to_vec())))
            .set(recon_cases::seen_at.eq(at))
            .execute(conn)?;
    }
    Ok(())
}

/// Closes an open case; false when it is not open.
///
/// # Errors
/// [`DbError`].
pub fn case_close(conn: &mut Conn, id: CaseId, by: &str, reason: &str, at: Timestamp) -> Result<bool, DbError> {
    let open = recon_cases::table.find(id).filter(recon_cases::closed_at.is_null());
    let changed = diesel::update(open)
        .set((recon_cases::closed_at.eq(at), recon_cases::closed_by.eq(by), recon_cases::reason.eq(reason)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Opens a closed case again with what was found now.
///
/// # Errors
/// [`DbError`].
pub fn case_reopen(conn: &mut Conn, id: CaseId, found: &CaseRow) -> Result<(), DbError> {
    let open = (
        recon_cases::closed_at.eq(None::<Timestamp>),
        recon_cases::closed_by.eq(None::<String>),
        recon_cases::reason.eq(None::<String>),
    );
    let ours = (recon_cases::ours.eq(found.ours), recon_cases::ours_currency.eq(found.ours_currency));
    let theirs = (recon_cases::theirs.eq(found.theirs), recon_cases::theirs_currency.eq(found.theirs_currency));
    let how = (recon_cases::said.eq(&found.said), recon_cases::found_in.eq(&found.found_in));
    diesel::update(recon_cases::table.find(id)).set((open, ours, theirs, how)).execute(conn)?;
    Ok(())
}

/// A case.
///
/// # Errors
/// [`DbError`].
pub fn case_find(conn: &mut Conn, id: CaseId) -> Result<Option<CaseRow>, DbError> {
    Ok(recon_cases::table.find(id).select(CaseRow::as_select()).first(conn).optional()?)
}

/// Which cases to list.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Only of this rail.
    pub rail: Option<String>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Only of this class.
    pub class: Option<Class>,
    /// Only those before this one.
    pub before: Option<CaseId>,
}

/// Cases, newest first.
///
/// # Errors
/// [`DbError`].
pub fn case_list(conn: &mut Conn, filter: &CaseFilter, limit: i64) -> Result<Vec<CaseRow>, DbError> {
    let mut query = recon_cases::table.select(CaseRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(rail) = &filter.rail {
        query = query.filter(recon_cases::rail.eq(rail.clone()));
    }
    query = match filter.open {
        Some(true) => query.filter(recon_cases::closed_at.is_null()),
        Some(false) => query.filter(recon_cases::closed_at.is_not_null()),
        None => query,
    };
    if let Some(class) = filter.class {
        query = query.filter(recon_cases::class.eq(class));
    }
    if let Some(before) = filter.before {
        query = query.filter(recon_cases::id.lt(before));
    }
    Ok(query.order(recon_cases::id.desc()).limit(limit).load(conn)?)
}

/// Where money was moved that nothing of ours explains: the rail, how many open cases (at most `most` are looked at), and since when.
///
/// # Errors
/// [`DbError`].
pub fn case_list_unexplained(conn: &mut Conn, most: i64) -> Result<Vec<(String, i64, Timestamp)>, DbError> {
    let open = recon_cases::table.filter(recon_cases::closed_at.is_null());
    let open = open.filter(recon_cases::class.eq(Class::TheirsOnly)).order(recon_cases::id.asc()).limit(most);
    let rows: Vec<(String, Timestamp)> = open.select((recon_cases::rail, recon_cases::opened_at)).load(conn)?;
    let mut rails: BTreeMap<String, (i64, Timestamp)> = BTreeMap::new();
    for (rail, since) in rows {
        rails.entry(rail).or_insert((0, since)).0 += 1;
    }
    Ok(rails.into_iter().map(|(rail, (count, since))| (rail, count, since)).collect())
}

/// Whether a rail has an open case of unexplained money.
///
/// # Errors
/// [`DbError`].
pub fn case_is_unexplained(conn: &mut Conn, rail: &str) -> Result<bool, DbError> {
    Ok(!case_list_open(conn, rail, &[Class::TheirsOnly])?.is_empty())
}

text_enum! {
    /// Whose statement it is.
    pub enum StatementKind {
        /// A payout provider's.
        Provider = "provider",
        /// A bank's: what partners paid.
        Bank = "bank",
    }
}

/// A row of `statements`.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = statements)]
pub struct StatementRow {
    /// Its id.
    pub id: StatementId,
    /// Whose.
    pub kind: StatementKind,
    /// The provider's name, or `bank/{name}`.
    pub rail: String,
    /// Which column means what, as JSON.
    pub mapping: String,
    /// The file.
    pub body: String,
    /// How many lines below the header can be read.
    pub lines: i64,
    /// Who brought it in.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was carried out.
    pub applied_at: Option<Timestamp>,
    /// What came of it, as JSON.
    pub result: Option<String>,
}

/// Keeps a statement.
///
/// # Errors
/// [`DbError`].
pub fn statement_insert(conn: &mut Conn, row: &StatementRow) -> Result<(), DbError> {
    diesel::insert_into(statements::table).values(row.clone()).execute(conn)?;
    Ok(())
}

/// A statement.
///
/// # Errors
/// [`DbError`].
pub fn statement_find(conn: &mut Conn, id: StatementId) -> Result<Option<StatementRow>, DbError> {
    Ok(statements::table.find(id).select(StatementRow::as_select()).first(conn).optional()?)
}

/// Notes that a statement was carried out; false when it had been.
///
/// # Errors
/// [`DbError`].
pub fn statement_applied(conn: &mut Conn, id: StatementId, result: &str, at: Timestamp) -> Result<bool, DbError> {
    let open = statements::table.find(id).filter(statements::applied_at.is_null());
    let changed =
        diesel::update(open).set((statements::applied_at.eq(at), statements::result.eq(result))).execute(conn)?;
    Ok(changed == 1)
}

/// Forgets statements that were brought in before `end` and never carried out.
///
/// # Errors
/// [`DbError`].
pub fn statement_purge(conn: &mut Conn, end: Timestamp) -> Result<(), DbError> {
    let idle = statements::table.filter(statements::applied_at.is_null()).filter(statements::created_at.lt(end));
    diesel::delete(idle).execute(conn)?;
    Ok(())
}

/// A provider's payouts with any of these references or keys, in no order.
///
/// # Errors
/// [`DbError`].
pub fn payout_list_named(
    conn: &mut Conn,
    provider: &str,
    references: &[String],
    keys: &[String],
) -> Result<Vec<PayoutRow>, DbError> {
    let mut found: BTreeMap<PayoutId, PayoutRow> = BTreeMap::new();
    for part in references.chunks(PAGE) {
        let some = payouts::table.filter(payouts::provider.eq(provider));
        let some = some.filter(payouts::provider_ref.eq_any(part.iter().cloned().map(Some).collect::<Vec<_>>()));
        found.extend(some.select(PayoutRow::as_select()).load::<PayoutRow>(conn)?.into_iter().map(|row| (row.id, row)));
    }
    for part in keys.chunks(PAGE) {
        let some = payouts::table.filter(payouts::provider_key.eq_any(part.to_vec()));
        let some = some.filter(payouts::provider.eq(provider));
        found.extend(some.select(PayoutRow::as_select()).load::<PayoutRow>(conn)?.into_iter().map(|row| (row.id, row)));
    }
    Ok(found.into_values().collect())
}

/// Those of these keys whose payouts are sent through others.
///
/// # Errors
/// [`DbError`].
pub fn payout_keys_elsewhere(conn: &mut Conn, provider: &str, keys: &[String]) -> Result<HashSet<String>, DbError> {
    let mut found = HashSet::new();
    for part in keys.chunks(PAGE) {
        let some = payouts::table.filter(payouts::provider_key.eq_any(part.to_vec()));
        let others = some.filter(payouts::provider.ne(provider));
        found.extend(others.select(payouts::provider_key).load::<String>(conn)?);
    }
    Ok(found)
}

/// The next payouts of a provider by id that were sent and requested in a time: at most `limit` after `after`.
///
/// # Errors
/// [`DbError`].
pub fn payout_walk_sent(
    conn: &mut Conn,
    provider: &str,
    (from, until): (Timestamp, Timestamp),
    after: Option<PayoutId>,
    limit: i64,
) -> Result<Vec<PayoutRow>, DbError> {
    let mut query = payouts::table
        .filter(payouts::provider.eq(provider.to_owned()))
        .filter(payouts::requested_at.ge(from))
        .filter(payouts::requested_at.lt(until))
        .filter(payouts::sends.gt(0))
        .select(PayoutRow::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(after) = after {
        query = query.filter(payouts::id.gt(after));
    }
    Ok(query.order(payouts::id.asc()).limit(limit).load(conn)?)
}
