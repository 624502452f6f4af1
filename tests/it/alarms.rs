//! The rules of the alarms as tables, and what operators and the metrics are told.

use chrono::TimeDelta;
use kopilka::base::id::ClickId;
use kopilka::base::{Clock, Timestamp};
use kopilka::config::Config;
use kopilka::db::Lane;
use kopilka::db::marks::{MarkRow, mark_find, mark_set};
use kopilka::domain::access::Role;
use kopilka::domain::aging::spread;
use kopilka::domain::alarm::{Facts, Rule, StoreDay, of_calls, of_service, of_store, to_tell};
use kopilka::domain::verdict::Verdict;
use kopilka::service::watch::{
    alarms, check_ledger_daily, count_clicks, count_clicks_before, figures, last_check, note_backup, tell_metrics,
    tell_oldest_job, tell_operators,
};
use tempfile::TempDir;

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::Browser;
use crate::support::db::TestDb;
use crate::support::market::Market;
use crate::support::site::{PASSWORD, letters_in};

on_both![
    refused_calls_are_an_alarm_until_they_are_settled,
    figures_tell_ages_and_days,
    clicks_are_counted_once,
    one_node_checks_the_ledger,
    the_ledger_is_checked_once_a_day,
    operators_are_written_to,
];

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

#[test]
fn a_debt_is_as_old_as_its_orders() {
    for (balance, orders, ages) in [
        (0, [5, 5, 5, 5], [0, 0, 0, 0]),
        (12, [5, 5, 5, 5], [5, 5, 2, 0]),
        (3, [5, 0, 0, 0], [3, 0, 0, 0]),
        (20, [0, 5, 0, 0], [0, 5, 0, 15]),
        (7, [0, 0, 0, 7], [0, 0, 0, 7]),
        (-4, [5, 5, 5, 5], [-4, 0, 0, 0]),
        (9, [-2, 4, 4, 4], [0, 4, 4, 1]),
        (i64::MAX, [0, 0, 0, i64::MAX], [0, 0, 0, i64::MAX]),
    ] {
        assert_eq!(spread(balance, orders), ages, "{balance} of {orders:?}");
    }
}

