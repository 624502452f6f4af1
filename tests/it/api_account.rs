//! What people do with accounts of their own by calls: codes, sessions, letters, receipts, the archive, leaving.

use std::io::{Cursor, Read as _};

use kopilka::base::Secret;
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::domain::payout::MethodKind;
use kopilka::domain::reason::Language;
use kopilka::service::accounts::{NewPerson, person_add};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::on_both;
use crate::second_factor::code;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::{Market, Token};
use crate::support::site::{PASSWORD, Site};
use crate::withdrawals::world::World;

on_both![
    codes_are_turned_on_and_off,
    a_token_takes_a_code_where_there_is_one,
    a_partners_token_takes_the_code_of_who_makes_it,
    a_partners_page_asks_for_the_code,
    sessions_are_listed_and_ended,
    letters_language_and_password_are_set,
    a_receipt_goes_along_with_a_claim,
    the_archive_and_leaving,
    a_payout_is_looked_at_before_it_is_asked_for,
];

const EMAIL: &str = "anna@example.com";

/// Anna, signed in.
async fn anna(site: &Site) -> String {
    site.sign_up(EMAIL).await;
    site.session(EMAIL).await
}

/// Turns codes on by calls; gives the secret and the recovery codes.
async fn turn_on(site: &Site, token: &str) -> (String, Vec<Value>) {
    let (status, offer) = site.send(Method::POST, "/api/v1/factor", token, json!({ "password": PASSWORD })).await;
    assert_eq!(status, 201, "{offer}");
    let secret = offer["secret"].as_str().unwrap().to_owned();
    let first = json!({ "code": code(site, &secret) });
    let (status, told) = site.send(Method::POST, "/api/v1/factor/confirm", token, first).await;
    assert_eq!(status, 200, "{told}");
    // That code is used up.
    site.clock.advance(chrono::TimeDelta::seconds(60));
    (secret, told["recovery_codes"].as_array().unwrap().clone())
}

async fn codes_are_turned_on_and_off(db: TestDb) {
    let site = Site::start(&db).await;
    let token = anna(&site).await;
    let elsewhere = site.session(EMAIL).await;
    let state = async || site.send(Method::GET, "/api/v1/factor", &token, Value::Null).await.1;
    assert_eq!(state().await, json!({ "on": false, "recovery_codes": 0 }));
    let wrong = site.send(Method::POST, "/api/v1/factor", &token, json!({ "password": "not this one" })).await;
    assert_eq!((wrong.0, &wrong.1["code"]), (422, &json!("wrong_password")));
    let (secret, recovery) = turn_on(&site, &token).await;
    assert_eq!(recovery.len(), 10);
    assert_eq!(state().await, json!({ "on": true, "recovery_codes": 10 }));
    assert_eq!(site.me(&elsewhere).await.0, 401, "all other sessions end");
    assert!(site.letter().await.1.contains("code from your phone"));
    let (status, half) = site.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(status, 202);
    let (status, _) = site.post("/api/v1/sessions/code", json!({ "half": half["half"], "code": recovery[0] })).await;
    assert_eq!(status, 201);
    let off = async |code: &str| {
        site.send(Method::POST, "/api/v1/factor/off", &token, json!({ "password": PASSWORD, "code": code })).await
    };
    assert_eq!(off("000000").await.1["code"], "wrong_code");
    assert_eq!(off(&code(&site, &secret)).await.0, 204);
    assert_eq!(state().await, json!({ "on": false, "recovery_codes": 0 }));
    assert_eq!(site.sign_in(EMAIL, PASSWORD).await.0, 201);
}

async fn a_token_takes_a_code_where_there_is_one(db: TestDb) {
    let site = Site::start(&db).await;
    let token = anna(&site).await;
    let make = async |code: &str| {
        site.send(Method::POST, "/api/v1/tokens", &token, json!({ "name": "mine", "code": code })).await
    };
    assert_eq!(make("").await.0, 201, "no code is asked for before there are any");
    let (secret, recovery) = turn_on(&site, &token).await;
    assert_eq!(make("").await.1["code"], "code_needed");
    assert_eq!(make("000000").await.1["code"], "wrong_code");
    let nameless = site.send(Method::POST, "/api/v1/tokens", &token, json!({ "name": "", "code": "x" })).await;
    assert_eq!(nameless.1["field"], "name", "what is wrong in itself uses no code up");
    let now = code(&site, &secret);
    assert_eq!(make(&now).await.0, 201);
    assert_eq!(make(&now).await.1["code"], "wrong_code", "each is good once");
    assert_eq!(make(recovery[0].as_str().unwrap()).await.0, 201);
    let (_, listed) = site.send(Method::GET, "/api/v1/tokens", &token, Value::Null).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
}

