//! The site's pages about money: the balance, withdrawals and their destinations, claims, the account.

use chrono::TimeDelta;
use kopilka::base::id::ShopperId;
use kopilka::base::{Clock, Timestamp};
use kopilka::db::tokens::Owner;
use kopilka::domain::access::TokenKind;
use kopilka::domain::payout::MethodKind;
use serde_json::json;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::support::site::{PASSWORD, Site};
use crate::withdrawals::world::World;

on_both![
    a_withdrawal_is_shown_asked_for_and_followed,
    rules_against_a_withdrawal_are_told_in_words,
    what_is_anothers_is_not_found,
    destinations_come_and_go,
    the_balance_tells_what_it_is_made_of,
    a_missing_order_is_claimed_from_its_click,
    an_account_is_kept_by_its_owner,
];

pub async fn browser<'w>(world: &'w World, shopper: ShopperId, language: &'static str) -> Browser<'w> {
    let (token, _) = accounts::token(&world.app, Owner::Shopper(shopper), TokenKind::Session).await;
    let browser = Browser::signed_in(&world.test, language, &token);
    browser.set("kopilka_language", language);
    browser
}

async fn a_withdrawal_is_shown_asked_for_and_followed(db: TestDb) {
    let world = World::start(&db, false).await;
    let anna = world.shopper(100_000).await;
    let method = world.method(anna, 0, MethodKind::Card).await.to_string();
    let browser = browser(&world, anna, "ru").await;
    browser.page("/payouts").await.has("Выводов пока нет");
    browser.page("/payouts/new").await.has(&method).has("до 1\u{a0}000,00\u{a0}₽");

    let asked = [("method", method.as_str()), ("amount", "200,00"), ("currency", "RUB")];
    let preview = browser.send("/payouts/new", &asked).await;
    assert_eq!(preview.status, 200);
    preview.has("3,00\u{a0}₽").has("197,00\u{a0}₽").has("Вывести 200,00\u{a0}₽").lacks("посмотрит сотрудник");
    assert_eq!(world.payouts().await, 0, "looking at the fee asks for nothing");
    let key = preview.between("name=\"key\" value=\"", "\"");
    let plain = preview.between("name=\"amount\" value=\"", "\"");
    let fields = [("method", &*method), ("amount", &*plain), ("currency", "RUB"), ("key", &*key), ("confirmed", "yes")];
    let done = browser.send("/payouts/new", &fields).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert!(done.location.starts_with("/payouts/"), "{}", done.location);
    // Sent twice, it pays once.
    let again = browser.send("/payouts/new", &fields).await;
    assert_eq!((again.status, again.location.as_str()), (303, done.location.as_str()));
    assert_eq!(world.payouts().await, 1);
    assert_eq!(world.balances(anna).await, (80_000, 20_000, 0));

    browser.page(&done.location).await.has("Вывод запрошен").has("200,00\u{a0}₽");
    world.settle().await;
    browser.page(&done.location).await.has("Банк перевёл деньги").has("Выплачен").lacks("Отменить");
    browser.page("/payouts").await.has("Выплачен").has("Карта");
    let late = browser.send(&done.location, &[]).await;
    assert_eq!(late.status, 409);
    late.has("отменить его нельзя");
    world.close().await;
}

