//! Counts clicks by day and store, each once: the days of a store are then read without its clicks.
//!
//! Clicks are taken by id, which begins with their time. One that is stored later than [`PATIENCE`] after it happened,
//! because the database was away meanwhile, is not counted: these are figures for people, and no money hangs on them.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::base::id::{ClickId, StoreId};
use crate::db::days::{click_day_add, click_walk};
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::{Conn, Lane};
use crate::service::{App, Outcome, ServiceError};

/// The mark that says how far clicks are counted.
const MARK: &str = "clicks_counted";
/// How long after its time a click may be stored.
const PATIENCE: TimeDelta = TimeDelta::minutes(3);

#[derive(Serialize, Deserialize)]
struct Counted {
    upto: ClickId,
}

/// Counts up to `limit` clicks that happened [`PATIENCE`] ago or earlier; gives how many there were.
///
/// # Errors
/// The database's failures.
pub async fn count_clicks(app: &App, limit: i64) -> Outcome<usize> {
    count_clicks_before(app, ClickId::first_at(app.clock.now().plus(-PATIENCE)), limit).await
}

/// The same, of clicks with smaller ids than `end`.
///
/// # Errors
/// The database's failures.
pub async fn count_clicks_before(app: &App, end: ClickId, limit: i64) -> Outcome<usize> {
    let now = app.clock.now();
    app.db.write(Lane::House, move |conn| count(conn, end, limit, now)).await
}

fn count(conn: &mut Conn, end: ClickId, limit: i64, now: Timestamp) -> Outcome<usize> {
    let mark = mark_find(conn, MARK)?;
    let read = |row: &MarkRow| serde_json::from_str::<Counted>(&row.body).map_err(ServiceError::internal);
    let after = mark.as_ref().map(read).transpose()?.map(|counted| counted.upto);
    let clicks = click_walk(conn, after, end, limit)?;
    let Some(last) = clicks.last() else { return Ok(0) };
    let mut days: BTreeMap<(Timestamp, StoreId), i64> = BTreeMap::new();
    for click in &clicks {
        let sum = days.entry((day_of(click.at), click.store)).or_default();
        *sum = sum.saturating_add(1);
    }
    for ((day, store), clicks) in days {
        click_day_add(conn, day, store, clicks)?;
    }
    let body = serde_json::to_string(&Counted { upto: last.id }).map_err(ServiceError::internal)?;
    mark_set(conn, &MarkRow { name: MARK.to_owned(), at: now, body })?;
    Ok(clicks.len())
}

/// The beginning of a time's day, in UTC.
fn day_of(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds().div_euclid(86_400).saturating_mul(86_400)).unwrap_or(at)
}
