//! The site's pages for operators who keep the catalogue, the staff and the ledger.

use kopilka::base::Secret;
use kopilka::base::id::JobId;
use kopilka::db::Lane;
use kopilka::db::jobs::{JobKind, JobRow, job_enqueue_all};
use kopilka::domain::access::{Actor, Role};
use kopilka::service::accounts::operator_add;

use crate::on_both;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;

on_both![
    a_store_is_added_changed_and_paused,
    terms_are_held_against_those_of_now,
    stores_are_brought_in_after_a_look,
    an_adapter_is_tried_before_it_is_saved,
    operators_are_added_and_given_roles,
    the_trail_is_read_by_who_and_when,
    an_operator_changes_the_own_password,
    a_job_that_was_given_up_is_started_again,
];

const PASSWORD: &str = "some long words";

async fn a_store_is_added_changed_and_paused(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    let fields = |slug, name, domains| {
        [
            ("slug", slug),
            ("partner", "network"),
            ("name", name),
            ("home_url", "https://tea.example/"),
            ("domains", domains),
            ("landing_url", "https://network.example/c?sub1={click}"),
            ("deep_link_url", ""),
            ("categories", "Food, Tea"),
        ]
    };
    let hostile = "<script>alert(1)</script>";
    let wrong = admin.send("/operator/new-store", &fields("Tea House", hostile, "tea.example")).await;
    assert_eq!(wrong.status, 422);
    wrong.has("Use a–z, 0–9 and -").has("&lt;script&gt;").lacks("<script>alert");
    admin.send("/operator/new-store", &fields("tea", hostile, " ")).await.has("one a line");
    admin
        .send("/operator/new-store", &fields("books", "B", "tea.example"))
        .await
        .has("There is a store of this name already");
    let done = admin.send("/operator/new-store", &fields("tea", hostile, "tea.example\r\nwww.tea.example")).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/operator/stores/tea/terms"), "{}", done.html);
    let shown = viewer.page("/operator/stores/tea").await;
    shown.has("&lt;script&gt;").lacks("<script>alert").has("tea.example, www.tea.example").has("no link is made");
    shown.lacks("name=\"status\"").lacks("/operator/stores/tea/edit");
    admin.page("/operator/stores?search=te&partner=network&status=active").await.has("/operator/stores/tea");
    admin.page("/operator/stores?status=paused").await.lacks("/operator/stores/tea");
    admin.page("/operator/stores/tea/edit").await.has("Food\nTea").has("value=\"https://tea.example/\"");
    let bad = admin.send("/operator/stores/tea/edit", &[("name", ""), ("home_url", "x")]).await;
    assert_eq!(bad.status, 422);
    let changed = admin.send("/operator/stores/tea/edit", &fields("", "Tea House", "tea.example")).await;
    assert_eq!(changed.location, "/operator/stores/tea", "{}", changed.html);
    admin.page("/operator/stores/tea").await.has("<h1>Tea House</h1>").has("The store is changed");
    assert_eq!(viewer.send("/operator/stores/tea", &[("status", "paused")]).await.status, 403);
    assert_eq!(admin.send("/operator/stores/tea", &[("status", "paused")]).await.status, 303);
    admin.page("/operator/stores/tea").await.has("The store is paused").has("Open again");
    assert_eq!(admin.get("/operator/stores/none").await.status, 404);
    assert_eq!(admin.get("/operator/stores/none/terms").await.status, 404);
}

