//! Whose an address is, who may change a password or an address, and what the answers do not tell.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt, sql_types::Text};
use kopilka::db::tokens::Owner;
use kopilka::db::{Conn, Kind};
use kopilka::domain::access::{AccountStatus, Actor, Role, TokenKind};
use kopilka::service::accounts::shopper_set_status;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::site::{PASSWORD, Site, code_in};

on_both![
    who_signed_up_with_my_address_gets_no_account,
    a_code_takes_five_passwords,
    passwords_beside_a_code_are_limited,
    asking_does_the_same_for_every_address,
    letters_wait_for_the_outbox,
    a_shopper_changes_the_password,
    a_shopper_moves_to_another_address,
    a_known_address_is_not_moved_to,
    only_a_session_with_the_password_changes_an_account,
    an_operator_moves_to_another_address,
    an_operators_code_ends_with_the_password_and_with_the_account,
];

const MINE: &str = "entirely other words";

async fn who_signed_up_with_my_address_gets_no_account(db: TestDb) {
    let site = Site::start(&db).await;
    let stranger = json!({ "email": "anna@example.com", "password": PASSWORD });
    assert_eq!(site.post("/api/v1/shopper/sign-up", stranger).await.0, 202);
    let code = site.code().await;
    let (status, _) = site.post("/api/v1/shopper/confirm-email", json!({ "code": code })).await;
    assert_eq!(status, 400, "the link alone confirms nothing");
    let (status, body) = site.confirm(&code, MINE).await;
    assert_eq!((status, &body["code"]), (422, &json!("wrong_password")));
    assert!(body["detail"].as_str().unwrap().contains("password-reset"), "it says what to do: {body}");
    assert_eq!(site.sign_in("anna@example.com", PASSWORD).await.0, 401);
    let ask = json!({ "email": "anna@example.com" });
    assert_eq!(site.post("/api/v1/shopper/password-reset", ask).await.0, 202);
    let reset = json!({ "code": site.code().await, "password": MINE });
    assert_eq!(site.post("/api/v1/shopper/new-password", reset).await.0, 204);
    assert_eq!(site.confirm(&code, PASSWORD).await.1["code"], "code_not_valid");
    assert_eq!(site.sign_in("anna@example.com", PASSWORD).await.0, 401);
    assert_eq!(site.sign_in("anna@example.com", MINE).await.0, 201);
}

async fn a_code_takes_five_passwords(db: TestDb) {
    let site = Site::start(&db).await;
    for (email, wrong, ends) in [("four@example.com", 4, 204), ("five@example.com", 5, 422)] {
        site.post("/api/v1/shopper/sign-up", json!({ "email": email, "password": PASSWORD })).await;
        let code = site.code().await;
        for _ in 0..wrong {
            assert_eq!(site.confirm(&code, MINE).await.1["code"], "wrong_password");
        }
        let (status, body) = site.confirm(&code, PASSWORD).await;
        assert_eq!(status, ends, "{email}: {body}");
    }
    assert_eq!(site.sign_in("five@example.com", PASSWORD).await.0, 401);
}

async fn passwords_beside_a_code_are_limited(db: TestDb) {
    let site = Site::start_limited(&db, 3).await;
    site.post("/api/v1/shopper/sign-up", json!({ "email": "anna@example.com", "password": PASSWORD })).await;
    let code = site.code().await;
    for _ in 0..2 {
        assert_eq!(site.confirm(&code, MINE).await.0, 422);
    }
    assert_eq!(site.confirm(&code, PASSWORD).await.0, 429);
}

/// How many rows each table has, and the kinds of the jobs.
fn rows(db: &TestDb) -> BTreeMap<String, i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let query = |conn: &mut Conn, text: &str| -> Vec<Row> { sql_query(text).load(conn).unwrap() };
    let mut conn = db.connect();
    let tables = match db.kind() {
        Kind::Sqlite => "select name, 0 as rows from sqlite_master where type = 'table' and name not like 'sqlite%'",
        Kind::Postgres => {
            "select tablename::text as name, 0::bigint as rows from pg_tables where schemaname = 'public'"
        }
    };
    let mut out = BTreeMap::new();
    for table in query(&mut conn, tables) {
        let count = format!("select '{0}' as name, count(*) as rows from {0}", table.name);
        out.extend(query(&mut conn, &count).into_iter().map(|row| (row.name, row.rows)));
    }
    let kinds = query(&mut conn, "select 'job ' || kind as name, count(*) as rows from jobs group by 1");
    out.extend(kinds.into_iter().map(|row| (row.name, row.rows)));
    out
}

