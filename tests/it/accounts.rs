//! Accounts through the front door: signing up and in, tokens, operators, and what each of them leaves in the trail.

use chrono::TimeDelta;
use kopilka::base::Secret;
use kopilka::db::shoppers::{shopper_find_by_email, shopper_set_password};
use kopilka::db::tokens::Owner;
use kopilka::db::{DbError, Lane};
use kopilka::domain::access::{Actor, Role, TokenKind};
use kopilka::domain::email::Email;
use kopilka::service::accounts::operator_add;
use kopilka::service::password::{self, Check};
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::db::TestDb;
use crate::support::site::{PASSWORD, Site};

on_both![
    a_shopper_signs_up_confirms_signs_in_and_out,
    a_known_address_is_told_only_by_letter,
    a_forgotten_password_is_replaced_and_ends_what_was_open,
    sessions_end_and_codes_too,
    api_tokens_are_shown_once_and_make_no_others,
    a_cookie_counts_only_from_our_own_pages,
    an_operator_blocks_a_shopper_and_the_trail_tells,
    somebody_stays_admin,
    old_hashes_are_renewed_at_sign_in,
    tries_are_limited,
    partners_get_tokens_from_operators,
    lists_are_paged_and_searched,
];

async fn a_shopper_signs_up_confirms_signs_in_and_out(db: TestDb) {
    let site = Site::start(&db).await;
    let body = json!({ "email": " Anna@Example.com ", "password": PASSWORD, "language": "ru" });
    assert_eq!(site.post("/api/v1/shopper/sign-up", body).await.0, 202);
    let (headers, text) = site.letter().await;
    assert!(headers.contains("To: anna@example.com\r\n"), "{headers}");
    assert!(text.starts_with("Здравствуйте!"), "{text}");
    let code = text.split("code=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let (status, body) = site.sign_in("anna@example.com", PASSWORD).await;
    assert_eq!((status, &body["code"]), (401, &json!("wrong_credentials")), "not before the address is confirmed");
    assert_eq!(site.confirm(&code, PASSWORD).await.0, 204);
    let (status, body) = site.confirm(&code, PASSWORD).await;
    assert_eq!((status, &body["code"]), (422, &json!("code_not_valid")), "a code is good for one use");
    let token = site.session("ANNA@example.com").await;
    let (status, me) = site.me(&token).await;
    assert_eq!((status, &me["kind"], &me["email"]), (200, &json!("shopper"), &json!("anna@example.com")));
    assert_eq!((&me["email_confirmed"], &me["language"]), (&json!(true), &json!("ru")));
    assert_eq!(site.send(Method::DELETE, "/api/v1/sessions/current", &token, Value::Null).await.0, 204);
    assert_eq!(site.me(&token).await.0, 401);
}

async fn a_known_address_is_told_only_by_letter(db: TestDb) {
    let site = Site::start(&db).await;
    let again = json!({ "email": "anna@example.com", "password": "quite another one" });
    let new = site.post("/api/v1/shopper/sign-up", json!({ "email": "anna@example.com", "password": PASSWORD })).await;
    assert_eq!(site.confirm(&site.code().await, PASSWORD).await.0, 204);
    let known = site.post("/api/v1/shopper/sign-up", again).await;
    assert_eq!(new, known, "the answers are the same");
    let (_, text) = site.letter().await;
    assert!(text.contains("already has an account"), "{text}");
    let unknown = site.sign_in("nobody@example.com", PASSWORD).await;
    let mut wrong = site.sign_in("anna@example.com", "quite another one").await;
    wrong.1["instance"] = unknown.1["instance"].clone();
    assert_eq!(unknown, wrong, "signing in does not tell either");
    site.session("anna@example.com").await;
    for (email, password) in [
        ("anna", PASSWORD),
        ("a\r\nBcc: b@example.com", PASSWORD),
        ("b@example.com", "short"),
        ("b@example.com", "b@example.com"),
        ("b@example.com", "QwertyUiop"),
        ("b@example.com", "aaaaaaaaaaaa"),
    ] {
        let body = json!({ "email": email, "password": password });
        assert_eq!(site.post("/api/v1/shopper/sign-up", body).await.0, 422, "{email:?} {password:?}");
    }
}

async fn a_forgotten_password_is_replaced_and_ends_what_was_open(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let before = site.session("anna@example.com").await;
    assert_eq!(site.post("/api/v1/shopper/password-reset", json!({ "email": "no@example.com" })).await.0, 202);
    assert_eq!(site.post("/api/v1/shopper/password-reset", json!({ "email": "anna@example.com" })).await.0, 202);
    let code = site.code().await;
    let confirm = site.confirm(&code, PASSWORD).await;
    assert_eq!(confirm.0, 422, "a code is good for what it was sent for");
    let weak = site.post("/api/v1/shopper/new-password", json!({ "code": code, "password": "anna@example.com" })).await;
    assert_eq!((weak.0, &weak.1["field"]), (422, &json!("password")));
    let body = json!({ "code": code, "password": "entirely new words" });
    assert_eq!(site.post("/api/v1/shopper/new-password", body.clone()).await.0, 204);
    assert_eq!(site.post("/api/v1/shopper/new-password", body).await.0, 422);
    assert_eq!(site.me(&before).await.0, 401);
    assert_eq!(site.sign_in("anna@example.com", PASSWORD).await.0, 401);
    assert_eq!(site.sign_in("anna@example.com", "entirely new words").await.0, 201);
}

async fn sessions_end_and_codes_too(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let (first, second) = (site.session("anna@example.com").await, site.session("anna@example.com").await);
    let (status, ended) = site.send(Method::DELETE, "/api/v1/sessions", &first, Value::Null).await;
    assert_eq!((status, ended), (200, json!({ "sessions": 2 })));
    assert_eq!(site.me(&second).await.0, 401);
    let third = site.session("anna@example.com").await;
    site.clock.advance(TimeDelta::days(30) - TimeDelta::seconds(1));
    assert_eq!(site.me(&third).await.0, 200);
    site.clock.advance(TimeDelta::seconds(1));
    assert_eq!(site.me(&third).await.0, 401);
    let body = json!({ "email": "boris@example.com", "password": PASSWORD });
    assert_eq!(site.post("/api/v1/shopper/sign-up", body).await.0, 202);
    let code = site.code().await;
    site.clock.advance(TimeDelta::hours(48));
    assert_eq!(site.confirm(&code, PASSWORD).await.0, 422);
}

async fn api_tokens_are_shown_once_and_make_no_others(db: TestDb) {
    let site = Site::start(&db).await;
    let anna = accounts::shopper(&site.server.app).await;
    let (session, _) = accounts::token(&site.server.app, Owner::Shopper(anna), TokenKind::Session).await;
    let wanted = json!({ "name": "import", "expires_in_days": 7 });
    let (status, made) = site.send(Method::POST, "/api/v1/tokens", &session, wanted.clone()).await;
    assert_eq!(status, 201, "{made}");
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("kp_shopper_") && token.len() == 54, "{token}");
    assert_eq!(site.me(token).await.0, 200);
    assert_eq!(site.send(Method::POST, "/api/v1/tokens", token, wanted).await.0, 403);
    let (_, list) = site.send(Method::GET, "/api/v1/tokens", &session, Value::Null).await;
    assert_eq!(list["items"][0]["name"], "import");
    assert!(!list.to_string().contains(token), "the token is not kept");
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    site.clock.advance(TimeDelta::days(7));
    assert_eq!(site.me(token).await.0, 401, "it ends by itself");
    assert_eq!(site.send(Method::DELETE, &path, &session, Value::Null).await.0, 204);
    assert_eq!(site.send(Method::DELETE, &path, &session, Value::Null).await.0, 404);
}

