//! The durable queue: work written in the transaction that wants it done. A job is claimed with a lease, so that
//! several processes share the queue and a crash only delays; what it did and its end are one transaction.

use std::collections::HashSet;

use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::conn::{Conn, MultiBackend};
use super::error::DbError;
use super::fixed::{fixed, list};
use super::indexed::JOBS_GOING_ON;
use super::schema::{jobs, sql};
use super::set::{Answers, WriteSet};
use crate::base::Timestamp;
use crate::base::id::JobId;
use crate::text_enum;

text_enum! {
    /// What a job does.
    pub enum JobKind {
        /// Hands a payout to its provider.
        SubmitPayout = "submit_payout",
        /// Asks a payout's provider how it stands.
        PollPayout = "poll_payout",
        /// Answers, by letter, what somebody asked for an address.
        AnswerByLetter = "answer_by_letter",
        /// Lays a letter into the outbox.
        PostLetter = "post_letter",
    }
}

/// A row of `jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = jobs)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Names the work: a second job with the same key is not made.
    pub key: String,
    /// What it needs, as JSON.
    pub payload: String,
    /// Not before this time.
    pub run_at: Timestamp,
    /// How often it was claimed.
    pub attempts: i64,
    /// Until when somebody works on it.
    pub leased_until: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// Given up: a person has to look.
    pub dead: bool,
}

impl JobRow {
    /// A job that nobody has claimed yet.
    #[must_use]
    pub const fn new(id: JobId, kind: JobKind, key: String, payload: String, run_at: Timestamp) -> Self {
        Self { id, kind, key, payload, run_at, attempts: 0, leased_until: None, last_error: None, dead: false }
    }
}

/// Adds a job in the caller's transaction. One that has its key already stays as it is, unless it was given up: then it
/// begins anew at the time wanted.
///
/// # Errors
/// [`DbError`].
pub fn job_enqueue(conn: &mut Conn, row: &JobRow) -> Result<(), DbError> {
    job_enqueue_all(conn, std::slice::from_ref(row))
}

/// The same for several. Of those with one key the first counts.
///
/// # Errors
/// [`DbError`].
pub fn job_enqueue_all(conn: &mut Conn, rows: &[JobRow]) -> Result<(), DbError> {
    let mut keys = HashSet::new();
    let rows: Vec<&JobRow> = rows.iter().filter(|row| keys.insert(row.key.as_str())).collect();
    let added = match conn {
        Conn::Pg(_) if rows.is_empty() => 0,
        Conn::Pg(c) => enqueue_at_once(c, &rows)?,
        Conn::Lite(c) => rows.iter().try_fold(0, |sum, row| {
            let add = diesel::insert_into(jobs::table).values(*row).on_conflict(jobs::key).do_nothing();
            add.execute(c).map(|one| sum + one)
        })?,
    };
    if added < rows.len() {
        // Rarely: so a row that stays as it is is not locked either.
        for row in rows {
            diesel::update(jobs::table.filter(jobs::key.eq(&row.key)).filter(jobs::dead.eq(true)))
                .set((jobs::run_at.eq(row.run_at), jobs::dead.eq(false), jobs::attempts.eq(0)))
                .execute(conn)?;
        }
    }
    Ok(())
}

/// One statement for any number of rows.
fn enqueue_at_once(conn: &mut PgConnection, rows: &[&JobRow]) -> QueryResult<usize> {
    use diesel::sql_types::Text;
    let all = (
        list::<sql::Uid, _>(rows.iter().map(|row| row.id)),
        list::<Text, _>(rows.iter().map(|row| row.kind)),
        list::<Text, _>(rows.iter().map(|row| row.key.as_str())),
        list::<Text, _>(rows.iter().map(|row| row.payload.as_str())),
        list::<sql::Moment, _>(rows.iter().map(|row| row.run_at)),
    );
    let add = "INSERT INTO jobs (id, kind, key, payload, run_at, attempts, dead) \
               SELECT id, kind, key, payload, run_at, 0, false FROM UNNEST(";
    fixed(add, all, ") AS new (id, kind, key, payload, run_at) ON CONFLICT (key) DO NOTHING").execute(conn)
}

/// Claims up to `limit` jobs that are due, those due longest first, until `lease`. Must run in a write transaction:
/// on SQLite it has the write lock, on PostgreSQL rows that another process is claiming are passed over.
///
/// # Errors
/// [`DbError`].
pub fn job_claim(conn: &mut Conn, now: Timestamp, lease: Timestamp, limit: i64) -> Result<Vec<JobRow>, DbError> {
    /// What is due, written once for both databases.
    macro_rules! due {
        () => {
            jobs::table
                .filter(JOBS_GOING_ON)
                .filter(jobs::run_at.le(now))
                .filter(jobs::leased_until.is_null().or(jobs::leased_until.le(now)))
                .order((jobs::run_at.asc(), jobs::id.asc()))
                .limit(limit)
                .select(JobRow::as_select())
        };
    }
    let mut claimed: Vec<JobRow> = match conn {
        Conn::Pg(c) => due!().for_update().skip_locked().load(c)?,
        Conn::Lite(c) => due!().load(c)?,
    };
    if !claimed.is_empty() {
        let ids: Vec<JobId> = claimed.iter().map(|job| job.id).collect();
        diesel::update(jobs::table.filter(jobs::id.eq_any(ids)))
            .set((jobs::attempts.eq(jobs::attempts + 1), jobs::leased_until.eq(lease)))
            .execute(conn)?;
    }
    for job in &mut claimed {
        job.attempts = job.attempts.saturating_add(1);
        job.leased_until = Some(lease);
    }
    Ok(claimed)
}