fn grown(before: &BTreeMap<String, i64>, after: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let of = |name: &String| before.get(name).copied().unwrap_or(0);
    after.iter().map(|(name, rows)| (name.clone(), rows - of(name))).filter(|(_, more)| *more != 0).collect()
}

async fn asking_does_the_same_for_every_address(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    site.sign_up("boris@example.com").await;
    let token = site.session("boris@example.com").await;
    let boris = site.me(&token).await.1["id"].as_str().unwrap().parse().unwrap();
    let (app, blocked) = (&site.server.app, AccountStatus::Blocked);
    shopper_set_status(app, &Actor::Console, boris, blocked, "test").await.unwrap();
    let addresses = ["nobody@example.com", "anna@example.com", "boris@example.com"];
    let body = |path: &str, email: &str| match path {
        "password-reset" => json!({ "email": email }),
        _ => json!({ "email": email, "password": MINE }),
    };
    for (path, letters_to) in
        [("password-reset", vec!["anna@example.com"]), ("sign-up", vec!["anna@example.com", "nobody@example.com"])]
    {
        let mut seen = Vec::new();
        for email in addresses {
            let before = rows(&db);
            let answer = site.post(&format!("/api/v1/shopper/{path}"), body(path, email)).await;
            seen.push((answer, grown(&before, &rows(&db))));
        }
        let one_job = BTreeMap::from([("jobs".to_owned(), 1), ("job answer_by_letter".to_owned(), 1)]);
        assert_eq!((&seen[0].0.0, &seen[0].1), (&202, &one_job), "{path}: nothing but a job before the answer");
        assert!(seen.iter().all(|one| *one == seen[0]), "{path}: {seen:?}");
        let payloads: Vec<Payload> = sql_query("select payload from jobs").load(&mut db.connect()).unwrap();
        assert!(payloads.iter().all(|job| !job.payload.contains("example.com")), "{path}: a job shows an address");
        let letters: Vec<String> = site.letters().await.into_iter().map(|(headers, _)| headers).collect();
        assert_eq!(letters.len(), letters_to.len(), "{letters:?}");
        for (letter, to) in letters.iter().zip(letters_to) {
            assert!(letter.starts_with(&format!("To: {to}\r\n")), "{letter}");
        }
    }
}

#[derive(QueryableByName)]
struct Payload {
    #[diesel(sql_type = Text)]
    payload: String,
}

async fn letters_wait_for_the_outbox(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let new = site.server.app.config.mail.outbox.join("new");
    std::fs::remove_dir(&new).unwrap();
    std::fs::write(&new, "in the way").unwrap();
    site.post("/api/v1/shopper/password-reset", json!({ "email": "anna@example.com" })).await;
    kopilka::job::drain(&site.server.app).await.unwrap();
    std::fs::remove_file(&new).unwrap();
    assert_eq!(site.letters().await, [], "the job waits before it tries again");
    site.clock.advance(TimeDelta::seconds(10));
    let reset = json!({ "code": site.code().await, "password": MINE });
    assert_eq!(site.post("/api/v1/shopper/new-password", reset).await.0, 204);
}

async fn a_shopper_changes_the_password(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let (here, there) = (site.session("anna@example.com").await, site.session("anna@example.com").await);
    site.post("/api/v1/shopper/password-reset", json!({ "email": "anna@example.com" })).await;
    let code = site.code().await;
    let change = |old: &str, new: &str| {
        let (site, here, body) = (&site, &here, json!({ "old_password": old, "password": new }));
        async move { site.send(Method::POST, "/api/v1/shopper/password", here, body).await }
    };
    assert_eq!(change(MINE, MINE).await.1["code"], "wrong_password");
    let (status, weak) = change(PASSWORD, "anna@example.com").await;
    assert_eq!((status, &weak["field"]), (422, &json!("password")));
    assert_eq!(site.me(&there).await.0, 200, "what is refused changes nothing");
    assert_eq!(change(PASSWORD, MINE).await, (200, json!({ "sessions": 1 })));
    assert_eq!((site.me(&here).await.0, site.me(&there).await.0), (200, 401));
    let (headers, text) = site.letter().await;
    assert!(headers.starts_with("To: anna@example.com\r\n") && text.contains("was changed"), "{headers}{text}");
    let reset = json!({ "code": code, "password": PASSWORD });
    assert_eq!(site.post("/api/v1/shopper/new-password", reset).await.0, 422, "older codes ended");
    assert_eq!(site.sign_in("anna@example.com", PASSWORD).await.0, 401);
    assert_eq!(site.sign_in("anna@example.com", MINE).await.0, 201);
}

