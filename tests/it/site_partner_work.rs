//! What partners' people do on their pages: the log of calls, the test bench, orders, statements.

use kopilka::base::Clock;
use kopilka::domain::access::Actor;
use kopilka::domain::money::{Amount, Currency};
use kopilka::service::adjust::{PartnerPayment, book_partner_payment};
use reqwest::Method;
use serde_json::json;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::desk::Desk;
use crate::support::market::{Market, SECRET};

on_both![
    the_checklist_ticks_as_calls_come,
    calls_are_found_and_shown_without_secrets,
    a_held_call_is_run_again_by_its_partner,
    the_bench_shows_each_step_and_moves_nothing,
    a_report_of_the_bench_is_shared_and_taken_back,
    a_shared_report_hides_shoppers_in_every_form,
    links_end_by_themselves,
    orders_and_clicks_are_the_partners_own,
    a_month_is_told_to_the_last_kopeck,
];

async fn the_checklist_ticks_as_calls_come(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    pia.page("/partner").await.has("1 of 9").has("send a test call").has("No calls yet");
    let click = market.click(market.shopper).await;
    market.server.get("/postback/network?tid=1").await;
    pia.page("/partner").await.has("2 of 9").has("mostly the secret is wrong");
    market.report("A-1", click, 2, "100.00").await;
    market.report("A-1", click, 2, "100.00").await;
    let home = pia.page("/partner").await;
    home.has("6 of 9").lacks("send a test call").has("Repeat").has("No call was refused in the last day");
    market.report("A-1", click, 1, "100.00").await;
    market.report("A-2", click, 3, "10.00").await;
    pia.page("/partner").await.has("8 of 9").has("The latest 5 calls");
    kopilka::service::seal_ledger::seal_ledger(&market.server.app, 1000).await.unwrap();
    pia.page("/partner").await.has("RUB\u{a0}100.00");
    desk.pia("ru").page("/partner").await.has("8 из 9").has("Последние 5 вызовов");
    desk.stranger().page("/partner").await.has("0 of 9").lacks("100.00");
}

async fn calls_are_found_and_shown_without_secrets(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await;
    let first = market.report("A-<b>1", click, 1, "100.00").await;
    market.report("B-2", click, 2, "5.00").await;
    market.server.get("/postback/network?tid=zz").await;
    let list = pia.page("/partner/calls").await;
    list.has("A-&lt;b&gt;1").lacks("A-<b>1").has("B-2").has("Refused");
    pia.page("/partner/calls?verdict=refused").await.has("not authentic").lacks("B-2");
    pia.page("/partner/calls?number=B-2").await.has("B-2").lacks("A-&lt;b&gt;1");
    pia.page("/partner/calls?number=B%25").await.lacks("B-2").has("No call fits");
    pia.page("/partner/calls?from=2100-01-01").await.lacks("B-2").has("No call fits");
    pia.page("/partner/calls?until=2100-01-01&from=nonsense").await.has("B-2");
    let path = format!("/partner/calls/{}", first["postback"].as_str().unwrap());
    pia.page(&path).await.has("tid=A-").has("secret=***").lacks(SECRET).has("was authentic and was applied");
    desk.pia("ru").page(&path).await.has("Сообщение подлинное");
    assert_eq!(desk.stranger().get(&path).await.status, 404);
    desk.stranger().page("/partner/calls").await.lacks("B-2");
    let api = market.read(&market.as_partner, "/api/v1/partner/postbacks?number=B-2").await;
    assert_eq!(api["items"].as_array().unwrap().len(), 1, "{api}");
}

