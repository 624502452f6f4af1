//! What operators do by calls as on their pages: looks before changes, single things, imports, alarms' letters, jobs.

use diesel::prelude::*;
use diesel::sql_query;
use kopilka::db::Lane;
use kopilka::domain::access::Role;
use kopilka::domain::money::{Amount, Currency};
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::support::paperwork;
use crate::support::site::Site;

on_both![
    stores_are_imported_after_a_look,
    new_terms_are_held_against_those_of_now,
    a_correction_is_looked_at_first,
    one_shopper_is_seen_from_every_side,
    a_job_that_was_given_up_is_tried_again,
    the_rules_and_the_ledger_are_told,
];

const HEADER: &str = "slug,partner,name,home_url,domains,landing_url,rate\n";

async fn import(market: &Market, query: &str, csv: String) -> (u16, Value) {
    let path = format!("/api/v1/operator/import-stores{query}");
    let request = market.server.request(Method::POST, &path).bearer_auth(&market.as_admin.0);
    let answer = request.header("content-type", "text/csv").body(csv).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn stores_are_imported_after_a_look(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let row = |slug: &str| {
        format!("{slug},network,Toys,https://{slug}.example/,{slug}.example,https://n.example/?sub1={{click}},5%\n")
    };
    let csv = format!(
        "{HEADER}{}toys2,nobody,Toys,https://t.example/,t.example,https://n.example/?sub1={{click}},5%\n",
        row("toys")
    );
    let (status, told) = import(&market, "?dry_run=true", csv.clone()).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(
        (&told["added"], &told["lines"][0]["done"], &told["bad"][0]["slug"]),
        (&json!(1), &json!("added"), &json!("toys2"))
    );
    assert_eq!(
        market.get(&market.as_viewer, "/api/v1/operator/stores/toys").await.status(),
        404,
        "nothing was written"
    );
    for slip in ["", "?dry-run=true", "?dryRun=true&dry_run=false"] {
        assert_eq!(import(&market, slip, csv.clone()).await.0, 400, "{slip}");
    }
    assert_eq!(import(&market, "?dry_run=false", csv.clone()).await.1["added"], 1);
    let store = market.read(&market.as_viewer, "/api/v1/operator/stores/toys").await;
    assert_eq!((&store["name"], &store["status"]), (&json!("Toys"), &json!("active")));
    assert_eq!(import(&market, "?dry_run=false", csv).await.1["unchanged"], 1, "the same file again");
    for (csv, problem) in [("slug,color\n", "no column"), (HEADER, "no line below the header")] {
        let (status, told) = import(&market, "?dry_run=false", csv.to_owned()).await;
        assert_eq!((status, &told["field"]), (422, &json!("csv")));
        assert!(told["detail"].as_str().unwrap().contains(problem), "{told}");
    }
    // More than other bodies may have, and no more than the page takes.
    let many = (0..700).map(|n| row(&format!("toys-{n}"))).collect::<String>();
    assert_eq!(import(&market, "?dry_run=true", format!("{HEADER}{many}")).await.1["added"], 700);
    let (status, told) = import(&market, "?dry_run=true", " ".repeat(2 * 1024 * 1024 + 1)).await;
    assert_eq!((status, &told["code"]), (413, &json!("body_too_large")));
}

async fn new_terms_are_held_against_those_of_now(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 7).await;
    let path = "/api/v1/operator/stores/books/terms/preview";
    let wanted = json!({ "terms": { "rate": { "percent_of_order": "5" }, "hold_days": 7 } });
    let told = market.send(&market.as_admin, path, &wanted, 200).await;
    assert_eq!(told["version"], 1);
    let rate = json!({ "field": "rate", "before": "50% of commission", "after": "5%" });
    assert_eq!(told["differences"], json!([rate]), "{told}");
    let late = json!({ "terms": wanted["terms"], "valid_from": "2020-01-01T00:00:00Z" });
    assert_eq!(market.send(&market.as_admin, path, &late, 422).await["field"], "valid_from");
    market.send(&market.as_viewer, path, &wanted, 403).await;
    market.send(&market.as_admin, "/api/v1/operator/stores/nothing/terms/preview", &wanted, 404).await;
    let versions = market.read(&market.as_viewer, "/api/v1/operator/stores/books/terms").await;
    assert_eq!(versions["items"].as_array().unwrap().len(), 1, "nothing was written");
}