/// Takes a finished job out of the queue.
///
/// # Errors
/// [`DbError`].
pub fn job_finish(conn: &mut Conn, id: JobId) -> Result<(), DbError> {
    job_finish_all(conn, vec![id])
}

/// The same for several.
///
/// # Errors
/// [`DbError`].
pub fn job_finish_all(conn: &mut Conn, ids: Vec<JobId>) -> Result<(), DbError> {
    if !ids.is_empty() {
        diesel::delete(jobs::table.filter(jobs::id.eq_any(ids))).execute(conn)?;
    }
    Ok(())
}

/// Jobs that did their work outside of the database, taken out of the queue as many at a time as are done.
#[derive(Debug)]
pub enum DoneJobs {}

impl WriteSet for DoneJobs {
    type Item = JobId;
    type Done = ();
    type Error = DbError;
    const FOR_CALLERS: bool = false;

    fn write(conn: &mut Conn, items: &[JobId]) -> Result<Answers<Self>, DbError> {
        job_finish_all(conn, items.to_vec())?;
        Ok(items.iter().map(|_| Ok(())).collect())
    }
}

/// Puts a failed job back until `run_at`, or gives it up when that is `None`. Does nothing when the lease is over
/// and somebody else has the job.
///
/// # Errors
/// [`DbError`].
pub fn job_fail(conn: &mut Conn, job: &JobRow, error: &str, run_at: Option<Timestamp>) -> Result<(), DbError> {
    let mine = jobs::table.find(job.id).filter(jobs::leased_until.eq(job.leased_until));
    diesel::update(mine)
        .set((
            jobs::leased_until.eq(None::<Timestamp>),
            jobs::last_error.eq(error),
            jobs::run_at.eq(run_at.unwrap_or(job.run_at)),
            jobs::dead.eq(run_at.is_none()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Puts a claimed job back until `run_at` as if it had never been tried: what it waits for is no failure of its own.
///
/// # Errors
/// [`DbError`].
pub fn job_postpone(conn: &mut Conn, id: JobId, why: &str, run_at: Timestamp) -> Result<(), DbError> {
    diesel::update(jobs::table.find(id))
        .set((
            jobs::leased_until.eq(None::<Timestamp>),
            jobs::last_error.eq(why),
            jobs::run_at.eq(run_at),
            jobs::attempts.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

/// Makes the job with this key due at once, also one that was given up; says whether there is one. A job that
/// somebody works on keeps its lease.
///
/// # Errors
/// [`DbError`].
pub fn job_hurry(conn: &mut Conn, key: &str, now: Timestamp) -> Result<bool, DbError> {
    let changed = diesel::update(jobs::table.filter(jobs::key.eq(key)))
        .set((jobs::run_at.eq(now), jobs::dead.eq(false), jobs::attempts.eq(0)))
        .execute(conn)?;
    Ok(changed > 0)
}

/// The job with this key.
///
/// # Errors
/// [`DbError`].
pub fn job_find(conn: &mut Conn, key: &str) -> Result<Option<JobRow>, DbError> {
    Ok(jobs::table.filter(jobs::key.eq(key)).select(JobRow::as_select()).first(conn).optional()?)
}

/// The job of this id.
///
/// # Errors
/// [`DbError`].
pub fn job_find_by_id(conn: &mut Conn, id: JobId) -> Result<Option<JobRow>, DbError> {
    Ok(jobs::table.find(id).select(JobRow::as_select()).first(conn).optional()?)
}

/// Jobs, newest first: at most `limit` older than `before`; with `dead`, only those that were given up or that were not.
///
/// # Errors
/// [`DbError`].
pub fn job_list(
    conn: &mut Conn,
    dead: Option<bool>,
    before: Option<JobId>,
    limit: i64,
) -> Result<Vec<JobRow>, DbError> {
    let mut query = jobs::table.select(JobRow::as_select()).into_boxed::<MultiBackend>();
    if let Some(dead) = dead {
        query = query.filter(jobs::dead.eq(dead));
    }
    if let Some(before) = before {
        query = query.filter(jobs::id.lt(before));
    }
    Ok(query.order(jobs::id.desc()).limit(limit).load(conn)?)
}
