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

/// How many clicks one transaction counts, and how many of them follow each other: others may write in between, and a
/// backlog is worked off in turns.
const AT_ONCE: i64 = 5000;
const TURNS: usize = 20;

/// Counts clicks that happened [`PATIENCE`] ago or earlier; gives how many. What is left over waits for the next time.
///
/// # Errors
/// The database's failures.
pub async fn count_clicks(app: &App) -> Outcome<usize> {
    let end = ClickId::first_at(app.clock.now().plus(-PATIENCE));
    let mut all = 0_usize;
    for _turn in 0..TURNS {
        let counted = count_clicks_before(app, end, AT_ONCE).await?;
        all = all.saturating_add(counted);
        if i64::try_from(counted).is_ok_and(|counted| counted < AT_ONCE) {
            break;
        }
    }
    Ok(all)
}

/// Counts up to `limit` clicks with smaller ids than `end`; gives how many there were.
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
