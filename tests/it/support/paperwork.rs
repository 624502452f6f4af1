//! What lies on desks: files, applications, work that waits. For tests that need one to be there.

use kopilka::base::id::{ApplicationId, ClickId, JobId, PartnerId, PayoutFileId, PersonId, ShopperId};
use kopilka::db::Lane;
use kopilka::db::applications::{ApplicationRow, application_insert};
use kopilka::db::bench_reports::bench_report_list;
use kopilka::db::jobs::{JobKind, JobRow, job_enqueue};
use kopilka::db::partners::partner_find;
use kopilka::db::payout_files::{PayoutFileRow, file_context, payout_file_insert};
use kopilka::domain::access::Actor;
use kopilka::domain::application::ApplicationState;
use kopilka::domain::money::Currency;
use kopilka::service::App;
use kopilka::service::await_order::{Told, order_tell};
use kopilka::service::claims::NewClaim;
use kopilka::service::desk::bench_share::bench_share;
use kopilka::service::desk::order_changes::order_changes_put;
use serde_json::json;

use super::accounts;

/// A file of changes that a partner sent.
pub async fn changes(app: &App, partner: PartnerId) -> String {
    app.reload_catalogue().await.unwrap();
    let row = app.db.read(move |conn| partner_find(conn, partner)).await.unwrap().unwrap();
    let known = app.partner(&row.slug).await.unwrap();
    let text = "order,action\nnone,confirm\n";
    order_changes_put(app, &known, &Actor::Partner(partner), text).await.unwrap().to_string()
}

/// An order that waits to become a claim.
pub async fn awaited_order(app: &App, shopper: ShopperId, click: ClickId) -> String {
    let ordered_at = app.clock.now();
    let claim = NewClaim { click, order_number: "X-3".to_owned(), amount: None, ordered_at, note: None };
    match order_tell(app, shopper, claim, true).await.unwrap() {
        Told::Waits(row) => row.id.to_string(),
        Told::Claimed(row) => panic!("{row:?}"),
    }
}

/// A shared report of a partner's test bench.
pub async fn bench_report(app: &App, partner: PartnerId) -> String {
    bench_share(app, &Actor::Console, partner, &json!({})).await.unwrap();
    let now = app.clock.now();
    let links = app.db.read(move |conn| bench_report_list(conn, partner, now, None, 1)).await.unwrap();
    links[0].id.to_string()
}

/// An application that waits for a decision.
pub async fn application(app: &App) -> String {
    let (id, partner, now) = (ApplicationId::new(), accounts::partner(app).await, app.clock.now());
    let person: PersonId = accounts::person(app, partner).await;
    let row = ApplicationRow {
        id,
        person_id: person,
        partner_id: Some(partner),
        name: "New".to_owned(),
        site: "https://new.example/".to_owned(),
        adapter: "direct".to_owned(),
        note: None,
        state: ApplicationState::Waiting,
        created_at: now,
        decided_at: None,
        decided_by: None,
        answer: None,
    };
    app.db.write(Lane::House, move |conn| application_insert(conn, &row)).await.unwrap();
    id.to_string()
}

/// A file of payouts without payouts.
pub async fn payout_file(app: &App) -> String {
    let id = PayoutFileId::new();
    let row = PayoutFileRow {
        id,
        provider: "bank".to_owned(),
        currency: Currency::RUB,
        payouts: 1,
        total: 1,
        created_by: "console".to_owned(),
        created_at: app.clock.now(),
        csv: app.master.seal(&file_context(id, "csv"), "a table").unwrap(),
        pain: app.master.seal(&file_context(id, "pain"), "a tree").unwrap(),
    };
    app.db.write(Lane::House, move |conn| payout_file_insert(conn, &row, &[])).await.unwrap();
    id.to_string()
}

/// A job that is far from due.
pub async fn job(app: &App) -> String {
    let id = JobId::new();
    let mut row = JobRow::new(id, JobKind::PostLetter, format!("waits/{id}"), String::new(), app.clock.now());
    row.run_at = app.clock.now().plus_days(300);
    app.db.write(Lane::House, move |conn| job_enqueue(conn, &row)).await.unwrap();
    id.to_string()
}