async fn rules_against_a_withdrawal_are_told_in_words(db: TestDb) {
    let world = World::start(&db, false).await;
    let anna = world.shopper(100_000).await;
    let method = world.method(anna, 0, MethodKind::Card).await.to_string();
    let fresh = world.fresh_method(anna, 1).await.to_string();
    let browser = browser(&world, anna, "en").await;
    browser.page("/methods").await.has("Ready for use").has("can be used from").has("after 48 hours");
    for (method, amount, currency, words) in [
        (&method, "0.50", "RUB", "less than the least"),
        (&method, "1000.01", "RUB", "You have less than that"),
        (&method, "9000.00", "RUB", "more than can be withdrawn at once"),
        (&method, "10.00", "EUR", "not paid out"),
        (&fresh, "10.00", "RUB", "still waits"),
        (&method, "1.234", "RUB", "Write a sum above zero"),
        (&method, "<b>", "RUB", "Write a sum above zero"),
        (&method, "10", "XX", "three letters"),
        (&"nothing".to_owned(), "10", "RUB", "Choose a destination"),
    ] {
        for confirmed in [&[][..], &[("confirmed", "yes")][..]] {
            let fields: Vec<_> = [("method", &**method), ("amount", amount), ("currency", currency)]
                .into_iter()
                .chain(confirmed.iter().copied())
                .collect();
            let shown = browser.send("/payouts/new", &fields).await;
            assert_eq!(shown.status, 422, "{fields:?}");
            shown.has(words).lacks("⟦").lacks("<b>");
        }
    }
    assert_eq!(world.payouts().await, 0);
    // From 500.00 on an operator looks first; until it is sent, the shopper can call it back.
    let fields = [("method", &*method), ("amount", "600.00"), ("currency", "RUB")];
    let preview = browser.send("/payouts/new", &fields).await;
    preview.has("One of us looks at this");
    let key = preview.between("name=\"key\" value=\"", "\"");
    let [method, amount, currency] = fields;
    // A confirmation without the key of its question could pay twice, so the question comes again.
    let keyless = browser.send("/payouts/new", &[method, amount, currency, ("confirmed", "yes")]).await;
    assert_eq!((keyless.status, world.payouts().await), (200, 0));
    let fields = [method, amount, currency, ("key", &*key), ("confirmed", "yes")];
    let done = browser.send("/payouts/new", &fields).await;
    browser.page(&done.location).await.has("Being looked at").has("Call it back");
    let back = browser.send(&done.location, &[]).await;
    assert_eq!((back.status, &back.location), (303, &done.location));
    browser.page(&done.location).await.has("is called back").has("back in your balance");
    assert_eq!(world.balances(anna).await, (100_000, 0, 0));
    world.close().await;
}

async fn what_is_anothers_is_not_found(db: TestDb) {
    let world = World::start(&db, false).await;
    let (anna, boris) = (world.shopper(100_000).await, world.shopper(100_000).await);
    let method = world.method(anna, 0, MethodKind::Card).await.to_string();
    let payout = world.request(anna, method.parse().unwrap(), 60_000, "one").await.unwrap().row.id;
    let (anna, boris) = (browser(&world, anna, "en").await, browser(&world, boris, "en").await);
    let path = format!("/payouts/{payout}");
    anna.page(&path).await.has("600.00");
    assert_eq!(boris.get(&path).await.status, 404);
    assert_eq!(boris.send(&path, &[]).await.status, 404);
    assert_eq!(boris.send(&format!("/methods/{method}"), &[]).await.status, 404);
    let taken = [("method", &*method), ("amount", "10.00"), ("currency", "RUB"), ("confirmed", "yes")];
    let shown = boris.send("/payouts/new", &taken).await;
    assert_eq!(shown.status, 404);
    assert_eq!(world.payouts().await, 1);
    for (path, fields) in [("/payouts/new", &taken[..]), (&*path, &[]), ("/methods", &[])] {
        assert_eq!(anna.send_from("cross-site", path, fields).await.status, 403, "{path}");
    }
    anna.page(&path).await.has("Being looked at");
    world.close().await;
}