#[test]
fn the_service_is_wrong_when_its_facts_are() {
    let ago = |minutes: i64| now().plus_seconds(-60 * minutes);
    let checked = |hours: i64, findings: i64| Some((ago(60 * hours), findings, None));
    let table: Vec<(&str, Facts, Vec<Rule>)> = vec![
        ("nothing", Facts::default(), vec![]),
        ("checked lately", Facts { checked: checked(2, 0), ..Facts::default() }, vec![]),
        ("checked a day ago", Facts { checked: checked(71, 0), ..Facts::default() }, vec![]),
        ("not checked", Facts { checked: checked(72, 0), ..Facts::default() }, vec![Rule::LedgerUnchecked]),
        ("broken", Facts { checked: checked(100, 1), ..Facts::default() }, vec![Rule::LedgerBroken]),
        ("sealed soon", Facts { unsealed: Some(ago(4)), ..Facts::default() }, vec![]),
        ("sealed late", Facts { unsealed: Some(ago(5)), ..Facts::default() }, vec![Rule::SealerBehind]),
        ("unknown", Facts { unknown: 1, ..Facts::default() }, vec![Rule::PayoutsUnclear]),
        ("attention", Facts { attention: 2, ..Facts::default() }, vec![Rule::PayoutsUnclear]),
        ("failing", Facts { failing: 1, ..Facts::default() }, vec![Rule::ProviderFailing]),
        ("dead", Facts { dead: 1, ..Facts::default() }, vec![Rule::JobsDead]),
        ("due", Facts { due: Some(ago(9)), ..Facts::default() }, vec![]),
        ("overdue", Facts { due: Some(ago(10)), ..Facts::default() }, vec![Rule::JobsWaiting]),
        ("due later", Facts { due: Some(ago(-10)), ..Facts::default() }, vec![]),
        ("room", Facts { disk: Some((5 * 1024, 1_000_000)), ..Facts::default() }, vec![]),
        ("a small disk", Facts { disk: Some((600, 6000)), ..Facts::default() }, vec![]),
        ("little room", Facts { disk: Some((600, 6001)), ..Facts::default() }, vec![Rule::DiskFull]),
        ("no room", Facts { disk: Some((511, 600)), ..Facts::default() }, vec![Rule::DiskFull]),
        ("new books", Facts { books_since: Some(ago(60 * 71)), ..Facts::default() }, vec![]),
        ("never copied", Facts { books_since: Some(ago(60 * 72)), ..Facts::default() }, vec![Rule::BackupOld]),
        (
            "copied lately",
            Facts { books_since: Some(ago(60 * 900)), backup: Some(ago(60)), ..Facts::default() },
            vec![],
        ),
        ("copied long ago", Facts { backup: Some(ago(60 * 72)), ..Facts::default() }, vec![Rule::BackupOld]),
        ("somebody waits", Facts { applications: Some((2, ago(1))), ..Facts::default() }, vec![Rule::ApplicationWaits]),
        ("compared yesterday", Facts { compared: vec![("bank".to_owned(), ago(60 * 47))], ..Facts::default() }, vec![]),
        (
            "not compared",
            Facts { compared: vec![("bank".to_owned(), ago(60 * 48))], ..Facts::default() },
            vec![Rule::BooksUncompared],
        ),
        (
            "all",
            Facts { checked: checked(1, 3), dead: 2, unknown: 1, attention: 1, ..Facts::default() },
            vec![Rule::LedgerBroken, Rule::PayoutsUnclear, Rule::JobsDead],
        ),
    ];
    for (name, facts, rules) in table {
        let found: Vec<Rule> = of_service(&facts, now()).iter().map(|alarm| alarm.rule).collect();
        assert_eq!(found, rules, "{name}");
    }
    let both = of_service(&Facts { unknown: 2, attention: 3, ..Facts::default() }, now());
    assert_eq!(both[0].count, 5);
}

#[test]
fn an_alarm_is_told_once_and_what_is_wrong_every_day() {
    let facts = |dead: i64, free: u64| Facts { dead, disk: Some((free, 1_000_000)), ..Facts::default() };
    let mut told = Vec::new();
    // Hours, dead jobs, MiB free: which alarms are told.
    for (hours, dead, free, expected) in [
        (0, 0, 9000, vec![]),
        (1, 1, 9000, vec![Rule::JobsDead]),
        (2, 2, 4000, vec![Rule::DiskFull]),
        (24, 2, 4000, vec![]),
        (25, 2, 4000, vec![Rule::JobsDead]),
        (30, 2, 400, vec![Rule::DiskFull]),
        (40, 0, 4000, vec![]),
        (41, 1, 9000, vec![Rule::JobsDead]),
        (42, 1, 4000, vec![Rule::DiskFull]),
    ] {
        let at = now().plus_seconds(3600 * hours);
        let alarms = of_service(&facts(dead, free), at);
        let (fresh, kept) = to_tell(&told, &alarms, at);
        assert_eq!(fresh.iter().map(|alarm| alarm.rule).collect::<Vec<_>>(), expected, "after {hours} hours");
        told = kept;
    }
}

