//! Stores' scores, kept in memory for a while: a page of the catalogue asks for many at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::catalogue::Store;
use super::{App, Outcome};
use crate::base::Timestamp;
use crate::base::id::StoreId;
use crate::db::DbError;
use crate::db::scores::{score_claim_count, score_order_list};
use crate::domain::score::{Score, missing_after_hours};

/// How many orders and claims a score looks at, the latest.
const LATEST: i64 = 500;
/// For how long a score is kept, in seconds.
const KEPT: i64 = 600;

/// The scores that were asked for lately.
#[derive(Debug, Clone, Default)]
pub struct KeptScores(Arc<Mutex<HashMap<StoreId, Kept>>>);

/// A score and when it was made.
type Kept = (Timestamp, Option<Score>);

impl KeptScores {
    fn fresh(&self, store: StoreId, now: Timestamp) -> Option<Option<Score>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&store).filter(|(at, _)| now < at.plus_seconds(KEPT)).map(|(_, score)| score.clone())
    }

    fn keep(&self, scores: &[(StoreId, Option<Score>)], now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(scores.iter().map(|(store, score)| (*store, (now, score.clone()))));
    }
}

/// The scores of these stores, in their order; `None` where there are too few orders for one. May be ten minutes old.
///
/// # Errors
/// The database's failures.
pub async fn store_scores(app: &App, stores: &[&Store]) -> Outcome<Vec<Option<Score>>> {
    let now = app.clock.now();
    let asked = stores.iter().filter(|store| app.scores.fresh(store.row.id, now).is_none());
    let asked: Vec<_> = asked.map(|store| (store.row.id, store.row.partner_id)).collect();
    let mut found: Vec<(StoreId, Option<Score>)> = Vec::new();
    if !asked.is_empty() {
        let read = app.db.read(move |conn| {
            let mut found = Vec::new();
            for (store, partner) in asked {
                let orders = score_order_list(conn, store, LATEST)?;
                let (claims, answered) = score_claim_count(conn, partner, store, LATEST)?;
                found.push((store, Score::of(&orders, claims, answered)));
            }
            Ok::<_, DbError>(found)
        });
        found = read.await?;
        app.scores.keep(&found, now);
    }
    let one = |store: &&Store| {
        let read = found.iter().find(|(id, _)| *id == store.row.id).map(|(_, score)| score.clone());
        read.or_else(|| app.scores.fresh(store.row.id, now)).flatten()
    };
    Ok(stores.iter().map(one).collect())
}

/// From when on an order of `made` counts as missing: when the store has had as long as it usually takes.
///
/// # Errors
/// The database's failures.
pub async fn missing_from(app: &App, store: Option<&Store>, made: Timestamp) -> Outcome<Timestamp> {
    let score = match store {
        Some(store) => store_scores(app, &[store]).await?.into_iter().next().flatten(),
        None => None,
    };
    Ok(made.plus_seconds(missing_after_hours(score.as_ref()).saturating_mul(3600)))
}
