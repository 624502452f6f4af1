//! Every real partner's call through the real endpoint, on both databases: first to a service that knows none of
//! the clicks, then with clicks of ours in them, so that the money moves.

use diesel::prelude::*;
use kopilka::base::Timestamp;
use kopilka::base::id::{ClickId, KeyId, PartnerId, ShopperId, StoreId, TermsId};
use kopilka::db::Lane;
use kopilka::db::clicks::click_insert;
use kopilka::db::partners::{
    PartnerRow, PartnerSecretRow, partner_insert, partner_secret_context, partner_secret_insert,
};
use kopilka::db::postbacks::{PostbackFilter, postback_list};
use kopilka::db::schema::shoppers;
use kopilka::db::stores::{StoreRow, TermsRow, store_insert, terms_insert};
use kopilka::domain::access::Actor;
use kopilka::domain::money::{Amount, Currency};
use kopilka::domain::partner::{PartnerSettings, Status};
use kopilka::domain::verdict::Verdict;
use kopilka::service::ServiceError;
use kopilka::service::ingest_postback::{ReportOutcome, rerun_postback};
use kopilka::service::verify_ledger::verify_ledger;
use reqwest::Method;
use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::db::TestDb;
use crate::support::fixtures::{Case, Expect, cases, cases_of};
use crate::support::market::click_row;

/// A partner named after a preset, with one store; made past the API, since the API is not what is tested here.
pub async fn add_partner(
    server: &TestApp,
    preset: &str,
    secret: &str,
    settings: PartnerSettings,
) -> (PartnerId, StoreId, TermsId) {
    let now = server.app.clock.now();
    let id = PartnerId::new();
    let (partner, store, terms) = (row(id, preset, &settings, now), store_row(id, preset, now), TermsId::new());
    let sealed = server.app.master.seal(&partner_secret_context(id), secret).unwrap();
    let secret = PartnerSecretRow { id: KeyId::new(), partner_id: id, sealed, created_at: now, retired_at: None };
    let body = serde_json::json!({"rate": {"share_of_commission": "50"}, "attribution_days": 90}).to_string();
    let terms_row = TermsRow { id: terms, store_id: store.id, version: 1, valid_from: now, body, created_at: now };
    let store_id = store.id;
    let insert = move |conn: &mut kopilka::db::Conn| {
        partner_insert(conn, &partner)?;
        partner_secret_insert(conn, &secret)?;
        store_insert(conn, &store)?;
        Ok::<_, ServiceError>(terms_insert(conn, &terms_row)?)
    };
    server.app.db.write(Lane::House, insert).await.unwrap();
    server.app.reload_catalogue().await.unwrap();
    (id, store_id, terms)
}

fn row(id: PartnerId, preset: &str, settings: &PartnerSettings, now: Timestamp) -> PartnerRow {
    PartnerRow {
        id,
        slug: preset.to_owned(),
        name: preset.to_owned(),
        adapter: preset.to_owned(),
        settings: serde_json::to_string(settings).unwrap(),
        status: Status::Active,
        created_at: now,
    }
}

fn store_row(partner_id: PartnerId, preset: &str, now: Timestamp) -> StoreRow {
    StoreRow {
        id: StoreId::new(),
        slug: format!("store-of-{preset}"),
        partner_id,
        name: "Store".to_owned(),
        status: Status::Active,
        home_url: "https://store.example/".to_owned(),
        domains: r#"["store.example"]"#.to_owned(),
        landing_url: "https://network.example/?ref={click}".to_owned(),
        deep_link_url: None,
        categories: "[]".to_owned(),
        extension: "{}".to_owned(),
        created_at: now,
        updated_at: now,
    }
}

pub async fn add_shopper(server: &TestApp) -> ShopperId {
    let (id, now) = (ShopperId::new(), server.app.clock.now());
    let insert = move |conn: &mut kopilka::db::Conn| {
        diesel::insert_into(shoppers::table)
            .values((
                shoppers::id.eq(id),
                shoppers::public_id.eq(id.reference()),
                shoppers::email.eq(format!("{id}@shopper.example")),
                shoppers::password_hash.eq("-"),
                shoppers::status.eq("active"),
                shoppers::language.eq("en"),
                shoppers::created_at.eq(now),
            ))
            .execute(conn)
            .map_err(kopilka::db::DbError::from)?;
        Ok::<_, ServiceError>(())
    };
    server.app.db.write(Lane::House, insert).await.unwrap();
    id
}

