//! What operators set for the browser extension: flags of stores by page, API and file, stand-down packs, the key; and what
//! follows from it: `afsrc=1` where a store is reached directly, the page that offers the packages.

use kopilka::base::Clock;
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::domain::browser::browser_name;
use kopilka::domain::email::masked;
use kopilka::domain::extension::pack;
use kopilka::domain::link::with_afsrc;
use kopilka::service::stores::{ImportDone, read_csv, read_toml, store_import};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;

on_both![
    flags_are_set_on_the_stores_page,
    flags_come_in_by_a_file_and_stay_where_it_is_silent,
    packs_and_the_key_are_kept_by_operators,
    a_store_that_is_reached_directly_gets_afsrc,
    the_page_offers_what_lies_in_the_folder,
];

/// A server with the store `books`, and an admin who looks at its pages.
struct Desk {
    server: TestApp,
    admin: String,
}

impl Desk {
    async fn start(db: &TestDb) -> Self {
        let clock = Clock::manual("2026-11-22T10:00:00Z".parse().unwrap());
        let server = TestApp::start_with(&db.url, clock, |_config| {}).await;
        accounts::store(&server.app, "books").await;
        let operator = accounts::operator(&server.app, Role::Admin).await;
        let (admin, _) = accounts::token(&server.app, Owner::Operator(operator), TokenKind::Session).await;
        Self { server, admin }
    }