async fn a_correction_is_looked_at_first(db: TestDb) {
    let server = TestApp::start_with(&db.url, kopilka::base::Clock::System, |config| {
        config.limits.adjustment_maximum = vec![Amount::new(100_00, Currency::RUB)];
    });
    let market = Market::open(server.await, 0).await;
    let wanted = |sum: &str| {
        json!({ "key": "k-1", "shopper": market.shopper, "fund": "house/budget/goodwill", "reason": "sorry",
            "amount": { "amount": sum, "currency": "RUB" } })
    };
    let look = "/api/v1/operator/adjustments/preview";
    let told = market.send(&market.as_admin, look, &wanted("50.00"), 200).await;
    assert_eq!((&told["available"][0]["amount"], &told["available"][1]["amount"]), (&json!("0.00"), &json!("50.00")));
    assert_eq!((&told["second"], told["transfers"].as_array().unwrap().len()), (&json!(false), 1));
    assert_eq!(market.send(&market.as_admin, look, &wanted("500.00"), 200).await["second"], true);
    let poor = market.send(&market.as_admin, look, &wanted("-1.00"), 422).await;
    assert_eq!(poor["code"], "insufficient_funds");
    assert_eq!(market.read(&market.as_shopper, "/api/v1/balance").await, json!([]), "nothing was booked");
    let asked = market.send(&market.as_admin, "/api/v1/operator/adjustments", &wanted("500.00"), 202).await;
    let path = format!("/api/v1/operator/adjustments/{}", asked["id"].as_str().unwrap());
    assert_eq!(market.read(&market.as_viewer, &path).await, asked);
    let of_other = "/api/v1/operator/adjustments?shopper=01900000-0000-7000-8000-000000000000";
    assert_eq!(market.read(&market.as_viewer, of_other).await["items"], json!([]));
    let of_shopper = format!("/api/v1/operator/adjustments?shopper={}", market.shopper);
    assert_eq!(market.read(&market.as_viewer, &of_shopper).await["items"], json!([asked]));
}

async fn one_shopper_is_seen_from_every_side(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let (shopper, viewer) = (market.shopper, &market.as_viewer);
    let told = market.read(viewer, &format!("/api/v1/operator/clicks/{}", click.reference())).await;
    assert_eq!((&told["shopper"], &told["orders"][0]["external_id"]), (&json!(shopper), &json!("A-1")), "{told}");
    let clicks = market.read(viewer, &format!("/api/v1/operator/shoppers/{shopper}/clicks")).await;
    assert_eq!(clicks["items"].as_array().unwrap().len(), 1);
    let balance = market.read(viewer, &format!("/api/v1/operator/shoppers/{shopper}/balance")).await;
    assert_eq!(balance, market.read(&market.as_shopper, "/api/v1/balance").await);
    let ledger = async |of: &str| market.read(viewer, &format!("/api/v1/operator/ledger?shopper={of}")).await;
    assert_eq!(ledger(&shopper.to_string()).await["items"].as_array().unwrap().len(), 1);
    let other = market.read(&market.as_other, "/api/v1/me").await["id"].as_str().unwrap().to_owned();
    assert_eq!(ledger(&other).await["items"], json!([]));
    let path = format!("/api/v1/operator/shoppers/{shopper}");
    let one = market.read(viewer, &path).await;
    assert_eq!(
        (&one["email"], &one["sessions"], &one["frozen_since"]),
        (&json!("anna@example.com"), &json!(0), &Value::Null)
    );
    let frozen = market.post(&market.as_admin, &format!("{path}/freeze"), &json!({ "reason": "asked" })).await;
    assert_eq!(frozen.status(), 204);
    assert!(market.read(viewer, &path).await["frozen_by"].as_str().unwrap().starts_with("operator/"));
    let payouts = market.read(viewer, &format!("/api/v1/operator/payouts?shopper={shopper}")).await;
    assert_eq!(payouts["items"], json!([]));
    assert_eq!(market.get(viewer, "/api/v1/operator/clicks/00000000000000000000000000").await.status(), 404);
}

async fn a_job_that_was_given_up_is_tried_again(db: TestDb) {
    let site = Site::start(&db).await;
    let (finance, support) = (site.operator(Role::Finance).await.0, site.operator(Role::Support).await.0);
    let id = paperwork::job(&site.server.app).await;
    let path = format!("/api/v1/operator/jobs/{id}/restart");
    let restart = async |who: &str| site.send(Method::POST, &path, who, Value::Null).await;
    assert_eq!(restart(&support).await.0, 403);
    assert_eq!(restart(&finance).await.1["code"], "job_not_given_up");
    let given_up = site.server.app.db.write(Lane::House, |conn| {
        sql_query("UPDATE jobs SET dead = TRUE").execute(conn).map_err(kopilka::db::DbError::from)
    });
    assert_eq!(given_up.await.unwrap(), 1);
    assert_eq!(restart(&finance).await.0, 204);
    let (_, jobs) = site.send(Method::GET, "/api/v1/operator/jobs?dead=false", &support, Value::Null).await;
    assert_eq!(jobs["items"][0]["id"], id);
    let (_, trail) = site.send(Method::GET, "/api/v1/operator/audit", &support, Value::Null).await;
    assert!(trail.to_string().contains("job.restart"), "{trail}");
}

async fn the_rules_and_the_ledger_are_told(db: TestDb) {
    let site = Site::start_with(&db, |config| config.payouts.review.new_account_days = 3).await;
    let viewer = site.operator(Role::Viewer).await.0;
    let (_, rules) = site.send(Method::GET, "/api/v1/operator/payout-rules", &viewer, Value::Null).await;
    let rule = rules["rules"].as_array().unwrap().iter().find(|one| one["rule"] == "new_account").unwrap();
    assert_eq!((&rule["how"], &rule["count"]), (&json!("days"), &json!(3)));
    let last =
        async || site.send(Method::GET, "/api/v1/operator/alarms", &viewer, Value::Null).await.1["last_check"].clone();
    assert_eq!(last().await, Value::Null);
    let (status, report) = site.send(Method::POST, "/api/v1/operator/ledger/check", &viewer, Value::Null).await;
    assert_eq!((status, &report["findings"]), (200, &json!([])));
    assert_eq!(last().await["findings"], 0, "what was found is kept in mind");
}
