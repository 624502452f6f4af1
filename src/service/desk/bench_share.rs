//! A report of the test bench for whoever has the link: the network's support, a developer. It is kept as it was told, without
//! secrets and without anything of shoppers, for thirty days or until it is taken back.

use regex::Regex;
use serde_json::{Value, json};

use crate::base::id::{BenchReportId, PartnerId};
use crate::base::secret::sha256_hex;
use crate::base::{Secret, Timestamp};
use crate::db::Lane;
use crate::db::audit::{AuditRow, audit_insert_in_tx};
use crate::db::bench_reports::{
    BenchReportRow, bench_report_find, bench_report_insert, bench_report_list, bench_report_purge, bench_report_revoke,
};
use crate::db::partners::partner_find;
use crate::domain::access::{Actor, Permission};
use crate::domain::partner::Status;
use crate::service::accounts::require_of;
use crate::service::try_postback::Trial;
use crate::service::view::account_word;
use crate::service::{App, Outcome, ServiceError};

/// How long a link works.
const DAYS: i64 = 30;
/// How many links of one partner may work at a time.
const MOST: i64 = 200;
/// The largest report that is kept, in bytes.
const LARGEST: usize = 256 * 1024;

/// A report that was just shared.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The code of the link: this is the only time that it is known.
    pub code: Secret,
    /// Until when the link works.
    pub expires_at: Timestamp,
}

/// A trial as partners and strangers read it: accounts as words, nothing that tells one shopper from another, and the secrets
/// nowhere, whatever field they were put into.
///
/// # Errors
/// [`ServiceError::Internal`] when it cannot be written as JSON.
pub fn told(trial: &Trial, secrets: &[Secret]) -> Outcome<Value> {
    let users: Vec<&str> = trial.reading.reports.iter().filter_map(|report| report.user_ref.as_deref()).collect();
    let mut told = serde_json::to_value(trial).map_err(ServiceError::internal)?;
    if let Some(reports) = told.pointer_mut("/reports").and_then(Value::as_array_mut) {
        for report in reports {
            if let Some(matched) = report.pointer_mut("/matched").and_then(Value::as_object_mut) {
                matched.remove("shopper");
            }
            for transfer in report.pointer_mut("/transfers").and_then(Value::as_array_mut).into_iter().flatten() {
                for side in ["debit", "credit"] {
                    if let Some(account) = transfer.get_mut(side) {
                        let word = account_word(account.as_str().unwrap_or_default());
                        let shoppers = ["pending", "confirmed", "available", "in-payout", "debt"];
                        *account = json!(if shoppers.contains(&&*word) { "shopper" } else { &*word });
                    }
                }
            }
        }
    }
    if let Some(reports) = told.pointer_mut("/reading/reports").and_then(Value::as_array_mut) {
        for report in reports.iter_mut().filter_map(Value::as_object_mut) {
            report.remove("user_ref");
        }
    }
    for part in ["/call/url", "/call/body"] {
        if let Some(text) = told.pointer_mut(part) {
            let mut shown = text.as_str().unwrap_or_default().to_owned();
            for form in users.iter().filter(|user| user.len() > 2).map(|user| any_form(user)) {
                shown = form?.replace_all(&shown, "***").into_owned();
            }
            *text = json!(shown);
        }
    }
    hide(&mut told, secrets);
    Ok(told)
}

/// Finds a text, each letter of it as it is or in percent form.
fn any_form(text: &str) -> Outcome<Regex> {
    let mut pattern = String::new();
    for letter in text.chars() {
        let bytes = letter.to_string().into_bytes();
        let percent: String = bytes.iter().map(|byte| format!("%(?i:{byte:02x})")).collect();
        let plus = if letter == ' ' { r"|\+" } else { "" };
        pattern.push_str(&format!("(?:{}|{percent}{plus})", regex::escape(&letter.to_string())));
    }
    Regex::new(&pattern).map_err(ServiceError::internal)
}