async fn destinations_come_and_go(db: TestDb) {
    let world = World::start(&db, false).await;
    let anna = world.shopper(0).await;
    let browser = browser(&world, anna, "ru").await;
    let empty = browser.page("/methods").await;
    empty.has("Реквизитов пока нет").has("data-tokens=").has("data-key=\"sandbox-public\"");
    // The page's script may call the bank, and no other.
    let policy = empty.headers["content-security-policy"].to_str().unwrap();
    let bank = empty.between("data-tokens=\"", "\"");
    let origin = bank.rsplit_once("/v1/").unwrap().0.trim_end_matches('/');
    assert!(policy.contains(&format!("connect-src 'self' {origin};")), "{policy}");
    // The field of the number has no name, so no form sends it.
    let field = empty.between("class=\"number\"", ">");
    assert!(!field.contains("name="), "{field}");

    let number = json!({ "kind": "card", "number": kopilka::simulator::card_number(0) });
    let given = world.bank_post("v1/destinations", &number).await;
    let (token, masked) = (given["token"].as_str().unwrap(), given["masked"].as_str().unwrap());
    let fields = [("provider", "sandbox"), ("kind", "card"), ("token", token), ("masked", masked)];
    let done = browser.send("/methods", &fields).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/methods"));
    let shown = browser.page("/methods").await;
    shown.has("Реквизиты сохранены").has("можно пользоваться с").has(masked).lacks(token);
    for (field, value) in [("token", "2200000000000004"), ("token", ""), ("provider", "none"), ("kind", "cash")] {
        let fields: Vec<_> =
            fields.iter().map(|(name, known)| (*name, if *name == field { value } else { *known })).collect();
        let shown = browser.send("/methods", &fields).await;
        assert_eq!(shown.status, 422, "{field}={value}");
        shown.has("role=\"alert\"").lacks("2200000000000004").lacks("⟦");
    }
    let path = shown.between("action=\"/methods/", "\"");
    let done = browser.send(&format!("/methods/{path}"), &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/methods"));
    browser.page("/methods").await.has("Реквизитов пока нет");
    world.close().await;
}

async fn market(db: &TestDb) -> Market {
    let clock = Clock::manual("2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap());
    Market::open(TestApp::start_with(&db.url, clock, |_config| {}).await, 14).await
}

async fn the_balance_tells_what_it_is_made_of(db: TestDb) {
    let market = market(&db).await;
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    anna.page("/balance").await.has("Nothing here yet");
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 2, "100.00").await;
    market.report("A-2", click, 1, "40.00").await;
    let shown = anna.page("/balance").await;
    shown.has("RUB\u{a0}50.00").has("Waiting for the store").has("RUB\u{a0}20.00").has("15\u{a0}March 2026");
    shown.has("expected from the store").has("To the order").lacks("house/margin");
    let order = shown.between("<a href=\"/orders/", "\"");
    anna.page(&format!("/orders/{order}")).await.has("Order");
    for number in 0..21 {
        market.report(&format!("B-{number}"), click, 2, "10.00").await;
    }
    let next = anna.page("/balance").await.between("rel=\"next\" href=\"", "\"");
    anna.page(&next).await.has("RUB\u{a0}20.00");
    Browser::signed_in(&market.server, "en", &market.as_other.0).page("/balance").await.has("Nothing here yet");
}

async fn a_missing_order_is_claimed_from_its_click(db: TestDb) {
    let market = market(&db).await;
    let anna = Browser::signed_in(&market.server, "ru", &market.as_shopper.0);
    anna.set("kopilka_language", "ru");
    let click = market.click(market.shopper).await.reference();
    let list = anna.page("/clicks").await;
    let path = list.between("href=\"/claims/new", "\"");
    let form = anna.page(&format!("/claims/new{path}")).await;
    form.has("Books").has("value=\"2026-03-01\"").has(&click);
    let fields = |number: &'static str, day: &'static str, amount: &'static str| {
        vec![
            ("click", click.clone()),
            ("order_number", number.to_owned()),
            ("ordered_at", day.to_owned()),
            ("amount", amount.to_owned()),
            ("currency", "RUB".to_owned()),
            ("note", "<i>hello</i>".to_owned()),
        ]
    };
    let send = async |fields: Vec<(&'static str, String)>| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        anna.send("/claims/new", &fields).await
    };
    for (number, day, amount, words) in [
        ("", "2026-03-01", "", "Напишите номер"),
        ("T-1", "yesterday", "", "Выберите день заказа"),
        ("T-1", "2026-03-05", "", "Выберите день заказа"),
        ("T-1", "2026-02-01", "", "Заказ старше этого клика"),
        ("T-1", "2026-03-01", "-5", "Напишите сумму"),
    ] {
        let shown = send(fields(number, day, amount)).await;
        assert_eq!(shown.status, 422, "{number} {day} {amount}");
        shown.has(words).has("&lt;i&gt;hello").lacks("<i>hello");
    }
    let done = send(fields("T-1", "2026-03-01", "1 200,50")).await;
    assert_eq!(done.status, 303, "{}", done.html);
    anna.page(&done.location).await.has("Мы разбираемся").has("1\u{a0}200,50\u{a0}₽").has("Рассматривается");
    assert_eq!(send(fields("T-1", "2026-03-01", "")).await.status, 409);
    let boris = Browser::signed_in(&market.server, "en", &market.as_other.0);
    assert_eq!(boris.get(&done.location).await.status, 404);
    assert_eq!(boris.get(&format!("/claims/new?click={click}")).await.status, 404);
    assert_eq!(boris.send("/claims/new", &[("click", &click), ("order_number", "T-2")]).await.status, 404);
    boris.page("/claims").await.lacks("T-1");

    let id = done.location.rsplit('/').next().unwrap();
    let answer = json!({ "accepted": false, "answer": "<b>Not ours</b>" });
    market.send(&market.as_partner, &format!("/api/v1/partner/claims/{id}/answer"), &answer, 200).await;
    anna.page("/claims").await.has("Отклонено").has("T-1");
    anna.page(&done.location).await.has("&lt;b&gt;Not ours").has("отклонено");
}

