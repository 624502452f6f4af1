//! The pages of those who act for a partner: applying, signing in, settings, and the operators' pages about partners.

use kopilka::db::tokens::Owner;
use kopilka::domain::access::{Role, TokenKind};
use serde_json::Value;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::{MASTER_KEY, TestApp};
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::support::site::{PASSWORD, Site, code_in};

on_both![
    partners_have_pages_of_their_own,
    somebody_applies_and_is_let_in,
    an_application_is_read_with_care,
    a_known_address_gets_a_letter_and_no_second_account,
    secrets_and_tokens_are_shown_once,
    colleagues_are_invited_and_shut_out,
    an_account_is_the_owners_own,
    operators_change_a_partner,
    the_command_line_adds_a_person,
];

const PAGES: [&str; 3] = ["/partner", "/partner/settings", "/partner/account"];

async fn partners_have_pages_of_their_own(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let server = &market.server;
    let session = accounts::person_session(&server.app, market.partner).await;
    let (pia, russian) = (Browser::signed_in(server, "en", &session), Browser::signed_in(server, "ru", &session));
    russian.set("kopilka_language", "ru");
    let stranger = Browser::new(server, "en");
    let others = [&market.as_shopper, &market.as_partner, &market.as_admin];
    for path in PAGES {
        let shown = stranger.get(path).await;
        assert_eq!(shown.status, 303, "{path}");
        assert!(shown.location.starts_with("/partner/sign-in?next=%2Fpartner"), "{path}: {}", shown.location);
        for other in others {
            let other = Browser::signed_in(server, "en", &other.0);
            assert_eq!(other.get(path).await.status, 403, "{path}");
        }
        pia.page(path).await.has("Overview");
        russian.page(path).await.has("Обзор");
    }
    let home = pia.get("/").await;
    assert_eq!((home.status, home.location.as_str()), (303, "/partner"));
    // What is for others stays theirs.
    for path in ["/orders", "/balance", "/operator", "/operator/partners"] {
        assert_eq!(pia.get(path).await.status, 403, "{path}");
    }
    let me = server.request(reqwest::Method::GET, "/api/v1/me").bearer_auth(&session).send().await.unwrap();
    let me: Value = me.json().await.unwrap();
    assert_eq!((me["kind"].as_str(), me["partner"].as_str()), (Some("person"), Some(&*market.partner.to_string())));
}

const APPLICATION: [(&str, &str); 7] = [
    ("name", "Lamps & <b>Sons</b>"),
    ("site", "https://www.lamps.example/shop"),
    ("adapter", "direct"),
    ("note", "we have <i>our own</i> shop"),
    ("person", "Pia"),
    ("email", "pia@lamps.example"),
    ("password", PASSWORD),
];

