//! The site as a whole: languages, headers, static files, errors as pages, the catalogue.

use std::time::Instant;

use chrono::TimeDelta;
use kopilka::base::id::{StoreId, TermsId};
use kopilka::base::{Clock, Timestamp};
use kopilka::db::Lane;
use kopilka::db::stores::{StoreRow, TermsRow, store_insert, terms_insert};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Role, TokenKind};
use kopilka::domain::partner::Status;
use reqwest::Method;
use serde_json::json;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::{TestDb, on_sqlite};
use crate::support::market::Market;

on_both![
    the_language_is_the_readers,
    pages_are_protected_and_files_are_kept,
    errors_are_pages_for_people_and_problems_for_programs,
    the_catalogue_finds_stores,
    names_are_shown_as_they_are_and_never_run,
    pages_of_shoppers_are_theirs_alone,
];

/// The pages that need a shopper.
const OF_SHOPPERS: [&str; 9] =
    ["/clicks", "/orders", "/orders.csv", "/balance", "/payouts", "/payouts/new", "/methods", "/claims", "/account"];

async fn market(db: &TestDb) -> Market {
    let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
    Market::open(TestApp::start_with(&db.url, clock, |_config| {}).await, 0).await
}

/// Adds a store of the market's partner.
async fn add_store(market: &Market, slug: &str, name: &str, categories: &[&str], rate: serde_json::Value) {
    let now = market.server.app.clock.now();
    let row = StoreRow {
        id: StoreId::new(),
        slug: slug.to_owned(),
        partner_id: market.partner,
        name: name.to_owned(),
        status: Status::Active,
        home_url: format!("https://{slug}.example/"),
        domains: json!([format!("{slug}.example")]).to_string(),
        landing_url: "https://network.example/c?sub1={click}".to_owned(),
        deep_link_url: Some("https://network.example/c?sub1={click}&to={deep_link}".to_owned()),
        categories: json!(categories).to_string(),
        extension: "{}".to_owned(),
        created_at: now,
        updated_at: now,
    };
    let body = json!({ "rate": rate, "hold_days": 21 }).to_string();
    let terms = TermsRow { id: TermsId::new(), store_id: row.id, version: 1, valid_from: now, body, created_at: now };
    let written = market.server.app.db.write(Lane::House, move |conn| {
        store_insert(conn, &row)?;
        terms_insert(conn, &terms)
    });
    written.await.unwrap();
}

async fn the_language_is_the_readers(db: TestDb) {
    let market = market(&db).await;
    let server = &market.server;
    Browser::new(server, "ru-RU,ru;q=0.9").page("/stores").await.has("<h1>Магазины</h1>").has("lang=\"ru\"");
    Browser::new(server, "fr,en;q=0.5").page("/stores").await.has("<h1>Stores</h1>");
    // The account's language stands above the browser's; what was chosen in this browser above both.
    let anna = Browser::signed_in(server, "ru", &market.as_shopper.0);
    anna.page("/stores").await.has("<h1>Stores</h1>");
    anna.page("/stores?lang=ru&search=b").await.has("<h1>Магазины</h1>").has("/stores?search=b&amp;lang=en");
    anna.page("/stores").await.has("<h1>Магазины</h1>");
    anna.page("/stores?lang=xx").await.has("<h1>Магазины</h1>");
    // Times are in the browser's zone once it has told it.
    market.click(market.shopper).await;
    anna.page("/clicks").await.has("2026, 12:00</time>").has("1\u{a0}марта");
    anna.set("kopilka_zone", "Asia%2FVladivostok");
    anna.page("/clicks").await.has("2026, 22:00</time>").has("datetime=\"2026-03-01T12:00:00Z\"");
    anna.set("kopilka_zone", "Nowhere");
    anna.page("/clicks").await.has("2026, 12:00</time>");
}