async fn a_partners_token_takes_the_code_of_who_makes_it(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    let partner = accounts::partner(app).await;
    let email = accounts::operator_with_password(app, Role::Admin, PASSWORD).await;
    let (_, session) = site.post("/api/v1/operator/sessions", json!({ "email": email, "password": PASSWORD })).await;
    let admin = session["token"].as_str().unwrap();
    let path = format!("/api/v1/operator/partners/{partner}/tokens");
    let make = async |who: &str, code: &str| {
        site.send(Method::POST, &path, who, json!({ "name": "import", "code": code })).await
    };
    assert_eq!(make(admin, "").await.0, 201);
    let (secret, _) = turn_on(&site, admin).await;
    assert_eq!(make(admin, "").await.1["code"], "code_needed");
    assert_eq!(make(admin, &code(&site, &secret)).await.0, 201);
    let other = site.operator(Role::Admin).await.0;
    assert_eq!(make(&other, "").await.0, 201, "another operator has none");
}

async fn a_partners_page_asks_for_the_code(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    let partner = accounts::partner(app).await;
    app.reload_catalogue().await.unwrap();
    let (email, name) = ("pia@example.com".to_owned(), "Pia".to_owned());
    let wanted = NewPerson { partner, email, name, language: Language::En };
    person_add(app, &Actor::Console, wanted, &Secret::new(PASSWORD)).await.unwrap();
    let door = json!({ "email": "pia@example.com", "password": PASSWORD });
    let (_, session) = site.post("/api/v1/partner/sessions", door).await;
    let token = session["token"].as_str().unwrap();
    let pia = Browser::signed_in(&site.server, "en", token);
    pia.page("/partner/settings").await.lacks("one-time-code");
    let (secret, _) = turn_on(&site, token).await;
    pia.page("/partner/settings").await.has("one-time-code");
    let make = async |code: &str| {
        let form = [("token_name", "import"), ("expires_in_days", ""), ("code", code)];
        pia.send("/partner/settings/tokens", &form).await
    };
    assert_eq!(make("").await.status, 422);
    make("000000").await.has("This code does not fit").has("value=\"import\"");
    let made = make(&code(&site, &secret)).await;
    assert_eq!(made.status, 200);
    made.has("shown only now");
}

async fn sessions_are_listed_and_ended(db: TestDb) {
    let site = Site::start(&db).await;
    let token = anna(&site).await;
    let other = site.session(EMAIL).await;
    let (_, listed) = site.send(Method::GET, "/api/v1/sessions", &token, Value::Null).await;
    let open = listed["items"].as_array().unwrap();
    assert_eq!(open.iter().map(|one| &one["current"]).collect::<Vec<_>>(), [&json!(false), &json!(true)]);
    let path = format!("/api/v1/sessions/{}", open[0]["id"].as_str().unwrap());
    site.sign_up("boris@example.com").await;
    let boris = site.session("boris@example.com").await;
    assert_eq!(site.send(Method::DELETE, &path, &boris, Value::Null).await.0, 404);
    assert_eq!(site.send(Method::DELETE, &path, &token, Value::Null).await.0, 204);
    assert_eq!((site.me(&other).await.0, site.me(&token).await.0), (401, 200));
    // Everywhere: also a browser with the extension, where that is said.
    let shopper: kopilka::base::id::ShopperId = site.me(&token).await.1["id"].as_str().unwrap().parse().unwrap();
    let (browser, _) = accounts::token(&site.server.app, Owner::Shopper(shopper), TokenKind::Extension).await;
    let (_, browsers) = site.send(Method::GET, "/api/v1/browsers", &token, Value::Null).await;
    assert_eq!(browsers["items"][0]["name"], "test");
    let summary = async || site.send(Method::GET, "/api/v1/extension/summary", &browser, Value::Null).await.0;
    assert_eq!(summary().await, 200);
    assert_eq!(site.send(Method::DELETE, "/api/v1/sessions?extension=true", &token, Value::Null).await.0, 200);
    assert_eq!((summary().await, site.me(&token).await.0), (401, 401));
}