async fn somebody_applies_and_is_let_in(db: TestDb) {
    let site = Site::start(&db).await;
    let browser = Browser::new(&site.server, "en");
    browser.page("/partner/apply").await.has("Admitad").has("our own simple format");
    let sent = browser.send("/partner/apply", &APPLICATION).await;
    assert_eq!((sent.status, sent.location.as_str()), (303, "/letter"), "{}", sent.html);
    let code = site.code().await;
    // Before the address is confirmed there is no partner, and no way in.
    assert_eq!(site.server.get("/postback/lamps-example").await.status(), 404);
    let credentials = [("email", "pia@lamps.example"), ("password", PASSWORD)];
    assert_eq!(browser.send("/partner/sign-in", &credentials).await.status, 422);
    let done = browser.send("/confirm-email", &[("code", &code), ("password", PASSWORD)]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/partner/sign-in"), "{}", done.html);
    // The shoppers' door is another one.
    assert_eq!(browser.send("/sign-in", &credentials).await.status, 422);
    assert_eq!(browser.send("/partner/sign-in", &credentials).await.location, "/partner");
    browser.page("/partner").await.has("is being looked at").has("Lamps &amp; &lt;b&gt;Sons&lt;");
    browser.page("/partner").await.has("0 of 9").has("Make a secret under Settings");
    browser.page("/partner/settings").await.has("/postback/lamps-example/SECRET?order=").has("There is no secret");
    let made = browser.send("/partner/settings/secret", &[("keep_hours", "0")]).await;
    made.has("shown only now").has("/postback/lamps-example/");
    browser.page("/partner").await.has("1 of 9");
    assert_eq!(site.server.get("/postback/lamps-example/any?order=1").await.status(), 403, "paused until approved");

    let (admin, support) = (site.operator(Role::Admin).await.0, site.operator(Role::Support).await.0);
    let (admin, support) =
        (Browser::signed_in(&site.server, "en", &admin), Browser::signed_in(&site.server, "en", &support));
    let list = admin.page("/operator/partners").await;
    list.has("to decide").has("lamps.example/shop").lacks("<b>Sons");
    let path = list.between("href=\"/operator/partners/", "\"");
    let path = format!("/operator/partners/{path}");
    let shown = admin.page(&path).await;
    shown.has("pia@lamps.example").has("our own&lt;").has("Approve").lacks("<i>our own");
    let id = shown.between("name=\"application\" value=\"", "\"");
    let approve = [("application", &*id), ("decision", "approve"), ("answer", "welcome")];
    let decide = format!("{path}/application");
    // In passing it is not let in.
    let early = admin.send(&format!("{path}/status"), &[("to", "active")]).await;
    assert_eq!(early.status, 409);
    early.has("Decide on the application first");
    assert_eq!(support.send(&decide, &approve).await.status, 403);
    assert_eq!(admin.send_from("cross-site", &decide, &approve).await.status, 403);
    let silent = admin.send(&decide, &[("application", &*id), ("decision", "decline"), ("answer", " ")]).await;
    assert_eq!(silent.status, 422);
    silent.has("to decline, say why");
    let done = admin.send(&decide, &[("application", &*id), ("decision", "decline"), ("answer", "no shop")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    browser.page("/partner").await.has("was declined").has("no shop");
    let (head, letter) = site.letter().await;
    assert!(head.contains("pia@lamps.example") && letter.contains("declined") && letter.contains("no shop"));
    let done = admin.send(&decide, &approve).await;
    assert_eq!(done.status, 303, "{}", done.html);
    admin.page(&done.location).await.has("is approved").lacks("Approve<");
    assert_eq!(admin.send(&decide, &approve).await.status, 409, "decided once");
    assert!(site.letter().await.1.contains("approved"));
    browser.page("/partner").await.lacks("looked at").lacks("declined.");
    assert_eq!(site.server.get("/postback/lamps-example/any?order=1").await.status(), 401, "read, and not authentic");
}

async fn an_application_is_read_with_care(db: TestDb) {
    let site = Site::start(&db).await;
    let browser = Browser::new(&site.server, "ru");
    let cases = [
        ("name", " ", "Нужно от 1 до 100 знаков"),
        ("site", "lamps.example", "адрес целиком"),
        ("adapter", "no-such", "Выберите один из форматов"),
        ("person", "", "Нужно от 1 до 100 знаков"),
        ("email", "pia", "Это не адрес почты"),
        ("password", "short", "от 10 до 128 знаков"),
    ];
    for (field, value, told) in cases {
        let form: Vec<(&str, &str)> =
            APPLICATION.iter().map(|(name, good)| (*name, if *name == field { value } else { *good })).collect();
        let shown = browser.send("/partner/apply", &form).await;
        assert_eq!(shown.status, 422, "{field}");
        shown.has(told).lacks("⟦").lacks("<b>Sons").lacks(PASSWORD);
    }
    assert!(site.letters().await.is_empty());
    assert_eq!(browser.send_from("cross-site", "/partner/apply", &APPLICATION).await.status, 403);
}

async fn a_known_address_gets_a_letter_and_no_second_account(db: TestDb) {
    let site = Site::start(&db).await;
    let browser = Browser::new(&site.server, "en");
    // A shopper of the same address is somebody else.
    site.sign_up("pia@lamps.example").await;
    assert_eq!(browser.send("/partner/apply", &APPLICATION).await.location, "/letter");
    let code = site.code().await;
    let done = browser.send("/confirm-email", &[("code", &code), ("password", PASSWORD)]).await;
    assert_eq!(done.location, "/partner/sign-in");
    assert_eq!(browser.send("/partner/apply", &APPLICATION).await.location, "/letter");
    let (_, letter) = site.letter().await;
    assert!(letter.contains("already has an account"), "{letter}");
    let set = [("code", &*code_in(&letter)), ("password", "quite other words here")];
    assert_eq!(browser.send("/new-password", &set).await.location, "/partner/sign-in");
    // The shopper's password is what it was.
    site.session("pia@lamps.example").await;
    assert_eq!(browser.send("/partner/forgot", &[("email", "nobody@lamps.example")]).await.location, "/letter");
    assert!(site.letters().await.is_empty());
    assert_eq!(browser.send("/partner/forgot", &[("email", "pia@lamps.example")]).await.location, "/letter");
    let code = site.code().await;
    let set = [("code", &*code), ("password", "third words are these")];
    assert_eq!(browser.send("/new-password", &set).await.location, "/partner/sign-in");
    let form = [("email", "pia@lamps.example"), ("password", "third words are these")];
    assert_eq!(browser.send("/partner/sign-in", &form).await.location, "/partner");
}

async fn secrets_and_tokens_are_shown_once(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let session = accounts::person_session(&market.server.app, market.partner).await;
    let pia = Browser::signed_in(&market.server, "en", &session);
    let wrong = pia.send("/partner/settings/secret", &[("keep_hours", "721")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("from 0 to 720").has("value=\"721\"");
    assert_eq!(pia.send("/partner/settings/secret", &[("keep_hours", "soon")]).await.status, 422);
    let made = pia.send("/partner/settings/secret", &[("keep_hours", "24")]).await;
    assert_eq!(made.status, 200);
    made.has("shown only now").lacks("⟦");
    assert_eq!(made.headers["cache-control"], "no-store");
    let secret = made.between("<pre>", "</pre>");
    let settings = pia.page("/partner/settings").await;
    settings.lacks(&secret).has("accepted until");
    let click = market.click(market.shopper).await;
    // Both are accepted while the old one is kept.
    for (order, secret) in [("N-1", &*secret), ("N-2", crate::support::market::SECRET)] {
        let query = format!("tid={order}&click={}&status=2&sum=5.00&cur=RUB", click.reference());
        let answer = market.server.get(&format!("/postback/network/{secret}?{query}")).await;
        assert_eq!(answer.status(), 200, "{order}");
    }
    let nameless = pia.send("/partner/settings/tokens", &[("token_name", ""), ("expires_in_days", "")]).await;
    assert_eq!(nameless.status, 422);
    nameless.has("Write 1 to 100 characters");
    let days = pia.send("/partner/settings/tokens", &[("token_name", "x"), ("expires_in_days", "0")]).await;
    assert_eq!(days.status, 422);
    days.has("from 1 to 3650");
    let form = [("token_name", "<i>import</i>"), ("expires_in_days", "30")];
    let made = pia.send("/partner/settings/tokens", &form).await;
    let token = made.between("<pre>", "</pre>");
    let api = |token: String| market.server.request(reqwest::Method::GET, "/api/v1/partner/orders").bearer_auth(token);
    assert_eq!(api(token.clone()).send().await.unwrap().status(), 200);
    let settings = pia.page("/partner/settings").await;
    settings.has("&lt;i&gt;import").lacks("<i>import").lacks(&token);
    let id = settings.between("/partner/settings/tokens/", "\"");
    // Another partner's person finds neither.
    let other = accounts::partner(&market.server.app).await;
    market.server.app.reload_catalogue().await.unwrap();
    let other = accounts::person_session(&market.server.app, other).await;
    let other = Browser::signed_in(&market.server, "en", &other);
    assert_eq!(other.send(&format!("/partner/settings/tokens/{id}"), &[]).await.status, 404);
    assert_eq!(pia.send(&format!("/partner/settings/tokens/{id}"), &[]).await.status, 303);
    assert_eq!(api(token).send().await.unwrap().status(), 401);
    let audit = market.read(&market.as_admin, "/api/v1/operator/audit").await.to_string();
    assert!(audit.contains("partner.rotate_secret") && audit.contains("person/"), "{audit}");
}

async fn colleagues_are_invited_and_shut_out(db: TestDb) {
    let site = Site::start(&db).await;
    let app = &site.server.app;
    let partner = accounts::partner(app).await;
    app.reload_catalogue().await.unwrap();
    let session = accounts::person_session(app, partner).await;
    let pia = Browser::signed_in(&site.server, "en", &session);
    let wrong = pia.send("/partner/settings/people", &[("person", "Max"), ("email", "max")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("not an e-mail address");
    let form = [("person", "Max <b>"), ("email", "max@example.com")];
    assert_eq!(pia.send("/partner/settings/people", &form).await.status, 303);
    assert_eq!(pia.send("/partner/settings/people", &form).await.status, 409, "a known address");
    let (_, letter) = site.letter().await;
    let code = code_in(&letter);
    let max = Browser::new(&site.server, "en");
    let credentials = [("email", "max@example.com"), ("password", PASSWORD)];
    assert_eq!(max.send("/partner/sign-in", &credentials).await.status, 422, "no password yet");
    let set = [("code", &*code), ("password", PASSWORD)];
    assert_eq!(max.send("/new-password", &set).await.location, "/partner/sign-in");
    assert_eq!(max.send("/partner/sign-in", &credentials).await.location, "/partner");
    let people = pia.page("/partner/settings").await;
    people.has("Max &lt;b&gt;").lacks("Max <b>");
    let id = people.between("action=\"/partner/settings/people/", "\"");
    // Others have no say in it.
    let stranger = accounts::partner(app).await;
    app.reload_catalogue().await.unwrap();
    let stranger = Browser::signed_in(&site.server, "en", &accounts::person_session(app, stranger).await);
    let shut = format!("/partner/settings/people/{id}");
    assert_eq!(stranger.send(&shut, &[("to", "blocked")]).await.status, 404);
    assert_eq!(pia.send(&shut, &[("to", "blocked")]).await.status, 303);
    assert_eq!(max.get("/partner").await.status, 303, "signed out at once");
    let blocked = max.send("/partner/sign-in", &credentials).await;
    assert_eq!(blocked.status, 422);
    blocked.has("is blocked");
    assert_eq!(pia.send(&shut, &[("to", "active")]).await.status, 303);
    assert_eq!(max.send("/partner/sign-in", &credentials).await.location, "/partner");
    let twice = pia.send(&shut, &[("to", "active")]).await;
    assert_eq!(twice.status, 409);
    twice.has("done already");
}

async fn an_account_is_the_owners_own(db: TestDb) {
    let site = Site::start(&db).await;
    let browser = Browser::new(&site.server, "en");
    browser.send("/partner/apply", &APPLICATION).await;
    let code = site.code().await;
    browser.send("/confirm-email", &[("code", &code), ("password", PASSWORD)]).await;
    browser.send("/partner/sign-in", &[("email", "pia@lamps.example"), ("password", PASSWORD)]).await;
    let wrong = [("old_password", "not this one at all"), ("password", "some new words here")];
    let shown = browser.send("/partner/account/password", &wrong).await;
    assert_eq!(shown.status, 422);
    shown.has("not the password of the account");
    let elsewhere = Browser::new(&site.server, "en");
    elsewhere.send("/partner/sign-in", &[("email", "pia@lamps.example"), ("password", PASSWORD)]).await;
    let right = [("old_password", PASSWORD), ("password", "some new words here")];
    assert_eq!(browser.send("/partner/account/password", &right).await.status, 303);
    assert!(site.letter().await.1.contains("password"));
    assert_eq!(elsewhere.get("/partner").await.status, 303, "other sessions end");
    assert_eq!(browser.send("/partner/account/language", &[("language", "ru")]).await.status, 303);
    browser.page("/partner/account").await.has("Аккаунт");
    assert_eq!(browser.send("/partner/account/sessions", &[]).await.status, 303);
    assert_eq!(browser.get("/partner").await.status, 303);
}

async fn operators_change_a_partner(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "ru", &market.as_viewer.0);
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    market.server.get("/postback/network?tid=1").await;
    let path = format!("/operator/partners/{}", market.partner);
    viewer.page("/operator/partners").await.has("network").has(&path);
    let shown = viewer.page(&path).await;
    shown.has("Books").has("Принято").has("Не принято");
    let form = [
        ("name", "Network & Co"),
        ("adapter", "affise"),
        ("currency", "RUB"),
        ("time_zone", "Europe/Moscow"),
        ("max_commission", "25 000,00 RUB\n100 EUR"),
        ("max_order", ""),
    ];
    assert_eq!(viewer.send(&path, &form).await.status, 403);
    for (field, value, told) in [
        ("currency", "ROUBLE", "three letters of a currency"),
        ("time_zone", "Moscow", "a zone such as"),
        ("max_order", "much", "one amount a line"),
        ("adapter", "none", "Choose one of the formats"),
    ] {
        let bad: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, if *n == field { value } else { *v })).collect();
        let shown = admin.send(&path, &bad).await;
        assert_eq!(shown.status, 422, "{field}");
        shown.has(told);
    }
    assert_eq!(admin.send(&path, &form).await.status, 303);
    admin.page(&path).await.has("Network &amp; Co").has("25000.00 RUB\n100.00 EUR").has("counts from the next call");
    assert_eq!(admin.send(&format!("{path}/status"), &[("to", "paused")]).await.status, 303);
    let call = market.server.get("/postback/network?tid=1").await;
    assert_eq!(call.status(), 403);
    assert_eq!(admin.send(&format!("{path}/status"), &[("to", "active")]).await.status, 303);
    let made = admin.send(&format!("{path}/secret"), &[("keep_hours", "0")]).await;
    made.has("shown only now");
    assert_eq!(viewer.send(&format!("{path}/secret"), &[("keep_hours", "0")]).await.status, 403);
    let token = accounts::token(&market.server.app, Owner::Partner(market.partner), TokenKind::Session).await.0;
    let program = Browser::signed_in(&market.server, "en", &token);
    assert_eq!(program.get(&path).await.status, 403);
    assert_eq!(admin.get("/operator/partners/00000000-0000-7000-8000-000000000000").await.status, 404);
}

async fn the_command_line_adds_a_person(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let folder = tempfile::TempDir::new().unwrap();
    let add = |slug: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kopilka"))
            .args(["partner", "person", slug, "--email", "Max@example.com", "--name", "Max"])
            .current_dir(folder.path())
            .env("KOPILKA_DATABASE_URL", &db.url)
            .env("KOPILKA_SECRETS_MASTER_KEY", MASTER_KEY)
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(told).unwrap())
    };
    assert!(!add("nobody").0);
    let (done, told) = add("network");
    assert!(done, "{told}");
    let password = told.split("shown only now: ").nth(1).expect("a password").trim().to_owned();
    let max = Browser::new(&market.server, "en");
    let form = [("email", "max@example.com"), ("password", &*password)];
    assert_eq!(max.send("/partner/sign-in", &form).await.location, "/partner");
    max.page("/partner").await.has("<h1>network</h1>");
    assert!(!add("network").0, "the address is taken");
    let audit = market.read(&market.as_admin, "/api/v1/operator/audit").await.to_string();
    assert!(audit.contains("person.add") && !audit.contains(&password), "{audit}");
}