async fn a_cookie_counts_only_from_our_own_pages(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let body = json!({ "email": "anna@example.com", "password": PASSWORD, "cookie": true });
    let answer = site.server.post("/api/v1/sessions", &body).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert_eq!(answer.json::<Value>().await.unwrap()["token"], Value::Null);
    let pair = cookie.split(';').next().unwrap();
    let own = format!("http://{}", site.server.address);
    for (method, headers, expected) in [
        (Method::GET, vec![("sec-fetch-site", "cross-site")], 200),
        (Method::POST, vec![], 403),
        (Method::POST, vec![("sec-fetch-site", "cross-site"), ("origin", &own)], 403),
        (Method::POST, vec![("sec-fetch-site", "same-site")], 403),
        (Method::POST, vec![("origin", "https://evil.example")], 403),
        (Method::POST, vec![("origin", "null")], 403),
        (Method::POST, vec![("origin", &own)], 201),
        (Method::POST, vec![("sec-fetch-site", "same-origin")], 201),
    ] {
        let mut request = site.server.request(method.clone(), "/api/v1/tokens").header("cookie", pair);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        if method == Method::POST {
            request = request.json(&json!({ "name": "import" }));
        }
        assert_eq!(request.send().await.unwrap().status(), expected, "{method} {headers:?}");
    }
}