async fn letters_language_and_password_are_set(db: TestDb) {
    let site = Site::start(&db).await;
    let token = anna(&site).await;
    let (_, all) = site.send(Method::GET, "/api/v1/notices", &token, Value::Null).await;
    assert_eq!(all["on"].as_array().unwrap().len(), 6, "{all}");
    let (status, set) = site.send(Method::PUT, "/api/v1/notices", &token, json!({ "on": ["payout"] })).await;
    assert_eq!((status, &set), (200, &json!({ "on": ["payout"] })));
    assert_eq!(site.send(Method::GET, "/api/v1/notices", &token, Value::Null).await.1, set);
    assert_eq!(site.send(Method::PUT, "/api/v1/notices", &token, json!({ "on": ["gossip"] })).await.0, 400);
    assert_eq!(site.send(Method::PUT, "/api/v1/language", &token, json!({ "language": "ru" })).await.0, 200);
    assert_eq!(site.me(&token).await.1["language"], "ru");
    let other = site.session(EMAIL).await;
    let change = async |old: &str| {
        let wanted = json!({ "old_password": old, "password": "quite other words here" });
        site.send(Method::POST, "/api/v1/password", &token, wanted).await
    };
    assert_eq!(change("not this one").await.1["code"], "wrong_password");
    assert_eq!(change(PASSWORD).await, (200, json!({ "sessions": 1 })));
    assert_eq!(site.me(&other).await.0, 401);
    assert!(site.letter().await.1.contains("Пароль"));

    let app = &site.server.app;
    let email = accounts::operator_with_password(app, Role::Viewer, PASSWORD).await;
    let (_, session) = site.post("/api/v1/operator/sessions", json!({ "email": email, "password": PASSWORD })).await;
    let viewer = session["token"].as_str().unwrap();
    let wanted = json!({ "old_password": PASSWORD, "password": "quite other words here" });
    assert_eq!(site.send(Method::POST, "/api/v1/password", viewer, wanted).await.0, 200);
    let (_, trail) = site.send(Method::GET, "/api/v1/operator/audit", viewer, Value::Null).await;
    assert!(trail.to_string().contains("operator.password"), "{trail}");
    assert_eq!(site.send(Method::PUT, "/api/v1/language", viewer, json!({ "language": "ru" })).await.0, 403);
    let letters = "/api/v1/operator/alarm-letters";
    assert_eq!(site.send(Method::GET, letters, viewer, Value::Null).await.1, json!({ "language": "en" }));
    assert_eq!(site.send(Method::PUT, letters, viewer, json!({})).await.0, 400, "a slip turns nothing off");
    assert_eq!(site.send(Method::PUT, letters, viewer, json!({ "language": null })).await.0, 200);
    assert_eq!(site.send(Method::GET, letters, viewer, Value::Null).await.1, json!({ "language": null }));
}

const PDF: &[u8] = b"%PDF-1.7 a receipt";