async fn an_account_is_kept_by_its_owner(db: TestDb) {
    let site = Site::start(&db).await;
    site.sign_up("anna@example.com").await;
    let (first, second) = (site.session("anna@example.com").await, site.session("anna@example.com").await);
    let anna = Browser::signed_in(&site.server, "en", &first);
    let phone = Browser::signed_in(&site.server, "en", &second);
    anna.page("/account").await.has("anna@example.com").has("this browser").has("/account/sessions/");
    let set = anna.send("/account/language", &[("language", "ru")]).await;
    assert_eq!((set.status, set.location.as_str()), (303, "/account"));
    anna.page("/account").await.has("Язык сохранён");
    phone.page("/account").await.has("<h1>Аккаунт</h1>");
    assert_eq!(anna.send("/account/language", &[("language", "xx")]).await.status, 400);

    let other = "five words make one too";
    let wrong = anna.send("/account/password", &[("old_password", "not it"), ("password", other)]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("Это не пароль аккаунта").lacks("not it");
    let weak = anna.send("/account/password", &[("old_password", PASSWORD), ("password", "short")]).await;
    assert_eq!(weak.status, 422);
    weak.has("id=\"e-password\"");
    let done = anna.send("/account/password", &[("old_password", PASSWORD), ("password", other)]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/account"));
    anna.page("/account").await.has("Пароль изменён").lacks("/account/sessions/");
    assert_eq!(phone.get("/account").await.status, 303, "the other session has ended");

    let wrong = anna.send("/account/email", &[("email", "b@example.com"), ("email_password", PASSWORD)]).await;
    assert_eq!(wrong.status, 422);
    wrong.has("value=\"b@example.com\"");
    let done = anna.send("/account/email", &[("email", "b@example.com"), ("email_password", other)]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/letter"));
    let letters = site.letters().await;
    let letter = letters.iter().find(|(head, _)| head.starts_with("To: b@example.com")).unwrap();
    let code = crate::support::site::code_in(&letter.1);
    let done = anna.send("/confirm-email", &[("code", &code), ("password", other)]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/account"));
    anna.page("/account").await.has("b@example.com");

    let (status, body) = site.sign_in("b@example.com", other).await;
    assert_eq!(status, 201, "{body}");
    let tablet = Browser::signed_in(&site.server, "ru", body["token"].as_str().unwrap());
    let session = tablet.page("/account").await.between("action=\"/account/sessions/", "\"");
    let done = tablet.send(&format!("/account/sessions/{session}"), &[]).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/account"));
    assert_eq!(anna.get("/account").await.status, 303, "ended from another device");
    for path in ["/account/sessions", "/account/password", "/account/email", "/account/language"] {
        assert_eq!(tablet.send_from("cross-site", path, &[]).await.status, 403, "{path}");
    }
    let out = tablet.send("/account/sessions", &[]).await;
    assert_eq!((out.status, out.location.as_str()), (303, "/"));
    site.clock.advance(TimeDelta::seconds(1));
    assert_eq!(tablet.get("/account").await.status, 303);
}