async fn send(server: &TestApp, case: &Case) -> reqwest::Response {
    let secret = case.path_secret.map(|secret| format!("/{secret}")).unwrap_or_default();
    let query = if case.query.is_empty() { String::new() } else { format!("?{}", case.query) };
    let method: Method = case.method.parse().unwrap();
    let mut request =
        server.request(method, &format!("/postback/{}{secret}{query}", case.preset)).body(case.body.clone());
    for (name, value) in &case.headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}

/// What is kept of the latest call.
async fn latest(server: &TestApp) -> (Verdict, Option<String>, Vec<ReportOutcome>) {
    let rows = server.app.db.read(|conn| postback_list(conn, &PostbackFilter::default(), 1)).await.unwrap();
    let row = rows.first().unwrap();
    (row.verdict, row.reason.clone(), serde_json::from_str(&row.reports).unwrap())
}

async fn fixtures_are_read_as_they_mean(db: TestDb) {
    let server = TestApp::start(&db.url).await;
    let mut added = Vec::new();
    let all = cases();
    assert!(all.len() >= 37, "{} messages", all.len());
    for case in &all {
        let place = format!("{}[{}]", case.file, case.index);
        if !added.contains(&case.preset) {
            add_partner(&server, case.preset, case.secret, PartnerSettings::default()).await;
            added.push(case.preset);
        }
        let response = send(&server, case).await;
        let status = response.status().as_u16();
        let (verdict, reason, reports) = latest(&server).await;
        let wanted = match case.expect {
            Expect::RejectAuth => (401, Verdict::Refused, 0),
            Expect::Ignore => (200, Verdict::Ignored, 0),
            Expect::Quarantine | Expect::Undetermined => (200, Verdict::Held, 0),
            // Read right, and held, since the click is not one of ours.
            Expect::Ingest => (200, Verdict::Held, 1),
        };
        assert_eq!((status, verdict, reports.len()), wanted, "{place}: {reason:?}");
        if let Some(outcome) = reports.first() {
            crate::adapter::check(&place, &case.means, &outcome.report);
        }
    }
    let report = verify_ledger(&server.app).await.unwrap();
    assert_eq!((report.transactions, report.findings), (0, vec![]), "nothing may have moved");
}

/// The message with the click of ours in the place of its own, where that place is not signed.
pub fn with_click(case: &Case, click: ClickId) -> Option<Case> {
    let theirs = case.means["click_ref"].as_str()?;
    let ours = click.reference();
    let swap = |text: &str| text.replace(theirs, &ours);
    let body = swap(std::str::from_utf8(&case.body).ok()?).into_bytes();
    Some(Case { query: swap(&case.query), body, ..case.clone() })
}

/// A click an hour before the sale that the message reports, so that it counts.
pub async fn add_click(
    server: &TestApp,
    case: &Case,
    shopper: ShopperId,
    to: (PartnerId, StoreId, TermsId),
) -> ClickId {
    let told =
        case.means["occurred_at"].as_str().and_then(|text| format!("{}Z", text.trim_end_matches('Z')).parse().ok());
    let at = told.unwrap_or_else(|| server.app.clock.now()).plus_seconds(-3600);
    let (partner, store, terms) = to;
    let row = click_row(shopper, partner, store, terms, at);
    let id = row.id;
    server.app.db.write(Lane::Clicks, move |conn| Ok::<_, ServiceError>(click_insert(conn, &row)?)).await.unwrap();
    id
}

async fn balance(server: &TestApp, shopper: ShopperId, currency: &str) -> (i64, i64, i64, i64) {
    let currency = currency.parse().unwrap();
    let of = move |conn: &mut kopilka::db::Conn| kopilka::db::balances::balances_find(conn, shopper, currency);
    let found = server.app.db.read(of).await.unwrap();
    (found.pending, found.confirmed, found.available, found.debt)
}