async fn a_held_call_is_run_again_by_its_partner(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let coming = market.click_to_come(market.shopper);
    let held = market.report("H-1", coming.id, 2, "10.00").await;
    let path = format!("/partner/calls/{}", held["postback"].as_str().unwrap());
    pia.page("/partner/calls?verdict=waiting").await.has(&path);
    pia.page(&path).await.has("Run again").has("No click with this reference is known");
    market.store_click(coming).await;
    assert_eq!(desk.stranger().send(&path, &[]).await.status, 404);
    assert_eq!(pia.send_from("cross-site", &path, &[]).await.status, 403);
    let done = pia.send(&path, &[]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    pia.page(&done.location).await.has("Taken in").has("run again");
    let again = pia.send(&path, &[]).await;
    assert_eq!(again.status, 409);
    pia.page(&path).await.has("A later run settled it").lacks("<button class=\"button wide\"");
    // A refused one is for operators only.
    market.server.get("/postback/network?tid=1").await;
    let refused = pia.page("/partner/calls?verdict=refused").await;
    let id = refused.between("class=\"line\" href=\"/partner/calls/", "\"");
    pia.page(&format!("/partner/calls/{id}")).await.has("by our staff only");
    assert_eq!(pia.send(&format!("/partner/calls/{id}"), &[]).await.status, 409);
}

async fn the_bench_shows_each_step_and_moves_nothing(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await.reference();
    // Our own field is filled in with the latest click.
    pia.page("/partner/bench").await.has(&format!("name=\"click\" value=\"{click}\"")).has("placeholder=\"{sub1}\"");
    let built = pia
        .send(
            "/partner/bench/build",
            &[("tid", "T-1"), ("click", &click), ("status", "1"), ("sum", "80"), ("cur", "RUB"), ("osum", "")],
        )
        .await;
    assert_eq!(built.status, 200);
    built.lacks("⟦").lacks(SECRET).has("It is yours").has(&click).has("Confirmed").has("RUB\u{a0}40.00");
    built
        .has("name=\"tid\" value=\"T-1\"")
        .has("owed by the store")
        .has("It would be answered:</strong> Taken in")
        .lacks(&market.shopper.to_string());
    let url = format!("https://any.example/postback/network/SECRET?tid=T-2&click={click}&status=2&sum=10&cur=RUB");
    let tried = pia.send("/partner/bench", &[("method", "GET"), ("url", &url)]).await;
    tried.has("It is yours").has("Waiting").lacks(SECRET).has("postback/network/SECRET?tid=T-2");
    let forged = pia.send("/partner/bench", &[("method", "GET"), ("url", &url.replace("SECRET", "guess"))]).await;
    forged.has("does not prove").has("Refused");
    // Whatever field the secret is put into, it is not shown.
    let sly = format!("tid=SECRET&click={click}&status=2&sum=10&cur=RUB&secret=SECRET");
    let sly = pia.send("/partner/bench", &[("method", "GET"), ("url", &sly)]).await;
    sly.has("It is yours").lacks(SECRET);
    let wrong = pia.send("/partner/bench", &[("method", "PUT"), ("url", "tid=1")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("Choose GET or POST");
    let wrong = pia.send("/partner/bench", &[("method", "POST"), ("url", ""), ("headers", "no colon")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("one a line, as Name: value").has("no colon");
    let body = format!("tid=T-3&click={click}&status=1&sum=10&cur=RUB&secret=SECRET");
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let posted =
        pia.send("/partner/bench", &[("method", "POST"), ("url", ""), ("headers", kind), ("body", &body)]).await;
    posted.has("1 report was read").has("T-3").lacks(SECRET);
    desk.pia("ru").send("/partner/bench", &[("method", "GET"), ("url", &url)]).await.has("Вызов ваш").lacks("⟦");
    assert_eq!(desk.balance().await, json!([]), "nothing moved");
    assert_eq!(market.read(&market.as_partner, "/api/v1/partner/postbacks").await["items"], json!([]));
    // Another partner's click is not told of.
    let alien = desk.stranger().send("/partner/bench", &[("method", "GET"), ("url", &url)]).await;
    alien.has("No click to one of your stores");
}

async fn a_report_of_the_bench_is_shared_and_taken_back(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await.reference();
    let url = format!("tid=T-9&click={click}&status=1&sum=80&cur=RUB&secret=SECRET");
    let shared = pia.send("/partner/bench", &[("method", "GET"), ("url", &url), ("share", "yes")]).await;
    let link = shared.between("/shared/bench/", "<");
    assert!(link.len() >= 32, "{link}");
    let path = format!("/shared/bench/{link}");
    let stranger = Browser::new(&market.server, "ru");
    let shown = stranger.page(&path).await;
    shown.has("T-9").has("Вызов ваш").has("noindex").lacks(SECRET).lacks(&market.shopper.to_string());
    assert_eq!(shown.headers["cache-control"], "no-store");
    assert_eq!(stranger.get("/shared/bench/0123456789abcdef").await.status, 404);
    let bench = pia.page("/partner/bench").await;
    bench.has("Links that work").lacks(&link);
    let id = bench.between("/partner/bench/links/", "\"");
    assert_eq!(desk.stranger().send(&format!("/partner/bench/links/{id}"), &[]).await.status, 404);
    assert_eq!(stranger.page(&path).await.status, 200);
    assert_eq!(pia.send(&format!("/partner/bench/links/{id}"), &[]).await.status, 303);
    assert_eq!(stranger.get(&path).await.status, 404);
    let audit = market.read(&market.as_admin, "/api/v1/operator/audit").await.to_string();
    assert!(audit.contains("bench.share") && audit.contains("bench.unshare"));
}

async fn a_shared_report_hides_shoppers_in_every_form(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, shopper) = (desk.pia("en"), desk.market.shopper.to_string());
    let partner = format!("/api/v1/operator/partners/{}", desk.market.partner);
    desk.market.change(Method::PATCH, &partner, &json!({ "adapter": "awin-get" })).await;
    let text: String = shopper.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let url = format!("id=T-9&date=2026-03-01+12:00:00&sum=80&cur=RUB&fee=8&ref=x&user={text}");
    let shared = pia.send("/partner/bench", &[("method", "GET"), ("url", &url), ("share", "yes")]).await;
    let path = format!("/shared/bench/{}", shared.between("/shared/bench/", "<"));
    let shown = Browser::new(&desk.market.server, "en").page(&path).await;
    shown.has("T-9").lacks(&shopper).lacks(&text).lacks(&text.to_lowercase());
}

async fn links_end_by_themselves(db: TestDb) {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let market = Market::open(TestApp::start_with(&db.url, clock.clone(), |_config| {}).await, 0).await;
    let session = accounts::person_session(&market.server.app, market.partner).await;
    let pia = Browser::signed_in(&market.server, "en", &session);
    let shared = pia.send("/partner/bench", &[("method", "GET"), ("url", "tid=1"), ("share", "yes")]).await;
    let path = format!("/shared/bench/{}", shared.between("/shared/bench/", "<"));
    let stranger = Browser::new(&market.server, "en");
    clock.advance(chrono::TimeDelta::days(29));
    stranger.page(&path).await;
    clock.advance(chrono::TimeDelta::days(2));
    assert_eq!(stranger.get(&path).await.status, 404);
}

async fn orders_and_clicks_are_the_partners_own(db: TestDb) {
    let desk = Desk::open(&db).await;
    let (pia, market) = (desk.pia("en"), &desk.market);
    let click = market.click(market.shopper).await;
    market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    market.report("A-2", click, 3, "7.00").await;
    let list = pia.page("/partner/orders").await;
    list.has("A-1").has("A-2").has("RUB\u{a0}100.00");
    pia.page("/partner/orders?state=declined").await.has("A-2").lacks("A-1");
    pia.page("/partner/orders?number=A-1").await.has("A-1").lacks("A-2");
    let id = pia.page("/partner/orders?number=A-1").await.between("class=\"line\" href=\"/partner/orders/", "\"");
    let path = format!("/partner/orders/{id}");
    let shown = pia.page(&path).await;
    shown.has("RUB\u{a0}100.00").has("Your call").has("the shopper’s cashback").lacks(&market.shopper.to_string());
    desk.pia("ru").page(&path).await.has("кешбэк покупателя");
    assert_eq!(desk.stranger().get(&path).await.status, 404);
    desk.stranger().page("/partner/orders").await.has("No orders yet");
    let clicks = pia.page("/partner/clicks").await;
    clicks.has(&click.reference()).has("From clicks to orders").has("100").lacks(&market.shopper.to_string());
    clicks.has("<th scope=\"row\">Books</th><td class=\"end\">2</td><td class=\"end\">2</td><td class=\"end\">100");
    desk.stranger().page("/partner/clicks").await.has("No clicks yet").lacks("Books");
}

async fn a_month_is_told_to_the_last_kopeck(db: TestDb) {
    let clock = Clock::manual("2026-02-10T12:00:00Z".parse().unwrap());
    let market = Market::open(TestApp::start_with(&db.url, clock.clone(), |_config| {}).await, 0).await;
    let session = accounts::person_session(&market.server.app, market.partner).await;
    let pia = Browser::signed_in(&market.server, "en", &session);
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    market.report("=A-2", click, 1, "30.10").await;
    market.report("=A-2", click, 3, "30.10").await;
    market.report("A-3", click, 2, "9.00").await;
    clock.advance(chrono::TimeDelta::days(30));
    let paid = PartnerPayment {
        partner: market.partner,
        bank: "bank/main".to_owned(),
        amount: Amount::new(60_00, Currency::RUB),
        reference: "invoice-1".to_owned(),
    };
    book_partner_payment(&market.server.app, &Actor::Console, paid).await.unwrap();
    let february = pia.page("/partner/statement?month=2026-02").await;
    february.has("February\u{a0}2026").has("RUB\u{a0}130.10").has("RUB\u{a0}30.10").has("−RUB\u{a0}30.10");
    february.has("RUB\u{a0}9.00").has("A-1").lacks("The partner paid");
    let march = pia.page("/partner/statement").await;
    march
        .has("March\u{a0}2026")
        .has("RUB\u{a0}40.00")
        .has("The partner paid")
        .has("−RUB\u{a0}60.00")
        .lacks("Month after");
    let export = pia.request(Method::GET, "/partner/statement.csv?month=2026-02").send().await.unwrap();
    assert_eq!(export.headers()["content-disposition"], "attachment; filename=\"statement-2026-02.csv\"");
    let text = export.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines.iter().any(|line| line.contains(",'=A-2,-30.10,RUB")), "{text}");
    assert_eq!(pia.get("/partner/statement?month=never").await.status, 422);
    assert_eq!(Browser::new(&market.server, "en").get("/partner/statement.csv").await.status, 303);
}