/// Puts `***` where a secret stands in any text, and makes texts of numbers.
fn hide(value: &mut Value, secrets: &[Secret]) {
    match value {
        Value::String(text) => {
            for secret in secrets.iter().filter(|secret| text.contains(secret.expose())).collect::<Vec<_>>() {
                *text = text.replace(secret.expose(), "***");
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| hide(one, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|one| hide(one, secrets)),
        // Templates know no numbers of any length; as texts they are shown as they are.
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Keeps what [`told`] gave for whoever has the link.
///
/// # Errors
/// [`ServiceError::Forbidden`] to whoever is neither one of the partner's people nor an operator with the permission
/// `catalogue`; [`ServiceError::Conflict`] `too_many_links`; [`ServiceError::Refused`] `report_too_large`.
pub async fn bench_share(app: &App, actor: &Actor, partner: PartnerId, told: &Value) -> Outcome<Shared> {
    require_of(actor, partner, Permission::Catalogue)?;
    let found = app.db.read(move |conn| partner_find(conn, partner)).await?;
    let is_let_in = found.is_some_and(|row| row.status == Status::Active);
    if matches!(actor, Actor::Person(..)) && !is_let_in {
        // Whoever nobody has let in yet publishes nothing under our name.
        return Err(ServiceError::conflict("partner_paused", "the partner is paused, so nothing can be shared"));
    }
    let body = told.to_string();
    if body.len() > LARGEST {
        return Err(ServiceError::refused("report_too_large", "the report is too large to be kept"));
    }
    let code = Secret::random(24).map_err(ServiceError::internal)?;
    let now = app.clock.now();
    let row = BenchReportRow {
        id: BenchReportId::new(),
        partner_id: partner,
        digest: sha256_hex(code.expose().as_bytes()),
        body,
        made_by: actor.to_string(),
        created_at: now,
        expires_at: now.plus_days(DAYS),
        revoked_at: None,
    };
    let audit = entry(actor, "bench.share", partner, row.id, now);
    let expires_at = row.expires_at;
    app.db
        .write(Lane::House, move |conn| {
            let links = bench_report_list(conn, partner, now, None, MOST)?.len();
            if i64::try_from(links).unwrap_or(MOST) >= MOST {
                return Err(ServiceError::conflict("too_many_links", "take an older link back first"));
            }
            bench_report_purge(conn, now.plus_days(-DAYS))?;
            bench_report_insert(conn, &row)?;
            audit_insert_in_tx(conn, &audit)?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(Shared { code, expires_at })
}

fn entry(actor: &Actor, action: &'static str, partner: PartnerId, id: BenchReportId, now: Timestamp) -> AuditRow {
    AuditRow::new(now, actor, action, format!("partner/{partner}"), &json!({ "report": id.to_string() }))
}

/// The report that a link leads to.
///
/// # Errors
/// [`ServiceError::NotFound`] when the link does not work, or not any more.
pub async fn bench_shared(app: &App, code: &str) -> Outcome<BenchReportRow> {
    let (digest, now) = (sha256_hex(code.as_bytes()), app.clock.now());
    let found = app.db.read(move |conn| bench_report_find(conn, &digest, now)).await?;
    found.ok_or(ServiceError::NotFound("report"))
}

/// Takes a link back.
///
/// # Errors
/// As [`bench_share`]; [`ServiceError::NotFound`] also for another partner's.
pub async fn bench_unshare(app: &App, actor: &Actor, partner: PartnerId, id: BenchReportId) -> Outcome<()> {
    require_of(actor, partner, Permission::Catalogue)?;
    let now = app.clock.now();
    let audit = entry(actor, "bench.unshare", partner, id, now);
    app.db
        .write(Lane::House, move |conn| {
            if !bench_report_revoke(conn, partner, id, now)? {
                return Err(ServiceError::NotFound("report"));
            }
            audit_insert_in_tx(conn, &audit)?;
            Ok(())
        })
        .await
}
