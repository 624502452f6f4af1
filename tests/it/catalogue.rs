//! Partners, adapters, stores, terms, links and keys, through the API and through the program itself.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use kopilka::base::Clock;
use kopilka::base::id::ShopperId;
use kopilka::db::clicks::click_list_of_shopper;
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Role, TokenKind};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::{MASTER_KEY, TestApp};
use crate::support::db::TestDb;

on_both![
    a_store_is_set_up_and_its_link_followed,
    terms_are_pinned_in_links,
    wrong_fields_are_named,
    adapters_are_checked_before_they_are_stored,
    secrets_are_told_once_and_the_old_one_lives_on,
    thousands_of_stores_come_in_by_csv_and_toml,
    the_samples_can_be_brought_in,
];

/// A server with an admin and a shopper.
struct Bench {
    server: TestApp,
    admin: String,
    shopper: String,
    shopper_id: ShopperId,
}

impl Bench {
    async fn start(db: &TestDb) -> Self {
        let start = "2026-11-22T10:00:00Z".parse().unwrap();
        let server = TestApp::start_with(&db.url, Clock::manual(start), |_config| {}).await;
        let (admin, _) = accounts::token(
            &server.app,
            Owner::Operator(accounts::operator(&server.app, Role::Admin).await),
            TokenKind::Api,
        )
        .await;
        let shopper_id = accounts::shopper(&server.app).await;
        let (shopper, _) = accounts::token(&server.app, Owner::Shopper(shopper_id), TokenKind::Session).await;
        Self { server, admin, shopper, shopper_id }
    }

    async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Response {
        self.server.request(method, path).bearer_auth(token).json(body).send().await.unwrap()
    }

