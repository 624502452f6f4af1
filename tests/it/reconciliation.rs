//! Closing the books: a provider's statement against payouts and ledger, and a bank's statement against partners' bills.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use kopilka::base::id::{MethodId, PayoutId, ShopperId, TransactionId};
use kopilka::base::{Clock, Secret, Timestamp};
use kopilka::db::Lane;
use kopilka::db::insert::insert_together;
use kopilka::db::ledger::{Posted, PostedRows};
use kopilka::db::methods::{MethodRow, method_insert};
use kopilka::db::payouts::{PayoutRow, payout_rows};
use kopilka::db::reconciliation::{CaseFilter, StatementKind};
use kopilka::domain::access::Actor;
use kopilka::domain::ledger::{Account, Bucket, TransactionKind, Transfer};
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::payments::bill_in;
use kopilka::domain::payout::{MethodKind, PayoutState};
use kopilka::domain::reconcile::Class;
use kopilka::domain::statement::Mapping;
use kopilka::service::post::transaction;
use kopilka::service::reconcile::{
    NewStatement, case_close, cases, mapping_of, statement_apply, statement_look, statement_put,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;
use crate::support::accounts;
use crate::support::app::TestApp;
use crate::support::browser::{Browser, Shown};
use crate::support::db::{TestDb, long};
use crate::support::dice::Dice;
use crate::support::market::Market;

on_both![
    every_difference_is_found_and_none_invented,
    partners_payments_are_booked_once_by_their_bills,
    the_pages_of_the_books,
];

/// What can be wrong with a payment, and the case that it has to become: by the payout, or by the reference.
const KINDS: [(&str, Option<&str>); 16] = [
    ("in order", None),
    ("failed on both sides", None),
    ("returned on both sides", None),
    ("theirs alone, paid", Some("theirs_only")),
    ("theirs alone, pending", Some("theirs_only")),
    ("ours alone, paid", Some("ours_only")),
    ("ours alone, sent", Some("ours_only")),
    ("more was moved", Some("amount")),
    ("less was moved", Some("amount")),
    ("another currency", Some("currency")),
    ("paid after it had failed", Some("status")),
    ("failed, and we have it as paid", Some("status")),
    ("moved twice", Some("duplicate")),
    ("another fee", Some("fee")),
    ("came back late", Some("late_return")),
    ("not in the ledger", Some("ledger")),
];

struct Seeded {
    payouts: Vec<PayoutRow>,
    posted: Vec<Posted>,
    csv: String,
    expected: BTreeSet<String>,
    counts: BTreeMap<&'static str, usize>,
}

/// So many payments, one in twenty of them with a difference, beginning and ending with one in order.
fn seed(count: usize, shopper: ShopperId, method: MethodId, start: Timestamp, dice: &mut Dice) -> Seeded {
    let mut all = Seeded {
        payouts: Vec::new(),
        posted: Vec::new(),
        csv: "reference,key,amount,currency,fee,state,at\n".to_owned(),
        expected: BTreeSet::new(),
        counts: BTreeMap::new(),
    };
    for index in 0..count {
        let edge = index == 0 || index + 1 == count;
        let seeded = index < KINDS.len() * 3 || dice.one_in(20);
        let (name, class) = if edge || !seeded { KINDS[0] } else { KINDS[index % KINDS.len()] };
        *all.counts.entry(name).or_default() += 1;
        let at = start.plus_seconds(i64::try_from(index).unwrap() * 7);
        let at = if index == 0 { at.plus_seconds(-60) } else { at };
        let net = 100 + 2 * dice.small(250_000);
        one(&mut all, (name, class), index, net, (shopper, method, at));
    }
    all
}

fn one(
    all: &mut Seeded,
    (name, class): (&'static str, Option<&str>),
    index: usize,
    net: i64,
    (shopper, method, at): (ShopperId, MethodId, Timestamp),
) {
    let id = PayoutId::new();
    let reference = format!("ref-{index}");
    let theirs_alone = name.starts_with("theirs alone");
    // Of an odd amount, so that it does not fit a payout by chance.
    let net = net + i64::from(theirs_alone);
    let state = match name {
        "failed on both sides" | "paid after it had failed" => PayoutState::Failed,
        "returned on both sides" => PayoutState::Returned,
        "ours alone, sent" => PayoutState::Submitted,
        _ => PayoutState::Paid,
    };
    let key = id.reference();
    if !theirs_alone {
        all.payouts.push(PayoutRow {
            id,
            shopper_id: shopper,
            method_id: method,
            provider: "sandbox".to_owned(),
            kind: MethodKind::Card,
            masked: "0004".to_owned(),
            currency: Currency::RUB,
            amount: net + 10,
            fee: 10,
            state,
            reason: None,
            idempotency_key: id.to_string(),
            request_hash: "none".to_owned(),
            provider_key: key.clone(),
            key_expires_at: None,
            uncertain: false,
            // Of some only the key is known.
            provider_ref: (!index.is_multiple_of(3)).then(|| reference.clone()),
            sends: 1,
            polls: 0,
            attention: None,
            revision: 3,
            requested_at: at,
            updated_at: at,
        });
        if name != "not in the ledger" {
            book(all, id, shopper, net, state, at);
        }
    }
    let line = |amount: i64, currency: &str, fee: &str, state: &str| {
        let key = if theirs_alone { "" } else { &key };
        format!("{reference},{key},{}.{:02},{currency},{fee},{state},{at}\n", amount / 100, amount % 100)
    };
    all.csv.push_str(&match name {
        "ours alone, paid" | "ours alone, sent" => String::new(),
        "theirs alone, pending" => line(net, "RUB", "", "pending"),
        "more was moved" => line(net + 1, "RUB", "0.00", "paid"),
        "less was moved" => line(net - 1, "RUB", "", "paid"),
        "another currency" => line(net, "EUR", "", "paid"),
        "failed on both sides" | "failed, and we have it as paid" => line(net, "RUB", "", "failed"),
        "moved twice" => line(net, "RUB", "", "paid") + &line(net, "RUB", "", "paid"),
        "another fee" => line(net, "RUB", "1.50", "paid"),
        "came back late" => line(net, "RUB", "", "returned"),
        "returned on both sides" => line(net, "RUB", "", "paid") + &line(net, "RUB", "", "returned"),
        _ => line(net, "RUB", "", "paid"),
    });
    if let Some(class) = class {
        let about = if theirs_alone { reference } else { id.to_string() };
        all.expected.insert(format!("{class}/{about}"));
    }
}

/// Books what the state of a payout asks for.
fn book(all: &mut Seeded, id: PayoutId, shopper: ShopperId, net: i64, state: PayoutState, at: Timestamp) {
    let bank = Account::Bank("sandbox".to_owned());
    let moves: &[(TransactionKind, bool)] = match state {
        PayoutState::Paid => &[(TransactionKind::PayoutPaid, true)],
        PayoutState::Returned => &[(TransactionKind::PayoutPaid, true), (TransactionKind::PayoutReturned, false)],
        _ => &[],
    };
    for (kind, out) in moves {
        let own = Account::Shopper(shopper, if *out { Bucket::InPayout } else { Bucket::Available });
        let (from, to) = if *out { (own, bank.clone()) } else { (bank.clone(), own) };
        let mut row = transaction(TransactionId::new(), at, *kind, format!("payout/{id}/{kind}"));
        (row.shopper_id, row.payout_id) = (Some(shopper), Some(id));
        let transfers = Transfer::new(from, to, Amount::new(net, Currency::RUB)).into_iter().collect();
        all.posted.push(Posted { transaction: row, transfers });
    }
}

async fn every_difference_is_found_and_none_invented(db: TestDb) {
    let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let clock = Clock::manual(start);
    let server = TestApp::start_with(&db.url, clock.clone(), |config| {
        config.sandbox.url = "http://127.0.0.1:9/".to_owned();
        config.sandbox.key = Some(Secret::new("secret"));
        config.sandbox.webhook_secret = Some(Secret::new("secret"));
    })
    .await;
    let app = &server.app;
    let (shopper, method) = (accounts::shopper(app).await, MethodId::new());
    let method_row = MethodRow {
        id: method,
        shopper_id: shopper,
        provider: "sandbox".to_owned(),
        kind: MethodKind::Card,
        masked: "0004".to_owned(),
        sealed: "none".to_owned(),
        created_at: start,
        usable_from: start,
        removed_at: None,
    };
    app.db.write(Lane::Shopper(shopper), move |conn| method_insert(conn, &method_row)).await.unwrap();
    let count = if long() { 100_000 } else { 5_000 };
    let mut dice = Dice::told();
    let seeded = seed(count, shopper, method, start, &mut dice);
    for part in seeded.payouts.chunks(2_000) {
        let part = part.to_vec();
        app.db.write(Lane::Shopper(shopper), move |conn| insert_together(conn, &[payout_rows(&part)])).await.unwrap();
    }
    for part in seeded.posted.chunks(2_000) {
        let part = part.to_vec();
        app.db
            .write(Lane::Shopper(shopper), move |conn| insert_together(conn, &PostedRows::of(&part).inserts()))
            .await
            .unwrap();
    }
    clock.advance(TimeDelta::seconds(i64::try_from(count).unwrap() * 7) + TimeDelta::days(2));

    let lines = seeded.csv.lines().count() - 1;
    let bring = |csv: String| {
        let mapping = mapping_of("kopilka").unwrap();
        let new = NewStatement { kind: StatementKind::Provider, rail: "sandbox".to_owned(), mapping, body: csv };
        statement_put(app, &Actor::Console, new)
    };
    let id = bring(seeded.csv.clone()).await.unwrap();
    let (row, looked) = statement_look(app, &Actor::Console, id).await.unwrap();
    assert_eq!((row.lines, looked.bad.len()), (i64::try_from(lines).unwrap(), 0));
    let told: BTreeSet<String> = looked.findings.iter().map(|found| found.key()).collect();
    let (missed, invented): (Vec<_>, Vec<_>) =
        (seeded.expected.difference(&told).collect(), told.difference(&seeded.expected).collect());
    assert!(missed.is_empty() && invented.is_empty(), "missed {missed:?}, invented {invented:?}");
    assert_eq!(kept(&server).await, BTreeSet::new(), "looking writes nothing");

    let done = statement_apply(app, &Actor::Console, id).await.unwrap().compared.unwrap();
    assert_eq!(done.opened, seeded.expected.len());
    assert_eq!(kept(&server).await, seeded.expected);
    assert_eq!(statement_apply(app, &Actor::Console, id).await.unwrap().compared.unwrap(), done, "once");
    let bring_again = async |csv: String| {
        let id = bring(csv).await.unwrap();
        statement_apply(app, &Actor::Console, id).await.unwrap().compared.unwrap()
    };
    let again = bring_again(seeded.csv.clone()).await;
    assert_eq!((again.opened, again.closed), (0, 0), "the same differences are the same cases");
    // Explained, it stays so; with another amount it is another difference.
    let filter = CaseFilter { open: Some(true), class: Some(Class::TheirsOnly), ..CaseFilter::default() };
    let one = cases(app, &Actor::Console, filter, 1).await.unwrap().remove(0);
    case_close(app, &Actor::Console, one.id, "explained").await.unwrap();
    assert_eq!(bring_again(seeded.csv.clone()).await.opened, 0);
    let begins = format!("{},", one.reference.unwrap());
    let other: Vec<String> = seeded
        .csv
        .lines()
        .map(|line| match line.strip_prefix(&begins) {
            Some(rest) => format!("{begins}{}", rest.replacen('.', "1.", 1)),
            None => line.to_owned(),
        })
        .collect();
    assert_eq!(bring_again(other.join("\n")).await.opened, 1);
    assert_eq!(kept(&server).await, seeded.expected);
    let mapping = mapping_of("kopilka").unwrap();
    let stranger = NewStatement { kind: StatementKind::Provider, rail: "nobody".to_owned(), mapping, body: seeded.csv };
    assert!(statement_put(app, &Actor::Console, stranger).await.is_err(), "no provider has this name");
    let counts: Vec<String> = seeded.counts.iter().map(|(name, count)| format!("{name}: {count}")).collect();
    println!("{lines} lines, {} differences, all found, none invented ({})", told.len(), counts.join(", "));
}

async fn kept(server: &TestApp) -> BTreeSet<String> {
    let filter = CaseFilter { open: Some(true), ..CaseFilter::default() };
    let rows = cases(&server.app, &Actor::Console, filter, 1_000_000).await.unwrap();
    rows.into_iter().map(|row| row.key).collect()
}

#[test]
fn a_statement_is_read_by_what_is_declared() {
    let mapping: Mapping = toml::from_str(
        "delimiter = \";\"\nreference = \"Номер\"\namount = \"Сумма\"\nin_currency = \"RUB\"\nat = \"Дата\"\nat_format = \"%d.%m.%Y\"\nstate = \"Статус\"\n[states]\n\"Исполнено\" = \"paid\"\n\"Возврат\" = \"returned\"\n",
    )
    .unwrap();
    let text = "\u{feff}номер;Сумма;Дата;Статус\n1;1 234,50;03.10.2026;исполнено\n2;0;03.10.2026;Возврат\n\
                3;1,005;03.10.2026;Возврат\n4;1;2026-10-03;Возврат\n5;1;03.10.2026;Чудо\n;1;03.10.2026;Возврат\n";
    let read = mapping.read(text.as_bytes()).unwrap();
    assert_eq!(read.rows.len(), 1);
    assert_eq!(
        (read.rows[0].amount.minor(), read.rows[0].at.to_string()),
        (123_450, "2026-10-03T00:00:00Z".to_owned())
    );
    let bad: Vec<(u64, &str)> = read.bad.iter().map(|bad| (bad.line, bad.column.as_str())).collect();
    assert_eq!(bad, [(3, "Сумма"), (4, "Сумма"), (5, "Дата"), (6, "Статус"), (7, "Номер")]);
    assert!(mapping.read("a;b\n1;2\n".as_bytes()).is_err());
    for preset in ["kopilka", "yookassa", "bank"] {
        assert!(Mapping::preset(preset).is_some(), "{preset}");
    }
}

#[test]
fn a_bill_is_found_in_what_a_payer_writes() {
    let slugs = ["books".to_owned(), "big-shop".to_owned()];
    let found = |text: &str| bill_in(text, &slugs).map(|bill| bill.word());
    let is = |word: &str| Some(word.to_owned());
    assert_eq!(found("Оплата по счёту BOOKS-2026-10, без НДС"), is("books-2026-10"));
    assert_eq!(found("big-shop-2026-01"), is("big-shop-2026-01"));
    assert_eq!(found("books-2026-10 / books-2026-10"), is("books-2026-10"));
    for none in
        ["", "books", "books-2026-13", "books-2026-1", "books-2026-10 books-2026-09", "other-2026-10", "xbooks-2026-10"]
    {
        assert_eq!(found(none), None, "{none}");
    }
}

async fn partners_payments_are_booked_once_by_their_bills(db: TestDb) {
    let clock = Clock::manual("2026-10-05T12:00:00Z".parse().unwrap());
    let server = TestApp::start_with(&db.url, clock.clone(), |_config| {}).await;
    let market = Market::open(server, 0).await;
    let click = market.click(market.shopper).await;
    market.report("A-1", click, 1, "100.00").await;
    clock.advance(TimeDelta::days(29));
    let first = "reference,amount,currency,date,purpose,payer\n\
                 P1,60.00,RUB,2026-11-03,Invoice NETWORK-2026-10,Network LLC\n\
                 P2,5.00,RUB,2026-11-03,thank you,<b>Somebody</b>\n\
                 P3,zero,RUB,2026-11-03,network-2026-10,Network LLC\n\
                 P1,60.00,RUB,2026-11-03,Invoice NETWORK-2026-10,Network LLC\n";
    let put = |csv: &str| json!({ "kind": "bank", "rail": "main", "mapping": "bank", "csv": csv });
    let made = market.send(&market.as_admin, "/api/v1/operator/statements", &put(first), 201).await;
    let rub = |amount: &str| json!({ "amount": amount, "currency": "RUB" });
    let wanted = json!({ "payments": 1, "repeated": 1, "unknown": 1, "sums": [rub("60.00")] });
    assert_eq!((&made["booked"], &made["bad"][0]["line"]), (&wanted, &json!(4)));
    assert_eq!(made["payments"][0]["due"], rub("100.00"));
    let owed = |market: &Market| {
        let path = "/api/v1/partner/statement?from=2026-10-01T00:00:00Z&to=2026-12-01T00:00:00Z";
        let (server, token) = (&market.server, market.as_partner.0.clone());
        let request = server.request(Method::GET, path).bearer_auth(token);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap()["lines"][0]["closing"].clone() }
    };
    assert_eq!(owed(&market).await, rub("100.00"), "looking books nothing");
    let apply = |made: &Value| format!("/api/v1/operator/statements/{}/apply", made["id"].as_str().unwrap());
    assert_eq!(market.post(&market.as_viewer, &apply(&made), &json!({})).await.status(), 403);
    for _time in 0..2 {
        let done = market.send(&market.as_admin, &apply(&made), &json!({}), 200).await;
        assert_eq!(done["booked"], wanted);
        assert_eq!(owed(&market).await, rub("40.00"), "booked once");
    }
    let open = || async {
        let found = market.read(&market.as_admin, "/api/v1/operator/reconciliation/cases?open=true").await;
        let key = |case: &Value| format!("{} {}", case["class"].as_str().unwrap(), case["reference"].as_str().unwrap());
        found["items"].as_array().unwrap().iter().map(key).collect::<BTreeSet<String>>()
    };
    let keys = |all: &[&str]| all.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(open().await, keys(&["theirs_only P2", "amount network-2026-10"]));

    // The next statement holds the first payment again, and the rest.
    let second = "reference,amount,currency,date,purpose,payer\n\
                  P1,60.00,RUB,2026-11-03,Invoice network-2026-10,Network LLC\n\
                  P4,40.00,RUB,2026-11-10,network-2026-10 rest,Network LLC\n";
    let made = market.send(&market.as_admin, "/api/v1/operator/statements", &put(second), 201).await;
    assert_eq!(made["payments"][1]["due"], rub("40.00"));
    let done = market.send(&market.as_admin, &apply(&made), &json!({}), 200).await;
    assert_eq!(done["booked"], json!({ "payments": 1, "repeated": 1, "unknown": 0, "sums": [rub("40.00")] }));
    assert_eq!(owed(&market).await, rub("0.00"));
    assert_eq!(open().await, keys(&["theirs_only P2"]), "the bill is paid");
    let report = market.read(&market.as_admin, "/api/v1/operator/ledger/verify").await;
    assert_eq!(report["findings"], json!([]));
}

async fn upload(browser: &Browser<'_>, fields: &[(&str, &str)]) -> Shown {
    let part = |(name, text): &(&str, &str)| {
        format!("--bound\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let body: String = fields.iter().map(part).collect::<String>() + "--bound--\r\n";
    let request = browser
        .request(Method::POST, "/operator/new-statement")
        .header("content-type", "multipart/form-data; boundary=bound")
        .header("sec-fetch-site", "same-origin")
        .body(body);
    browser.shown(request).await
}

async fn the_pages_of_the_books(db: TestDb) {
    let server = TestApp::start_with(&db.url, Clock::System, |config| {
        config.sandbox.url = "http://127.0.0.1:9/".to_owned();
        config.sandbox.key = Some(Secret::new("secret"));
        config.sandbox.webhook_secret = Some(Secret::new("secret"));
    });
    let market = Market::open(server.await, 0).await;
    let boss = Browser::signed_in(&market.server, "en", &market.as_admin.0);
    boss.page("/operator/more").await.has("/operator/reconciliation");
    boss.page("/operator/reconciliation").await.has("No difference is open").has("/operator/new-statement");
    boss.page("/operator/new-statement").await.has("multipart/form-data");
    let csv = "reference,key,amount,currency,fee,state,at\n<b>r1</b>,,12.00,RUB,,paid,2026-03-01T00:00:00Z\nr2,,x,RUB,,paid,2026-03-01T00:00:00Z\n";
    let fields = [("kind", "provider"), ("provider", "sandbox"), ("mapping", "kopilka")];
    let refused = upload(&boss, &[fields[0], fields[1], fields[2], ("text", "a,b\n1,2\n")]).await;
    assert_eq!(refused.status, 422);
    refused.has("the header has no column").lacks("⟦");
    let put = upload(&boss, &[fields[0], fields[1], fields[2], ("text", csv)]).await;
    assert_eq!(put.status, 303, "{}", put.html);
    let page = boss.page(&put.location).await;
    page.has("Nothing is written yet")
        .has("Money that nothing explains")
        .has("&lt;b&gt;r1&lt;/b&gt;")
        .has("not a decimal");
    assert_eq!(boss.send_from("cross-site", &put.location, &[]).await.status, 403);
    assert_eq!(boss.send(&put.location, &[]).await.status, 303);
    boss.page(&put.location).await.has("Carried out");
    boss.page("/operator").await.has("money was moved that nothing explains");
    let list = boss.page("/operator/reconciliation").await;
    let case = format!("/operator/reconciliation/{}", list.between("href=\"/operator/reconciliation/", "\""));
    boss.page(&case).await.has("nothing is sent through this provider").has("RUB\u{a0}12.00").has(&put.location);
    assert_eq!(boss.send(&case, &[("do", "close"), ("reason", "")]).await.status, 422);
    assert_eq!(boss.send(&case, &[("do", "close"), ("reason", "found <i>it</i>")]).await.status, 303);
    let ivan = Browser::signed_in(&market.server, "ru", &market.as_admin.0);
    ivan.page(&case).await.has("Необъяснённые деньги").has("found &lt;i&gt;it&lt;/i&gt;");
    ivan.page("/operator/reconciliation?all=true").await.has("Закрыто");
    ivan.page(&put.location).await.has("Исполнено");
    let viewer = Browser::signed_in(&market.server, "en", &market.as_viewer.0);
    viewer.page(&case).await.lacks("<textarea");
    assert_eq!(viewer.send(&case, &[("do", "close"), ("reason", "r")]).await.status, 403);
    assert_eq!(viewer.get("/operator/new-statement").await.status, 403);
    let anna = Browser::signed_in(&market.server, "en", &market.as_shopper.0);
    assert_eq!(anna.get("/operator/reconciliation").await.status, 403);
}
