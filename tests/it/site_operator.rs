//! The site's pages for operators: what waits, calls that are run again, payouts that are decided on.

use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Role, TokenKind};
use kopilka::domain::payout::MethodKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};
use crate::withdrawals::world::World;

on_both![
    operators_have_pages_of_their_own,
    a_held_call_is_run_again,
    a_payout_is_decided_on,
    an_operator_signs_in_at_a_door_of_its_own,
];

const PAGES: [&str; 4] = ["/operator", "/operator/calls", "/operator/calls?all=true", "/operator/payouts?of=review"];

async fn operators_have_pages_of_their_own(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let server = &market.server;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let (stranger, anna) = (Browser::new(server, "en"), Browser::signed_in(server, "en", &market.as_shopper.0));
    let (viewer, russian) =
        (Browser::signed_in(server, "en", &market.as_viewer.0), Browser::signed_in(server, "ru", &market.as_admin.0));
    for path in PAGES {
        let shown = stranger.get(path).await;
        assert_eq!(shown.status, 303, "{path}");
        assert!(shown.location.starts_with("/operator/sign-in?next=%2Foperator"), "{path}: {}", shown.location);
        assert_eq!(anna.get(path).await.status, 403, "{path}");
        viewer.page(path).await.has("Inbox");
        russian.page(path).await.has("Входящие");
    }
    kopilka::service::seal_ledger::seal_ledger(&server.app, 1000).await.unwrap();
    viewer
        .page("/operator")
        .await
        .has("To be withdrawn")
        .has("RUB\u{a0}50.00")
        .has("up to 7 days")
        .has("RUB\u{a0}100.00")
        .has("<svg role=\"img\"")
        .has("Nothing is wrong");
    let home = viewer.get("/").await;
    assert_eq!((home.status, home.location.as_str()), (303, "/operator"));
}

async fn a_held_call_is_run_again(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let coming = market.click_to_come(market.shopper);
    let held = market.report("H-1", coming.id, 2, "10.00").await;
    assert_eq!(held["verdict"], "held");
    let path = format!("/operator/calls/{}", held["postback"].as_str().unwrap());
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    admin.page("/operator").await.has("calls to look at");
    let list = admin.page("/operator/calls").await;
    list.has("No click with this reference is known").has(&path);
    admin.page(&path).await.has("H-1").has("tid=H-1").has("Run again").lacks(SECRET);
    market.store_click(coming).await;
    assert_eq!(viewer.send(&path, &[("reason", "because")]).await.status, 403);
    let shown = admin.send(&path, &[("reason", "  ")]).await;
    assert_eq!(shown.status, 422);
    shown.has("Write the reason");
    assert_eq!(admin.send_from("cross-site", &path, &[("reason", "because")]).await.status, 403);
    let done = admin.send(&path, &[("reason", "the click came late")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    admin
        .page(&done.location)
        .await
        .has("Taken in")
        .has("run again")
        .lacks("<form method=\"post\" action=\"/operator/calls");
    admin.page("/operator/calls").await.has("Nothing waits");
    admin.page("/operator/calls?all=true").await.has("Taken in");
    admin.page(&path).await.has(&done.location);
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    anna.page("/orders").await.has("H-1");
    assert_eq!(admin.get("/operator/calls/00000000-0000-7000-8000-000000000000").await.status, 404);
}

async fn a_payout_is_decided_on(db: TestDb) {
    let world = World::start(&db, false).await;
    let anna = world.shopper(200_000).await;
    let method = world.method(anna, 0, MethodKind::Card).await;
    let first = world.request(anna, method, 60_000, "one").await.unwrap().row.id;
    let second = world.request(anna, method, 70_000, "two").await.unwrap().row.id;
    let browser = async |role: Role| {
        let id = accounts::operator(&world.app, role).await;
        let (token, _) = accounts::token(&world.app, Owner::Operator(id), TokenKind::Session).await;
        Browser::signed_in(&world.test, "en", &token)
    };
    let (finance, support) = (browser(Role::Finance).await, browser(Role::Support).await);
    finance.page("/operator/payouts?of=review").await.has("RUB\u{a0}600.00").has("RUB\u{a0}700.00");
    finance.page("/operator/payouts?of=attention").await.lacks("RUB\u{a0}600.00");
    let (first, second) = (format!("/operator/payouts/{first}"), format!("/operator/payouts/{second}"));
    support.page(&first).await.has("RUB\u{a0}600.00").lacks("Let RUB\u{a0}600.00 go");
    finance.page(&first).await.has("Let RUB\u{a0}600.00 go");
    assert_eq!(support.send(&first, &[("decision", "approve")]).await.status, 403);
    assert_eq!(finance.send_from("cross-site", &first, &[("decision", "approve")]).await.status, 403);
    let done = finance.send(&first, &[("decision", "approve")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/operator/payouts?of=review"));
    finance.page(&done.location).await.has("goes on its way").lacks("RUB\u{a0}600.00");
    let silent = finance.send(&second, &[("decision", "decline"), ("reason", "")]).await;
    assert_eq!(silent.status, 422);
    silent.has("Write the reason");
    let done = finance.send(&second, &[("decision", "decline"), ("reason", "<i>not yours</i>")]).await;
    assert_eq!(done.status, 303);
    finance.page(&second).await.has("&lt;i&gt;not yours").has("Failed");
    world.settle().await;
    finance.page(&first).await.has("Paid");
    // The bank can be asked at any time; what needs nobody is not ended by hand.
    assert_eq!(support.send(&first, &[("decision", "ask")]).await.status, 403);
    let asked = finance.send(&first, &[("decision", "ask")]).await;
    assert_eq!((asked.status, asked.location.as_str()), (303, first.as_str()), "{}", asked.html);
    finance.page(&first).await.has("The bank was asked");
    let idle = finance.send(&first, &[("decision", "not_paid"), ("reason", "it seems so")]).await;
    assert_eq!(idle.status, 409);
    idle.has("Nobody has to look at this");
    let late = finance.send(&first, &[("decision", "decline"), ("reason", "too late")]).await;
    assert_eq!(late.status, 409);
    late.has("Paid").has("notice bad");
    assert_eq!(world.balances(anna).await, (140_000, 0, 0));
    world.close().await;
}

async fn an_operator_signs_in_at_a_door_of_its_own(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let wanted = json!({ "email": "o@example.com", "name": "O", "role": "support", "password": "some long words" });
    let made = market.post(&market.as_admin, "/api/v1/operator/operators", &wanted).await;
    assert_eq!(made.status(), 201, "{:?}", made.json::<Value>().await);
    let browser = Browser::new(&market.server, "en");
    let wrong = browser.send("/operator/sign-in", &[("email", "o@example.com"), ("password", "other words")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("The address or the password is wrong").has("value=\"o@example.com\"");
    let fields = [("email", "o@example.com"), ("password", "some long words")];
    assert_eq!(browser.send_from("cross-site", "/operator/sign-in", &fields).await.status, 403);
    // The shoppers' door does not open to an operator.
    assert_eq!(browser.send("/sign-in", &fields).await.status, 422);
    let done = browser.send("/operator/sign-in", &fields).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/operator"));
    browser.page("/operator").await.has("How things stand");
    let head = browser.request(Method::GET, "/operator").send().await.unwrap();
    assert_eq!(head.headers()["cache-control"], "no-store");
}
