//! What happened before the measurement: clicks, and orders whose money moved and was sealed. Nothing is laid into the
//! tables: it goes the ways that real traffic goes.

use std::net::{IpAddr, Ipv4Addr};

use kopilka::base::id::{ClickId, ShopperId};
use kopilka::db::clicks::ClickRow;
use kopilka::domain::adapter::RawCall;
use kopilka::service::App;
use kopilka::service::ingest_postback::ingest_postback;
use kopilka::service::seal_ledger::seal_ledger;
use tokio::task::JoinSet;

use crate::world::{Scale, slug};

/// How much is under way at once.
const AT_ONCE: usize = 1024;

/// Adds the older clicks and orders, spread over the shoppers. Each shopper's orders, these and those to come, are of one of the
/// shopper's clicks, of the whole time if there are so many.
pub async fn live_through(app: &App, scale: Scale, shoppers: &mut [(ShopperId, ClickId)], secret: &str) {
    let mut running = JoinSet::new();
    let times = (scale.clicks / shoppers.len()).max(1);
    for number in 0..scale.clicks {
        let (place, time) = (number % shoppers.len(), number / shoppers.len());
        let (shopper, of_orders) = shoppers.get_mut(place).expect("a shopper");
        let row = click(app, scale, number, *shopper).await;
        if place % times == time {
            *of_orders = row.id;
        }
        let app = app.clone();
        running.spawn(async move {
            app.clicks.keep(row).await.expect("a click is kept");
        });
        wait_for_room(&mut running).await;
    }
    while let Some(kept) = running.join_next().await {
        kept.expect("nothing panics");
    }
    for number in 0..scale.orders {
        let (_, click) = shoppers.get(number % shoppers.len()).copied().expect("a shopper");
        let (app, call) = (app.clone(), call(number, click, secret));
        running.spawn(async move {
            ingest_postback(&app, "network", call).await.expect("an order is settled");
        });
        wait_for_room(&mut running).await;
    }
    while running.join_next().await.is_some() {}
    while seal_ledger(app, 10_000).await.expect("the ledger is sealed") > 0 {}
}

async fn wait_for_room(running: &mut JoinSet<()>) {
    if running.len() >= AT_ONCE {
        running.join_next().await.expect("something runs").expect("nothing panics");
    }
}

async fn click(app: &App, scale: Scale, number: usize, shopper: ShopperId) -> ClickRow {
    let store = app.store(&slug(number, scale)).await.expect("a store");
    let now = app.clock.now();
    ClickRow {
        id: ClickId::ending_as(&shopper),
        shopper_id: shopper,
        store_id: store.row.id,
        partner_id: store.row.partner_id,
        terms_id: store.terms_at(now).expect("terms in force").id,
        at: now,
        issued_at: now,
        landing_url: "https://network.example/click?pid=7&offer_id=11&sub1=00000000000000000000000000".to_owned(),
        referrer_host: Some("cashback.example".to_owned()),
        user_agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36".to_owned(),
        ),
        ip_prefix: Some("127.0.0.0/24".to_owned()),
        ip_hash: Some("0123456789abcdef0123456789abcdef".to_owned()),
        sec_fetch: None,
        bot: None,
    }
}

fn call(number: usize, click: ClickId, secret: &str) -> RawCall {
    let query = format!("click={}&status=1&sum=125.50&cur=RUB&secret={secret}&tid=past-{number}", click.reference());
    RawCall {
        method: "GET".to_owned(),
        path_secret: None,
        public_url: format!("http://127.0.0.1:8080/postback/network?{query}"),
        query,
        body: Vec::new(),
        headers: Vec::new(),
        peer: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
    }
}
