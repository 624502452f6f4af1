//! The server's outside: health, errors as problems, the OpenAPI document, the limits of bodies and pages.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use kopilka::base::{Clock, Timestamp};
use kopilka::db::health;
use kopilka::db::{DbError, backup};
use kopilka::domain::access::Role;
use kopilka::domain::verdict::Verdict;
use kopilka::http::extract::{Page, PageOf, behind_proxies};
use kopilka::http::{HttpError, server};
use kopilka::service::ServiceError;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::db::{TestDb, on_sqlite};
use crate::tidy::rust_under;

on_both![
    health_and_metrics_answer,
    every_error_is_a_problem,
    the_document_lists_the_routes_and_its_page_needs_no_internet,
    a_database_of_another_version_is_not_ready,
    a_nul_character_is_the_callers_fault,
];

async fn problem(answer: Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert_eq!(body["code"], code);
    assert_eq!(body["type"], format!("urn:kopilka:problem:{code}"));
    assert_eq!(body["instance"], format!("urn:kopilka:request:{id}"));
    assert!(!body["detail"].as_str().unwrap().is_empty());
    body
}

async fn health_and_metrics_answer(db: TestDb) {
    let app = TestApp::start(&db.url).await;
    let answer = app.get("/healthz").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self'"));
    assert_eq!(answer.json::<Value>().await.unwrap()["status"], "ok");

    let answer = app.get("/readyz").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["migrations_current"], true);

    let text = app.get("/metrics").await.text().await.unwrap();
    let line = r#"kopilka_http_requests_total{method="GET",route="/healthz",status="200"}"#;
    assert!(text.lines().any(|found| found.starts_with(line)), "{text}");
}

async fn every_error_is_a_problem(db: TestDb) {
    let app = TestApp::start(&db.url).await;
    problem(app.get("/nothing?token=s3cret").await, 404, "no_such_route").await;

    let answer = app.request(Method::DELETE, "/healthz").send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET");
    problem(answer, 405, "method_not_allowed").await;

    problem(app.post("/metrics", &Value::Null).await, 405, "method_not_allowed").await;

    let large = vec![b'x'; server::BODY_LIMIT + 1];
    let answer = app.request(Method::POST, "/postback/anybody").body(large).send().await.unwrap();
    problem(answer, 413, "body_too_large").await;
    problem(app.get("/postback/nobody").await, 404, "not_found").await;
}

async fn the_document_lists_the_routes_and_its_page_needs_no_internet(db: TestDb) {
    let app = TestApp::start(&db.url).await;
    let document: Value = app.get("/api/openapi.json").await.json().await.unwrap();
    let listed: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in ["/healthz", "/readyz", "/metrics", "/api/openapi.json", "/go/{store}", "/postback/{partner}"] {
        assert!(listed.iter().any(|known| *known == path), "{path} is not in {listed:?}");
    }
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{method} {path} needs one tag");
        }
    }

    for file in ["", "swagger-initializer.js", "index.css"] {
        let answer = app.get(&format!("/api/docs/{file}")).await;
        assert_eq!(answer.status(), 200, "{file}");
        let text = answer.text().await.unwrap();
        assert!(!text.contains("http://") && !text.contains("https://"), "{file} leads elsewhere: {text}");
    }
}

async fn a_nul_character_is_the_callers_fault(db: TestDb) {
    let app = TestApp::start(&db.url).await;
    problem(app.get("/api/v1/shopper/stores?q=%00").await, 400, "bad_request").await;
    problem(app.get("/api/v1/shopper/stores/%00").await, 400, "bad_request").await;
    let with = |email: &str| json!({ "email": email, "password": "four words make one" });
    problem(app.post("/api/v1/sessions", &with("a\0@example.com")).await, 400, "bad_request").await;
    for body in ["email=a%00b&password=x", "email=a\0b&password=x"] {
        let form = app.request(reqwest::Method::POST, "/sign-in").header("origin", format!("http://{}", app.address));
        let form = form.header("content-type", "application/x-www-form-urlencoded").body(body);
        assert_eq!(form.send().await.unwrap().status(), 400, "{body}");
    }
    // An escaped backslash before u0000 is no NUL, and the body arrives whole.
    problem(app.post("/api/v1/sessions", &with("a\\u0000@example.com")).await, 401, "wrong_credentials").await;
    let error = HttpError::from(DbError::Refused("invalid byte sequence for encoding \"UTF8\": 0x00".to_owned()));
    assert_eq!(error.problem().status, 422);
}

#[test]
fn the_document_has_the_words_of_enums() {
    let document: Value = serde_json::from_str(&server::document().to_json().unwrap()).unwrap();
    let words = |name: &str| document["components"]["schemas"][name]["enum"].clone();
    assert_eq!(words("Role"), json!(Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>()));
    assert_eq!(words("Verdict"), json!(Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect::<Vec<_>>()));
}

/// Two types of one name are one schema in the document, and it is the wrong one for one of them.
#[test]
fn schemas_have_names_of_their_own() {
    let derived = regex::Regex::new(
        r"#\[derive\([^)]*ToSchema[^)]*\)\]((?:\s*#\[[^\n]*\n)*)\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum)\s+(\w+)",
    );
    let (derived, renamed) = (derived.unwrap(), regex::Regex::new(r"schema\(as = (\w+)").unwrap());
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in rust_under("src/") {
        for found in derived.captures_iter(&file.text) {
            let name = renamed.captures(&found[1]).map_or(found[2].to_owned(), |other| other[1].to_owned());
            names.entry(name).or_default().push(file.path.clone());
        }
    }
    assert!(names.len() > 100, "{names:?}");
    names.retain(|_, places| places.len() > 1);
    assert_eq!(names, BTreeMap::new());
}