async fn pages_are_protected_and_files_are_kept(db: TestDb) {
    let market = market(&db).await;
    let browser = Browser::new(&market.server, "en");
    let shown = browser.page("/").await;
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"), "{policy}");
    for part in ["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(shown.headers["cache-control"], "no-store");
    assert_eq!(shown.headers["referrer-policy"], "same-origin");
    assert_eq!(shown.headers["x-content-type-options"], "nosniff");
    shown.lacks("<style").lacks(" style=").lacks("<script>").lacks("onclick").lacks("http://").lacks("https://");

    let css = shown.between("rel=\"stylesheet\" href=\"", "\"");
    let file = browser.get(&css).await;
    assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (200, "text/css; charset=utf-8"));
    assert!(file.headers["cache-control"].to_str().unwrap().contains("immutable"));
    let tag = file.headers["etag"].to_str().unwrap();
    let again = browser.request(Method::GET, &css).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    let old = browser.get("/static/0123456789ab/site.css").await;
    assert_eq!((old.status, old.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    for path in ["/static/x/../../Cargo.toml", "/static/x/site.css.txt", "/static/x/none.css", "/static/x/base.html"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}

async fn errors_are_pages_for_people_and_problems_for_programs(db: TestDb) {
    let market = market(&db).await;
    let browser = Browser::new(&market.server, "ru");
    let shown = browser.get("/nothing-here").await;
    assert_eq!(shown.status, 404);
    shown.has("Здесь ничего нет").has(shown.headers["x-request-id"].to_str().unwrap());
    assert!(shown.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    for path in ["/stores/none", "/orders/none", "/stores?after=none"] {
        let shown = browser.get(path).await;
        assert!(matches!(shown.status, 303 | 404 | 422), "{path}: {}", shown.status);
        shown.lacks("urn:kopilka");
    }
    // A program gets what it can read, and the API is for programs whatever they say they accept.
    let program = market.server.get("/nothing-here").await;
    assert_eq!(program.headers()["content-type"], "application/problem+json");
    let api = browser.get("/api/v1/orders").await;
    assert_eq!((api.status, api.headers["content-type"].to_str().unwrap()), (401, "application/problem+json"));
    for (method, path, takes) in [
        (Method::DELETE, "/orders", "GET, HEAD"),
        (Method::GET, "/sign-out", "POST"),
        (Method::PUT, "/sign-in", "GET, HEAD, POST"),
    ] {
        let wrong = browser.request(method, path).send().await.unwrap();
        assert_eq!((wrong.status().as_u16(), wrong.headers()["allow"].to_str().unwrap()), (405, takes), "{path}");
        assert!(wrong.text().await.unwrap().contains("Этот адрес используют иначе"), "{path}");
    }
    let head = browser.request(Method::HEAD, "/stores").send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap().as_str()), (200, ""));
}

async fn the_catalogue_finds_stores(db: TestDb) {
    let market = market(&db).await;
    add_store(&market, "tea", "Чайный дом", &["Food"], json!({ "percent_of_order": "7.5" })).await;
    add_store(&market, "toys", "Toys & Co", &["Kids"], json!({ "fixed": { "amount": "1250.00", "currency": "RUB" } }))
        .await;
    for number in 0..40 {
        let slug = format!("z{number:02}");
        add_store(&market, &slug, &slug, &["Kids"], json!({ "percent_of_order": "1" })).await;
    }
    market.server.app.reload_catalogue().await.unwrap();
    let russian = Browser::new(&market.server, "ru");
    let english = Browser::new(&market.server, "en");
    russian.page("/stores?search=ЧАЙ").await.has("7,5\u{a0}%").lacks("Books").has("удержание 21 день");
    english.page("/stores?search=toys").await.has("RUB\u{a0}1,250.00").has("Toys &amp; Co").has("held 21 days");
    russian.page("/stores?search=toys").await.has("1\u{a0}250,00\u{a0}₽");
    english.page("/stores?category=Food").await.has("Чайный дом").lacks("Books");
    english.page("/stores?search=no+such+store").await.has("No store fits");
    let first = english.page("/stores").await;
    first.has("Books").lacks("z39");
    let next = first.between("rel=\"next\" href=\"", "\"");
    english.page(&next).await.has("z39").lacks("Books").has("To the newest");
    english.page("/stores/tea").await.has("7.5%").has("21 days after").has("/sign-in?next=");
    // A paused store makes no promise, so it is not shown.
    market.change(Method::PATCH, "/api/v1/operator/stores/tea", &json!({ "status": "paused" })).await;
    english.page("/stores?category=Food").await.lacks("Чайный дом");
    assert_eq!(english.get("/stores/tea").await.status, 404);
}

async fn names_are_shown_as_they_are_and_never_run(db: TestDb) {
    let market = market(&db).await;
    let hostile = "<script>alert(1)</script>\" onload=\"x";
    add_store(&market, "evil", hostile, &["<i>"], json!({ "percent_of_order": "1" })).await;
    market.server.app.reload_catalogue().await.unwrap();
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    for path in [
        "/stores",
        "/stores/evil",
        "/stores?search=%22%3E%3Cscript%3E&category=%3Ci%3E",
        "/orders?number=%3Cscript%3E&state=%22%3E",
    ] {
        anna.page(path).await.lacks("<script>").lacks("<i>").lacks("\" onload=\"");
    }
    anna.page("/stores/evil").await.has("&lt;script&gt;alert(1)");
}

async fn pages_of_shoppers_are_theirs_alone(db: TestDb) {
    let market = market(&db).await;
    let server = &market.server;
    let operator = accounts::operator(&server.app, Role::Admin).await;
    let (token, _) = accounts::token(&server.app, Owner::Operator(operator), TokenKind::Session).await;
    let operator = Browser::signed_in(server, "en", &token);
    let partner = Browser::signed_in(server, "en", &market.as_partner.0);
    let stranger = Browser::new(server, "en");
    let anna = Browser::signed_in(server, "en", &market.as_shopper.0);
    for path in OF_SHOPPERS {
        let shown = stranger.get(path).await;
        assert_eq!(shown.status, 303, "{path}");
        assert!(shown.location.starts_with("/sign-in?next="), "{path}: {}", shown.location);
        for other in [&operator, &partner] {
            let shown = other.get(path).await;
            assert_eq!(shown.status, 403, "{path}");
            shown.has("This is not for this account");
        }
        assert_eq!(anna.get(path).await.status, 200, "{path}");
    }
}

#[test]
fn five_thousand_stores_are_searched_in_no_time() {
    on_sqlite(search_among_many);
}

async fn search_among_many(db: TestDb) {
    let market = market(&db).await;
    let (partner, now) = (market.partner, market.server.app.clock.now());
    let written = market.server.app.db.write(Lane::House, move |conn| {
        for number in 0..5_000 {
            let slug = format!("shop-{number:04}");
            let row = StoreRow {
                id: StoreId::new(),
                slug: slug.clone(),
                partner_id: partner,
                name: format!("Shop {number}"),
                status: Status::Active,
                home_url: format!("https://{slug}.example/"),
                domains: "[]".to_owned(),
                landing_url: "https://network.example/c?sub1={click}".to_owned(),
                deep_link_url: None,
                categories: json!([format!("Category {}", number % 40)]).to_string(),
                extension: "{}".to_owned(),
                created_at: now,
                updated_at: now,
            };
            let body = json!({ "rate": { "percent_of_order": "1" } }).to_string();
            let id = TermsId::new();
            let terms = TermsRow { id, store_id: row.id, version: 1, valid_from: now, body, created_at: now };
            store_insert(conn, &row)?;
            terms_insert(conn, &terms)?;
        }
        Ok::<_, kopilka::db::DbError>(())
    });
    written.await.unwrap();
    market.server.app.reload_catalogue().await.unwrap();
    let browser = Browser::new(&market.server, "en");
    browser.page("/stores?search=4999").await.has("Shop 4999");
    let mut fastest = TimeDelta::MAX;
    for _try in 0..5 {
        let started = Instant::now();
        browser.page("/stores?search=shop%204999&category=Category%2039").await.has("Shop 4999");
        fastest = fastest.min(TimeDelta::from_std(started.elapsed()).unwrap());
    }
    // The goal is 50 ms of a released binary; this one is not optimised and shares the machine.
    assert!(fastest < TimeDelta::milliseconds(500), "{fastest}");
}
