//! Old clicks go, and room for new ones is made in time.
//!
//! A click is no longer needed when nothing can be credited to it any more; one that earned an order or has a claim is
//! kept for good. On PostgreSQL a month goes when all of it is old enough, so clicks stay up to a month longer there.

use std::collections::HashMap;

use serde::Serialize;
use tokio::task::spawn_blocking;

use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::ClickId;
use crate::config::Config;
use crate::db::click_retention::{
    Removed, click_count_before, click_remove_batch, default_partition_clean, partition_count, partition_drop,
    partition_list, partition_make,
};
use crate::db::stores::{TermsRow, terms_load_all};
use crate::db::{Conn, Kind, Lane};
use crate::domain::month::Month;

/// How long after an order networks tell of it for the first time, in days; the slowest settle by the quarter. A click that
/// could be credited with such an order stays.
const LATE_REPORT_DAYS: u32 = 90;
/// For how many months ahead there are partitions.
const AHEAD: usize = 3;

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// Clicks that went.
    pub clicks: i64,
    /// Those of them that an order or a claim refers to: they are in `clicks_kept` now.
    pub kept: i64,
    /// The months that went as a whole, on PostgreSQL.
    pub months: Vec<String>,
}

impl Retention {
    /// Adds what one more step did.
    pub fn add(&mut self, step: Self) {
        self.clicks += step.clicks;
        self.kept += step.kept;
        self.months.extend(step.months);
    }

    fn of(removed: Removed, months: Vec<String>) -> Self {
        Self { clicks: removed.clicks, kept: removed.kept, months }
    }
}

/// The longest time, in days, for which a click may still earn an order: the longest attribution window of the terms in
/// force. Terms are in force as long as an order can be told of whose click was promised them and is inside their window.
///
/// # Errors
/// [`ServiceError::Db`] for terms that cannot be read.
pub fn longest_window(rows: &[TermsRow], link_hours: u32, now: Timestamp) -> Outcome<u16> {
    let mut stores: HashMap<_, Vec<&TermsRow>> = HashMap::new();
    for row in rows {
        stores.entry(row.store_id).or_default().push(row);
    }
    let mut longest = 0;
    for versions in stores.values_mut() {
        versions.sort_by_key(|row| row.version);
        let ends = versions.iter().skip(1).map(|row| Some(row.valid_from)).chain([None]);
        for (row, end) in versions.iter().zip(ends.collect::<Vec<_>>()) {
            let days = row.terms()?.attribution_days;
            let last_click = end.map(|end| end.plus_seconds(i64::from(link_hours) * 3600));
            let told_of = i64::from(days).saturating_add(i64::from(LATE_REPORT_DAYS));
            if last_click.is_none_or(|last| now < last.plus_days(told_of)) {
                longest = longest.max(days);
            }
        }
    }
    Ok(longest)
}

/// The time before which clicks go.
///
/// # Errors
/// [`ServiceError::Refused`] `retention_too_short` when such clicks could still earn an order.
pub fn clicks_go_before(config: &Config, rows: &[TermsRow], now: Timestamp) -> Outcome<Timestamp> {
    let (days, window) = (config.clicks.retention_days, longest_window(rows, config.links.ttl_hours, now)?);
    let least = u32::from(window).saturating_add(LATE_REPORT_DAYS);
    if days < least {
        return Err(ServiceError::refused(
            "retention_too_short",
            format!(
                "clicks.retention_days is {days}, but a store's terms credit orders for {window} days after the click, and \
                 networks may tell of an order {LATE_REPORT_DAYS} days after it was made: set it to {least} or more"
            ),
        ));
    }
    Ok(now.plus_days(-i64::from(days)))
}

/// What there is to remove.
struct Old {
    end: ClickId,
    months: Vec<Month>,
}

fn old(conn: &mut Conn, config: &Config, now: Timestamp) -> Outcome<Old> {
    let before = clicks_go_before(config, &terms_load_all(conn)?, now)?;
    let months = partition_list(conn)?.into_iter().filter(|month| month.next().start() <= before).collect();
    Ok(Old { end: ClickId::first_at(before), months })
}

/// Says what [`retention_step`] would remove in all; changes nothing.
///
/// # Errors
/// As [`clicks_go_before`]; the database's failures.
pub async fn retention_preview(app: &App) -> Outcome<Retention> {
    let (config, now) = (app.config.clone(), app.clock.now());
    app.db
        .read_much(move |conn| {
            let old = old(conn, &config, now)?;
            let mut all = Retention::of(click_count_before(conn, old.end)?, Vec::new());
            for month in old.months {
                all.add(Retention::of(partition_count(conn, month)?, vec![month.to_string()]));
            }
            Ok(all)
        })
        .await
}

/// Removes the oldest month, or up to `limit` clicks. Nothing is left to do when it gives nothing.
///
/// # Errors
/// As [`clicks_go_before`]; the database's failures.
pub async fn retention_step(app: &App, limit: i64) -> Outcome<Retention> {
    let (config, now) = (app.config.clone(), app.clock.now());
    let old = app.db.read(move |conn| old(conn, &config, now)).await?;
    let (end, db) = (old.end, app.db.clone());
    let step = match (old.months.first().copied(), db.kind()) {
        (Some(month), _) => {
            let removed =
                spawn_blocking(move || partition_drop(&db, month)).await.map_err(ServiceError::internal)??;
            Retention::of(removed, vec![month.to_string()])
        }
        (None, Kind::Postgres) => {
            let clean = move || default_partition_clean(&db, end, limit);
            Retention::of(spawn_blocking(clean).await.map_err(ServiceError::internal)??, Vec::new())
        }
        (None, Kind::Sqlite) => {
            let removed = db.write(Lane::House, move |conn| click_remove_batch(conn, end, limit)).await?;
            Retention::of(removed, Vec::new())
        }
    };
    if step != Retention::default() {
        tracing::info!(clicks = step.clicks, kept = step.kept, months = ?step.months, "old clicks were removed");
    }
    Ok(step)
}

/// Makes the partitions of this month and the next ones; gives how many were missing. Nothing to do on SQLite. A click for
/// which there is none yet goes to the default partition and is moved when its month is made.
///
/// # Errors
/// The database's failures.
pub async fn partitions_make(app: &App) -> Outcome<usize> {
    if app.db.kind() == Kind::Sqlite {
        return Ok(0);
    }
    let there = app.db.read(|conn| Ok::<_, ServiceError>(partition_list(conn)?)).await?;
    let months = std::iter::successors(Some(Month::of(app.clock.now())), |month| Some(month.next()));
    let missing: Vec<Month> = months.take(AHEAD + 1).filter(|month| !there.contains(month)).collect();
    let (count, db) = (missing.len(), app.db.clone());
    if count > 0 {
        let make = move || missing.into_iter().try_for_each(|month| partition_make(&db, month));
        spawn_blocking(make).await.map_err(ServiceError::internal)??;
        tracing::info!(count, "partitions for coming clicks were made");
    }
    Ok(count)
}