#[test]
fn every_part_of_a_path_is_described() {
    let document: Value = serde_json::from_str(&server::document().to_json().unwrap()).unwrap();
    let mut missing = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let names: Vec<&str> = path.split('{').skip(1).map(|rest| rest.split(['}', ':']).next().unwrap()).collect();
        for (method, operation) in methods.as_object().unwrap() {
            let described = operation["parameters"].as_array().cloned().unwrap_or_default();
            let told = |name: &str| described.iter().any(|one| one["in"] == "path" && one["name"] == name);
            missing.extend(names.iter().filter(|name| !told(name)).map(|name| format!("{method} {path}: {name}")));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

async fn a_database_of_another_version_is_not_ready(db: TestDb) {
    let app = TestApp::start(&db.url).await;
    kopilka::db::migrate::down_all(&mut db.connect()).unwrap();
    let answer = app.get("/readyz").await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["database"], &body["migrations_current"]), (&Value::Bool(true), &Value::Bool(false)));
    let now = Clock::System.now();
    assert!(!health::check(&mut db.connect(), now).unwrap().migrations_current);
}

#[test]
fn a_running_request_ends_before_the_server_does() {
    on_sqlite(|db| async move {
        let app = TestApp::start(&db.url).await;
        assert_eq!(app.get("/healthz").await.status(), 200);
        let address = app.address;
        let stopped = tokio::task::spawn_blocking(move || drop(app));
        tokio::time::timeout(Duration::from_secs(30), stopped).await.unwrap().unwrap();
        assert!(std::net::TcpStream::connect(address).is_err());
    });
}

#[test]
fn a_database_failure_is_never_the_callers_fault() {
    let failures = [
        (DbError::Unavailable("x".into()), 503),
        (DbError::Overloaded, 503),
        (DbError::Again("x".into()), 503),
        (DbError::Taken("shoppers.email".into()), 500),
        (DbError::Corrupt("x".into()), 500),
        (DbError::Refused("x".into()), 500),
    ];
    for (failure, status) in failures {
        let error = HttpError::from(ServiceError::Db(failure));
        let answer = actix_web::ResponseError::error_response(&error);
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
        assert!(!error.problem().detail.contains("shoppers"), "the inside is not for outsiders");
    }
}

#[test]
fn only_what_trusted_proxies_say_is_believed() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let trusted = ["10.0.0.0/8".parse().unwrap(), "192.0.2.1/32".parse().unwrap()];
    let table: [(&str, &[&str], &str); 6] = [
        ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", &[], "10.0.0.1"),
        ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", &["1.2.3.4", "198.51.100.1", "192.0.2.1"], "198.51.100.1"),
        ("10.0.0.1", &["1.2.3.4", "not an address"], "10.0.0.1"),
        ("10.0.0.1", &["10.0.0.7"], "10.0.0.7"),
    ];
    for (peer, forwarded, client) in table {
        assert_eq!(behind_proxies(ip(peer), forwarded, &trusted), ip(client), "{peer} {forwarded:?}");
    }
    assert_eq!(behind_proxies(ip("10.0.0.1"), &["198.51.100.1"], &[]), ip("10.0.0.1"));
}

#[test]
fn a_list_is_paged_by_the_key_of_its_last_item() {
    let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let page = PageOf::new(vec![1, 2, 3], 2, |item| (at, *item)).unwrap();
    assert_eq!(page.items, [1, 2]);
    let next = Page { after: page.next, limit: None };
    assert_eq!(next.key::<(Timestamp, i32)>().unwrap(), Some((at, 2)));
    assert_eq!(next.limit().unwrap(), 50);
    assert!(PageOf::new(vec![1, 2], 2, |item| *item).unwrap().next.is_none());

    for after in ["", "%", "bm90IGpzb24", "WzEsMl0"] {
        let page = Page { after: Some(after.to_owned()), limit: None };
        assert_eq!(page.key::<(Timestamp, i32)>().unwrap_err().problem().field.as_deref(), Some("after"), "{after}");
    }
    for limit in [0, -1, 101] {
        let page = Page { after: None, limit: Some(limit) };
        assert_eq!(page.limit().unwrap_err().problem().status, 422, "{limit}");
    }
}

#[test]
fn a_backup_is_whole_and_overwrites_nothing() {
    on_sqlite(|db| async move {
        let app = TestApp::start(&db.url).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("copy.db");
        let bytes = backup::copy(&app.app.db, &file).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().len(), bytes);
        let copy = kopilka::db::DbOptions { url: format!("sqlite:{}", file.display()), ..Default::default() };
        let copy = kopilka::db::Db::open_as_is(&copy).unwrap();
        assert!(
            health::check(&mut copy.reading_connection().unwrap(), Clock::System.now()).unwrap().migrations_current
        );

        let before = std::fs::read(&file).unwrap();
        let error = backup::copy(&app.app.db, &file).unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    });
}
