//! What becomes of old clicks. On PostgreSQL `clicks` has a partition for each month, and a month that is over is
//! dropped whole; on SQLite, and for what stands in PostgreSQL's default partition, rows are deleted in small batches.
//! Either way a click that an order or a claim still refers to is moved to `clicks_kept` in the same transaction.
//!
//! Ids are UUIDv7, which begin with their time: the smallest id of a moment parts what is older from what is not.

use std::fmt::Display;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use super::conn::Conn;
use super::error::DbError;
use super::pool::Db;
use super::schema::{awaited_orders, claims, clicks, clicks_kept, conversions};
use crate::base::id::ClickId;
use crate::domain::month::Month;

/// The shard of the advisory lock that those who change partitions hold; lanes have small numbers.
const PARTITIONS_SHARD: i32 = 1000;
/// How long a change of partitions waits for others. Clicks that come meanwhile wait behind it.
const PATIENCE: &str = "SET LOCAL lock_timeout = '1s'";

/// How many clicks went, and how many of them were kept elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Clicks that left `clicks`.
    pub clicks: i64,
    /// Those of them that went to `clicks_kept`.
    pub kept: i64,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    clicks: i64,
    #[diesel(sql_type = BigInt)]
    kept: i64,
}

impl From<Counted> for Removed {
    fn from(counted: Counted) -> Self {
        Self { clicks: counted.clicks, kept: counted.kept }
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The condition that a click of `from` is still referred to, among those from `low` to before `high`.
fn needed(from: &str, low: impl Display, high: impl Display) -> String {
    format!(
        "{from}.id IN (SELECT click_id FROM conversions WHERE click_id >= '{low}' AND click_id < '{high}' \
         UNION SELECT click_id FROM claims WHERE click_id >= '{low}' AND click_id < '{high}' \
         UNION SELECT click_id FROM awaited_orders WHERE click_id >= '{low}' AND click_id < '{high}')"
    )
}

/// The smallest and the first id beyond a month's.
fn bounds(month: Month) -> (ClickId, ClickId) {
    (ClickId::first_at(month.start()), ClickId::first_at(month.next().start()))
}

/// The months that have a partition of their own, oldest first; none on SQLite.
///
/// # Errors
/// [`DbError`].
pub fn partition_list(conn: &mut Conn) -> Result<Vec<Month>, DbError> {
    let Conn::Pg(conn) = conn else { return Ok(Vec::new()) };
    let query = "SELECT child.relname::text AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid \
                 WHERE inhparent = 'clicks'::regclass";
    let rows: Vec<Named> = sql_query(query).load(conn)?;
    let month = |row: Named| row.name.strip_prefix("clicks_").and_then(|text| text.parse().ok());
    let mut months: Vec<Month> = rows.into_iter().filter_map(month).collect();
    months.sort();
    Ok(months)
}

/// Makes a month's partition, and moves what came for it before into it; nothing when it is there.
///
/// # Errors
/// [`DbError`], also when others kept a lock for too long: nothing was changed then.
pub fn partition_make(db: &Db, month: Month) -> Result<(), DbError> {
    let moving = is_waited_for(&mut db.reading_connection()?, month)?;
    match make(db, month, moving)? {
        Made::Done => Ok(()),
        Made::HasToMove => make(db, month, true).map(|_made| ()),
    }
}

/// The clicks of a month that has no partition yet.
fn of_default(month: Month) -> String {
    let (low, high) = bounds(month);
    format!("FROM clicks_default WHERE id >= '{low}' AND id < '{high}'")
}

/// Whether clicks came for a month before it was made.
fn is_waited_for(conn: &mut Conn, month: Month) -> Result<bool, DbError> {
    let first: Vec<Named> = sql_query(format!("SELECT id::text AS name {} LIMIT 1", of_default(month))).load(conn)?;
    Ok(!first.is_empty())
}

/// What came of making a partition.
enum Made {
    /// It is there.
    Done,
    /// Nothing was changed: clicks came for it meanwhile, and the whole table has to be locked for them.
    HasToMove,
}

/// Makes a partition; `moving`, when clicks are there that belong to it. Who looks for a click while it moves would not find it: the
/// question is planned over the partitions as they were, waits for the default one, and is answered when that is empty. So nobody
/// may look then, which takes the lock of the whole table, before that of the default partition as everybody does. (A snapshot from
/// before would not find it either; only previews look for clicks in one.)
fn make(db: &Db, month: Month, moving: bool) -> Result<Made, DbError> {
    changing_partitions(db, |conn| {
        if partition_list(conn)?.contains(&month) {
            return Ok(Made::Done);
        }
        if moving {
            conn.batch_execute("LOCK TABLE ONLY clicks IN ACCESS EXCLUSIVE MODE")?;
        }
        conn.batch_execute("LOCK TABLE clicks_default IN ACCESS EXCLUSIVE MODE")?;
        if !moving && is_waited_for(conn, month)? {
            return Ok(Made::HasToMove);
        }
        let ((low, high), of_it) = (bounds(month), of_default(month));
        // LIKE and ATTACH, and not PARTITION OF: that would lock the whole table against clicks, where there is nothing to move.
        conn.batch_execute(&format!(
            "CREATE TABLE clicks_{month} (LIKE clicks INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES); \
             WITH moved AS (DELETE {of_it} RETURNING *) INSERT INTO clicks_{month} SELECT * FROM moved; \
             ALTER TABLE clicks ATTACH PARTITION clicks_{month} FOR VALUES FROM ('{low}') TO ('{high}')"
        ))?;
        Ok(Made::Done)
    })
}

/// How many clicks a month's partition has, and how many are still needed.
///
/// # Errors
/// [`DbError`].
pub fn partition_count(conn: &mut Conn, month: Month) -> Result<Removed, DbError> {
    let (low, high) = bounds(month);
    let needed = needed("month", low, high);
    let query =
        format!("SELECT count(*) AS clicks, count(*) FILTER (WHERE {needed}) AS kept FROM clicks_{month} AS month");
    Ok(sql_query(query).get_result::<Counted>(conn)?.into())
}

/// Drops a month's partition, after what is needed of it was copied to `clicks_kept`.
///
/// # Errors
/// As [`partition_make`].
pub fn partition_drop(db: &Db, month: Month) -> Result<Removed, DbError> {
    let (low, high) = bounds(month);
    let copy = format!(
        "INSERT INTO clicks_kept SELECT * FROM clicks_{month} AS month WHERE {} ON CONFLICT (id) DO NOTHING",
        needed("month", low, high)
    );
    // Most of the work is done beside everybody else. What came to be needed since is little, and is copied when
    // nobody can refer to these clicks any more. No click comes into a month that is over so long.
    let counted = changing_partitions(db, |conn| {
        if !partition_list(conn)?.contains(&month) {
            return Ok(None);
        }
        conn.batch_execute(&copy)?;
        partition_count(conn, month).map(Some)
    })?;
    let Some(counted) = counted else { return Ok(Removed::default()) };
    changing_partitions(db, |conn| {
        // Another node may have been quicker, and has counted it.
        if !partition_list(conn)?.contains(&month) {
            return Ok(Removed::default());
        }
        conn.batch_execute("LOCK TABLE ONLY clicks IN ACCESS EXCLUSIVE MODE")?;
        let since = count(sql_query(&copy).execute(conn)?);
        // Who was erased while the first copy was made did not see it.
        conn.batch_execute(&format!(
            "UPDATE clicks_kept SET referrer_host = NULL, user_agent = NULL, ip_prefix = NULL, ip_hash = NULL, sec_fetch = NULL \
             WHERE id >= '{low}' AND id < '{high}' \
             AND (referrer_host, user_agent, ip_prefix, ip_hash, sec_fetch) IS DISTINCT FROM (NULL, NULL, NULL, NULL, NULL) \
             AND shopper_id IN (SELECT id FROM shoppers WHERE status = 'erased')"
        ))?;
        conn.batch_execute(&format!("ALTER TABLE clicks DETACH PARTITION clicks_{month}; DROP TABLE clicks_{month}"))?;
        Ok(Removed { clicks: counted.clicks, kept: counted.kept + since })
    })
}

/// Runs a change in a transaction of its own, on a connection of its own: a lane would make others wait for the locks.
fn changing_partitions<T>(db: &Db, change: impl FnOnce(&mut Conn) -> Result<T, DbError>) -> Result<T, DbError> {
    let mut conn = db.maintenance_connection()?;
    conn.begin_write(Some(PARTITIONS_SHARD))?;
    conn.batch_execute(PATIENCE)?;
    match change(&mut conn) {
        Ok(done) => {
            conn.commit()?;
            Ok(done)
        }
        // The connection is closed, and its transaction with it.
        Err(error) => Err(error),
    }
}

/// Removes up to `limit` of the oldest clicks before `end` from PostgreSQL's default partition. An order that is being
/// committed has read its click: who holds the lock sees that order, or comes before it.
///
/// # Errors
/// As [`partition_make`].
pub fn default_partition_clean(db: &Db, end: ClickId, limit: i64) -> Result<Removed, DbError> {
    changing_partitions(db, |conn| {
        let old =
            format!("SELECT id::text AS name FROM clicks_default WHERE id < '{end}' ORDER BY id LIMIT {limit} + 1");
        let old: Vec<Named> = sql_query(old).load(conn)?;
        let Some(low) = old.first().map(|row| &row.name) else { return Ok(Removed::default()) };
        let full = i64::try_from(old.len()).is_ok_and(|found| found > limit);
        let stop = old.last().filter(|_| full).map_or_else(|| end.to_string(), |row| row.name.clone());
        let needed = needed("gone", low, &stop);
        conn.batch_execute("LOCK TABLE clicks_default IN ACCESS EXCLUSIVE MODE")?;
        let query = format!(
            "WITH gone AS (DELETE FROM clicks_default WHERE id >= '{low}' AND id < '{stop}' RETURNING *), \
             kept AS (INSERT INTO clicks_kept SELECT * FROM gone WHERE {needed} ON CONFLICT (id) DO NOTHING RETURNING id) \
             SELECT (SELECT count(*) FROM gone) AS clicks, (SELECT count(*) FROM kept) AS kept"
        );
        Ok(sql_query(query).get_result::<Counted>(conn)?.into())
    })
}

/// Removes up to `limit` of the oldest clicks before `end` on SQLite. Must run in a write transaction.
///
/// # Errors
/// [`DbError`].
pub fn click_remove_batch(conn: &mut Conn, end: ClickId, limit: i64) -> Result<Removed, DbError> {
    let old = clicks::table.filter(clicks::id.lt(end)).order(clicks::id.asc()).limit(limit).select(clicks::id);
    let gone: Vec<ClickId> = old.load(conn)?;
    let needed = needed_of(conn, &gone)?;
    let kept = clicks::table.filter(clicks::id.eq_any(needed)).select(clicks::all_columns);
    let kept = diesel::insert_into(clicks_kept::table).values(kept).execute(conn)?;
    let clicks = diesel::delete(clicks::table.filter(clicks::id.eq_any(gone))).execute(conn)?;
    Ok(Removed { clicks: count(clicks), kept: count(kept) })
}

fn needed_of(conn: &mut Conn, ids: &[ClickId]) -> Result<Vec<ClickId>, DbError> {
    let of_orders = conversions::table.filter(conversions::click_id.eq_any(ids)).select(conversions::click_id);
    let mut needed: Vec<ClickId> = of_orders.load(conn)?;
    let of_claims = claims::table.filter(claims::click_id.eq_any(ids)).select(claims::click_id);
    needed.extend(of_claims.load::<ClickId>(conn)?);
    let awaited = awaited_orders::table.filter(awaited_orders::click_id.eq_any(ids)).select(awaited_orders::click_id);
    needed.extend(awaited.load::<ClickId>(conn)?);
    needed.sort();
    needed.dedup();
    Ok(needed)
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// How many clicks would be removed in all that have no partition of their own, and how many of them it would keep.
///
/// # Errors
/// [`DbError`].
pub fn click_count_before(conn: &mut Conn, end: ClickId) -> Result<Removed, DbError> {
    let (table, end) = match conn {
        Conn::Pg(_) => ("clicks_default", format!("'{end}'::uuid")),
        Conn::Lite(_) => ("clicks", format!("x'{}'", end.uuid().simple())),
    };
    let query = format!(
        "SELECT count(*) AS clicks, coalesce(sum(CASE WHEN id IN (SELECT click_id FROM conversions) \
         OR id IN (SELECT click_id FROM claims) OR id IN (SELECT click_id FROM awaited_orders) THEN 1 ELSE 0 END), 0) AS kept FROM {table} WHERE id < {end}"
    );
    Ok(sql_query(query).get_result::<Counted>(conn)?.into())
}
