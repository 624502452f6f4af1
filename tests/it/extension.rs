//! The server's side of the browser extension: the signed list, connecting a browser, activations, the summary.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use kopilka::base::Clock;
use kopilka::base::id::ShopperId;
use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::service::extension::{list_key_rotate, pack_put};
use reqwest::{Method, Response};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;

on_both![
    the_list_names_only_stores_that_were_turned_on,
    the_list_is_the_same_for_everybody_and_cached_by_its_tag,
    a_version_grows_with_the_content_alone,
    a_new_key_is_vouched_for_by_the_one_before,
    a_pack_may_only_lengthen_or_broaden,
    a_browser_is_let_in_by_a_code_that_is_good_once,
    a_code_is_of_no_use_to_others,
    connected_browsers_are_seen_and_ended,
    an_activation_tells_of_its_click,
    the_extension_may_ask_from_its_own_origin,
];

const LIST: &str = "/api/v1/extension/list";
const VERIFIER: &str = "what-only-this-browser-knows-and-nobody-else";

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// A server with the store `books`, an admin and a shopper.
struct Bench {
    server: TestApp,
    admin: String,
    shopper: ShopperId,
    session: String,
}

impl Bench {
    async fn start(db: &TestDb) -> Self {
        let clock = Clock::manual("2026-11-22T10:00:00Z".parse().unwrap());
        let server = TestApp::start_with(&db.url, clock, |config| config.limits.sign_in_per_minute = 1000).await;
        accounts::store(&server.app, "books").await;
        let operator = accounts::operator(&server.app, Role::Admin).await;
        let (admin, _) = accounts::token(&server.app, Owner::Operator(operator), TokenKind::Api).await;
        let shopper = accounts::shopper(&server.app).await;
        let (session, _) = accounts::token(&server.app, Owner::Shopper(shopper), TokenKind::Session).await;
        Self { server, admin, shopper, session }
    }

    async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Response {
        self.server.request(method, path).bearer_auth(token).json(body).send().await.unwrap()
    }