async fn terms_are_held_against_those_of_now(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 14).await;
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let path = "/operator/stores/books/terms";
    admin.page(path).await.has("Version 2").has("value=\"50% of commission\"").has("value=\"14\"");
    let fields = |rate, exclusions, from| {
        vec![
            ("rate", rate),
            ("hold_days", "21"),
            ("attribution_days", "30"),
            ("cap_per_order", "1500 RUB"),
            ("categories", "toys = 7%\r\nbooks = 300 RUB"),
            ("exclusions", exclusions),
            ("valid_from", from),
        ]
    };
    for (rate, exclusions, from, words) in [
        ("much", "", "", "Write it as 5%"),
        ("5%", "gift_cards", "", "code | English | Russian"),
        ("5%", "", "2001-01-01T00:00", "not past"),
        ("5%", "", "tomorrow", "not past"),
    ] {
        let shown = admin.send(path, &fields(rate, exclusions, from)).await;
        assert_eq!(shown.status, 422, "{rate} {exclusions} {from}");
        shown.has(words);
    }
    let good = fields("5%", "gift_cards | Gift cards | Подарочные карты", "");
    let preview = admin.send(path, &good).await;
    assert_eq!(preview.status, 200, "{}", preview.html);
    preview.has("50% of commission").has(">5%<").has("toys = 7%\nbooks = 300.00 RUB").has("Valid at once");
    preview.lacks("Days that a click counts");
    admin.page("/operator/stores/books").await.lacks("Version 2");
    let mut confirmed = good.clone();
    confirmed.push(("confirmed", "yes"));
    let done = admin.send(path, &confirmed).await;
    assert_eq!((done.status, done.location.as_str()), (303, "/operator/stores/books"));
    admin.page("/operator/stores/books").await.has("Version 2: 5%").has("in force").has("Подарочные карты");
    admin.send(path, &good).await.has("Nothing is different");
    let viewer = Browser::signed_in(&market.server, "ru", &market.as_viewer.0);
    assert_eq!(viewer.send(path, &confirmed).await.status, 403);
    viewer.page("/operator/stores/books").await.has("Версия 1").has("Версия 2");
}

async fn stores_are_brought_in_after_a_look(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    let path = "/operator/import-stores";
    let head = "slug,partner,name,home_url,domains,landing_url,rate\n";
    let row = |slug: &str, name: &str| {
        format!(
            "{slug},network,{name},https://{slug}.example/,{slug}.example,https://network.example/c?sub1={{click}},5%\n"
        )
    };
    let csv =
        format!("{head}{}{}{}", row("tea", "<b>Tea</b>"), row("books", "Bücher"), "Bad Slug,network,x,x,x,x,5%\n");
    for (text, words) in [("", "header"), ("slug,colour\nx,y\n", "colour"), (head, "no line below")] {
        let shown = admin.send(path, &[("csv", text)]).await;
        assert_eq!(shown.status, 422, "{text}");
        shown.has(words);
    }
    let shown = admin.send(path, &[("csv", &csv)]).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    shown.has("1 added, 1 changed, 0 as they were, 2 new versions").has("Bad Slug").has("&lt;b&gt;Tea").lacks("<b>Tea");
    shown.has("Nothing is changed yet").has("Version 2");
    assert_eq!(admin.get("/operator/stores/tea").await.status, 404);
    let again = shown.between("aria-hidden=\"true\">", "</textarea>").replace("&lt;", "<").replace("&gt;", ">");
    let done = admin.send(path, &[("csv", &again), ("confirmed", "yes")]).await;
    done.has("Done:").has("/operator/stores/tea");
    admin.page("/operator/stores/tea").await.has("&lt;b&gt;Tea").has("5%");
    admin.page("/operator/stores/books").await.has("Bücher").has("Version 2");
    assert_eq!(viewer.send(path, &[("csv", &csv), ("confirmed", "yes")]).await.status, 403);
    let large = "x".repeat(3 * 1024 * 1024);
    assert_eq!(admin.send(path, &[("csv", &large)]).await.status, 413);
}

async fn an_adapter_is_tried_before_it_is_saved(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let list = market.read(&market.as_admin, "/api/v1/operator/partners").await;
    let of_network = list["items"].as_array().unwrap().iter().find(|one| one["slug"] == "network").unwrap();
    let name = of_network["adapter"].as_str().unwrap();
    let path = format!("/operator/adapters/{name}");
    admin.page("/operator/adapters").await.has(&path).has("network");
    viewer.page(&path).await.lacks("<textarea");
    let body = market.read(&market.as_admin, &format!("/api/v1/operator/adapters/{name}")).await["body"].clone();
    let body = body.as_str().unwrap();
    admin.page(&path).await.has("<textarea");
    let broken = admin.send(&path, &[("body", "name = 1\nnonsense"), ("decision", "save")]).await;
    assert_eq!(broken.status, 422);
    let same = admin.send(&path, &[("body", body), ("decision", "check")]).await;
    same.has("1 call was read again").has("All are read as before");
    // Another field for the order's number: the last call would be read without one.
    let other = body.replace("= \"tid\"", "= \"other_tid\"");
    assert_ne!(other, body);
    let differs = admin.send(&path, &[("body", &other), ("decision", "check")]).await;
    differs.has("1 is read differently").has("A-1");
    let stored = market.read(&market.as_admin, &format!("/api/v1/operator/adapters/{name}")).await;
    assert_eq!(stored["own"], false);
    assert_eq!(viewer.send(&path, &[("body", body), ("decision", "save")]).await.status, 403);
    let done = admin.send(&path, &[("body", &body.replace('\n', "\r\n")), ("decision", "save")]).await;
    assert_eq!((done.status, done.location.as_str()), (303, path.as_str()), "{}", done.html);
    let stored = market.read(&market.as_admin, &format!("/api/v1/operator/adapters/{name}")).await;
    assert_eq!((&stored["own"], stored["body"].as_str().unwrap()), (&serde_json::json!(true), body));
    let led = admin.send("/operator/adapters", &[("name", "mine")]).await;
    assert_eq!((led.status, led.location.as_str()), (303, "/operator/adapters/mine"));
    admin.page("/operator/adapters/mine").await.has("name = &quot;mine&quot;");
    assert_eq!(viewer.get("/operator/adapters/mine").await.status, 404);
}

