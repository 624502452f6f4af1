//! A shopper takes all data along, and leaves: nothing tells who it was, and the books stay whole.

use std::io::{Cursor, Read as _};

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use kopilka::base::secret::Secret;
use kopilka::base::{Clock, Timestamp};
use kopilka::db::shoppers::{shopper_find, shopper_set_password};
use kopilka::db::{Conn, Kind, Lane};
use kopilka::domain::access::AccountStatus;
use kopilka::job;
use kopilka::service::claims::{NewClaim, claim_make};
use kopilka::service::verify_ledger::verify_ledger;
use kopilka::service::{ServiceError, password};
use serde_json::{Value, json};
use tempfile::TempDir;
use zip::ZipArchive;

use crate::on_both;
use crate::support::accounts::NOBODYS;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::support::site::{PASSWORD, letters_in};

on_both![
    the_archive_holds_all_and_only_ones_own,
    nothing_tells_who_left_and_the_books_are_whole,
    leaving_takes_the_password_and_a_word_about_money,
    a_debt_keeps_nobody_and_the_trail_tells_it,
];

const EMAIL: &str = "anna@example.com";

struct Home {
    market: Market,
    outbox: TempDir,
}

impl Home {
    /// A market whose shopper has a password.
    async fn open(db: &TestDb) -> Self {
        let outbox = TempDir::new().unwrap();
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse::<Timestamp>().unwrap());
        let server = TestApp::start_with(&db.url, clock, |config| config.mail.outbox = outbox.path().to_owned()).await;
        let market = Market::open(server, 0).await;
        let (shopper, hash) = (market.shopper, password::hash(&Secret::new(PASSWORD)).await.unwrap());
        let set =
            market.server.app.db.write(Lane::House, move |conn| shopper_set_password(conn, shopper, NOBODYS, &hash));
        assert!(set.await.unwrap());
        Self { market, outbox }
    }

    async fn browser(&self) -> Browser<'_> {
        let browser = Browser::new(&self.market.server, "en");
        let done = browser.send("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(done.status, 303);
        browser
    }

    async fn is_clean(&self) {
        job::drain(&self.market.server.app).await.unwrap();
        assert_eq!(verify_ledger(&self.market.server.app).await.unwrap().findings, vec![]);
    }
}

async fn archive(browser: &Browser<'_>) -> ZipArchive<Cursor<Vec<u8>>> {
    let request = browser.form("/account/export", &[]).header("sec-fetch-site", "same-origin");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/zip");
    ZipArchive::new(Cursor::new(answer.bytes().await.unwrap().to_vec())).unwrap()
}