async fn operators_are_written_to(db: TestDb) {
    let outbox = TempDir::new().unwrap();
    let start = |config: &mut Config| config.mail.outbox = outbox.path().to_owned();
    let market = Market::open(TestApp::start_with(&db.url, Clock::manual(now()), start).await, 0).await;
    let app = &market.server.app;
    let email = accounts::operator_with_password(app, Role::Support, PASSWORD).await;
    let letters = async || {
        tell_operators(app).await.unwrap();
        kopilka::job::drain(app).await.unwrap();
        let mut letters = letters_in(outbox.path());
        letters.retain(|(head, _)| head.contains(&email));
        letters
    };
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    assert_eq!(letters().await, []);
    app.clock.advance(TimeDelta::hours(73));
    check_ledger_daily(app).await.unwrap();
    let told = letters().await;
    let [(head, text)] = told.as_slice() else { panic!("{told:?}") };
    assert!(head.contains("Subject: ") && text.contains("kopilka backup"), "{told:?}");
    assert!(text.contains("/operator/account"), "{told:?}");
    assert_eq!(letters().await, [], "told once");
    // Those whom the letters do not interest turn them off, or read them in Russian.
    let sofia = Browser::new(&market.server, "en");
    assert_eq!(sofia.send("/operator/sign-in", &[("email", &email), ("password", PASSWORD)]).await.status, 303);
    let path = "/operator/account/letters";
    assert_eq!(sofia.send_from("cross-site", path, &[("letters", "none")]).await.status, 403);
    assert_eq!(sofia.send(path, &[("letters", "ru")]).await.status, 303);
    sofia.page("/operator/account").await.has("value=\"ru\" selected");
    note_backup(app).await.unwrap();
    assert_eq!(letters().await, [], "an end is no news");
    app.clock.advance(TimeDelta::hours(72));
    check_ledger_daily(app).await.unwrap();
    assert!(letters().await[0].1.contains("kopilka backup ФАЙЛ"));
    note_backup(app).await.unwrap();
    letters().await;
    assert_eq!(sofia.send(path, &[("letters", "none")]).await.status, 303);
    app.clock.advance(TimeDelta::hours(72));
    check_ledger_daily(app).await.unwrap();
    assert_eq!(letters().await, []);
}

#[test]
fn a_partner_is_heard_when_most_of_its_calls_are_refused() {
    use Verdict::{Applied, Held, Refused, Unchanged};
    let ago = |hours: i64| now().plus_seconds(-3600 * hours);
    let calls = |parts: &[(usize, Verdict, i64)]| -> Vec<(Verdict, Timestamp)> {
        parts.iter().flat_map(|(count, verdict, hours)| vec![(*verdict, ago(*hours)); *count]).collect()
    };
    for (name, last, count) in [
        ("no calls", calls(&[]), None),
        ("all well", calls(&[(20, Applied, 1)]), None),
        ("a single one", calls(&[(1, Refused, 1), (19, Applied, 1)]), None),
        ("four and nothing else", calls(&[(4, Refused, 1)]), None),
        ("five and nothing else", calls(&[(5, Refused, 1)]), Some((5, 5))),
        ("five of ten", calls(&[(5, Held, 1), (5, Applied, 2)]), Some((5, 10))),
        ("five of eleven", calls(&[(5, Held, 1), (6, Unchanged, 2)]), None),
        ("long ago", calls(&[(20, Refused, 48)]), None),
        ("lately, and well before", calls(&[(6, Refused, 1), (14, Applied, 50)]), Some((6, 6))),
    ] {
        let found = of_calls("network", &last, now());
        assert_eq!(found.as_ref().map(|alarm| (alarm.count, alarm.usual.unwrap())), count, "{name}");
        if let Some(alarm) = found {
            assert_eq!((alarm.rule, alarm.about.as_deref()), (Rule::CallsRefused, Some("network")));
        }
    }
}