async fn an_operator_blocks_a_shopper_and_the_trail_tells(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let token = site.session("anna@example.com").await;
    let id = site.me(&token).await.1["id"].as_str().unwrap().to_owned();
    let (support, operator) = site.operator(Role::Support).await;
    let path = format!("/api/v1/operator/shoppers/{id}/block");
    let (status, view) = site.send(Method::POST, &path, &support, json!({ "reason": "asked to" })).await;
    assert_eq!((status, &view["status"]), (200, &json!("blocked")), "{view}");
    assert!(view.get("password_hash").is_none());
    assert_eq!(site.me(&token).await.0, 401);
    let (status, body) = site.sign_in("anna@example.com", PASSWORD).await;
    assert_eq!((status, &body["code"]), (422, &json!("account_blocked")));
    assert_eq!(site.send(Method::POST, &path, &support, json!({ "reason": "twice" })).await.0, 200);
    let path = format!("/api/v1/operator/audit?subject=shopper/{id}");
    let (_, trail) = site.send(Method::GET, &path, &support, Value::Null).await;
    let entries = trail["items"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "what changes nothing leaves nothing: {trail}");
    assert_eq!(entries[0]["actor"], format!("operator/{operator}"));
    assert_eq!((&entries[0]["action"], &entries[0]["detail"]["reason"]), (&json!("shopper.block"), &json!("asked to")));
}

async fn somebody_stays_admin(db: TestDb) {
    let site = Site::start(&db).await;
    let password = Secret::new(PASSWORD);
    let app = &site.server.app;
    let first = operator_add(app, &Actor::Console, "olga@example.com", "Olga", Role::Admin, &password).await.unwrap();
    let body = json!({ "email": "olga@example.com", "password": PASSWORD });
    let (status, session) = site.post("/api/v1/operator/sessions", body).await;
    assert_eq!(status, 201, "{session}");
    let admin = session["token"].as_str().unwrap();
    assert_eq!(site.sign_in("olga@example.com", PASSWORD).await.0, 401, "operators are no shoppers");
    let path = format!("/api/v1/operator/operators/{}", first.id);
    let role = site.send(Method::PUT, &format!("{path}/role"), admin, json!({ "role": "viewer" })).await;
    assert_eq!((role.0, &role.1["code"]), (422, &json!("last_admin")));
    assert_eq!(site.send(Method::POST, &format!("{path}/block"), admin, Value::Null).await.0, 422);
    let (other, _) = site.operator(Role::Admin).await;
    assert_eq!(site.send(Method::POST, &format!("{path}/block"), &other, Value::Null).await.0, 200);
    assert_eq!(site.me(admin).await.0, 401);
    let again = json!({ "email": "Olga@example.com", "name": "O", "role": "viewer", "password": PASSWORD });
    assert_eq!(site.send(Method::POST, "/api/v1/operator/operators", &other, again).await.0, 409);
}