fn part(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Value {
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn the_archive_holds_all_and_only_ones_own(db: TestDb) {
    let home = Home::open(&db).await;
    let market = &home.market;
    let click = market.click(market.shopper).await;
    // More than a page of them.
    for n in 0..130 {
        market.report(&format!("A-{n}"), click, 1, "10.00").await;
    }
    let browser = home.browser().await;
    let mut found = archive(&browser).await;
    assert_eq!(part(&mut found, "account.json")["email"], EMAIL);
    assert_eq!(part(&mut found, "clicks.json").as_array().unwrap().len(), 1);
    let orders = part(&mut found, "orders.json");
    assert_eq!(orders.as_array().unwrap().len(), 130);
    assert_eq!(orders[129]["order"]["external_id"], "A-0");
    assert_eq!(orders[129]["transactions"].as_array().unwrap().len(), 1, "{}", orders[129]);
    assert_eq!(part(&mut found, "money.json").as_array().unwrap().len(), 130);
    for empty in ["withdrawals.json", "destinations.json", "claims.json", "awaited_orders.json"] {
        assert_eq!(part(&mut found, empty), json!([]), "{empty}");
    }
    let other = Browser::signed_in(&market.server, "en", &market.as_other.0);
    let mut found = archive(&other).await;
    assert_eq!(part(&mut found, "orders.json"), json!([]));
    assert_eq!(part(&mut found, "clicks.json"), json!([]));
    for status in [200, 200, 200, 200, 200, 429] {
        let request = other.form("/account/export", &[]).header("sec-fetch-site", "same-origin");
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    let partner = Browser::signed_in(&market.server, "en", &market.as_partner.0);
    assert_eq!(partner.send("/account/export", &[]).await.status, 403);
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Everything that the database holds, as text.
fn everything(db: &TestDb, conn: &mut Conn) -> String {
    let names = match db.kind() {
        Kind::Sqlite => "select name as line from sqlite_master where type = 'table' and name not like 'sqlite_%'",
        Kind::Postgres => {
            "select table_name as line from information_schema.tables where table_schema = 'public' \
             and table_type = 'BASE TABLE'"
        }
    };
    let tables: Vec<Line> = sql_query(names).load(conn).unwrap();
    let mut all = String::new();
    for table in tables.into_iter().map(|table| table.line) {
        let rows = match db.kind() {
            Kind::Sqlite => {
                let columns = format!("select name as line from pragma_table_info('{table}')");
                let columns: Vec<Line> = sql_query(columns).load(conn).unwrap();
                let texts: Vec<String> = columns
                    .into_iter()
                    .map(|column| {
                        format!(
                            "coalesce(case typeof({0}) when 'blob' then hex({0}) else cast({0} as text) end, '')",
                            column.line
                        )
                    })
                    .collect();
                format!("select {} as line from {table}", texts.join(" || ' ' || "))
            }
            Kind::Postgres => format!("select {table}::text as line from {table}"),
        };
        let rows: Vec<Line> = sql_query(rows).load(conn).unwrap();
        for row in rows {
            all += &format!("{table}: {}\n", row.line);
        }
    }
    all
}

async fn nothing_tells_who_left_and_the_books_are_whole(db: TestDb) {
    let home = Home::open(&db).await;
    let market = &home.market;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "100.00").await;
    let words = json!({ "click": click.reference(), "order_number": "A-7", "ordered_at": "2026-03-01T12:00:00Z",
        "note": "my name is Anna Karenina" });
    market.send(&market.as_shopper, "/api/v1/claims", &words, 201).await;
    let mut waits = words.clone();
    (waits["order_number"], waits["wait"], waits["note"]) = (json!("A-8"), json!(true), json!("I am Anna Oblonskaya"));
    market.send(&market.as_shopper, "/api/v1/claims", &waits, 202).await;
    let mut conn = db.connect();
    let before = everything(&db, &mut conn);
    assert!(before.contains(EMAIL) && before.contains("Karenina") && before.contains("Oblonskaya"));

    let browser = home.browser().await;
    browser.page("/account/erase").await.has("There is money left");
    let done = browser.send("/account/erase", &[("password", PASSWORD), ("give_up_money", "on")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/"));
    browser.page("/").await.has("The account is erased");
    job::drain(&market.server.app).await.unwrap();
    let letters = letters_in(home.outbox.path());
    assert!(letters.iter().any(|(to, text)| to.contains(EMAIL) && text.contains("the last letter")), "{letters:?}");
    let after = everything(&db, &mut conn);
    for gone in [EMAIL, "Karenina", "Oblonskaya"] {
        let line = after.lines().find(|line| line.contains(gone));
        assert_eq!(line, None);
    }
    assert_eq!(market.get(&market.as_shopper, "/api/v1/me").await.status(), 401);
    assert_eq!(
        market.server.post("/api/v1/sessions", &json!({ "email": EMAIL, "password": PASSWORD })).await.status(),
        401
    );

    // A request that was let in before the account was gone leaves nothing behind.
    let late = NewClaim {
        click,
        order_number: "A-8".to_owned(),
        amount: None,
        ordered_at: market.server.app.clock.now(),
        note: Some("Karenina again".to_owned()),
    };
    let refused = claim_make(&market.server.app, market.shopper, late).await;
    assert!(matches!(refused, Err(ServiceError::Unauthenticated)), "{refused:?}");

    // What is told of the orders is booked as before, and the address is free.
    let told = market.report("A-1", click, 1, "100.00").await;
    assert_eq!(told["verdict"], "applied", "{told}");
    assert_eq!(market.report("A-2", click, 1, "10.00").await["verdict"], "applied");
    home.is_clean().await;
    let id = market.shopper;
    let row = market.server.app.db.read(move |conn| shopper_find(conn, id)).await.unwrap().unwrap();
    assert_eq!(row.status, AccountStatus::Erased);
    letters_in(home.outbox.path());
    market.server.post("/api/v1/shopper/sign-up", &json!({ "email": EMAIL, "password": PASSWORD })).await;
    job::drain(&market.server.app).await.unwrap();
    let letters = letters_in(home.outbox.path());
    assert!(letters.len() == 1 && letters[0].1.contains("Confirm") || letters[0].1.contains("confirm"), "{letters:?}");
    let path = format!("/api/v1/operator/shoppers/{id}/unblock");
    market.send(&market.as_admin, &path, &json!({ "reason": "bring back" }), 404).await;
}

async fn leaving_takes_the_password_and_a_word_about_money(db: TestDb) {
    let home = Home::open(&db).await;
    let market = &home.market;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let browser = home.browser().await;
    let wrong = browser.send("/account/erase", &[("password", "not it"), ("give_up_money", "on")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("not the password");
    let silent = browser.send("/account/erase", &[("password", PASSWORD)]).await;
    assert_eq!(silent.status, 409);
    silent.has("There is money left");
    let foreign = browser.send_from("cross-site", "/account/erase", &[("password", PASSWORD), ("give_up_money", "on")]);
    assert_eq!(foreign.await.status, 403);
    browser.page("/account").await.has(EMAIL);
    let by_token = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    let refused = by_token.send("/account/erase", &[("password", PASSWORD), ("give_up_money", "on")]).await;
    assert_eq!(refused.status, 403, "an API token is not enough");
}

async fn a_debt_keeps_nobody_and_the_trail_tells_it(db: TestDb) {
    let home = Home::open(&db).await;
    let market = &home.market;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "200.00").await;
    let rub = |sum: &str| json!({ "amount": sum, "currency": "RUB" });
    let path = "/api/v1/operator/adjustments";
    let wanted = |key: &str, sum: &str, fund: &str| json!({ "key": key, "shopper": market.shopper, "amount": rub(sum), "fund": fund, "reason": "r" });
    market.send(&market.as_admin, path, &wanted("spent", "-70.00", "house/margin"), 201).await;
    market.report("A-1", click, 3, "200.00").await;
    let browser = home.browser().await;
    browser.page("/account/erase").await.has("You may leave with a debt").has("70.00");
    browser.page("/account/erase?lang=ru").await.has("Уйти можно и с долгом");
    let done = browser.send("/account/erase", &[("password", PASSWORD)]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let subject = format!("/api/v1/operator/audit?subject=shopper/{}", market.shopper);
    let trail = market.read(&market.as_admin, &subject).await;
    let entry = trail["items"].as_array().unwrap().iter().find(|one| one["action"] == "shopper.erase").unwrap();
    assert_eq!(entry["detail"], json!({ "debt": [rub("70.00")] }));
    // What is reported later still fills it, and the rest can be given up.
    market.report("A-2", click, 1, "40.00").await;
    let balance = market.read(&market.as_admin, &format!("/api/v1/operator/shoppers/{}/balance", market.shopper)).await;
    assert_eq!(balance[0]["debt"]["amount"], "50.00", "{balance}");
    market.send(&market.as_admin, path, &wanted("gone", "50.00", "house/write_off"), 202).await;
    home.is_clean().await;
}