async fn upload(market: &Market, who: &Token, path: &str, name: &str, bytes: &[u8]) -> Response {
    let head = format!("--edge\r\nContent-Disposition: form-data; name=\"receipt\"; filename=\"{name}\"\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
    let request = market.server.request(Method::POST, path).bearer_auth(&who.0);
    request.header("content-type", "multipart/form-data; boundary=edge").body(body).send().await.unwrap()
}

async fn a_receipt_goes_along_with_a_claim(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let click = market.click(market.shopper).await;
    let now = market.server.app.clock.now();
    let wanted = json!({ "click": click.reference(), "order_number": "A-7", "ordered_at": now });
    let claim = market.send(&market.as_shopper, "/api/v1/claims", &wanted, 201).await;
    let path = format!("/api/v1/claims/{}/files", claim["id"].as_str().unwrap());
    let put = upload(&market, &market.as_shopper, &path, "чек.pdf", PDF).await;
    assert_eq!(put.status(), 201);
    let made: Value = put.json().await.unwrap();
    assert_eq!((&made["name"], &made["kind"], &made["size"]), (&json!("чек.pdf"), &json!("pdf"), &json!(18)));
    let file = format!("{path}/{}", made["id"].as_str().unwrap());
    for who in [&market.as_shopper, &market.as_partner, &market.as_viewer] {
        assert_eq!(market.read(who, &path).await["items"], json!([made]));
        let answer = market.get(who, &file).await;
        assert_eq!(answer.headers()["content-type"], "application/pdf");
        assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment;"));
        assert_eq!(answer.bytes().await.unwrap(), PDF);
    }
    for who in [&market.as_other, &market.as_other_partner] {
        assert_eq!(
            (market.get(who, &path).await.status(), market.get(who, &file).await.status()),
            (reqwest::StatusCode::NOT_FOUND, reqwest::StatusCode::NOT_FOUND)
        );
    }
    assert_eq!(upload(&market, &market.as_other, &path, "x.pdf", PDF).await.status(), 404);
    let large: Vec<u8> = [PDF, &vec![b' '; 5 * 1024 * 1024]].concat();
    let huge = vec![b' '; 8 * 1024 * 1024];
    for bytes in [b"<script>".as_slice(), b"", &large, &huge] {
        let refused = upload(&market, &market.as_shopper, &path, "x.pdf", bytes).await;
        assert_eq!(refused.status(), 422);
        assert_eq!(refused.json::<Value>().await.unwrap()["field"], "receipt");
    }
    let formless = market.server.request(Method::POST, &path).bearer_auth(&market.as_shopper.0).body(PDF).send().await;
    assert_eq!(formless.unwrap().status(), 422, "a file by itself is no form");
    for status in [201, 201, 409] {
        assert_eq!(upload(&market, &market.as_shopper, &path, "", PDF).await.status(), status);
    }
}

async fn the_archive_and_leaving(db: TestDb) {
    let site = Site::start(&db).await;
    let token = anna(&site).await;
    let get = site.server.request(Method::POST, "/api/v1/shopper/archive").bearer_auth(&token).send().await.unwrap();
    assert_eq!(
        (get.status(), &get.headers()["content-type"]),
        (reqwest::StatusCode::OK, &"application/zip".parse().unwrap())
    );
    let mut archive = ZipArchive::new(Cursor::new(get.bytes().await.unwrap().to_vec())).unwrap();
    let mut account = String::new();
    archive.by_name("account.json").unwrap().read_to_string(&mut account).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&account).unwrap()["email"], EMAIL);
    for n in 0..6 {
        let path = "/api/v1/shopper/archive?language=ru";
        let status = site.server.request(Method::POST, path).bearer_auth(&token).send().await.unwrap().status();
        assert_eq!(status, if n < 5 { 200 } else { 429 }, "six an hour");
    }
    let program = site.send(Method::POST, "/api/v1/tokens", &token, json!({ "name": "mine" })).await.1;
    let leave = async |who: &str, password: &str| {
        site.send(Method::POST, "/api/v1/shopper/leave", who, json!({ "password": password })).await
    };
    assert_eq!(leave(&token, "not this one").await.1["code"], "wrong_password");
    assert_eq!(leave(program["token"].as_str().unwrap(), PASSWORD).await.0, 403, "it takes a session");
    assert_eq!(leave(&token, PASSWORD).await.0, 204);
    assert_eq!((site.me(&token).await.0, site.sign_in(EMAIL, PASSWORD).await.0), (401, 401));
    assert!(site.letter().await.1.contains("was erased"));
}

async fn a_payout_is_looked_at_before_it_is_asked_for(db: TestDb) {
    let world = World::start(&db, true).await;
    let shopper = world.shopper(10_000).await;
    let method = world.method(shopper, 0, MethodKind::Card).await;
    let (token, _) = accounts::token(&world.app, Owner::Shopper(shopper), TokenKind::Session).await;
    let look = async |sum: &str| {
        let wanted = json!({ "method": method, "amount": { "amount": sum, "currency": "RUB" } });
        let request = world.test.request(Method::POST, "/api/v1/payouts/preview").bearer_auth(&token).json(&wanted);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let told = look("40.00").await;
    let sums = (&told["fee"]["amount"], &told["net"]["amount"], &told["needs_review"], &told["takes_code"]);
    assert_eq!(sums, (&json!("0.60"), &json!("39.40"), &json!(false), &json!(false)), "{told}");
    assert_eq!(look("100.01").await["code"], "not_enough_available");
    assert_eq!((world.balances(shopper).await, world.payouts().await), ((10_000, 0, 0), 0), "nothing was asked for");
    world.close().await;
}