async fn old_hashes_are_renewed_at_sign_in(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let weak = argon2::Params::new(8, 1, 1, None).unwrap();
    let weak = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, weak);
    let weak = argon2::PasswordHasher::hash_password(&weak, PASSWORD.as_bytes()).unwrap().to_string();
    let stored = weak.clone();
    let app = &site.server.app;
    let change = move |conn: &mut kopilka::db::Conn| -> Result<bool, DbError> {
        let row = shopper_find_by_email(conn, "anna@example.com")?.unwrap();
        shopper_set_password(conn, row.id, &row.password_hash, &stored)
    };
    assert!(app.db.write(Lane::House, change).await.unwrap());
    let given = Secret::new(PASSWORD);
    assert_eq!(password::check(&given, Some(&weak)).await.unwrap(), Check::RightButOld);
    site.session("anna@example.com").await;
    let row = app.db.read(|conn| shopper_find_by_email(conn, "anna@example.com")).await.unwrap().unwrap();
    assert!(row.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", row.password_hash);
    assert_eq!(password::check(&given, Some(&row.password_hash)).await.unwrap(), Check::Right);
    assert_eq!(password::check(&given, None).await.unwrap(), Check::Wrong);
}

async fn tries_are_limited(db: TestDb) {
    let site = Site::start_limited(&db, 3).await;
    for _ in 0..3 {
        assert_eq!(site.sign_in("anna@example.com", "wrong").await.0, 401);
    }
    let body = json!({ "email": "anna@example.com", "password": "wrong" });
    let answer = site.server.post("/api/v1/sessions", &body).await;
    assert_eq!(answer.status(), 429);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
}

async fn partners_get_tokens_from_operators(db: TestDb) {
    let site = Site::start(&db).await;
    let partner = accounts::partner(&site.server.app).await;
    let (admin, _) = site.operator(Role::Admin).await;
    let path = format!("/api/v1/operator/partners/{partner}/tokens");
    let (status, made) = site.send(Method::POST, &path, &admin, json!({ "name": "import" })).await;
    assert_eq!(status, 201, "{made}");
    let token = made["token"].as_str().unwrap();
    assert_eq!(site.me(token).await, (200, json!({ "kind": "partner", "id": partner.to_string() })));
    let nobody = format!("/api/v1/operator/partners/{}/tokens", kopilka::base::id::PartnerId::new());
    assert_eq!(site.send(Method::POST, &nobody, &admin, json!({ "name": "import" })).await.0, 404);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(site.send(Method::DELETE, &one, &admin, Value::Null).await.0, 204);
    assert_eq!(site.me(token).await.0, 401);
}

async fn lists_are_paged_and_searched(db: TestDb) {
    let site = Site::start(&db).await;
    let (viewer, _) = site.operator(Role::Viewer).await;
    for name in ["a_b", "axb", "c%d"] {
        site.sign_up(&format!("{name}@example.com")).await;
    }
    let list = |query: &'static str| {
        let (site, viewer) = (&site, &viewer);
        async move {
            let path = format!("/api/v1/operator/shoppers?{query}");
            let (status, body) = site.send(Method::GET, &path, viewer, Value::Null).await;
            assert_eq!(status, 200, "{body}");
            let items = body["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap().to_owned());
            (items.collect::<Vec<_>>(), body["next"].as_str().map(str::to_owned))
        }
    };
    assert_eq!(list("email=A_b").await.0, ["a_b@example.com"], "_ stands for itself");
    assert_eq!(list("email=%25").await.0, ["c%d@example.com"]);
    let (first, next) = list("limit=2").await;
    assert_eq!(first, ["c%d@example.com", "axb@example.com"]);
    let path = format!("/api/v1/operator/shoppers?limit=2&after={}", next.unwrap());
    let (_, second) = site.send(Method::GET, &path, &viewer, Value::Null).await;
    assert_eq!((&second["items"][0]["email"], &second["next"]), (&json!("a_b@example.com"), &Value::Null));
}

#[test]
fn addresses_have_one_form() {
    assert_eq!(Email::parse(" Анна@Пример.РФ ").unwrap().as_str(), "анна@пример.рф");
    for bad in ["", "a@b", "@b.c", "a@b..c", "a b@c.d", "a@b@c.d", "a@b.c\n", "<a@b.c>", "a@.c"] {
        let read = Email::parse(bad);
        assert_eq!(read.is_err(), bad != "a@b.c\n", "{bad:?}");
    }
}