async fn operators_are_added_and_given_roles(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    let path = "/operator/operators";
    let fields =
        |email, password| [("email", email), ("name", "<i>Olga</i>"), ("role", "support"), ("password", password)];
    for (email, password) in [("olga", PASSWORD), ("olga@example.com", "short")] {
        let wrong = admin.send(path, &fields(email, password)).await;
        assert_eq!(wrong.status, 422, "{email}");
        wrong.has("&lt;i&gt;Olga").lacks("<i>Olga").lacks("value=\"some long words\"");
    }
    assert_eq!(admin.send(path, &fields("olga@example.com", PASSWORD)).await.status, 303);
    let shown = admin.page(path).await;
    shown.has("The operator can sign in").has("&lt;i&gt;Olga").has("Support");
    viewer.page(path).await.has("olga@example.com").lacks("name=\"status\"").lacks("name=\"password\"");
    let listed = market.read(&market.as_admin, "/api/v1/operator/operators").await;
    let id = |email: &str| {
        let all = listed["items"].as_array().unwrap();
        all.iter().find(|one| one["email"] == email).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let olga = format!("{path}/{}", id("olga@example.com"));
    assert_eq!(viewer.send(&olga, &[("role", "admin")]).await.status, 403);
    assert_eq!(admin.send(&olga, &[("role", "finance")]).await.status, 303);
    admin.page(path).await.has("Finance").has("The operator is changed");
    assert_eq!(admin.send(&olga, &[("status", "blocked")]).await.status, 303);
    admin.page(path).await.has("Blocked");
    let last = admin.send(&format!("{path}/{}", id("admin@example.com")), &[("role", "viewer")]).await;
    assert_eq!(last.status, 422);
    last.has("This is the last admin");
}

async fn the_trail_is_read_by_who_and_when(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let app = &market.server.app;
    let viewer = Browser::signed_in(&market.server, "ru", &market.as_viewer.0);
    operator_add(app, &Actor::Console, "a@example.com", "A", Role::Viewer, &Secret::new(PASSWORD)).await.unwrap();
    market.change(reqwest::Method::PATCH, "/api/v1/operator/stores/books", &serde_json::json!({ "name": "B" })).await;
    let listed = market.read(&market.as_admin, "/api/v1/operator/operators").await;
    let admins = listed["items"].as_array().unwrap().iter().find(|one| one["role"] == "admin").unwrap();
    let admin = format!("operator/{}", admins["id"].as_str().unwrap());
    viewer.page("/operator/audit").await.has("Изменил магазин").has("Добавил оператора").has(">admin<");
    let of_admin = viewer.page(&format!("/operator/audit?actor={admin}")).await;
    of_admin.has("Изменил магазин").lacks("Добавил оператора");
    viewer.page("/operator/audit?actor=console").await.has("Добавил оператора").lacks("Изменил магазин");
    viewer.page(&format!("/operator/audit?subject=store/{}", market.store)).await.has("Изменил магазин");
    let today = app.clock.now().to_string()[..10].to_owned();
    viewer.page(&format!("/operator/audit?from={today}")).await.has("Изменил магазин");
    viewer.page("/operator/audit?to=2020-01-01").await.lacks("Изменил магазин").has("Ничего не найдено");
    viewer.page("/operator/audit?from=x&to=%3Cscript%3E").await.has("Изменил магазин").lacks("<script>");
    let told = market.read(&market.as_admin, "/api/v1/operator/audit?actor=console&from=2020-01-01T00:00:00Z").await;
    let told = told["items"].as_array().unwrap();
    assert!(told.iter().any(|one| one["action"] == "operator.add"), "{told:?}");
    assert!(told.iter().all(|one| one["actor"] == "console"), "{told:?}");
}

async fn an_operator_changes_the_own_password(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let app = &market.server.app;
    operator_add(app, &Actor::Console, "o@example.com", "O", Role::Viewer, &Secret::new(PASSWORD)).await.unwrap();
    let (browser, other) = (Browser::new(&market.server, "en"), Browser::new(&market.server, "en"));
    let fields = [("email", "o@example.com"), ("password", PASSWORD)];
    for one in [&browser, &other] {
        assert_eq!(one.send("/operator/sign-in", &fields).await.status, 303);
    }
    let path = "/operator/account";
    browser.page(path).await.has("o@example.com");
    let wrong = browser.send(path, &[("old_password", "not these words"), ("password", "other long words")]).await;
    assert_eq!(wrong.status, 422);
    wrong.lacks("other long words");
    assert_eq!(browser.send(path, &[("old_password", PASSWORD), ("password", "short")]).await.status, 422);
    let cross = browser.send_from("cross-site", path, &[("old_password", PASSWORD), ("password", "other long words")]);
    assert_eq!(cross.await.status, 403);
    let done = browser.send(path, &[("old_password", PASSWORD), ("password", "other long words")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    // The others' session is over, this one goes on.
    browser.page(path).await;
    assert_eq!(other.get(path).await.status, 303);
    assert_eq!(other.send("/operator/sign-in", &fields).await.status, 422);
    let fields = [("email", "o@example.com"), ("password", "other long words")];
    assert_eq!(other.send("/operator/sign-in", &fields).await.status, 303);
    // A program's token is no session: it cannot take the account over.
    let program = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    assert_eq!(program.send(path, &[("old_password", "x"), ("password", "other long words")]).await.status, 403);
}

async fn a_job_that_was_given_up_is_started_again(db: TestDb) {
    let market = Market::open(TestApp::start(&db.url).await, 0).await;
    let app = &market.server.app;
    let row = |key: &str, dead| JobRow {
        dead,
        last_error: Some("<i>no outbox</i>".to_owned()),
        ..JobRow::new(JobId::new(), JobKind::PostLetter, key.to_owned(), "{}".to_owned(), app.clock.now().plus_days(1))
    };
    let (gone, waits) = (row("letter/gone", true), row("letter/waits", false));
    let path = |job: &JobRow| format!("/operator/jobs/{}", job.id);
    let (gone_at, waits_at) = (path(&gone), path(&waits));
    app.db.write(Lane::House, move |conn| job_enqueue_all(conn, &[gone.clone(), waits.clone()])).await.unwrap();
    let mut conn = db.connect();
    let dead = "update jobs set dead = (1 = 1), last_error = '<i>no outbox</i>' where key = 'letter/gone'";
    diesel::connection::SimpleConnection::batch_execute(&mut conn, dead).unwrap();
    let admin = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    admin.page("/operator").await.has("1 job was given up").has("/operator/jobs");
    admin.page("/operator/jobs").await.has("letter/gone").has(&gone_at).has("&lt;i&gt;no outbox").lacks("letter/waits");
    viewer.page("/operator/jobs?waiting=true").await.has("letter/waits").lacks(&waits_at);
    assert_eq!(viewer.send(&gone_at, &[]).await.status, 403);
    assert_eq!(admin.send_from("cross-site", &gone_at, &[]).await.status, 403);
    assert_eq!(admin.send(&waits_at, &[]).await.status, 409);
    assert_eq!(admin.send(&gone_at, &[]).await.status, 303);
    admin.page("/operator/jobs?waiting=true").await.has("It is tried again now").has("letter/gone");
    admin.page("/operator/audit").await.has("Had a job tried again");
    assert_eq!(admin.send("/operator/jobs/00000000-0000-7000-8000-000000000000", &[]).await.status, 404);
}