/// One line a message: the verdict, and the shopper's (pending, in hold, available, debt) after it.
type Line = (Verdict, (i64, i64, i64, i64));

async fn play(db: &TestDb, file: &str, currency: &str, settings: PartnerSettings, lines: &[Line]) {
    let server = TestApp::start(&db.url).await;
    let all: Vec<Case> =
        cases_of(file).into_iter().filter(|case| case.expect == Expect::Ingest && case.preset == file).collect();
    let first = all.first().unwrap();
    let to = add_partner(&server, file, first.secret, settings).await;
    let shopper = add_shopper(&server).await;
    let click = add_click(&server, first, shopper, to).await;
    assert_eq!(all.len(), lines.len(), "{file}: messages");
    for (case, (verdict, money)) in all.iter().zip(lines) {
        let case = with_click(case, click).unwrap();
        let place = format!("{file}[{}]", case.index);
        let answer: Value = send(&server, &case).await.json().await.unwrap();
        assert_eq!(answer["verdict"], verdict.as_str(), "{place}: {answer}");
        assert_eq!(balance(&server, shopper, currency).await, *money, "{place}: {answer}");
        let again: Value = send(&server, &case).await.json().await.unwrap();
        assert_eq!(again["verdict"], "unchanged", "{place}, sent again: {again}");
        assert_eq!(balance(&server, shopper, currency).await, *money, "{place}, sent again");
    }
    kopilka::job::drain(&server.app).await.unwrap();
    let report = verify_ledger(&server.app).await.unwrap();
    assert_eq!(report.findings, vec![], "{file}");
    assert_eq!(report.unsealed, 0, "{file}");
}

use Verdict::Applied;

async fn money_follows_admitad(db: TestDb) {
    // Half of 125.50; approved at once becomes available (no hold); put back on hold; declined; the reward becomes
    // ready; then a second payment of the same order with 12.00.
    let lines = [
        (Applied, (6275, 0, 0, 0)),
        (Applied, (0, 0, 6275, 0)),
        (Applied, (6275, 0, 0, 0)),
        (Applied, (0, 0, 0, 0)),
        (Applied, (0, 0, 6275, 0)),
        (Applied, (600, 0, 6275, 0)),
    ];
    play(&db, "admitad", "RUB", PartnerSettings::default(), &lines).await;
}

async fn money_follows_affise(db: TestDb) {
    let lines =
        [(Applied, (625, 0, 0, 0)), (Applied, (625, 0, 0, 0)), (Applied, (0, 0, 625, 0)), (Applied, (0, 0, 0, 0))];
    play(&db, "affise", "USD", PartnerSettings::default(), &lines).await;
}

async fn money_follows_7offers(db: TestDb) {
    // No currency in the message: the partner's setting has it.
    let settings = PartnerSettings { currency: Some("RUB".parse().unwrap()), ..PartnerSettings::default() };
    let lines = [(Applied, (5000, 0, 0, 0)), (Applied, (0, 0, 5000, 0)), (Applied, (0, 0, 0, 0))];
    play(&db, "7offers", "RUB", settings, &lines).await;
}

async fn money_follows_actionpay(db: TestDb) {
    // 37,5: half of 37.50 is 18.75.
    let lines = [(Applied, (1875, 0, 0, 0)), (Applied, (0, 0, 1875, 0)), (Applied, (0, 0, 0, 0))];
    play(&db, "actionpay", "RUB", PartnerSettings::default(), &lines).await;
}

async fn money_follows_tune(db: TestDb) {
    // Two goals of one click: 1.20 and 0.35; half of 0.35 is rounded down to 0.17.
    let lines = [(Applied, (0, 0, 60, 0)), (Applied, (0, 0, 77, 0))];
    play(
        &db,
        "tune",
        "USD",
        PartnerSettings { time_zone: Some("UTC".to_owned()), ..PartnerSettings::default() },
        &lines,
    )
    .await;
}

