//! The site's pages for operators: finding things, and looking at one of each kind.

use kopilka::domain::money::{Amount, Currency};
use kopilka::service::claims::{NewClaim, claim_make};
use serde_json::json;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};

on_both![
    one_box_finds_everything,
    an_order_is_told_with_its_calls_in_full,
    a_shopper_is_looked_at_and_blocked,
    a_claim_is_answered,
    pages_are_for_operators_alone,
];

/// Pages that anybody who may look sees, without an id.
const LOOKED_AT: [&str; 17] = [
    "/operator",
    "/operator/inbox",
    "/operator/more",
    "/operator/search",
    "/operator/orders",
    "/operator/shoppers",
    "/operator/claims",
    "/operator/claims?all=true",
    "/operator/adjustments",
    "/operator/ledger",
    "/operator/jobs",
    "/operator/jobs?waiting=true",
    "/operator/stores",
    "/operator/adapters",
    "/operator/operators",
    "/operator/audit",
    "/operator/account",
];
/// Pages for those who keep the catalogue.
const OF_CATALOGUE: [&str; 4] =
    ["/operator/new-store", "/operator/import-stores", "/operator/stores/books/edit", "/operator/stores/books/terms"];
/// Forms without an id in their address.
const SENT: [&str; 8] = [
    "/operator/adjustments/new",
    "/operator/ledger",
    "/operator/import-stores",
    "/operator/stores/books",
    "/operator/stores/books/edit",
    "/operator/stores/books/terms",
    "/operator/adapters",
    "/operator/adapters/affise",
];
const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

async fn pages_are_for_operators_alone(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let server = &market.server;
    let stranger = Browser::new(server, "en");
    let (anna, partner) = (
        Browser::signed_in(server, "en", &market.as_shopper.0),
        Browser::signed_in(server, "en", &market.as_partner.0),
    );
    let (viewer, russian) =
        (Browser::signed_in(server, "en", &market.as_viewer.0), Browser::signed_in(server, "ru", &market.as_admin.0));
    for path in LOOKED_AT.into_iter().chain(OF_CATALOGUE) {
        let shown = stranger.get(path).await;
        assert_eq!(shown.status, 303, "{path}");
        assert!(shown.location.starts_with("/operator/sign-in?next="), "{path}: {}", shown.location);
        for other in [&anna, &partner] {
            assert_eq!(other.get(path).await.status, 403, "{path}");
        }
        russian.page(path).await.has("lang=\"ru\"").has("Входящие");
        let of_catalogue = OF_CATALOGUE.contains(&path);
        assert_eq!(viewer.get(path).await.status, if of_catalogue { 403 } else { 200 }, "{path}");
    }
    let ids = ["shoppers", "claims", "adjustments", "payouts", "calls", "operators"];
    for path in ids.map(|kind| format!("/operator/{kind}/{NOWHERE}")).iter().map(String::as_str).chain(SENT) {
        let fields = [("decision", "approve"), ("status", "active"), ("reason", "x"), ("shopper", NOWHERE)];
        let shown = stranger.send(path, &fields).await;
        assert_eq!((shown.status, shown.location.as_str()), (303, "/operator/sign-in"), "{path}");
        assert_eq!(anna.send(path, &fields).await.status, 403, "{path}");
        assert_eq!(partner.send(path, &fields).await.status, 403, "{path}");
    }
    for kind in ["orders", "clicks", "shoppers", "claims", "adjustments", "payouts", "calls", "stores"] {
        assert_eq!(viewer.get(&format!("/operator/{kind}/{NOWHERE}")).await.status, 404, "{kind}");
    }
    for path in ["/operator/new-store", "/operator/import-stores", "/operator/operators", "/operator/adapters/x"] {
        let fields = [("email", "x@example.com"), ("name", "x"), ("role", "admin"), ("password", "some long words")];
        assert_eq!(viewer.send(path, &fields).await.status, 403, "{path}");
        assert_eq!(russian.send_from("cross-site", path, &fields).await.status, 403, "{path}");
    }
}

async fn one_box_finds_everything(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    let told = market.report("A-100", click, 1, "100.00").await;
    let call = told["postback"].as_str().unwrap().to_owned();
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    let find = async |text: &str| viewer.page(&format!("/operator/search?q={text}")).await;
    let orders = market.read(&market.as_admin, "/api/v1/operator/orders").await;
    let order = orders["items"][0]["id"].as_str().unwrap().to_owned();
    find("A-100").await.has(&format!("/operator/orders/{order}"));
    find(&order).await.has(&format!("/operator/orders/{order}"));
    find(&click.reference()).await.has(&format!("/operator/clicks/{}", click.reference()));
    find(&click.to_string()).await.has(&format!("/operator/clicks/{}", click.reference()));
    find(&click.reference().to_uppercase()).await.has(&format!("/operator/clicks/{}", click.reference()));
    find(&call).await.has(&format!("/operator/calls/{call}"));
    let anna = format!("/operator/shoppers/{}", market.shopper);
    find("ANNA%40example.com").await.has(&anna);
    find("anna").await.has(&anna);
    find(&market.shopper.to_string()).await.has(&anna);
    find("boo").await.has("/operator/stores/books");
    find("netw").await.has("/operator/partners");
    find("a%25n").await.has("Nothing was found");
    find("%3Cscript%3Ealert(1)%3C/script%3E").await.lacks("<script>alert").has("Nothing was found");
    find("").await.has("One box for everything");
    viewer.page(&format!("/operator/clicks/{}", click.reference())).await.has(&order).has("network.example");
}

