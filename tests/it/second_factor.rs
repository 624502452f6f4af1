//! The second factor: turned on with a first code, asked for at every door, each code taken once.

use chrono::TimeDelta;
use kopilka::domain::access::Role;
use reqwest::Method;
use serde_json::json;

use crate::on_both;
use crate::support::accounts;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::site::{PASSWORD, Site};

on_both![
    codes_are_asked_for_once_they_are_turned_on,
    a_recovery_code_lets_in_once,
    guessing_ends_soon,
    half_a_session_opens_nothing,
    turning_it_off_takes_password_and_code,
    operators_have_it_too,
];

const EMAIL: &str = "anna@example.com";

/// The code of now, made from the secret as any program would.
pub fn code(site: &Site, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let program = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    program.generate(u64::try_from(site.clock.now().seconds()).unwrap()).to_string()
}

pub struct Factor<'s> {
    pub browser: Browser<'s>,
    pub secret: String,
    pub recovery: Vec<String>,
}

/// Anna signs in and turns codes on.
async fn turned_on(site: &Site) -> Factor<'_> {
    site.sign_up(EMAIL).await;
    let browser = Browser::new(&site.server, "en");
    browser.send("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    turn_on(site, browser, PASSWORD).await
}

pub async fn turn_on<'s>(site: &'s Site, browser: Browser<'s>, password: &str) -> Factor<'s> {
    browser.page("/account/factor").await.lacks("otpauth");
    let wrong = browser.send("/account/factor", &[("password", "not the password")]).await;
    assert_eq!(wrong.status, 422);
    let begun = browser.send("/account/factor", &[("password", password)]).await;
    assert_eq!((begun.status, begun.location.as_str()), (303, "/account/factor"));
    let offer = browser.page("/account/factor").await;
    offer.has("<svg").has("otpauth://totp/");
    let secret = offer.between("<code class=\"long\">", "</code>");
    let wrong = browser.send("/account/factor", &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("This code does not fit");
    let done = browser.send("/account/factor", &[("code", &code(site, &secret))]).await;
    assert_eq!(done.status, 200);
    let recovery: Vec<String> =
        done.html.split("<li><code>").skip(1).map(|rest| rest.split("</code>").next().unwrap().to_owned()).collect();
    assert_eq!(recovery.len(), 10);
    browser.page("/account/factor").await.has("10 recovery codes are left").lacks("otpauth").lacks(&recovery[0]);
    // That code is used up.
    site.clock.advance(TimeDelta::seconds(60));
    Factor { browser, secret, recovery }
}

/// The first step in a new browser; gives it with the path of the second.
async fn first_step<'s>(site: &'s Site) -> (Browser<'s>, String) {
    let browser = Browser::new(&site.server, "en");
    let half = browser.send("/sign-in", &[("email", EMAIL), ("password", PASSWORD), ("next", "/balance")]).await;
    assert_eq!(half.status, 303);
    assert_eq!(browser.cookie("kopilka"), None, "no session yet");
    browser.page(&half.location).await.has("The second step").has("value=\"/balance\"");
    (browser, half.location)
}

