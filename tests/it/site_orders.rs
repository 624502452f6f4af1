//! The shopper's main way over the site: a store, the click, the order, its whole story.

use kopilka::base::id::ClickId;
use kopilka::base::{Clock, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::{Market, SECRET};

on_both![
    a_shopper_goes_to_a_store_and_sees_the_order,
    a_declined_order_says_why,
    orders_are_found_filtered_and_exported,
    a_story_is_its_owners_alone,
    going_has_its_limits,
];

async fn market(db: &TestDb, hold_days: u16) -> Market {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    let market = Market::open(TestApp::start_with(&db.url, clock, |_config| {}).await, hold_days).await;
    let deep = json!({ "deep_link_url": "https://network.example/c?sub1={click}&to={deep_link}" });
    market.change(Method::PATCH, "/api/v1/operator/stores/books", &deep).await;
    market
}

async fn a_shopper_goes_to_a_store_and_sees_the_order(db: TestDb) {
    let market = market(&db, 14).await;
    let anna = Browser::signed_in(&market.server, "ru", &market.as_shopper.0);
    anna.set("kopilka_language", "ru");
    anna.page("/clicks").await.has("Переходов пока нет");
    anna.page("/orders").await.has("Заказов пока нет");
    anna.page("/stores/books").await.has("Перейти в магазин").has("через 14 дней").has("(версия 1)");

    let leave = anna.send("/stores/books", &[("deep_link", "https://books.example/tea?x=1&y=2")]).await;
    assert_eq!(leave.status, 200);
    leave.has("http-equiv=\"refresh\"").has("Переходим: Books");
    let link = leave.between("class=\"button big\" href=\"", "\"");
    assert!(link.starts_with("/go/books?"), "{link}");
    let gone = anna.get(&link).await;
    assert_eq!(gone.status, 302);
    assert!(gone.location.starts_with("https://network.example/c?sub1="), "{}", gone.location);
    assert!(gone.location.contains("&to=https%3A%2F%2Fbooks"), "{}", gone.location);
    let reference = gone.location.split_once("sub1=").unwrap().1.split('&').next().unwrap().to_owned();
    anna.page("/clicks").await.has(&reference).has("Books");

    let click = ClickId::from_reference(&reference).unwrap();
    market.report("A-1", click, 2, "125.51").await;
    let list = anna.page("/orders").await;
    list.has("62,75\u{a0}₽").has("Ожидает").has("№ A-1");
    market.report("A-1", click, 1, "125.51").await;
    let list = anna.page("/orders").await;
    list.has("Подтверждён, удержание").has("15\u{a0}марта 2026");
    let story = anna.page(&list.between("class=\"line\" href=\"", "\"")).await;
    story.has("Вы перешли в магазин Books").has("Магазин сообщил о заказе").has("Магазин подтвердил заказ");
    story.has("ожидается от магазина").has("подтверждено, на удержании").has(&reference);
    // The call stands there as it came, its secret cut out.
    story.has("tid=A-1").lacks(SECRET);
    // The shares of others are no concern of the shopper's.
    story.lacks("house/margin");
    market.server.app.clock.advance(chrono::TimeDelta::days(15));
    kopilka::service::release_holds::release_holds(&market.server.app, 100).await.unwrap();
    let story = anna.page(&list.between("class=\"line\" href=\"", "\"")).await;
    story.has("Удержание закончилось").has("Деньги уже на балансе");
    anna.page("/").await.has("62,75\u{a0}₽").has("Можно вывести");
}

async fn a_declined_order_says_why(db: TestDb) {
    let market = market(&db, 0).await;
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    let click = market.click(market.shopper).await;
    market.report("B-1", click, 2, "10.00").await;
    market.report("B-1", click, 3, "10.00").await;
    let list = anna.page("/orders").await;
    list.has("Declined").has("The store gave no reason");
    let story = anna.page(&list.between("class=\"line\" href=\"", "\"")).await;
    story.has("The store declined your order").has("The store gave no reason").has("Order B-1");
}

async fn orders_are_found_filtered_and_exported(db: TestDb) {
    let market = market(&db, 0).await;
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    let click = market.click(market.shopper).await;
    for number in 0..35 {
        market.report(&format!("N-{number:02}"), click, 2, "10.00").await;
    }
    market.report("=1-2", click, 1, "10.00").await;
    anna.page("/orders?state=confirmed").await.has("No. =1-2").lacks("N-34");
    anna.page("/orders?number=N-07").await.has("No. N-07").lacks("N-08");
    anna.page("/orders?number=N-07&state=declined").await.has("No order fits");
    anna.page("/orders?state=nonsense").await.has("N-34");
    let first = anna.page("/orders?state=pending").await;
    first.has("N-34").lacks("N-04");
    let rest = anna.page(&first.between("rel=\"next\" href=\"", "\"")).await;
    rest.has("N-04").lacks("N-34").lacks("=1-2");

    let table = anna.get("/orders.csv").await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    assert!(table.headers["content-disposition"].to_str().unwrap().contains("orders.csv"));
    let lines: Vec<&str> = table.html.lines().collect();
    assert_eq!(lines.len(), 37, "{}", table.html);
    assert!(lines[1].contains(",Books,'=1-2,confirmed,"), "no formula for a spreadsheet: {}", lines[1]);
    assert!(lines[2].contains(",N-34,pending,") && lines[2].contains(",5.00,RUB,"), "{}", lines[2]);
    assert_eq!(anna.get("/orders.csv?state=confirmed").await.html.lines().count(), 2);
}

async fn a_story_is_its_owners_alone(db: TestDb) {
    let market = market(&db, 0).await;
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    let boris = Browser::signed_in(&market.server, "en", &market.as_other.0);
    let click = market.click(market.shopper).await;
    market.report("C-1", click, 1, "10.00").await;
    let path = anna.page("/orders").await.between("class=\"line\" href=\"", "\"");
    anna.page(&path).await.has("C-1");
    let other = boris.get(&path).await;
    assert_eq!(other.status, 404);
    other.has("There is nothing here").lacks("C-1");
    boris.page("/orders").await.lacks("C-1");
    boris.page("/clicks").await.lacks(&click.reference());
    assert!(!boris.get("/orders.csv").await.html.contains("C-1"));
    assert_eq!(Browser::new(&market.server, "en").get(&path).await.status, 303);
}

async fn going_has_its_limits(db: TestDb) {
    let market = market(&db, 0).await;
    let anna = Browser::signed_in(&market.server, "ru", &market.as_shopper.0);
    anna.set("kopilka_language", "ru");
    for address in ["https://evil.example/", "javascript:alert(1)", "http://books.example/", "books"] {
        let shown = anna.send("/stores/books", &[("deep_link", address)]).await;
        assert_eq!(shown.status, 422, "{address}");
        shown.has("Вставьте https-адрес").has("id=\"e-deep_link\"").lacks("http-equiv");
    }
    let stranger = Browser::new(&market.server, "ru");
    let sent = stranger.send("/stores/books", &[("deep_link", "")]).await;
    assert_eq!((sent.status, sent.location.as_str()), (303, "/sign-in"));
    assert_eq!(anna.send_from("cross-site", "/stores/books", &[("deep_link", "")]).await.status, 403);
    market.change(Method::PATCH, "/api/v1/operator/stores/books", &json!({ "status": "paused" })).await;
    assert_eq!(anna.send("/stores/books", &[("deep_link", "")]).await.status, 404);
}