#[test]
fn a_store_is_silent_when_orders_are_missing_by_its_own_rate() {
    let days = |parts: &[(i64, i64, i64)]| -> Vec<StoreDay> {
        parts.iter().map(|(day, clicks, orders)| StoreDay { day: *day, clicks: *clicks, orders: *orders }).collect()
    };
    for (name, days, expected) in [
        ("nothing is known", days(&[]), None),
        ("never had an order", days(&[(1, 1000, 0), (2, 1000, 0)]), None),
        ("too few orders to know", days(&[(1, 100, 9), (2, 1000, 0), (3, 1000, 0)]), None),
        ("one order in ten clicks, then eighty clicks", days(&[(1, 100, 10), (2, 40, 0), (3, 40, 0)]), Some((80, 8))),
        ("one click less", days(&[(1, 100, 10), (2, 40, 0), (3, 39, 0)]), None),
        ("an order came", days(&[(1, 100, 10), (2, 90, 0), (3, 1, 1)]), None),
        ("only today", days(&[(1, 100, 10), (4, 5000, 0)]), None),
        ("no clicks either: nobody shops there", days(&[(1, 100, 10), (2, 0, 0), (3, 0, 0)]), None),
        ("orders without clicks", days(&[(1, 0, 50), (2, 10, 0)]), None),
        ("days out of order", days(&[(3, 50, 0), (1, 100, 20), (2, 10, 0)]), Some((60, 12))),
    ] {
        let found = of_store("books", &days, 4);
        assert_eq!(found.as_ref().map(|alarm| (alarm.count, alarm.usual.unwrap())), expected, "{name}");
        if let Some(alarm) = found {
            assert_eq!(alarm.since, Some("1970-01-03T00:00:00Z".parse().unwrap()));
        }
    }
}

async fn market(db: &TestDb) -> Market {
    Market::open(TestApp::start_with(&db.url, Clock::manual(now()), |_config| {}).await, 0).await
}

async fn refused_calls_are_an_alarm_until_they_are_settled(db: TestDb) {
    let market = market(&db).await;
    let app = &market.server.app;
    for number in 0..5 {
        market.server.get(&format!("/postback/network?tid=X-{number}&click=x&status=1&sum=1&secret=wrong")).await;
    }
    let found = alarms(app).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].rule, found[0].about.as_deref(), found[0].count), (Rule::CallsRefused, Some("network"), 5));
    let told = market.read(&market.as_viewer, "/api/v1/operator/alarms").await;
    assert_eq!(told["items"][0]["rule"], "calls_refused");
    assert_eq!(market.read(&market.as_viewer, "/api/v1/operator/waiting").await["calls"], 5);
    tell_metrics(app).await.unwrap();
    tell_oldest_job(app).await.unwrap();
    let metrics = market.server.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("kopilka_alarms{rule=\"calls_refused\"}"), "{metrics}");
    assert!(metrics.contains("\nkopilka_jobs_oldest_due_seconds "), "{metrics}");
    app.clock.advance(TimeDelta::days(2));
    assert_eq!(alarms(app).await.unwrap(), []);
}

async fn figures_tell_ages_and_days(db: TestDb) {
    let market = market(&db).await;
    let app = &market.server.app;
    let (first, second) = (market.click(market.shopper).await, market.click(market.shopper).await);
    market.report("A-1", first, 1, "100.00").await;
    market.report("A-2", second, 2, "40.00").await;
    kopilka::service::seal_ledger::seal_ledger(app, 100).await.unwrap();
    let told = figures(app).await.unwrap();
    assert_eq!(told.days.len(), 30);
    let today = told.days.last().unwrap();
    assert_eq!((today.day.to_string().as_str(), today.orders), ("2026-03-10T00:00:00Z", 2));
    assert_eq!(
        (today.commission[0].to_string(), today.cashback[0].to_string()),
        ("140.00 RUB".into(), "70.00 RUB".into())
    );
    let owed = |told: &kopilka::service::watch::Figures| {
        let one = &told.partners[0];
        let ages: Vec<String> = one.ages.iter().map(|amount| amount.major().to_string()).collect();
        (one.name.clone(), one.owed.to_string(), ages.join(" "), one.expected.to_string())
    };
    let of = |ages: &str| ("network".to_owned(), "100.00 RUB".to_owned(), ages.to_owned(), "40.00 RUB".to_owned());
    assert_eq!(owed(&told), of("100.00 0.00 0.00 0.00"));
    // They are kept for five minutes, whatever happens meanwhile.
    let third = market.click(market.shopper).await;
    market.report("A-3", third, 2, "10.00").await;
    app.clock.advance(TimeDelta::minutes(4));
    assert_eq!(figures(app).await.unwrap().at, told.at);
    app.clock.advance(TimeDelta::days(31));
    let later = figures(app).await.unwrap();
    assert_eq!(owed(&later).2, "0.00 0.00 100.00 0.00");
    assert_eq!(later.days.iter().map(|day| day.orders).sum::<i64>(), 0);
    let pending = &later.shoppers[0];
    assert_eq!((pending.bucket.as_str(), pending.total.to_string()), ("pending", "25.00 RUB".to_owned()));
    assert_eq!(pending.ages.as_ref().unwrap()[2].to_string(), "25.00 RUB");
}