async fn codes_are_asked_for_once_they_are_turned_on(db: TestDb) {
    let site = Site::start(&db).await;
    let before = {
        site.sign_up("other@example.com").await;
        site.session("other@example.com").await
    };
    let factor = turned_on(&site).await;
    let (_, text) = site.letter().await;
    assert!(text.contains("takes a code from your phone"), "{text}");
    assert_eq!(site.me(&before).await.0, 200, "another's session is not concerned");

    let (browser, _) = first_step(&site).await;
    let right = code(&site, &factor.secret);
    let done = browser.send("/sign-in/code", &[("code", &right), ("next", "/balance")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/balance"));
    browser.page("/balance").await;
    assert_eq!(browser.cookie("kopilka_half"), None);

    let (browser, _) = first_step(&site).await;
    let again = browser.send("/sign-in/code", &[("code", &right), ("next", "/balance")]).await;
    assert_eq!(again.status, 422, "each code is taken once");
    site.clock.advance(TimeDelta::seconds(60));
    let spaced: String = code(&site, &factor.secret).chars().flat_map(|c| [c, ' ']).collect();
    assert_eq!(browser.send("/sign-in/code", &[("code", &spaced), ("next", "//evil.example")]).await.location, "/");

    let (status, half) = site.sign_in(EMAIL, PASSWORD).await;
    assert_eq!((status, &half["token"]), (202, &json!(null)));
    site.clock.advance(TimeDelta::seconds(60));
    let body = json!({ "half": half["half"], "code": code(&site, &factor.secret) });
    let (status, opened) = site.post("/api/v1/sessions/code", body.clone()).await;
    assert_eq!(status, 201);
    assert_eq!(site.me(opened["token"].as_str().unwrap()).await.0, 200);
    let used = site.post("/api/v1/sessions/code", body).await;
    assert_eq!((used.0, &used.1["code"]), (422, &json!("code_over")), "half a session is used once");
}

async fn a_recovery_code_lets_in_once(db: TestDb) {
    let site = Site::start(&db).await;
    let factor = turned_on(&site).await;
    let typed = factor.recovery[3].replace('-', " ").to_uppercase();
    for (status, left) in [(303, "9 recovery codes"), (422, "9 recovery codes")] {
        let (browser, _) = first_step(&site).await;
        assert_eq!(browser.send("/sign-in/code", &[("code", &typed)]).await.status, status);
        factor.browser.page("/account/factor").await.has(left);
    }
}

async fn guessing_ends_soon(db: TestDb) {
    let site = Site::start(&db).await;
    let factor = turned_on(&site).await;
    let (browser, _) = first_step(&site).await;
    for _try in 0..5 {
        assert_eq!(browser.send("/sign-in/code", &[("code", "000000")]).await.status, 422);
    }
    let over = browser.send("/sign-in/code", &[("code", &code(&site, &factor.secret))]).await;
    assert_eq!((over.status, over.location.as_str()), (303, "/sign-in"), "half a session is good for five tries");
    browser.page("/sign-in").await.has("The time for the code is over");
    // With the two when it was turned on, these are the last of ten in a quarter of an hour.
    let (browser, _) = first_step(&site).await;
    for status in [422, 422, 422, 429] {
        assert_eq!(browser.send("/sign-in/code", &[("code", "000000")]).await.status, status);
    }
    assert_eq!(browser.send("/sign-in/code", &[("code", &code(&site, &factor.secret))]).await.status, 429);
}

async fn half_a_session_opens_nothing(db: TestDb) {
    let site = Site::start(&db).await;
    turned_on(&site).await;
    let half = site.sign_in(EMAIL, PASSWORD).await.1["half"].as_str().unwrap().to_owned();
    assert_eq!(site.me(&half).await.0, 401);
    let body = json!({ "name": "mine" });
    assert_eq!(site.send(Method::POST, "/api/v1/tokens", &half, body).await.0, 401);
    let browser = Browser::signed_in(&site.server, "en", &half);
    assert_eq!(browser.get("/account").await.status, 303);
    site.clock.advance(TimeDelta::minutes(11));
    let late = json!({ "half": half, "code": "000000" });
    assert_eq!(site.post("/api/v1/sessions/code", late).await.1["code"], "code_over");
}

async fn turning_it_off_takes_password_and_code(db: TestDb) {
    let site = Site::start(&db).await;
    let Factor { browser, secret, recovery } = turned_on(&site).await;
    site.letters().await;
    let twice = browser.send("/account/factor", &[("password", PASSWORD)]).await;
    assert_eq!(twice.status, 409);
    let right = code(&site, &secret);
    let wrong = [("not the password", right.as_str()), (PASSWORD, "000000")];
    for (password, code) in wrong {
        let refused = browser.send("/account/factor/off", &[("password", password), ("code", code)]).await;
        assert_eq!(refused.status, 422);
    }
    let off = browser.send("/account/factor/off", &[("password", PASSWORD), ("code", &right)]).await;
    assert_eq!(off.status, 303);
    assert!(site.letter().await.1.contains("the password alone from now on"));
    assert_eq!(site.sign_in(EMAIL, PASSWORD).await.0, 201);
    browser.page("/account/factor").await.lacks("otpauth").lacks(&recovery[0]);
}

async fn operators_have_it_too(db: TestDb) {
    let site = Site::start(&db).await;
    let email = accounts::operator_with_password(&site.server.app, Role::Finance, PASSWORD).await;
    let browser = Browser::new(&site.server, "en");
    browser.send("/operator/sign-in", &[("email", &email), ("password", PASSWORD)]).await;
    let factor = turn_on(&site, browser, PASSWORD).await;
    let browser = Browser::new(&site.server, "en");
    let half = browser.send("/operator/sign-in", &[("email", &email), ("password", PASSWORD)]).await;
    assert!(half.location.starts_with("/sign-in/code?next="), "{}", half.location);
    let done = browser.send("/sign-in/code", &[("code", &code(&site, &factor.secret)), ("next", "/operator")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/operator"));
    browser.page("/operator").await;
    let body = json!({ "email": email, "password": PASSWORD });
    assert_eq!(site.post("/api/v1/operator/sessions", body).await.0, 202);
}
