//! The site's pages for getting in: forms, letters, sessions, and what a form of another site can do (nothing).

use crate::on_both;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::site::{PASSWORD, Site};

on_both![
    a_shopper_gets_in_by_pages_alone,
    a_forgotten_password_is_set_anew,
    what_is_wrong_stands_beside_the_field,
    forms_of_other_sites_are_refused,
    signing_in_leads_back_and_never_elsewhere,
    trying_has_its_limits,
];

const EMAIL: &str = "anna@example.com";

/// The path of the first link in a letter.
fn link(letter: &str) -> String {
    let from = letter.split("http://").nth(1).unwrap();
    let whole = from
        .split_whitespace()
        .find(|word| word.contains("?code="))
        .unwrap_or_else(|| letter.split_whitespace().find(|word| word.contains("?code=")).expect("a link with a code"));
    format!("/{}", whole.rsplit_once('/').unwrap().1)
}

async fn a_shopper_gets_in_by_pages_alone(db: TestDb) {
    let site = Site::start(&db).await;
    let browser = Browser::new(&site.server, "ru");
    browser.page("/").await.has("Кешбэк, который виден").has("/sign-up");
    browser.page("/sign-up").await.has("lang=\"ru\"");
    let sent = browser.send("/sign-up", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!((sent.status, sent.location.as_str()), (303, "/letter"));
    browser.page("/letter").await.has("Загляните в почту");

    let (_, letter) = site.letter().await;
    assert!(letter.contains("Здравствуйте"), "the letter is in the language of the page: {letter}");
    let link = link(&letter);
    let form = browser.page(&link).await;
    let code = form.between("name=\"code\" value=\"", "\"");
    let wrong = browser.send("/confirm-email", &[("code", &code), ("password", "not the password")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("Это не пароль аккаунта").has(&format!("value=\"{code}\""));
    let done = browser.send("/confirm-email", &[("code", &code), ("password", PASSWORD)]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/sign-in"));
    browser.page("/sign-in").await.has("Адрес подтверждён");
    browser.page("/sign-in").await.lacks("Адрес подтверждён");

    let wrong = browser.send("/sign-in", &[("email", EMAIL), ("password", "another password")]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("Адрес или пароль неверны").has("value=\"anna@example.com\"").lacks("another password");
    let done = browser.send("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/"));
    let cookie = done.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    browser.page("/").await.has("Пока ничего");

    let out = browser.send("/sign-out", &[]).await;
    assert_eq!((out.status, out.location.as_str()), (303, "/"));
    assert_eq!(browser.cookie("kopilka"), None);
    browser.page("/").await.has("Вы вышли").has("/sign-up");
}

async fn a_forgotten_password_is_set_anew(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up(EMAIL).await;
    let browser = Browser::new(&site.server, "en");
    browser.page("/new-password").await.has("We will send a link");
    let sent = browser.send("/new-password", &[("email", EMAIL)]).await;
    assert_eq!((sent.status, sent.location.as_str()), (303, "/letter"));
    // The same answer for an address that nobody has.
    let sent = browser.send("/new-password", &[("email", "nobody@example.com")]).await;
    assert_eq!((sent.status, sent.location.as_str()), (303, "/letter"));

    let link = link(&site.letter().await.1);
    let code = browser.page(&link).await.between("name=\"code\" value=\"", "\"");
    let short = browser.send("/new-password", &[("code", &code), ("password", "short")]).await;
    assert_eq!(short.status, 422);
    short.has("Use 10 to 128 characters").has(&code).lacks("value=\"short\"");
    let done = browser.send("/new-password", &[("code", &code), ("password", "five words make one too")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/sign-in"));
    let again = browser.send("/new-password", &[("code", &code), ("password", "five words make one too")]).await;
    assert_eq!(again.status, 422);
    again.has("This link is not valid any more");
    let old = browser.send("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
    assert_eq!(old.status, 422);
    let new = browser.send("/sign-in", &[("email", EMAIL), ("password", "five words make one too")]).await;
    assert_eq!(new.status, 303);
}

async fn what_is_wrong_stands_beside_the_field(db: TestDb) {
    let site = Site::start(&db).await;
    let english = Browser::new(&site.server, "en");
    let russian = Browser::new(&site.server, "ru");
    for (browser, words) in [(&english, "This is not an e-mail address"), (&russian, "Это не адрес почты")]
    {
        let shown = browser.send("/sign-up", &[("email", "<b>anna"), ("password", PASSWORD)]).await;
        assert_eq!(shown.status, 422);
        shown.has(words).has("aria-invalid=\"true\"").has("id=\"e-email\"");
        shown.has("&lt;b&gt;anna").lacks("<b>anna").lacks(PASSWORD);
    }
    let shown = english.send("/sign-up", &[("email", EMAIL), ("password", "short")]).await;
    assert_eq!(shown.status, 422);
    shown.has("id=\"e-password\"").has("value=\"anna@example.com\"");
    // A form without its fields is no form of ours.
    let shown = english.send("/sign-up", &[("email", EMAIL)]).await;
    assert_eq!(shown.status, 400);
    shown.has("This request cannot be read");
}

async fn forms_of_other_sites_are_refused(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up(EMAIL).await;
    let session = site.session(EMAIL).await;
    let stranger = Browser::new(&site.server, "en");
    let shopper = Browser::signed_in(&site.server, "en", &session);
    let fields = [("email", EMAIL), ("password", PASSWORD)];
    for (browser, path) in
        [(&stranger, "/sign-in"), (&stranger, "/sign-up"), (&stranger, "/new-password"), (&shopper, "/sign-out")]
    {
        for site in ["cross-site", "same-site"] {
            let shown = browser.send_from(site, path, &fields).await;
            assert_eq!(shown.status, 403, "{path} from {site}");
            shown.has("This is not for this account");
        }
        // Nothing vouches for a request that says nothing, nor for one that another origin sends.
        assert_eq!(browser.form(path, &fields).send().await.unwrap().status(), 403, "{path} from nowhere");
        let foreign = browser.form(path, &fields).header("origin", "https://evil.example");
        assert_eq!(foreign.send().await.unwrap().status(), 403, "{path} from another origin");
    }
    shopper.page("/orders").await;
    let ours = stranger.form("/sign-in", &fields).header("origin", format!("http://{}", site.server.address));
    assert_eq!(ours.send().await.unwrap().status(), 303);
}

async fn signing_in_leads_back_and_never_elsewhere(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up(EMAIL).await;
    let browser = Browser::new(&site.server, "en");
    let asked = browser.get("/orders?state=pending").await;
    assert_eq!((asked.status, asked.location.as_str()), (303, "/sign-in?next=%2Forders%3Fstate%3Dpending"));
    let form = browser.page(&asked.location).await;
    assert_eq!(form.between("name=\"next\" value=\"", "\""), "/orders?state=pending");
    for (next, leads) in [
        ("/orders?state=pending", "/orders?state=pending"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\u{1}", "/"),
        ("", "/"),
    ] {
        let done = browser.send("/sign-in", &[("email", EMAIL), ("password", PASSWORD), ("next", next)]).await;
        assert_eq!((done.status, done.location.as_str()), (303, leads), "{next}");
    }
    // A session that is over is none, and goes out of the browser.
    site.clock.advance(chrono::TimeDelta::days(31));
    assert_eq!(browser.get("/orders").await.status, 303);
    browser.page("/").await.has("/sign-up");
    assert_eq!(browser.cookie("kopilka"), None);
}

async fn trying_has_its_limits(db: TestDb) {
    let site = Site::start_limited(&db, 2).await;
    let browser = Browser::new(&site.server, "ru");
    for path in ["/sign-in", "/sign-up", "/new-password"] {
        let email = format!("{}@example.com", path.trim_start_matches('/'));
        let fields = [("email", email.as_str()), ("password", "not the password")];
        let mut last = browser.send(path, &fields).await;
        for _again in 0..3 {
            last = browser.send(path, &fields).await;
        }
        assert_eq!(last.status, 429, "{path}");
        last.has("Слишком много попыток").has(&format!("value=\"{email}\""));
    }
}