    /// As the admin: the status must be `status`, the body is given.
    async fn admin(&self, method: Method, path: &str, body: Value, status: u16) -> Value {
        let answer = self.send(method, path, &self.admin, &body).await;
        let (found, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(found, status, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn with_partner(&self) -> Value {
        self.admin(Method::POST, "/api/v1/operator/partners", partner_body(), 201).await
    }

    async fn with_store(&self) {
        self.with_partner().await;
        self.admin(Method::POST, "/api/v1/operator/stores", store_body(), 201).await;
        self.admin(Method::POST, "/api/v1/operator/stores/books/terms", terms_body("5"), 201).await;
    }

    async fn link(&self, body: Value, status: u16) -> Value {
        let answer = self.send(Method::POST, "/api/v1/links", &self.shopper, &body).await;
        let (found, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(found, status, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Follows a link as a browser would.
    async fn follow(&self, url: &str) -> Response {
        let base = format!("http://{}", self.server.address);
        let path = url.strip_prefix(&base).expect("a link of this server");
        self.server
            .request(Method::GET, path)
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")
            .send()
            .await
            .unwrap()
    }
}

fn partner_body() -> Value {
    json!({ "slug": "network", "name": "The Network", "adapter": "admitad", "settings": { "currency": "RUB" } })
}

fn store_body() -> Value {
    json!({
        "slug": "books", "partner": "network", "name": "Polka Books", "home_url": "https://books.example/",
        "domains": ["books.example"], "landing_url": "https://network.example/g?subid={click}",
        "deep_link_url": "https://network.example/g?subid={click}&ulp={deep_link}", "categories": ["books"],
    })
}

fn terms_body(percent: &str) -> Value {
    json!({ "terms": { "rate": { "percent_of_order": percent }, "hold_days": 14 } })
}

fn location(answer: &Response) -> String {
    assert_eq!(answer.status(), 302);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn a_store_is_set_up_and_its_link_followed(db: TestDb) {
    let bench = Bench::start(&db).await;
    bench.with_store().await;
    let list: Value = bench.server.get("/api/v1/stores?search=POLKA&category=books").await.json().await.unwrap();
    assert_eq!(list["items"][0]["slug"], "books");
    assert_eq!(list["items"][0]["terms"]["rate"]["percent_of_order"], "5");
    assert!(!list.to_string().contains("network"), "what the partner is called is not for shoppers: {list}");
    let none: Value = bench.server.get("/api/v1/stores?category=tea").await.json().await.unwrap();
    assert_eq!(none["items"], json!([]));

    let link = bench.link(json!({ "store": "books", "deep_link": "https://books.example/p/1" }), 201).await;
    assert_eq!(link["expires_at"], "2026-11-25T10:00:00Z");
    let to = location(&bench.follow(link["url"].as_str().unwrap()).await);
    assert!(
        to.starts_with("https://network.example/g?subid=") && to.ends_with("ulp=https%3A%2F%2Fbooks%2Eexample%2Fp%2F1"),
        "{to}"
    );
    let shopper = bench.shopper_id;
    let clicks = bench.server.app.db.read(move |conn| click_list_of_shopper(conn, shopper, None, 10)).await.unwrap();
    assert_eq!(clicks.len(), 1);
    let elsewhere = bench.link(json!({ "store": "books", "deep_link": "https://evil.example/" }), 422).await;
    assert_eq!(elsewhere["field"], "deep_link");

    // The next click goes where the store leads now, and a paused store leads nowhere.
    let change = json!({ "landing_url": "https://other.example/?s={click}", "deep_link_url": "" });
    bench.admin(Method::PATCH, "/api/v1/operator/stores/books", change, 200).await;
    let to = location(&bench.follow(link["url"].as_str().unwrap()).await);
    assert!(to.starts_with("https://other.example/?s="), "{to}");
    bench.admin(Method::PATCH, "/api/v1/operator/stores/books", json!({ "status": "paused" }), 200).await;
    assert_ne!(bench.follow(link["url"].as_str().unwrap()).await.status(), 302);
    assert_eq!(bench.link(json!({ "store": "books" }), 422).await["code"], "store_paused");
    assert_eq!(bench.server.get("/api/v1/stores/books").await.status(), 404);
}

async fn terms_are_pinned_in_links(db: TestDb) {
    let bench = Bench::start(&db).await;
    bench.with_store().await;
    let path = "/api/v1/operator/stores/books/terms";
    let mut later = terms_body("9");
    later["valid_from"] = json!("2026-11-23T00:00:00Z");
    assert_eq!(bench.admin(Method::POST, path, later, 201).await["version"], 2);
    let first = bench.link(json!({ "store": "books" }), 201).await;
    assert_eq!(first["terms_version"], 1, "the second version is not in force yet");

    bench.server.app.clock.advance(chrono::TimeDelta::days(1));
    assert_eq!(bench.link(json!({ "store": "books" }), 201).await["terms_version"], 2);
    location(&bench.follow(first["url"].as_str().unwrap()).await);
    let all = bench.admin(Method::GET, path, Value::Null, 200).await;
    let of =
        |version: i64| all["items"].as_array().unwrap().iter().find(|t| t["version"] == version).unwrap()["id"].clone();
    let shopper = bench.shopper_id;
    let clicks = bench.server.app.db.read(move |conn| click_list_of_shopper(conn, shopper, None, 10)).await.unwrap();
    assert_eq!(json!(clicks[0].terms_id), of(1), "the click keeps what its link promised");

    let mut past = terms_body("1");
    past["valid_from"] = json!("2026-11-20T00:00:00Z");
    assert_eq!(bench.admin(Method::POST, path, past, 422).await["field"], "valid_from");
    assert_eq!(bench.admin(Method::POST, path, terms_body("101"), 422).await["field"], "rate");
}

async fn wrong_fields_are_named(db: TestDb) {
    let bench = Bench::start(&db).await;
    bench.with_partner().await;
    let table = [
        ("slug", json!("Books")),
        ("slug", json!("")),
        ("partner", json!("nobody")),
        ("name", json!(" ")),
        ("home_url", json!("javascript:alert(1)")),
        ("domains", json!([])),
        ("domains", json!(["com"])),
        ("domains", json!(["books.example", "co.uk"])),
        ("domains", json!(["github.io"])),
        ("domains", json!(["Books.example"])),
        ("domains", json!(["книги.example"])),
        ("domains", json!(["192.0.2.1"])),
        ("domains", json!(["https://books.example/"])),
        ("landing_url", json!("https://network.example/g")),
        ("landing_url", json!("https://network.example/{click}/{click}")),
        ("landing_url", json!("https://{click}.example/")),
        ("landing_url", json!("https://network.example/?a={click}&b={user}")),
        ("landing_url", json!("ftp://network.example/{click}")),
        ("deep_link_url", json!("https://network.example/{click}")),
    ];
    for (field, value) in table {
        let mut body = store_body();
        body[field] = value.clone();
        let problem = bench.admin(Method::POST, "/api/v1/operator/stores", body, 422).await;
        assert_eq!(problem["field"], field, "{value}: {problem}");
    }
    bench.admin(Method::POST, "/api/v1/operator/stores", store_body(), 201).await;
    let taken = bench.admin(Method::POST, "/api/v1/operator/stores", store_body(), 409).await;
    assert_eq!(taken["code"], "slug_taken");
    let mut partner = partner_body();
    partner["adapter"] = json!("no-such");
    partner["slug"] = json!("other");
    assert_eq!(bench.admin(Method::POST, "/api/v1/operator/partners", partner, 422).await["field"], "adapter");
    let support = accounts::operator(&bench.server.app, Role::Support).await;
    let (support, _) = accounts::token(&bench.server.app, Owner::Operator(support), TokenKind::Session).await;
    let answer = bench.send(Method::PATCH, "/api/v1/operator/stores/books", &support, &json!({ "name": "X" })).await;
    assert_eq!(answer.status(), 403);
}

async fn adapters_are_checked_before_they_are_stored(db: TestDb) {
    let bench = Bench::start(&db).await;
    bench.with_partner().await;
    let all = bench.admin(Method::GET, "/api/v1/operator/adapters", Value::Null, 200).await;
    assert!(
        all["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|a| a["name"] == "awin" && a["own"] == false && a["problem"] == Value::Null)
    );
    let bad = json!({ "body": "name = \"mine\"\nnonsense = 1\n" });
    let problem = bench.admin(Method::PUT, "/api/v1/operator/adapters/mine", bad.clone(), 422).await;
    assert!(problem["detail"].as_str().unwrap().contains("nonsense"), "{problem}");
    assert_eq!(bench.admin(Method::POST, "/api/v1/operator/adapters/check", bad, 422).await["field"], "body");

    let mine = json!({ "body": "name = \"mine\"\nextends = \"admitad\"\n" });
    bench.admin(Method::PUT, "/api/v1/operator/adapters/mine?dry_run=true", mine.clone(), 200).await;
    assert_eq!(bench.admin(Method::GET, "/api/v1/operator/adapters/mine", Value::Null, 404).await["code"], "not_found");
    bench.admin(Method::PUT, "/api/v1/operator/adapters/mine", mine.clone(), 200).await;
    assert_eq!(bench.admin(Method::GET, "/api/v1/operator/adapters/mine", Value::Null, 200).await["own"], true);
    let wrong_name = bench.admin(Method::PUT, "/api/v1/operator/adapters/yours", mine, 422).await;
    assert_eq!(wrong_name["field"], "body");
}

async fn secrets_are_told_once_and_the_old_one_lives_on(db: TestDb) {
    let bench = Bench::start(&db).await;
    let made = bench.with_partner().await;
    let (first, id) = (made["secret"].as_str().unwrap().to_owned(), made["partner"]["id"].as_str().unwrap().to_owned());
    let path = format!("/api/v1/operator/partners/{id}");
    let shown = bench.admin(Method::GET, &path, Value::Null, 200).await;
    assert!(!shown.to_string().contains(&first));
    let body = json!({ "secret": "given-by-them", "keep_hours": 2 });
    bench.admin(Method::POST, &format!("{path}/secrets"), body, 201).await;
    let secrets = || {
        let partner = bench.server.app.catalogue.snapshot().partners["network"].clone();
        partner.secrets.iter().map(|secret| secret.expose().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(secrets(), ["given-by-them".to_owned(), first.clone()]);
    bench.server.app.clock.advance(chrono::TimeDelta::hours(3));
    bench.server.app.reload_catalogue().await.unwrap();
    assert_eq!(secrets(), ["given-by-them"]);
    assert_eq!(bench.admin(Method::PATCH, &path, json!({ "status": "paused" }), 200).await["status"], "paused");
    let old = bench.server.app.catalogue.snapshot().ring.as_ref().map(|ring| format!("{ring:?}"));
    bench.admin(Method::POST, "/api/v1/operator/keys/rotate", Value::Null, 201).await;
    assert_ne!(bench.server.app.catalogue.snapshot().ring.as_ref().map(|ring| format!("{ring:?}")), old);
    let audit = bench.admin(Method::GET, "/api/v1/operator/audit", Value::Null, 200).await.to_string();
    for action in ["partner.add", "partner.rotate_secret", "partner.update", "keys.rotate"] {
        assert!(audit.contains(action), "{action} is not in {audit}");
    }
    assert!(!audit.contains(&first) && !audit.contains("given-by-them"), "no secret reaches the trail");
}

/// Runs the program beside whatever else uses the database.
fn program(db: &TestDb, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kopilka"))
        .args(arguments)
        .current_dir(folder)
        .env("KOPILKA_DATABASE_URL", &db.url)
        .env("KOPILKA_SECRETS_MASTER_KEY", MASTER_KEY)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn add_network(db: &TestDb, folder: &Path) {
    let added = program(db, folder, &["partner", "add", "network", "--adapter", "admitad", "--currency", "RUB"]);
    assert!(added.status.success() && text(&added).contains("secret, shown only now"), "{}", text(&added));
}

async fn thousands_of_stores_come_in_by_csv_and_toml(db: TestDb) {
    let folder = TempDir::new().unwrap();
    add_network(&db, folder.path());
    let (mut csv, mut toml) = ("slug,partner,name,home_url,domains,landing_url,rate\n".to_owned(), String::new());
    for n in 1..=3000 {
        writeln!(csv, "s{n},network,Store {n},https://s{n}.example/,s{n}.example,https://n.example/?c={{click}},5%")
            .unwrap();
        let rate = if n <= 2999 { "5%" } else { "6%" };
        writeln!(toml, "[[store]]\nslug = \"s{n}\"\npartner = \"network\"\nname = \"Store {n}\"\nhome_url = \"https://s{n}.example/\"\ndomains = [\"s{n}.example\"]\nlanding_url = \"https://n.example/?c={{click}}\"\nrate = \"{rate}\"").unwrap();
    }
    csv.push_str("BAD,network,Bad,https://b.example/,b.example,https://n.example/?c={click},5%\n");
    csv.push_str("bad-rate,network,Bad,https://b.example/,b.example,https://n.example/?c={click},lots\n");
    csv.push_str("s1,network,Twice,https://b.example/,b.example,https://n.example/?c={click},5%\n");
    csv.push_str("short,network\n");
    csv.push_str("stray,nobody,Stray,https://b.example/,b.example,https://n.example/?c={click},5%\n");
    std::fs::write(folder.path().join("all.csv"), csv).unwrap();
    toml.push_str("[[store]]\nslug = \"odd\"\ncolour = \"red\"\n");
    std::fs::write(folder.path().join("all.toml"), toml).unwrap();
    let import = |arguments: &[&str]| {
        let output = program(&db, folder.path(), &[&["store", "import", "--json"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
    };

    let tried = import(&["all.csv", "--dry-run"]);
    assert_eq!(program(&db, folder.path(), &["store", "list"]).stdout, b"", "a dry run adds nothing");
    let done = import(&["all.csv"]);
    assert_eq!(tried, done, "a dry run tells what will be done");
    assert_eq!((&done["added"], &done["terms"]), (&json!(3000), &json!(3000)));
    let bad: Vec<(i64, &str)> = done["bad"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (b["line"].as_i64().unwrap(), b["problem"].as_str().unwrap()))
        .collect();
    let expected = [
        (3002, "slug: "),
        (3003, "rate: "),
        (3004, "slug: stands in line 2"),
        (3005, "has 2 cells"),
        (3006, "partner: "),
    ];
    assert_eq!(bad.len(), expected.len(), "{bad:?}");
    for ((line, problem), (wanted, begin)) in bad.iter().zip(expected) {
        assert_eq!(*line, wanted, "{problem}");
        assert!(problem.starts_with(begin), "{problem}");
    }
    let again = import(&["all.toml"]);
    assert_eq!((&again["unchanged"], &again["terms"], &again["added"]), (&json!(3000), &json!(1), &json!(0)));
    assert_eq!(again["bad"][0]["line"], 3000 * 8 + 1);
    assert!(again["bad"][0]["problem"].as_str().unwrap().contains("colour"), "{again}");
}

async fn the_samples_can_be_brought_in(db: TestDb) {
    let folder = TempDir::new().unwrap();
    add_network(&db, folder.path());
    for (sample, expected) in [("stores.csv", "3 added"), ("stores.toml", "0 added")] {
        let file = format!("{}/docs/examples/{sample}", env!("CARGO_MANIFEST_DIR"));
        let output = program(&db, folder.path(), &["store", "import", &file]);
        assert!(output.status.success() && text(&output).contains(expected), "{}", text(&output));
    }
    let rotated = program(&db, folder.path(), &["keys", "rotate"]);
    assert!(rotated.status.success(), "{}", text(&rotated));
    let keys = program(&db, folder.path(), &["keys", "list", "--json"]);
    let keys: Value = serde_json::from_slice(&keys.stdout).unwrap();
    assert_eq!(keys.as_array().unwrap().len(), 2, "the first key was made by itself: {keys}");
    assert_eq!(keys[0]["verifies_until"], Value::Null);
    let shown = program(&db, folder.path(), &["adapter", "show", "awin"]);
    std::fs::write(folder.path().join("awin.toml"), &shown.stdout).unwrap();
    assert!(program(&db, folder.path(), &["adapter", "check", "awin.toml"]).status.success());
    std::fs::write(folder.path().join("bad.toml"), "name = \"bad\"\nnonsense = 1\n").unwrap();
    let bad = program(&db, folder.path(), &["adapter", "check", "bad.toml"]);
    assert!(bad.status.code() == Some(1) && text(&bad).contains("nonsense"), "{}", text(&bad));
}