async fn secrets_are_not_written_down(db: TestDb) {
    let server = TestApp::start(&db.url).await;
    add_partner(&server, "admitad", "right-secret-0123456789", PartnerSettings::default()).await;
    let path = "/postback/admitad/right-secret-0123456789?admitad_id=1&payment_status=new";
    assert_eq!(server.get(path).await.status(), 200);
    assert_eq!(server.get("/postback/admitad/wrong-secret-0123456789?admitad_id=1").await.status(), 401);
    let rows = server.app.db.read(|conn| postback_list(conn, &PostbackFilter::default(), 10)).await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let kept = format!("{row:?}");
        assert!(!kept.contains("right-secret") && !kept.contains("wrong-secret"), "{kept}");
    }
}

async fn strangers_and_oversized_calls_are_not_kept(db: TestDb) {
    let server = TestApp::start(&db.url).await;
    add_partner(&server, "dub", "s", PartnerSettings::default()).await;
    assert_eq!(server.get("/postback/nobody?x=1").await.status(), 404);
    let huge = server.request(Method::POST, "/postback/dub").body(vec![b'x'; 70 * 1024]).send().await.unwrap();
    assert_eq!(huge.status(), 413);
    assert_eq!(huge.headers()["content-type"], "application/problem+json");
    let rows = server.app.db.read(|conn| postback_list(conn, &PostbackFilter::default(), 10)).await.unwrap();
    assert_eq!(rows.len(), 0);
}

crate::on_both![
    fixtures_are_read_as_they_mean,
    money_follows_admitad,
    money_follows_affise,
    money_follows_7offers,
    money_follows_actionpay,
    money_follows_tune,
    secrets_are_not_written_down,
    strangers_and_oversized_calls_are_not_kept,
    a_call_run_again_does_not_overtake_later_news,
];

/// Sends an order of Admitad's with this status and reward.
async fn order(server: &TestApp, click: ClickId, status: &str, sum: &str) -> Value {
    let path = format!(
        "/postback/admitad/{SECRET}?admitad_id=1&subid4={}&payment_status={status}&payment_sum={sum}&order_sum=900.00&currency=RUB&order_id=7",
        click.reference()
    );
    server.get(&path).await.json().await.unwrap()
}

const SECRET: &str = "p4th-S3cret_0123456789";

async fn a_call_run_again_does_not_overtake_later_news(db: TestDb) {
    let server = TestApp::start(&db.url).await;
    let limits = PartnerSettings {
        max_commission: vec![Amount::parse("100.00", Currency::RUB).unwrap()],
        ..PartnerSettings::default()
    };
    let to = add_partner(&server, "admitad", SECRET, limits).await;
    let shopper = add_shopper(&server).await;
    let mut case = cases_of("admitad").remove(0);
    case.means = serde_json::json!({ "occurred_at": null });
    let click = add_click(&server, &case, shopper, to).await;
    assert_eq!(order(&server, click, "new", "90.00").await["verdict"], "applied");
    let held = order(&server, click, "approved", "500.00").await;
    assert_eq!((held["verdict"].as_str(), held["reason"].as_str()), (Some("held"), Some("beyond_limit")));
    assert_eq!(order(&server, click, "declined", "90.00").await["verdict"], "applied");

    let mut row = server.app.partner("admitad").await.unwrap().row.clone();
    row.settings = "{}".to_owned();
    let update = move |conn: &mut kopilka::db::Conn| kopilka::db::partners::partner_update(conn, &row);
    server.app.db.write(Lane::House, update).await.unwrap();
    server.app.reload_catalogue().await.unwrap();
    let id = held["postback"].as_str().unwrap().parse().unwrap();
    let find = move |conn: &mut kopilka::db::Conn| kopilka::db::postbacks::postback_find(conn, id);
    let kept = server.app.db.read(find).await.unwrap().unwrap();
    let again = rerun_postback(&server.app, &Actor::Console, &kept, false, "the limit was raised").await.unwrap();
    assert_eq!((again.verdict, again.reason.as_deref()), (Verdict::Superseded, Some("older_event")));
    assert_eq!(balance(&server, shopper, "RUB").await, (0, 0, 0, 0), "what was declined stays declined");
    assert_eq!(verify_ledger(&server.app).await.unwrap().findings, vec![]);
}