    /// Sends and reads; the status must be `status`.
    async fn told(&self, method: Method, path: &str, token: &str, body: Value, status: u16) -> Value {
        let answer = self.send(method, path, token, &body).await;
        let (found, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(found, status, "{path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Changes what the extension may do at `books`.
    async fn set(&self, extension: Value, status: u16) -> Value {
        let body = json!({ "extension": extension });
        self.told(Method::PATCH, "/api/v1/operator/stores/books", &self.admin, body, status).await
    }

    /// The list with its signature checked by the key that is given out now.
    async fn list(&self) -> Value {
        let keys: Value = self.server.get("/api/v1/extension/key").await.json().await.unwrap();
        let signed: Value = self.server.get(LIST).await.json().await.unwrap();
        assert_eq!(signed["key_id"], keys["keys"][0]["key_id"]);
        let payload = bytes(&signed["payload"]);
        let message = [b"kopilka-extension-list-v1\n".as_slice(), &payload].concat();
        assert!(signed_by(&keys["keys"][0]["public_key"], &message, &signed["signature"]));
        assert!(!signed_by(&keys["keys"][0]["public_key"], &payload, &signed["signature"]), "the context counts");
        serde_json::from_slice(&payload).unwrap()
    }

    /// What the pages leave for the extension: the code.
    async fn allow(&self, browser: &Browser<'_>, challenge: &str) -> String {
        let to = browser.send("/extension/connect", &[("state", "s-1"), ("challenge", challenge)]).await;
        assert_eq!(to.status, 303, "{}", to.html);
        let code = to.location.strip_prefix("/extension/connected#code=").expect("a code").to_owned();
        code.strip_suffix("&state=s-1").expect("the state").to_owned()
    }

    async fn exchange(&self, code: &str, verifier: &str, status: u16) -> Value {
        let request = self.server.request(Method::POST, "/api/v1/extension/token").header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
        );
        let answer = request.json(&json!({ "code": code, "verifier": verifier })).send().await.unwrap();
        assert_eq!(answer.status(), status);
        answer.json().await.unwrap()
    }

    /// A browser that was let in: its token.
    async fn connected(&self) -> String {
        let browser = Browser::signed_in(&self.server, "en", &self.session);
        let code = self.allow(&browser, &challenge(VERIFIER)).await;
        self.exchange(&code, VERIFIER, 201).await["token"].as_str().unwrap().to_owned()
    }
}

fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

fn signed_by(key: &Value, message: &[u8], signature: &Value) -> bool {
    UnparsedPublicKey::new(&ED25519, bytes(key)).verify(message, &bytes(signature)).is_ok()
}

async fn the_list_names_only_stores_that_were_turned_on(db: TestDb) {
    let bench = Bench::start(&db).await;
    accounts::store(&bench.server.app, "tea").await;
    let list = bench.list().await;
    assert_eq!(list["stores"], json!([]), "nothing is on by itself");
    assert_eq!(list["service"]["go_prefix"], "/go/");
    assert_eq!(list["service"]["origin"], format!("http://{}", bench.server.address));
    let cj = list["packs"].as_array().unwrap().iter().find(|pack| pack["id"] == "cj").unwrap().clone();
    assert!(cj["params"].as_array().unwrap().contains(&json!("cjevent")) && cj["whole_session"] == true, "{cj}");

    bench.set(json!({ "ext": true, "network": "ebay", "max_prompts": 5, "cart_paths": ["/cart"] }), 200).await;
    let list = bench.list().await;
    let store = json!({
        "slug": "books", "name": "books", "domains": ["books.example"], "rate": { "percent_of_order": "5" },
        "up_to": false, "exclusions": [], "score": null, "network": "ebay", "cart_paths": ["/cart"],
        "flags": { "ext": true, "cart": false, "serp": false, "max_prompts": 2 },
    });
    assert_eq!(list["stores"], json!([store]), "the network's limit of prompts holds");

    for wrong in [
        json!({ "network": "nobody" }),
        json!({ "network": "amazon" }),
        json!({ "max_prompts": 11 }),
        json!({ "cart_paths": ["cart"] }),
        json!({ "cart_paths": ["/cart?x"] }),
    ] {
        let field = wrong.as_object().unwrap().keys().next().unwrap().clone();
        assert_eq!(bench.set(wrong, 422).await["field"], *field);
    }
    let paused = json!({ "status": "paused" });
    bench.told(Method::PATCH, "/api/v1/operator/stores/books", &bench.admin, paused, 200).await;
    assert_eq!(bench.list().await["stores"], json!([]), "a paused store is not reminded of");
}

async fn the_list_is_the_same_for_everybody_and_cached_by_its_tag(db: TestDb) {
    let bench = Bench::start(&db).await;
    let answer = bench.server.get(LIST).await;
    let headers = answer.headers().clone();
    assert_eq!(headers["cache-control"], "public, max-age=300");
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert!(!headers.contains_key("set-cookie"));
    let body = answer.bytes().await.unwrap();
    let token = bench.connected().await;
    let mine = bench.server.request(Method::GET, LIST).bearer_auth(&token).header("cookie", "kopilka=x").send();
    assert_eq!(mine.await.unwrap().bytes().await.unwrap(), body);
    let tag = headers["etag"].to_str().unwrap();
    let again = || bench.server.request(Method::GET, LIST).header("if-none-match", tag).send();
    assert_eq!(again().await.unwrap().status(), 304);
    bench.set(json!({ "ext": true }), 200).await;
    assert_eq!(again().await.unwrap().status(), 200);
}

async fn a_version_grows_with_the_content_alone(db: TestDb) {
    let bench = Bench::start(&db).await;
    let first = bench.list().await;
    bench.server.app.clock.advance(TimeDelta::days(1));
    bench.server.app.reload_catalogue().await.unwrap();
    assert_eq!(bench.list().await, first, "time alone changes nothing");
    bench.set(json!({ "ext": true }), 200).await;
    let second = bench.list().await;
    assert!(second["version"].as_i64() > first["version"].as_i64());
    assert_eq!(second["issued_at"], "2026-11-23T10:00:00Z");
    // Terms that come into force by themselves are a change too.
    let later = json!({ "valid_from": "2026-11-23T12:00:00Z", "terms": { "rate": { "percent_of_order": "9" } } });
    bench.told(Method::POST, "/api/v1/operator/stores/books/terms", &bench.admin, later, 201).await;
    assert_eq!(bench.list().await["version"], second["version"]);
    bench.server.app.clock.advance(TimeDelta::hours(3));
    let third = bench.list().await;
    assert_eq!(third["stores"][0]["rate"]["percent_of_order"], "9");
    assert!(third["version"].as_i64() > second["version"].as_i64());
    // What went back to an old content is a new version all the same.
    bench.set(json!({ "ext": false }), 200).await;
    assert!(bench.list().await["version"].as_i64() > third["version"].as_i64());
}

async fn a_new_key_is_vouched_for_by_the_one_before(db: TestDb) {
    let bench = Bench::start(&db).await;
    let key = || async {
        let keys: Value = bench.server.get("/api/v1/extension/key").await.json().await.unwrap();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        keys["keys"][0].clone()
    };
    let first = key().await;
    assert_eq!(key().await, first, "it is made once");
    let signed: Value = bench.server.get(LIST).await.json().await.unwrap();
    assert!(signed.get("rotation").is_none());
    list_key_rotate(&bench.server.app, &Actor::Console).await.unwrap();
    let second = key().await;
    list_key_rotate(&bench.server.app, &Actor::Console).await.unwrap();
    bench.list().await;
    let signed: Value = bench.server.get(LIST).await.json().await.unwrap();
    let mut trusted = first.clone();
    for step in signed["rotation"].as_array().unwrap() {
        let message = [b"kopilka-extension-key-v1\n".as_slice(), &bytes(&step["public_key"])].concat();
        assert!(signed_by(&trusted["public_key"], &message, &step["signature_by_previous"]));
        assert!(!signed_by(&step["public_key"], &message, &step["signature_by_previous"]), "not by itself");
        trusted = step.clone();
    }
    assert_eq!(signed["rotation"][0]["key_id"], second["key_id"]);
    assert_eq!(signed["key_id"], trusted["key_id"], "the chain leads to the key that signs");
}

async fn a_pack_may_only_lengthen_or_broaden(db: TestDb) {
    let bench = Bench::start(&db).await;
    let put =
        async |body: Value| pack_put(&bench.server.app, &Actor::Console, serde_json::from_value(body).unwrap()).await;
    let known = bench.list().await["packs"].as_array().unwrap().clone();
    let dub = known.iter().find(|pack| pack["id"] == "dub").unwrap();
    let with = |field: &str, value: Value| {
        let mut pack = dub.clone();
        pack[field] = value;
        pack
    };
    for (field, narrower) in [
        ("params", with("params", json!(["other"]))),
        ("whole_session", with("whole_session", json!(false))),
        ("min_minutes", with("min_minutes", json!(30))),
        ("hosts", with("hosts", json!(["com"]))),
        ("source", with("source", json!(""))),
    ] {
        let refused = put(narrower).await.unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{field}: ")), "{field}: {refused}");
    }
    let wider = json!({
        "id": "dub", "dated": "2026-11-25", "source": "a letter of theirs", "params": ["dub_id", "dclid"], "min_minutes": 120,
        "whole_session": true, "max_prompts": 1,
    });
    put(wider.clone()).await.unwrap();
    put(json!({ "id": "own", "dated": "2026-11-25", "source": "ours", "hosts": ["own.example"] })).await.unwrap();
    let packs = bench.list().await["packs"].as_array().unwrap().clone();
    let dub = packs.iter().find(|pack| pack["id"] == "dub").unwrap();
    assert_eq!((&dub["params"], &dub["min_minutes"]), (&json!(["dub_id", "dclid"]), &json!(120)));
    assert!(packs.iter().any(|pack| pack["id"] == "own" && pack["min_minutes"] == 90));
    let mut shorter = wider;
    shorter["min_minutes"] = json!(90);
    let refused = put(shorter).await.unwrap_err().to_string();
    assert!(refused.contains("was 120 and would be 90; a later pack may only lengthen or broaden"), "{refused}");
}

async fn a_browser_is_let_in_by_a_code_that_is_good_once(db: TestDb) {
    let bench = Bench::start(&db).await;
    let ask = format!("/extension/connect?state=s-1&challenge={}", challenge(VERIFIER));
    let stranger = Browser::new(&bench.server, "en").get(&ask).await;
    assert_eq!(stranger.status, 303);
    assert!(stranger.location.starts_with("/sign-in?next=%2Fextension%2Fconnect"), "{}", stranger.location);

    let browser = Browser::signed_in(&bench.server, "ru", &bench.session);
    browser.page(&format!("{ask}&lang=ru")).await.has("Впустить расширение?").has("Разрешить");
    browser.page("/extension/connect?state=s-1&challenge=short").await.has("Адрес неполный").lacks("Разрешить");
    let fields = [("state", "s-1"), ("challenge", &challenge(VERIFIER))];
    assert_eq!(browser.send_from("cross-site", "/extension/connect", &fields).await.status, 403);
    assert_eq!(browser.send("/extension/connect", &[("state", "s&x"), fields[1]]).await.status, 422);

    let code = bench.allow(&browser, &challenge(VERIFIER)).await;
    browser.page("/extension/connected").await.has("Разрешено");
    let told = bench.exchange(&code, VERIFIER, 201).await;
    let masked = told["shopper"]["email_masked"].as_str().unwrap();
    assert!(masked.contains('…') && masked.ends_with("@example.com"), "{masked}");
    assert_eq!(told["expires_at"], Value::Null);
    assert_eq!(bench.exchange(&code, VERIFIER, 422).await["code"], "bad_code", "once");
    let token = told["token"].as_str().unwrap();
    bench.told(Method::GET, "/api/v1/extension/summary", token, Value::Null, 200).await;
    assert_eq!(bench.told(Method::GET, "/api/v1/me", token, Value::Null, 403).await["code"], "forbidden");
    // Nor does it open the site as a cookie.
    assert_eq!(Browser::signed_in(&bench.server, "en", token).get("/balance").await.status, 403);
    // An API token cannot let a browser in, only somebody who is signed in.
    let (api, _) = accounts::token(&bench.server.app, Owner::Shopper(bench.shopper), TokenKind::Api).await;
    let program = Browser::signed_in(&bench.server, "en", &api);
    assert_ne!(program.send("/extension/connect", &fields).await.status, 303);

    assert_eq!(bench.send(Method::DELETE, "/api/v1/extension/token", token, &Value::Null).await.status(), 204);
    bench.told(Method::GET, "/api/v1/extension/summary", token, Value::Null, 401).await;
}

async fn a_code_is_of_no_use_to_others(db: TestDb) {
    let bench = Bench::start(&db).await;
    let browser = Browser::signed_in(&bench.server, "en", &bench.session);
    let code = bench.allow(&browser, &challenge(VERIFIER)).await;
    bench.exchange(&code, "something else", 422).await;
    bench.exchange(&code, VERIFIER, 422).await;
    let late = bench.allow(&browser, &challenge(VERIFIER)).await;
    bench.server.app.clock.advance(TimeDelta::seconds(121));
    bench.exchange(&late, VERIFIER, 422).await;
    // A code is no token, and a token is no code.
    let code = bench.allow(&browser, &challenge(VERIFIER)).await;
    bench.told(Method::GET, "/api/v1/extension/summary", &code, Value::Null, 401).await;
    bench.exchange(&bench.session, VERIFIER, 422).await;
    let token = bench.exchange(&code, VERIFIER, 201).await["token"].as_str().unwrap().to_owned();
    let body = json!({ "reason": "test" });
    let path = format!("/api/v1/operator/shoppers/{}/block", bench.shopper);
    bench.told(Method::POST, &path, &bench.admin, body, 200).await;
    bench.told(Method::GET, "/api/v1/extension/summary", &token, Value::Null, 401).await;
}

async fn connected_browsers_are_seen_and_ended(db: TestDb) {
    let bench = Bench::start(&db).await;
    let browser = Browser::signed_in(&bench.server, "en", &bench.session);
    browser.page("/account/extension").await.has("No browser is connected");
    let (one, other) = (bench.connected().await, bench.connected().await);
    browser.page("/account/extension").await.has("Chrome, Linux").has("Not used yet");
    let summary = "/api/v1/extension/summary";
    bench.told(Method::GET, summary, &other, Value::Null, 200).await;
    let page = browser.page("/account/extension").await;
    page.has("Last used");
    // Newest first: the one that was used.
    let id = page.between("action=\"/account/extension/", "\"");
    let boris = accounts::shopper(&bench.server.app).await;
    let (session, _) = accounts::token(&bench.server.app, Owner::Shopper(boris), TokenKind::Session).await;
    let stranger = Browser::signed_in(&bench.server, "en", &session);
    assert_eq!(stranger.send(&format!("/account/extension/{id}"), &[]).await.status, 404);
    assert_eq!(browser.send(&format!("/account/extension/{id}"), &[]).await.status, 303);
    bench.told(Method::GET, summary, &other, Value::Null, 401).await;
    bench.told(Method::GET, summary, &one, Value::Null, 200).await;
    // Signing out everywhere ends it only where that was asked for.
    browser.page("/account").await.has("/account/extension").has("name=\"extension\"");
    browser.send("/account/sessions", &[]).await;
    bench.told(Method::GET, summary, &one, Value::Null, 200).await;
    let (session, _) = accounts::token(&bench.server.app, Owner::Shopper(bench.shopper), TokenKind::Session).await;
    Browser::signed_in(&bench.server, "en", &session).send("/account/sessions", &[("extension", "on")]).await;
    bench.told(Method::GET, summary, &one, Value::Null, 401).await;
}

async fn an_activation_tells_of_its_click(db: TestDb) {
    let bench = Bench::start(&db).await;
    let (token, path) = (bench.connected().await, "/api/v1/extension/activations");
    let activate = |status| bench.told(Method::POST, path, &token, json!({ "store": "books" }), status);
    assert_eq!(activate(422).await["code"], "not_in_extension", "nothing is on by itself");
    bench.set(json!({ "ext": true }), 200).await;
    bench.told(Method::POST, path, &token, json!({ "store": "none" }), 404).await;
    let page = json!({ "store": "books", "deep_link": "https://books.example/p" });
    bench.told(Method::POST, path, &token, page, 400).await;

    let before = activate(201).await;
    bench.server.app.clock.advance(TimeDelta::seconds(5));
    let made = activate(201).await;
    let known = |made: &Value| format!("{path}/{}", made["activation"].as_str().unwrap());
    let waiting = json!({ "state": "waiting", "click": null });
    assert_eq!(bench.told(Method::GET, &known(&made), &token, Value::Null, 200).await, waiting);
    bench.server.app.clock.advance(TimeDelta::seconds(2));
    let url = made["url"].as_str().unwrap();
    let link = url.strip_prefix(&format!("http://{}", bench.server.address)).expect("a link of ours");
    let browser = Browser::new(&bench.server, "en");
    assert_eq!(browser.get(link).await.status, 302);
    let recorded = bench.told(Method::GET, &known(&made), &token, Value::Null, 200).await;
    assert_eq!((&recorded["state"], &recorded["click"]["at"]), (&json!("recorded"), &json!("2026-11-22T10:00:07Z")));
    let click = format!("/api/v1/clicks/{}", recorded["click"]["id"].as_str().unwrap());
    bench.told(Method::GET, &click, &bench.session, Value::Null, 200).await;
    assert_eq!(
        bench.told(Method::GET, &known(&before), &token, Value::Null, 200).await,
        waiting,
        "not of another link"
    );

    let boris = accounts::shopper(&bench.server.app).await;
    let (other, _) = accounts::token(&bench.server.app, Owner::Shopper(boris), TokenKind::Extension).await;
    bench.told(Method::GET, &known(&made), &other, Value::Null, 404).await;
    let summary = bench.told(Method::GET, "/api/v1/extension/summary", &token, Value::Null, 200).await;
    assert_eq!(summary, json!({ "balances": [], "orders": [] }));
}

async fn the_extension_may_ask_from_its_own_origin(db: TestDb) {
    let bench = Bench::start(&db).await;
    let ask = |path| bench.server.request(Method::OPTIONS, path).header("origin", "chrome-extension://x").send();
    let answer = ask("/api/v1/extension/summary").await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert!(answer.headers()["access-control-allow-headers"].to_str().unwrap().contains("Authorization"));
    assert!(!answer.headers().contains_key("access-control-allow-credentials"));
    let refused = bench.server.get("/api/v1/extension/summary").await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["access-control-allow-origin"]),
        (401, &"*".parse().unwrap())
    );
    // Nothing else is open.
    let elsewhere = ask("/api/v1/balance").await.unwrap();
    assert!(!elsewhere.headers().contains_key("access-control-allow-origin"));
}