async fn a_shopper_moves_to_another_address(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let token = site.session("anna@example.com").await;
    let wanted = json!({ "email": " Anna@Example.org", "password": PASSWORD });
    assert_eq!(site.send(Method::POST, "/api/v1/shopper/email", &token, wanted).await.0, 202);
    let letters = site.letters().await;
    let [(old, warning), (new, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(old.starts_with("To: anna@example.com\r\n") && warning.contains("anna@example.org"), "{old}{warning}");
    assert!(new.starts_with("To: anna@example.org\r\n") && !warning.contains("code="), "{new}");
    assert_eq!(site.me(&token).await.1["email"], "anna@example.com", "nothing has changed yet");
    site.post("/api/v1/shopper/password-reset", json!({ "email": "anna@example.com" })).await;
    let at_old = site.code().await;
    assert_eq!(site.confirm(&code_in(letter), MINE).await.1["code"], "wrong_password");
    assert_eq!(site.confirm(&code_in(letter), PASSWORD).await.0, 204);
    assert_eq!(site.me(&token).await.1["email"], "anna@example.org");
    let (headers, text) = site.letter().await;
    assert!(headers.starts_with("To: anna@example.com\r\n") && text.contains("anna@example.org"), "{headers}{text}");
    let reset = json!({ "code": at_old, "password": MINE });
    assert_eq!(site.post("/api/v1/shopper/new-password", reset).await.0, 422, "the old address opens nothing any more");
    assert_eq!(site.sign_in("anna@example.com", PASSWORD).await.0, 401);
    assert_eq!(site.sign_in("anna@example.org", PASSWORD).await.0, 201);
}

async fn a_known_address_is_not_moved_to(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    site.sign_up("boris@example.com").await;
    let token = site.session("anna@example.com").await;
    let move_to = |email: &str| {
        let (site, token, body) = (&site, &token, json!({ "email": email, "password": PASSWORD }));
        async move { site.send(Method::POST, "/api/v1/shopper/email", token, body).await }
    };
    assert_eq!(move_to("boris@example.com").await, move_to("new@example.com").await, "the answers are the same");
    let letters = site.letters().await;
    let to_boris = &letters.iter().find(|(headers, _)| headers.starts_with("To: boris")).unwrap().1;
    assert!(to_boris.contains("nothing was changed") && !to_boris.contains("code="), "{to_boris}");
    let to_new = &letters.iter().find(|(headers, _)| headers.starts_with("To: new")).unwrap().1;
    // Somebody else is quicker.
    site.sign_up("new@example.com").await;
    let (status, body) = site.confirm(&code_in(to_new), PASSWORD).await;
    assert_eq!((status, &body["code"]), (409, &json!("email_taken")));
    assert_eq!(site.me(&token).await.1["email"], "anna@example.com");
    assert_eq!(move_to("anna@example.com").await.1["field"], "email");
}

async fn only_a_session_with_the_password_changes_an_account(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let session = site.session("anna@example.com").await;
    let anna = site.me(&session).await.1["id"].as_str().unwrap().parse().unwrap();
    let (api, _) = accounts::token(&site.server.app, Owner::Shopper(anna), TokenKind::Api).await;
    let wanted = |password: &str| {
        [
            ("/api/v1/shopper/password", json!({ "old_password": password, "password": MINE })),
            ("/api/v1/shopper/email", json!({ "email": "other@example.com", "password": password })),
        ]
    };
    for (path, body) in wanted(PASSWORD) {
        assert_eq!(site.send(Method::POST, path, &api, body).await.0, 403, "{path} with an API token");
    }
    for (path, body) in wanted(MINE) {
        let (status, body) = site.send(Method::POST, path, &session, body).await;
        assert_eq!((status, &body["code"]), (422, &json!("wrong_password")), "{path}");
    }
    assert_eq!(site.letters().await, []);
    assert_eq!(site.send(Method::GET, "/api/v1/me", &session, Value::Null).await.1["email"], "anna@example.com");
}

async fn an_operator_moves_to_another_address(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    let old = accounts::operator_with_password(app, Role::Support, PASSWORD).await;
    let door = async |email: &str| {
        site.post("/api/v1/operator/sessions", json!({ "email": email, "password": PASSWORD })).await
    };
    let token = door(&old).await.1["token"].as_str().unwrap().to_owned();
    let browser = Browser::signed_in(&site.server, "en", &token);
    browser.page("/operator/account").await.has("Send a code to the new address");
    Browser::signed_in(&site.server, "ru", &token).page("/operator/account").await.has("Новый адрес");
    let wrong =
        browser.send("/operator/account/email", &[("email", "new@example.org"), ("email_password", MINE)]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("not the password of the account").has("value=\"new@example.org\"").lacks(MINE);
    // A shopper of the same address is somebody else.
    site.sign_up("new@example.org").await;
    let form = [("email", " New@Example.org"), ("email_password", PASSWORD)];
    assert_eq!(browser.send_from("cross-site", "/operator/account/email", &form).await.status, 403);
    assert_eq!(browser.send("/operator/account/email", &form).await.location, "/letter");
    let letters = site.letters().await;
    let to = |email: &str| &letters.iter().find(|(head, _)| head.starts_with(&format!("To: {email}\r\n"))).unwrap().1;
    assert!(to(&old).contains("new@example.org") && to(&old).contains("admin") && !to(&old).contains("code="));
    let code = code_in(to("new@example.org"));
    assert_eq!(site.me(&token).await.1["email"], old, "nothing has changed yet");
    assert_eq!(site.confirm(&code, MINE).await.1["code"], "wrong_password");
    let done = browser.send("/confirm-email", &[("code", &code), ("password", PASSWORD)]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/operator/account"));
    assert_eq!(site.me(&token).await.1["email"], "new@example.org");
    let (head, told) = site.letter().await;
    assert!(head.starts_with(&format!("To: {old}\r\n")) && told.contains("new@example.org"), "{head}{told}");
    assert_eq!((door(&old).await.0, door("new@example.org").await.0), (401, 201));
    let (_, trail) = site.send(Method::GET, "/api/v1/operator/audit", &token, Value::Null).await;
    let mine = format!("operator/{}", site.me(&token).await.1["id"].as_str().unwrap());
    let entry = trail["items"].as_array().unwrap().iter().find(|one| one["action"] == "operator.email").unwrap();
    assert_eq!((&entry["actor"], &entry["subject"]), (&json!(mine), &json!(mine)));
}

async fn an_operators_code_ends_with_the_password_and_with_the_account(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    let taken = accounts::operator_with_password(app, Role::Viewer, PASSWORD).await;
    let email = accounts::operator_with_password(app, Role::Viewer, PASSWORD).await;
    let admin = site.operator(Role::Admin).await.0;
    let door = json!({ "email": email, "password": PASSWORD });
    let token = site.post("/api/v1/operator/sessions", door).await.1["token"].as_str().unwrap().to_owned();
    let id = site.me(&token).await.1["id"].as_str().unwrap().to_owned();
    let ask = async |email: &str, password: &str| {
        let wanted = json!({ "email": email, "password": password });
        site.send(Method::POST, "/api/v1/operator/email", &token, wanted).await
    };
    let asked = ask("new@example.org", PASSWORD).await;
    assert_eq!(asked.0, 202);
    let code = async || {
        let letters = site.letters().await;
        code_in(&letters.iter().find(|(_, text)| text.contains("code=")).unwrap().1)
    };
    let first = code().await;
    assert_eq!(ask(&taken, PASSWORD).await, asked, "the answer does not tell");
    assert!(site.letters().await.iter().all(|(_, text)| !text.contains("code=")));
    assert_eq!(ask(&email, PASSWORD).await.1["field"], "email");
    let change = json!({ "old_password": PASSWORD, "password": MINE });
    assert_eq!(site.send(Method::POST, "/api/v1/password", &token, change).await.0, 200);
    assert_eq!(site.confirm(&first, MINE).await.1["code"], "code_not_valid", "another password ends it");
    assert_eq!(ask("new@example.org", MINE).await.0, 202);
    let second = code().await;
    let block = format!("/api/v1/operator/operators/{id}/block");
    assert_eq!(site.send(Method::POST, &block, &admin, Value::Null).await.0, 200);
    assert_eq!(site.confirm(&second, MINE).await.1["code"], "code_not_valid", "and so does being blocked");
    let program =
        accounts::token(app, Owner::Operator(accounts::operator(app, Role::Admin).await), TokenKind::Api).await.0;
    let wanted = json!({ "email": "new@example.org", "password": PASSWORD });
    assert_eq!(site.send(Method::POST, "/api/v1/operator/email", &program, wanted).await.0, 403);
}
