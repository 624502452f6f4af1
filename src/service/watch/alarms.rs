//! The alarms of now: what the rules of `domain::alarm` say to what is read here.

use std::collections::BTreeMap;

use super::check_ledger;
use super::disks::fullest;
use super::figures::{Figures, figures};
use crate::base::Timestamp;
use crate::base::id::{PartnerId, StoreId};
use crate::db::applications::application_list_waiting;
use crate::db::health::jobs_oldest_due;
use crate::db::hooks::hook_list_failed;
use crate::db::inbox::{
    job_count_dead, job_list_failing, payout_count_attention, payout_count_in, postback_list_verdicts,
    postback_partners_waiting, unsealed_oldest,
};
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::reconciliation::case_list_unexplained;
use crate::db::seals::seal_first;
use crate::db::{Conn, Lane};
use crate::domain::alarm::{Alarm, Facts, LAST_CALLS, Rule, StoreDay, of_calls, of_service, of_store};
use crate::domain::payout::PayoutState;
use crate::domain::verdict::Verdict;
use crate::service::reconcile::reconciled;
use crate::service::{App, Outcome, ServiceError};

/// From how many on nobody counts further.
const MANY: i64 = 100;
/// How many of the newest waiting calls tell which partners to look at.
const CALLS: i64 = 1000;
/// After how many tries a payout's job counts as failing: the first ones may meet a provider that restarts.
const TRIES: i64 = 3;

/// The mark that says when the last backup was made.
const BACKUP: &str = "backup";

/// The last calls of one partner.
type Calls = (PartnerId, Vec<(Verdict, Timestamp)>);

/// What is wrong now, the worst first.
///
/// # Errors
/// The database's failures.
pub async fn alarms(app: &App) -> Outcome<Vec<Alarm>> {
    let now = app.clock.now();
    let figures = figures(app).await?;
    let lists: Vec<String> =
        app.providers.iter().filter(|one| one.has_list()).map(|one| one.name().to_owned()).collect();
    let read = move |conn: &mut Conn| Ok::<_, ServiceError>((facts(conn, &lists, now)?, calls(conn, now)?));
    let (facts, calls) = app.db.read(read).await?;
    let known = app.catalogue.snapshot();
    let mut all = of_service(&Facts { disk: fullest(app).await, ..facts }, now);
    for (partner, last) in calls {
        let Some(partner) = known.partner(partner) else { continue };
        all.extend(of_calls(&partner.row.slug, &last, now));
    }
    let today = now.seconds().div_euclid(86_400);
    for (store, days) in days_of_stores(&figures) {
        let Some(store) = known.store(store).filter(|store| store.is_active()) else { continue };
        all.extend(of_store(&store.row.slug, &days, today));
    }
    all.sort_by(|a, b| (a.grade, a.rule, &a.about).cmp(&(b.grade, b.rule, &b.about)));
    Ok(all)
}

fn facts(conn: &mut Conn, lists: &[String], now: Timestamp) -> Outcome<Facts> {
    let checked = mark_find(conn, check_ledger::MARK)?.as_ref().map(check_ledger::read).transpose()?;
    let waits = mark_find(conn, check_ledger::WAITS)?;
    let failing = job_list_failing(conn, TRIES, MANY)?;
    Ok(Facts {
        // One that never was checked is as old as the wish to.
        checked: checked
            .map(|last| (last.at, last.findings, last.first))
            .or_else(|| waits.map(|waits| (waits.at, 0, None))),
        unsealed: unsealed_oldest(conn)?,
        attention: payout_count_attention(conn, MANY)?,
        unknown: payout_count_in(conn, PayoutState::Unknown, MANY)?,
        failing: i64::try_from(failing.len()).unwrap_or(MANY),
        said: failing.into_iter().next().and_then(|(_, said)| said),
        dead: job_count_dead(conn, MANY)?,
        due: jobs_oldest_due(conn, now)?,
        disk: None,
        books_since: seal_first(conn)?,
        backup: mark_find(conn, BACKUP)?.map(|mark| mark.at),
        applications: waiting_applications(conn)?,
        hooks: hook_list_failed(conn, MANY)?,
        unexplained: case_list_unexplained(conn, MANY)?,
        compared: compared(conn, lists)?,
    })
}

/// Until when the lists of these providers were compared. One that was never asked has no mark yet.
fn compared(conn: &mut Conn, providers: &[String]) -> Outcome<Vec<(String, Timestamp)>> {
    let mut all = Vec::new();
    for provider in providers {
        let mark = mark_find(conn, &reconciled(provider))?;
        all.extend(mark.map(|mark| (provider.clone(), mark.at)));
    }
    Ok(all)
}

fn waiting_applications(conn: &mut Conn) -> Outcome<Option<(i64, Timestamp)>> {
    let waiting = application_list_waiting(conn, MANY)?;
    let count = i64::try_from(waiting.len()).unwrap_or(MANY);
    Ok(waiting.first().map(|oldest| (count, oldest.created_at)))
}

fn calls(conn: &mut Conn, now: Timestamp) -> Outcome<Vec<Calls>> {
    let mut all = Vec::new();
    for partner in postback_partners_waiting(conn, now.plus_days(-2), CALLS)? {
        all.push((partner, postback_list_verdicts(conn, partner, LAST_CALLS)?));
    }
    Ok(all)
}

fn days_of_stores(figures: &Figures) -> BTreeMap<StoreId, Vec<StoreDay>> {
    let mut stores: BTreeMap<StoreId, Vec<StoreDay>> = BTreeMap::new();
    for ((store, day), (clicks, orders)) in &figures.stores {
        stores.entry(*store).or_default().push(StoreDay { day: *day, clicks: *clicks, orders: *orders });
    }
    stores
}

/// Tells the metrics how many alarms of each rule there are. Gives 0: there is nothing left to do at once.
///
/// # Errors
/// The database's failures.
pub async fn tell_metrics(app: &App) -> Outcome<usize> {
    let wrong = alarms(app).await?;
    for rule in Rule::ALL {
        let count = wrong.iter().filter(|alarm| alarm.rule == *rule).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!("kopilka_alarms", "rule" => rule.as_str()).set(count);
    }
    Ok(0)
}

/// Tells the metrics how long the oldest due job has waited. Gives 0: there is nothing left to do at once.
///
/// # Errors
/// The database's failures.
pub async fn tell_oldest_job(app: &App) -> Outcome<usize> {
    let now = app.clock.now();
    let due = app.db.read(move |conn| jobs_oldest_due(conn, now)).await?;
    let waited = due.map_or(0, |due| now.since(due).num_seconds());
    metrics::gauge!("kopilka_jobs_oldest_due_seconds").set(u32::try_from(waited).unwrap_or(0));
    Ok(0)
}

/// Notes that the books were copied just now.
///
/// # Errors
/// The database's failures.
pub async fn note_backup(app: &App) -> Outcome<()> {
    let mark = MarkRow { name: BACKUP.to_owned(), at: app.clock.now(), body: "{}".to_owned() };
    Ok(app.db.write(Lane::House, move |conn| mark_set(conn, &mark)).await?)
}
