//! An account that nobody confirms is forgotten after a while, and its address is free again; one that was confirmed, or to which
//! anything belongs, stays.

use chrono::TimeDelta;
use kopilka::db::people::person_find_by_email;
use kopilka::db::shoppers::shopper_find_by_email;
use kopilka::domain::access::{Actor, Role};
use kopilka::domain::money::{Amount, Currency};
use kopilka::service::accounts::unconfirmed_purge;
use kopilka::service::adjust::{Adjustment, adjust};
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::db::TestDb;
use crate::support::site::{PASSWORD, Site, code_in};

on_both![
    a_shopper_who_never_confirms_is_forgotten,
    what_belongs_to_an_account_keeps_it,
    people_of_partners_who_never_confirm_are_forgotten,
    the_time_can_be_set,
];

async fn sign_up(site: &Site, email: &str) -> String {
    let wanted = json!({ "email": email, "password": PASSWORD });
    assert_eq!(site.post("/api/v1/shopper/sign-up", wanted).await.0, 202);
    site.code().await
}

async fn purge(site: &Site) -> usize {
    unconfirmed_purge(&site.server.app, 500).await.unwrap()
}

async fn known(site: &Site, email: &'static str) -> bool {
    site.server.app.db.read(move |conn| shopper_find_by_email(conn, email)).await.unwrap().is_some()
}

async fn a_shopper_who_never_confirms_is_forgotten(db: TestDb) {
    let site = Site::start(&db).await;
    let late = sign_up(&site, "anna@example.com").await;
    site.sign_up("boris@example.com").await;
    site.clock.advance(TimeDelta::days(6));
    sign_up(&site, "vera@example.com").await;
    assert_eq!(purge(&site).await, 0, "a week is waited");
    site.clock.advance(TimeDelta::days(1) + TimeDelta::seconds(1));
    assert_eq!(purge(&site).await, 1);
    assert_eq!(purge(&site).await, 0);
    let left = [known(&site, "anna@example.com").await, known(&site, "boris@example.com").await];
    assert_eq!((left, known(&site, "vera@example.com").await), ([false, true], true));
    assert_eq!(site.confirm(&late, PASSWORD).await.1["code"], "code_not_valid");
    // The address is whoever's it really is.
    let code = sign_up(&site, "anna@example.com").await;
    assert_eq!(site.confirm(&code, PASSWORD).await.0, 204);
    site.session("anna@example.com").await;
    site.session("boris@example.com").await;
}

async fn what_belongs_to_an_account_keeps_it(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    for email in ["anna@example.com", "boris@example.com", "vera@example.com"] {
        sign_up(&site, email).await;
    }
    let id = async |email: &'static str| {
        app.db.read(move |conn| shopper_find_by_email(conn, email)).await.unwrap().unwrap().id
    };
    let given = Adjustment {
        key: "gift".to_owned(),
        shopper: id("anna@example.com").await,
        amount: Amount::new(1_00, Currency::RUB),
        fund: "house/margin".to_owned(),
        reason: "a gift".to_owned(),
    };
    adjust(app, &Actor::Console, given).await.unwrap();
    let support = site.operator(Role::Support).await.0;
    let block = format!("/api/v1/operator/shoppers/{}/block", id("boris@example.com").await);
    assert_eq!(site.send(Method::POST, &block, &support, json!({ "reason": "spam" })).await.0, 200);
    site.clock.advance(TimeDelta::days(30));
    assert_eq!(purge(&site).await, 1, "money, and a word of an operator's, stay");
    assert!(known(&site, "anna@example.com").await && known(&site, "boris@example.com").await);
    assert!(!known(&site, "vera@example.com").await);
    let viewer = site.operator(Role::Viewer).await.0;
    let (_, report) = site.send(Method::GET, "/api/v1/operator/ledger/verify", &viewer, Value::Null).await;
    assert_eq!(report["findings"], json!([]));
}

async fn people_of_partners_who_never_confirm_are_forgotten(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    let application = json!({
        "name": "Lamps", "site": "https://lamps.example/", "adapter": "direct", "person": "Pia",
        "email": "pia@lamps.example", "password": PASSWORD,
    });
    assert_eq!(site.post("/api/v1/partner/applications", application.clone()).await.0, 202);
    site.letter().await;
    let partner = accounts::partner(app).await;
    app.reload_catalogue().await.unwrap();
    let session = accounts::person_session(app, partner).await;
    let max = json!({ "email": "max@example.com", "name": "Max" });
    assert_eq!(site.send(Method::POST, "/api/v1/partner/people", &session, max.clone()).await.0, 201);
    site.letter().await;
    site.clock.advance(TimeDelta::days(8));
    assert_eq!(purge(&site).await, 2);
    let gone = app.db.read(|conn| person_find_by_email(conn, "pia@lamps.example")).await.unwrap();
    assert!(gone.is_none());
    // Both can begin anew.
    assert_eq!(site.send(Method::POST, "/api/v1/partner/people", &session, max).await.0, 201);
    site.letter().await;
    assert_eq!(site.post("/api/v1/partner/applications", application).await.0, 202);
    let letter = site.letter().await.1;
    assert_eq!(site.confirm(&code_in(&letter), PASSWORD).await.0, 204);
    site.clock.advance(TimeDelta::days(8));
    assert_eq!(purge(&site).await, 1, "who confirmed stays, who was invited again does not");
}

async fn the_time_can_be_set(db: TestDb) {
    let site = Site::start_with(&db, |config| config.accounts.unconfirmed_days = 30).await;
    sign_up(&site, "anna@example.com").await;
    site.clock.advance(TimeDelta::days(29));
    assert_eq!(purge(&site).await, 0);
    site.clock.advance(TimeDelta::days(2));
    assert_eq!(purge(&site).await, 1);
}