    async fn told(&self, method: Method, path: &str, body: Value, status: u16) -> Value {
        let answer = self.server.request(method, path).bearer_auth(&self.admin).json(&body).send().await.unwrap();
        let (found, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(found, status, "{path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn books(&self) -> Value {
        let all = self.told(Method::GET, "/api/v1/operator/stores", Value::Null, 200).await;
        all["items"][0]["extension"].clone()
    }
}

async fn flags_are_set_on_the_stores_page(db: TestDb) {
    let desk = Desk::start(&db).await;
    let browser = Browser::signed_in(&desk.server, "ru", &desk.admin);
    browser.page("/operator/stores/books").await.has("Выключено");
    browser.page("/operator/stores/books/edit").await.has("name=\"ext\"").has("<option value=\"cj\"");
    let form = |extra: &[(&'static str, &'static str)]| {
        let mut fields = vec![
            ("name", "Books"),
            ("home_url", "https://books.example/"),
            ("domains", "books.example"),
            ("landing_url", "https://network.example/?subid={click}"),
        ];
        fields.extend_from_slice(extra);
        fields
    };
    let path = "/operator/stores/books/edit";
    let on = form(&[
        ("ext", "on"),
        ("serp", "on"),
        ("max_prompts", "2"),
        ("network", "cj"),
        ("cart_paths", "/cart\n/basket"),
    ]);
    assert_eq!(browser.send(path, &on).await.status, 303);
    let expected = json!({
        "ext": true, "cart": false, "serp": true, "max_prompts": 2, "network": "cj", "cart_paths": ["/cart", "/basket"],
    });
    assert_eq!(desk.books().await, expected);
    browser.page("/operator/stores/books").await.has("Можно напоминать").has("/operator/extension/packs/cj");
    let page = browser.page(path).await;
    page.has("name=\"ext\" checked").has("name=\"serp\" checked").lacks("name=\"cart\" checked");
    page.has("value=\"cj\" selected");

    let wrong = browser.send(path, &form(&[("ext", "on"), ("network", "amazon")])).await;
    assert_eq!(wrong.status, 422);
    wrong.has("Если сеть запрещает расширения");
    assert_eq!(browser.send(path, &form(&[("max_prompts", "many")])).await.status, 422);
    let mut suffix = form(&[("ext", "on")]);
    suffix[2] = ("domains", "co.uk");
    assert_eq!(browser.send(path, &suffix).await.status, 422);
    assert_eq!(desk.books().await, expected, "nothing was changed");
    // A form without the boxes turns it off; a change of something else by the API leaves it.
    assert_eq!(browser.send(path, &on).await.status, 303);
    desk.told(Method::PATCH, "/api/v1/operator/stores/books", json!({ "name": "Other" }), 200).await;
    assert_eq!(desk.books().await, expected);
    assert_eq!(browser.send(path, &form(&[])).await.status, 303);
    assert_eq!(desk.books().await["ext"], false);
    let audit = desk.told(Method::GET, "/api/v1/operator/audit", Value::Null, 200).await.to_string();
    assert!(audit.contains("cart_paths"), "{audit}");
}

async fn flags_come_in_by_a_file_and_stay_where_it_is_silent(db: TestDb) {
    let desk = Desk::start(&db).await;
    let app = &desk.server.app;
    let header = "slug,partner,name,home_url,domains,landing_url";
    let row = "books,of-books,books,https://books.example/,books.example,https://network.example/?subid={click}";
    let import = async |text: &str| {
        store_import(app, &Actor::Console, "file", read_csv(text).unwrap(), false, &|_done| {}).await.unwrap()
    };
    let first =
        import(&format!("{header},ext,max_prompts,network,cart_paths\n{row},yes,3,awin,/cart|/checkout\n")).await;
    assert_eq!((first.lines[0].done, &first.lines[0].fields), (ImportDone::Changed, &vec!["extension"]), "{first:?}");
    let expected = json!({
        "ext": true, "cart": false, "serp": false, "max_prompts": 3, "network": "awin", "cart_paths": ["/cart", "/checkout"],
    });
    assert_eq!(desk.books().await, expected);
    assert_eq!(import(&format!("{header}\n{row}\n")).await.unchanged, 1, "an old file changes nothing");
    assert_eq!(desk.books().await, expected);
    let wrong = import(&format!("{header},ext,network\n{row},perhaps,\n")).await;
    assert!(wrong.bad[0].problem.contains("ext: \"perhaps\" must be yes or no"), "{wrong:?}");
    let wrong = import(&format!("{header},network\n{row},amazon\n")).await;
    assert!(wrong.bad[0].problem.contains("forbids extensions"), "it is on already: {wrong:?}");
    let toml = "[[store]]\nslug = \"books\"\npartner = \"of-books\"\nname = \"books\"\nhome_url = \"https://books.example/\"\n\
                domains = [\"books.example\"]\nlanding_url = \"https://network.example/?subid={click}\"\next = false\n";
    store_import(app, &Actor::Console, "file", read_toml(toml).unwrap(), false, &|_done| {}).await.unwrap();
    assert_eq!(desk.books().await["ext"], false);
    let suffix = "slug,partner,name,home_url,domains,landing_url\nall,of-books,All,https://a.example/,co.uk,https://n.example/?c={click}\n";
    assert!(import(suffix).await.bad[0].problem.contains("public suffix"));
}

async fn packs_and_the_key_are_kept_by_operators(db: TestDb) {
    let desk = Desk::start(&db).await;
    let browser = Browser::signed_in(&desk.server, "ru", &desk.admin);
    let told = desk.told(Method::GET, "/api/v1/operator/extension", Value::Null, 200).await;
    let print = told["key"]["fingerprint"].as_str().unwrap();
    assert_eq!(print.split(' ').map(str::len).collect::<Vec<_>>(), [4; 8]);
    browser.page("/operator/extension").await.has(print).has("cjevent").has("никогда не активируется");
    browser.page("/extension").await.has(print).has("Здесь пока нечего скачать").lacks("/extension/files/");

    let mut fields = vec![
        ("id", "cj"),
        ("dated", "2026-11-25"),
        ("source", "a letter of theirs"),
        ("params", "cjevent\ncjdata\nutm_source=cj\ncjx"),
        ("hosts", "anrdoezrs.net\ndpbolvw.net\nemjcd.com\njdoqocy.com\nkqzyfj.com\nqksrv.net\ntkqlhce.com\ncj.example"),
        ("min_minutes", "120"),
        ("idle_minutes", "60"),
        ("whole_session", "on"),
        ("max_prompts", ""),
    ];
    browser.page("/operator/extension/packs/cj").await.has("name=\"whole_session\" checked");
    assert_eq!(browser.send("/operator/extension/packs/cj", &fields).await.status, 303);
    browser.page("/operator/extension").await.has("cj.example").has("120 / 60");
    fields[5] = ("min_minutes", "90");
    let refused = browser.send("/operator/extension/packs/cj", &fields).await;
    assert_eq!(refused.status, 422);
    refused.has("правила можно только удлинять");
    let own = [("id", "own"), ("dated", "2026-11-25"), ("source", "ours"), ("hosts", "own.example")];
    let own: Vec<_> = own.into_iter().chain([("min_minutes", "90"), ("idle_minutes", "60")]).collect();
    browser.page("/operator/extension/new-pack").await.has("name=\"id\"");
    assert_eq!(browser.send("/operator/extension/new-pack", &own).await.status, 303);
    browser.page("/operator/extension/packs/own").await.has("own.example");
    assert_eq!(browser.get("/operator/extension/packs/none").await.status, 404);
    let body = json!({ "id": "own", "dated": "2026-11-26", "source": "ours", "hosts": ["other.example"] });
    let refused = desk.told(Method::PUT, "/api/v1/operator/extension/packs/own", body.clone(), 422).await;
    assert_eq!(refused["field"], "hosts");
    desk.told(Method::PUT, "/api/v1/operator/extension/packs/else", body, 422).await;

    assert_eq!(browser.send("/operator/extension/key", &[]).await.status, 303);
    let after = desk.told(Method::GET, "/api/v1/operator/extension", Value::Null, 200).await;
    assert_ne!(after["key"]["fingerprint"], told["key"]["fingerprint"]);
    browser.page("/operator/audit").await.has("Изменил правила молчания").has("Сменил ключ списка");
    let viewer = accounts::operator(&desk.server.app, Role::Viewer).await;
    let (viewer, _) = accounts::token(&desk.server.app, Owner::Operator(viewer), TokenKind::Session).await;
    let viewer = Browser::signed_in(&desk.server, "en", &viewer);
    viewer.page("/operator/extension").await.lacks("/operator/extension/key");
    assert_eq!(viewer.send("/operator/extension/key", &[]).await.status, 403);
}

async fn a_store_that_is_reached_directly_gets_afsrc(db: TestDb) {
    let desk = Desk::start(&db).await;
    let shopper = accounts::shopper(&desk.server.app).await;
    let (session, _) = accounts::token(&desk.server.app, Owner::Shopper(shopper), TokenKind::Session).await;
    let landing = async || {
        let link = desk.server.request(Method::POST, "/api/v1/links").bearer_auth(&session);
        let made: Value = link.json(&json!({ "store": "books" })).send().await.unwrap().json().await.unwrap();
        let path =
            made["url"].as_str().unwrap().strip_prefix(&format!("http://{}", desk.server.address)).unwrap().to_owned();
        let followed = Browser::new(&desk.server, "en").get(&path).await;
        assert_eq!(followed.status, 302);
        followed.location
    };
    assert!(!landing().await.contains("afsrc"), "a network's redirect says it by itself");
    let partners = desk.told(Method::GET, "/api/v1/operator/partners", Value::Null, 200).await;
    let path = format!("/api/v1/operator/partners/{}", partners["items"][0]["id"].as_str().unwrap());
    let direct = json!({ "settings": { "currency": "RUB", "direct": true } });
    desk.told(Method::PATCH, &path, direct, 200).await;
    let to = landing().await;
    assert!(to.starts_with("https://network.example/?subid=") && to.ends_with("&afsrc=1"), "{to}");
    let clicks: Value = desk
        .server
        .request(Method::GET, "/api/v1/clicks")
        .bearer_auth(&session)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(clicks["items"][0]["landing_url"], to, "it is kept as it was sent");
}

async fn the_page_offers_what_lies_in_the_folder(db: TestDb) {
    let folder = TempDir::new().unwrap();
    for (name, text) in [("kopilka-chrome-1.0.0.zip", "one"), ("kopilka-firefox-1.0.0.zip", "two"), ("notes.txt", "x")]
    {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let server = TestApp::start_with(&db.url, Clock::System, |config| {
        config.site.extension_folder = Some(folder.path().to_owned());
    })
    .await;
    let browser = Browser::new(&server, "en");
    let page = browser.page("/extension").await;
    page.has("/extension/files/kopilka-chrome-1.0.0.zip")
        .has("/extension/files/kopilka-firefox-1.0.0.zip")
        .lacks("notes");
    page.has("What it never does").has("How it earns");
    let file = browser.get("/extension/files/kopilka-chrome-1.0.0.zip").await;
    assert_eq!((file.status, file.html.as_str()), (200, "one"));
    for name in ["notes.txt", "kopilka-chrome-2.0.0.zip", "kopilka-chrome-..%2Fx.zip", "kopilka-other-1.zip"] {
        assert_eq!(browser.get(&format!("/extension/files/{name}")).await.status, 404, "{name}");
    }
}

#[test]
fn a_landing_is_marked_once_and_else_left_alone() {
    for (landing, marked) in [
        ("https://s.example/", "https://s.example/?afsrc=1"),
        ("https://s.example/?a=%20b", "https://s.example/?a=%20b&afsrc=1"),
        ("https://s.example/?", "https://s.example/?afsrc=1"),
        ("https://s.example/p#top", "https://s.example/p?afsrc=1#top"),
        ("https://s.example/?a=1&#top", "https://s.example/?a=1&afsrc=1#top"),
        ("https://s.example/?afsrc=1&a=1", "https://s.example/?afsrc=1&a=1"),
        ("https://s.example/?xafsrc=1", "https://s.example/?xafsrc=1&afsrc=1"),
    ] {
        assert_eq!(with_afsrc(landing), marked);
    }
}

#[test]
fn the_packs_in_the_program_keep_their_own_rules() {
    let packs = pack::built_in().unwrap();
    let ids: Vec<&str> = packs.keys().map(String::as_str).collect();
    let known = ["admitad", "amazon", "awin", "cj", "common", "dub", "ebay", "gdeslon", "impact", "rakuten"];
    assert_eq!(ids, known);
    for pack in packs.values() {
        assert!(pack.min_minutes >= 90 && pack.idle_minutes >= 60, "{pack:?}");
        pack.may_become(&pack.joined(packs.get("ebay").unwrap())).unwrap();
    }
    assert!(packs["cj"].whole_session && packs["rakuten"].whole_session && packs["impact"].whole_session);
    assert!(packs["amazon"].never_activate && packs["ebay"].max_prompts == Some(2));
}

#[test]
fn browsers_and_addresses_are_told_in_short() {
    for (agent, name) in [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox, Linux"),
        ("", "Browser"),
    ] {
        assert_eq!(browser_name(agent), name);
    }
    for (address, shown) in
        [("anna@example.com", "a…a@example.com"), ("ab@x.example", "a…@x.example"), ("я@x.example", "я…@x.example")]
    {
        assert_eq!(masked(address), shown);
    }
}