async fn clicks_are_counted_once(db: TestDb) {
    let market = market(&db).await;
    let app = &market.server.app;
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    for time in ["2026-03-09T23:59:59Z", "2026-03-10T00:00:00Z", "2026-03-10T09:00:00Z", "2026-03-10T11:58:00Z"] {
        market.click_at(at(time)).await;
    }
    // The youngest waits: others of its time may still be on their way.
    assert_eq!(count_clicks(app).await.unwrap(), 3);
    assert_eq!(count_clicks(app).await.unwrap(), 0);
    app.clock.advance(TimeDelta::minutes(10));
    let end = ClickId::first_at(app.clock.now());
    assert_eq!(count_clicks_before(app, end, 1).await.unwrap(), 1);
    assert_eq!(count_clicks_before(app, end, 1).await.unwrap(), 0);
    let told = figures(app).await.unwrap();
    let clicks: Vec<i64> = told.days.iter().rev().take(3).map(|day| day.clicks).collect();
    assert_eq!(clicks, [3, 1, 0]);
}

/// However many nodes there are, one of them reads the whole ledger; another one when that has died over it.
async fn one_node_checks_the_ledger(db: TestDb) {
    let market = market(&db).await;
    let app = &market.server.app;
    check_ledger_daily(app).await.unwrap();
    app.clock.advance(TimeDelta::hours(1));
    let begun = MarkRow { name: "ledger_check_begun".to_owned(), at: app.clock.now(), body: "{}".to_owned() };
    app.db.write(Lane::House, move |conn| mark_set(conn, &begun)).await.unwrap();
    check_ledger_daily(app).await.unwrap();
    assert_eq!(last_check(app).await.unwrap(), None, "another node is at it");
    app.clock.advance(TimeDelta::hours(3));
    check_ledger_daily(app).await.unwrap();
    let last = last_check(app).await.unwrap().unwrap();
    assert_eq!((last.at, last.findings), (app.clock.now(), 0));
    let begun = app.db.read(|conn| mark_find(conn, "ledger_check_begun")).await.unwrap().unwrap();
    assert_eq!(begun.at, last.at, "others are told that this one is at it");
}

async fn the_ledger_is_checked_once_a_day(db: TestDb) {
    let market = market(&db).await;
    let app = &market.server.app;
    // Not at the very start, but an hour later.
    check_ledger_daily(app).await.unwrap();
    app.clock.advance(TimeDelta::minutes(59));
    check_ledger_daily(app).await.unwrap();
    assert_eq!(last_check(app).await.unwrap(), None);
    app.clock.advance(TimeDelta::minutes(1));
    check_ledger_daily(app).await.unwrap();
    let first = last_check(app).await.unwrap().unwrap();
    assert_eq!((first.at, first.findings), (now().plus_seconds(3600), 0));
    app.clock.advance(TimeDelta::hours(23));
    check_ledger_daily(app).await.unwrap();
    assert_eq!(last_check(app).await.unwrap().unwrap().at, first.at);
    app.clock.advance(TimeDelta::hours(1));
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    let mut conn = db.connect();
    diesel::connection::SimpleConnection::batch_execute(&mut conn, "update shopper_balances set available = 1")
        .unwrap();
    check_ledger_daily(app).await.unwrap();
    let broken = last_check(app).await.unwrap().unwrap();
    assert!(broken.findings > 0 && broken.first.as_ref().unwrap().contains("balance"), "{broken:?}");
    assert_eq!(alarms(app).await.unwrap()[0].rule, Rule::LedgerBroken);
}
