//! Two nodes on one database: what one of them changed, the other goes by.

use std::net::TcpListener;
use std::sync::Arc;

use chrono::TimeDelta;
use kopilka::base::secret::MasterKey;
use kopilka::base::{Clock, Timestamp};
use kopilka::config::Config;
use kopilka::db::{Db, DbOptions};
use kopilka::job;
use kopilka::service::App;
use kopilka::service::rotate_keys::rotate_keys;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::on_both;
use crate::stream::link;
use crate::support::app::{MASTER_KEY, TestApp};
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::support::receiver::Receiver;
use crate::support::site::letters_in;

on_both![a_link_with_a_key_or_terms_of_a_moment_ago_is_followed, letters_and_webhooks_are_sent_by_one_of_them];

async fn a_link_with_a_key_or_terms_of_a_moment_ago_is_followed(db: TestDb) {
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap());
    let market = Market::open(TestApp::start_with(&db.url, clock.clone(), |_| {}).await, 0).await;
    let options = DbOptions { url: db.url.clone(), ..DbOptions::default() };
    let (master, config) = (MasterKey::from_hex(MASTER_KEY).unwrap(), Arc::new(Config::default()));
    let other = App::start_reading(Db::open_as_is(&options).unwrap(), clock.clone(), config, master).await.unwrap();
    let other = TestApp::serve(other, TcpListener::bind("127.0.0.1:0").unwrap());
    let follow = async |link: &str| {
        let visit = other.request(Method::GET, link).header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");
        visit.send().await.unwrap().status().as_u16()
    };
    assert_eq!(follow(&link(&market).await).await, 302);

    rotate_keys(&market.server.app).await.unwrap();
    clock.advance(TimeDelta::seconds(2));
    assert_eq!(follow(&link(&market).await).await, 302, "signed with a new key");

    let terms = json!({ "rate": { "share_of_commission": "40" }, "attribution_days": 30, "hold_days": 0 });
    let wanted = json!({ "terms": terms });
    market.send(&market.as_admin, "/api/v1/operator/stores/books/terms", &wanted, 201).await;
    clock.advance(TimeDelta::seconds(2));
    let link = link(&market).await;
    assert!(link.contains("&t=2&"), "{link}");
    assert_eq!(follow(&link).await, 302, "promises new terms");
    // What is no key of ours is still none.
    let (before, _) = link.split_once("&k=").unwrap();
    assert_eq!(follow(&format!("{before}&k=mine&s=AAAA")).await, 403);
}

async fn letters_and_webhooks_are_sent_by_one_of_them(db: TestDb) {
    let (outbox, receiver) = (TempDir::new().unwrap(), Receiver::start());
    let mut config = Config::default();
    let clock = Clock::manual("2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap());
    let server = TestApp::start_with(&db.url, clock.clone(), |of_first| {
        of_first.mail.outbox = outbox.path().to_owned();
        of_first.outgoing.allow_private = true;
        config = of_first.clone();
    });
    let market = Market::open(server.await, 2).await;
    let options = DbOptions { url: db.url.clone(), ..DbOptions::default() };
    let master = MasterKey::from_hex(MASTER_KEY).unwrap();
    let other = App::start(Db::open(&options).unwrap(), clock.clone(), Arc::new(config), master).await.unwrap();
    let hook = json!({ "name": "mine", "url": receiver.url, "events": ["conversion.reported"] });
    market.send(&market.as_partner, "/api/v1/webhooks", &hook, 201).await;
    let click = market.click(market.shopper).await;
    for round in 0..10 {
        market.report(&format!("A-{round}"), click, 2, "10.00").await;
        let (first, app) = (market.server.app.clone(), other.clone());
        let nodes = [
            tokio::spawn(async move { job::drain(&first).await }),
            tokio::spawn(async move { job::drain(&app).await }),
        ];
        for node in nodes {
            node.await.unwrap().unwrap();
        }
        assert_eq!(
            (letters_in(outbox.path()).len(), receiver.kinds()),
            (1, vec!["conversion.reported".to_owned()]),
            "round {round}"
        );
    }
}
