//! A shopper's clicks are found among all others, however many came, in whatever order, and whichever of them are gone.

use kopilka::base::id::{ClickId, ShopperId};
use kopilka::base::{Clock, Timestamp};
use kopilka::db::Lane;
use kopilka::db::clicks::{ClickRow, click_erase_all, click_insert_missing, click_list_by_ids};
use kopilka::service::retention::retention_step;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![every_click_of_a_shopper_is_found];

/// More than two runs of SQLite's (8,192 each), and a part of one.
const CLICKS: i64 = 20_000;

/// The shopper's clicks as the API lists them, page by page.
async fn listed(market: &Market) -> Vec<String> {
    let (mut found, mut path) = (Vec::new(), "/api/v1/clicks?limit=100".to_owned());
    loop {
        let page = market.read(&market.as_shopper, &path).await;
        found.extend(
            page["items"].as_array().unwrap().iter().map(|click| click["reference"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { return found };
        path = format!("/api/v1/clicks?limit=100&after={next}");
    }
}

fn newest_first(rows: &[ClickRow], shopper: ShopperId) -> Vec<String> {
    let mut ids: Vec<ClickId> = rows.iter().filter(|row| row.shopper_id == shopper).map(|row| row.id).collect();
    ids.sort_by(|a, b| b.cmp(a));
    ids.iter().map(|id| id.reference()).collect()
}

async fn every_click_of_a_shopper_is_found(db: TestDb) {
    let now: Timestamp = "2026-08-01T00:00:00Z".parse().unwrap();
    let change = |config: &mut kopilka::config::Config| config.clicks.retention_days = 120;
    let market = Market::open(TestApp::start_with(&db.url, Clock::manual(now), change).await, 0).await;
    let others: Vec<ShopperId> = (0..50).map(|_| ShopperId::new()).collect();
    let (old, recent) = (now.plus_days(-150), now.plus_days(-10));
    let mut rows = Vec::new();
    for n in 0..CLICKS {
        // A few come late, as from a stream: their ids are smaller than those that are stored already.
        let late = if n % 7 == 0 { 5_000 } else { 0 };
        let at = if n % 3 == 0 { old } else { recent }.plus_seconds(n - late);
        let shopper = if n % 40 == 0 { market.shopper } else { others[usize::try_from(n % 50).unwrap()] };
        let row = ClickRow { user_agent: Some("a browser".to_owned()), ..market.click_row_at(shopper, at) };
        rows.push(row);
    }
    for part in rows.chunks(700) {
        let part = part.to_vec();
        let added = market.server.app.db.write(Lane::Clicks, move |conn| click_insert_missing(conn, &part)).await;
        assert!(added.unwrap() > 0);
    }
    let all = newest_first(&rows, market.shopper);
    assert_eq!((all.len(), listed(&market).await), (500, all));

    while retention_step(&market.server.app, 3_000).await.unwrap().clicks > 0 {}
    rows.retain(|row| row.at >= recent.plus_seconds(-5_000));
    let left = newest_first(&rows, market.shopper);
    assert_eq!(listed(&market).await, left);
    assert!(left.len() > 300 && left.len() < 350, "{}", left.len());

    let shopper = market.shopper;
    market.server.app.db.write(Lane::Clicks, move |conn| click_erase_all(conn, shopper)).await.unwrap();
    let ids: Vec<ClickId> = rows.iter().map(|row| row.id).collect();
    let mut stored = Vec::new();
    for part in ids.chunks(5_000) {
        let part = part.to_vec();
        let found = market.server.app.db.read(move |conn| click_list_by_ids(conn, &part)).await;
        stored.extend(found.unwrap());
    }
    assert_eq!(stored.len(), rows.len());
    assert!(stored.iter().all(|row| row.user_agent.is_none() == (row.shopper_id == shopper)), "only the shopper's");
    let last = market.click(shopper).await;
    assert_eq!(listed(&market).await.first(), Some(&last.reference()), "a click is there at once");
}
