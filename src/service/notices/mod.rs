//! Letters about money. The sealed ledger is read on from where it was read last, so that every transaction is told once, whatever
//! moved the money; what came together for one shopper is one letter. How far was read and the letters are one commit.

mod letter;
mod switches;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::accounts::letter_job;
use super::{App, Outcome, ServiceError};
use crate::base::Timestamp;
use crate::base::id::{ConversionId, PayoutId, ShopperId, StoreId};
use crate::db::conversions::store_list_of;
use crate::db::jobs::{JobRow, job_enqueue_all};
use crate::db::ledger::Posted;
use crate::db::marks::{MarkRow, mark_find, mark_set};
use crate::db::notices::notice_list_off;
use crate::db::payouts::{PayoutRow, payout_list_by_ids};
use crate::db::revisions::{RevisionRow, revision_list_of};
use crate::db::seals::seal_walk;
use crate::db::shoppers::{ShopperRow, shopper_list_by_ids};
use crate::db::{Conn, DbError, Lane};
use crate::domain::access::AccountStatus;
use crate::domain::email::Email;
use crate::domain::notice::{News, NoticeKind, news};

pub use switches::{notices_find, notices_set};

/// What is kept of how far the sealed ledger was told: the last position, as JSON.
const MARK: &str = "notices";
/// News older than this are told nobody: the service stood still, or begins with a ledger that is there already.
const FRESH_HOURS: i64 = 48;
/// How many ids one question has.
const PAGE: usize = 500;

/// What letters are written from.
#[derive(Default)]
struct Facts {
    shoppers: HashMap<ShopperId, ShopperRow>,
    off: HashSet<(ShopperId, NoticeKind)>,
    revisions: HashMap<(ConversionId, i64), RevisionRow>,
    stores: HashMap<ConversionId, StoreId>,
    payouts: HashMap<PayoutId, PayoutRow>,
}

/// Writes letters about up to `limit` transactions; gives how many were read.
///
/// # Errors
/// The database's failures.
pub async fn send_notices(app: &App, limit: i64) -> Outcome<usize> {
    let fresh = app.clock.now().plus_seconds(-FRESH_HOURS * 3600);
    let read = move |conn: &mut Conn| {
        let from = told_upto(conn)?;
        let walked = seal_walk(conn, from, limit)?;
        let to = walked.last().map_or(from, |(position, ..)| *position);
        let count = walked.len();
        let told: Vec<Posted> =
            walked.into_iter().map(|(.., posted)| posted).filter(|one| is_told(one, fresh)).collect();
        let facts = facts(conn, &told)?;
        Ok::<_, ServiceError>((from, to, count, told, facts))
    };
    let (from, to, count, told, facts) = app.db.read(read).await?;
    if count == 0 {
        return Ok(0);
    }
    let letters = letters(app, &told, &facts)?;
    let (now, body) = (app.clock.now(), to.to_string());
    app.db
        // The house's lane is one for all nodes: whoever comes second sees that another has written the letters.
        .write(Lane::House, move |conn| {
            if told_upto(conn)? != from {
                return Ok(0);
            }
            mark_set(conn, &MarkRow { name: MARK.to_owned(), at: now, body: body.clone() })?;
            job_enqueue_all(conn, &letters)?;
            Ok(count)
        })
        .await
}

fn told_upto(conn: &mut Conn) -> Outcome<i64> {
    let position = |row: MarkRow| row.body.parse::<i64>().map_err(ServiceError::internal);
    mark_find(conn, MARK)?.map_or(Ok(0), position)
}

fn is_told(posted: &Posted, fresh: Timestamp) -> bool {
    posted.transaction.shopper_id.is_some() && posted.transaction.at >= fresh
}

fn facts(conn: &mut Conn, told: &[Posted]) -> Result<Facts, DbError> {
    let mut facts = Facts::default();
    let shoppers: Vec<ShopperId> = distinct(told.iter().filter_map(|one| one.transaction.shopper_id));
    for ids in shoppers.chunks(PAGE) {
        let active = |row: &ShopperRow| row.status == AccountStatus::Active && row.email_confirmed_at.is_some();
        let found = shopper_list_by_ids(conn, ids.to_vec())?.into_iter().filter(active);
        facts.shoppers.extend(found.map(|row| (row.id, row)));
        facts.off.extend(notice_list_off(conn, ids.to_vec())?);
    }
    let orders: Vec<ConversionId> = distinct(told.iter().filter_map(|one| one.transaction.conversion_id));
    for ids in orders.chunks(PAGE) {
        let found = revision_list_of(conn, ids.to_vec())?;
        facts.revisions.extend(found.into_iter().map(|row| ((row.conversion_id, row.revision), row)));
        facts.stores.extend(store_list_of(conn, ids.to_vec())?);
    }
    let payouts: Vec<PayoutId> = distinct(told.iter().filter_map(|one| one.transaction.payout_id));
    for ids in payouts.chunks(PAGE) {
        facts.payouts.extend(payout_list_by_ids(conn, ids.to_vec())?.into_iter().map(|row| (row.id, row)));
    }
    Ok(facts)
}

fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.collect::<BTreeSet<T>>().into_iter().collect()
}

/// The revision that a transaction of an order's report belongs to: its source ends with the number.
fn revision_of(posted: &Posted) -> Option<(ConversionId, i64)> {
    let (_, number) = posted.transaction.source.rsplit_once('/')?;
    Some((posted.transaction.conversion_id?, number.parse().ok()?))
}

impl Facts {
    /// What an order's cashback was before a revision.
    fn before(&self, order: &RevisionRow) -> Option<i64> {
        self.revisions.get(&(order.conversion_id, order.revision.saturating_sub(1))).map(|row| row.cashback)
    }

    fn news(&self, posted: &Posted, shopper: ShopperId) -> Option<News> {
        let state = |key: (ConversionId, i64)| self.revisions.get(&key).map(|row| row.state);
        let order = revision_of(posted).and_then(|(id, n)| Some((state((id, n.saturating_sub(1))), state((id, n))?)));
        let found = news(posted.transaction.kind, shopper, &posted.transfers, order)?;
        (!self.off.contains(&(shopper, found.kind))).then_some(found)
    }
}

fn letters(app: &App, told: &[Posted], facts: &Facts) -> Outcome<Vec<JobRow>> {
    let mut by_shopper: BTreeMap<ShopperId, Vec<letter::Item>> = BTreeMap::new();
    for posted in told {
        let Some(row) = posted.transaction.shopper_id.and_then(|id| facts.shoppers.get(&id)) else { continue };
        if let Some(item) = facts.news(posted, row.id).and_then(|found| letter::item(app, facts, row, posted, found)) {
            by_shopper.entry(row.id).or_default().push(item);
        }
    }
    let mut jobs = Vec::with_capacity(by_shopper.len());
    for (shopper, items) in by_shopper {
        let Some(row) = facts.shoppers.get(&shopper) else { continue };
        let Ok(to) = Email::parse(&row.email) else {
            // One address must not keep all others from their letters.
            tracing::error!(%shopper, "a shopper's address cannot be read");
            continue;
        };
        jobs.push(letter_job(app, &letter::letter(app, to, row.language, &items))?);
    }
    Ok(jobs)
}