async fn an_order_is_told_with_its_calls_in_full(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "100.00").await;
    market.report("A-1", click, 1, "120.00").await;
    let orders = market.read(&market.as_admin, "/api/v1/operator/orders").await;
    let path = format!("/operator/orders/{}", orders["items"][0]["id"].as_str().unwrap());
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    let shown = viewer.page(&path).await;
    shown.has("RUB\u{a0}120.00").has("RUB\u{a0}60.00").has("tid=A-1").has("/operator/calls/").lacks(SECRET);
    shown.has(&format!("/operator/shoppers/{}", market.shopper)).has("house/margin").lacks("Correct the balance");
    Browser::signed_in(&market.server, "ru", &market.as_admin.0).page(&path).await.has("Исправить баланс");
    viewer.page("/operator/orders?state=confirmed&partner=network").await.has(&path);
    viewer.page("/operator/orders?state=declined").await.lacks(&path);
    viewer.page(&format!("/operator/orders?shopper={}", market.shopper)).await.has(&path);
    viewer.page(&format!("/operator/orders?shopper={NOWHERE}")).await.lacks(&path);
}

async fn a_shopper_is_looked_at_and_blocked(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let path = format!("/operator/shoppers/{}", market.shopper);
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    admin.page("/operator/shoppers").await.has(&path).has("boris@example.com");
    let shown = admin.page(&path).await;
    shown.has("anna@example.com").has("RUB\u{a0}50.00").has("No. A-1").has(&click.reference()).has("house/margin");
    viewer.page(&path).await.lacks("name=\"status\"");
    let (blocked, reason) = (("status", "blocked"), ("reason", "asked for by <b>e-mail</b>"));
    assert_eq!(viewer.send(&path, &[blocked, reason]).await.status, 403);
    assert_eq!(admin.send_from("cross-site", &path, &[blocked, reason]).await.status, 403);
    let silent = admin.send(&path, &[blocked, ("reason", " ")]).await;
    assert_eq!(silent.status, 422);
    silent.has("Write the reason");
    let done = admin.send(&path, &[blocked, reason]).await;
    assert_eq!((done.status, done.location.as_str()), (303, path.as_str()));
    admin.page(&path).await.has("The shopper is blocked").has("Unblock");
    let trail = format!("/operator/audit?subject=shopper/{}", market.shopper);
    admin.page(&trail).await.has("Blocked a shopper").has("&lt;b&gt;e-mail").lacks("<b>e-mail");
    assert_eq!(admin.send(&path, &[("status", "active"), ("reason", "again")]).await.status, 303);
    admin.page(&path).await.has("may come in again");
    assert_eq!(admin.send(&path, &[("status", "gone"), ("reason", "x")]).await.status, 400);
}

async fn a_claim_is_answered(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    let wanted = NewClaim {
        click,
        order_number: "LOST-1".to_owned(),
        amount: Some(Amount::new(500_000, Currency::RUB)),
        ordered_at: market.server.app.clock.now(),
        note: Some("<i>where is it?</i>".to_owned()),
    };
    let id = claim_make(&market.server.app, market.shopper, wanted).await.unwrap().id;
    let path = format!("/operator/claims/{id}");
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    admin.page("/operator/inbox").await.has(&path).has("LOST-1");
    admin.page("/operator/claims").await.has(&path);
    admin.page("/operator/search?q=LOST-1").await.has(&path);
    let shown = admin.page(&path).await;
    shown.has("&lt;i&gt;where is it?").has("RUB\u{a0}5,000.00").has(&click.reference()).has("No order came of it");
    viewer.page(&path).await.lacks("name=\"decision\"");
    let accept = [("decision", "accept"), ("answer", "we ask them")];
    assert_eq!(viewer.send(&path, &accept).await.status, 403);
    let silent = admin.send(&path, &[("decision", "accept"), ("answer", "")]).await;
    assert_eq!(silent.status, 422);
    silent.has("Write an answer");
    assert_eq!(admin.send(&path, &accept).await.status, 303);
    admin.page("/operator/claims").await.has("The claim is answered").lacks(&path);
    admin.page("/operator/claims?all=true").await.has(&path);
    let late = admin.send(&path, &[("decision", "decline"), ("answer", "no")]).await;
    assert_eq!(late.status, 409);
    late.has("This was answered before").has("we ask them");
    // The order comes after all: the claim's page leads to it.
    market.report("LOST-1", click, 1, "10.00").await;
    admin.page(&path).await.has("An order of this number is known");
    let answer = json!({ "accepted": true, "answer": "x" });
    let told = market.post(&market.as_admin, &format!("/api/v1/operator/claims/{id}/answer"), &answer).await;
    assert_eq!(told.status(), 409);
}
