//! The sandbox bank's HTTP API, as docs/SANDBOX.md describes it.

use std::collections::BTreeMap;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bank::Bank;
use super::book::{Book, Destination, Order, Record, Refused};
use super::commands::{Caller, Problem, Service, clock, command, moved, read, script, tick};
use super::face::Face;
use super::fault::{Fault, by_card, by_code, by_wallet};
use super::webhooks::{Hook, Message};
use super::{mangle, webhooks};
use crate::base::secret::sha256_hex;
use crate::base::{Secret, Timestamp};
use crate::domain::money::Amount;
use crate::domain::payout::MethodKind;
use crate::provider::sandbox::{SIGNATURE_HEADER, sign};

/// How long a key is remembered, on the bank's own clock.
const KEY_WINDOW: TimeDelta = TimeDelta::hours(24);

/// The sandbox bank's way to speak.
#[derive(Debug)]
pub(super) struct SandboxBank;

impl Face for SandboxBank {
    fn view(&self, _book: &Book, record: &Record) -> Value {
        view(record)
    }

    fn message(&self, bank: &Bank, hook: &Hook) -> Option<Message> {
        let (record, status) = (&hook.record, hook.record.status);
        let event = json!({
            "id": format!("evt_{}_{status}", record.id), "type": format!("payout.{status}"), "created_at": hook.at,
            "payout": view(record),
        });
        let body = event.to_string().into_bytes();
        // Signed with the real clock: the virtual one moves the bank's business, not its honesty.
        let at = bank.config.clock.now().seconds();
        let secret = if hook.forged { &Secret::new("not the secret") } else { &bank.config.webhook_secret };
        Some(Message { headers: vec![(SIGNATURE_HEADER.to_owned(), sign(secret, at, &body))], body })
    }

    fn routes(&self, app: &mut web::ServiceConfig) {
        app.route("/v1/payouts", web::post().to(create))
            .route("/v1/payouts", web::get().to(list))
            .route("/v1/payouts/{id}", web::get().to(fetch))
            .route("/v1/payouts/{id}/{verb}", web::post().to(command))
            .route("/v1/balance", web::get().to(balance))
            .route("/v1/destinations", web::post().to(tokenise))
            .route("/v1/destinations", web::method(actix_web::http::Method::OPTIONS).to(preflight))
            .route("/v1/script", web::post().to(script))
            .route("/v1/clock", web::post().to(clock))
            .route("/v1/tick", web::post().to(tick))
            .route("/v1/moved", web::get().to(moved));
    }
}

/// What a create call asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateRequest {
    amount: Amount,
    kind: MethodKind,
    destination: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// A payout as the API shows it.
fn view(record: &Record) -> Value {
    json!({
        "id": record.id, "key": record.key, "status": record.status, "reason": record.reason, "amount": record.amount,
        "destination": record.destination, "description": record.description, "metadata": record.metadata,
        "created_at": record.created_at,
    })
}

async fn create(
    request: HttpRequest,
    _service: Service,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let key = request.headers().get("Idempotency-Key").and_then(|value| value.to_str().ok()).unwrap_or("");
    if key.is_empty() || key.len() > 64 {
        return Err(Problem::bad("Idempotency-Key must have 1 to 64 characters"));
    }
    let wanted: CreateRequest = read(&body)?;
    let now = bank.now();
    let (record, faults, new) = {
        let mut book = bank.book();
        let to = book.destination(&wanted.destination).cloned();
        let own = to.as_ref().and_then(|known| by_code(known.code)).map_or(&[][..], |known| known.faults);
        let faults = book.faults_of_call(key, own);
        if faults.contains(&Fault::DropBefore) {
            return Ok(mangle::hang_up(&request));
        }
        refusal(&faults)?;
        let hash = sha256_hex(&body);
        match book.replay(key, &hash, KEY_WINDOW, now)? {
            Some(record) => (record, faults, false),
            None if to.is_none_or(|known| known.kind != wanted.kind) => return Err(Refused::DestinationUnknown.into()),
            None => (book.create(order(key, hash, wanted, faults.clone()), now)?, faults, true),
        }
    };
    if faults.contains(&Fault::HookBefore) {
        webhooks::deliver(&bank).await;
    }
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let mut strange = view(&record);
    if let Some(fields) = strange.as_object_mut() {
        fields.insert("status".to_owned(), "handed_to_partner_bank".into());
        fields.insert("route".to_owned(), json!({"hops": [1, 2], "eta": null}));
    }
    let good = mangle::Good { status, body: view(&record), strange };
    Ok(mangle::answer(&request, &good, &faults, bank.config.stall))
}

fn order(key: &str, body: String, wanted: CreateRequest, faults: Vec<Fault>) -> Order {
    let failure = faults.iter().find_map(|fault| fault.failure()).map(str::to_owned);
    Order {
        id: format!("sbx_{}", crate::base::id::KeyId::new().reference()),
        key: key.to_owned(),
        body,
        amount: wanted.amount,
        destination: wanted.destination,
        description: wanted.description,
        metadata: wanted.metadata,
        faults,
        failure,
    }
}

/// The faults that create nothing.
fn refusal(faults: &[Fault]) -> Result<(), Problem> {
    let table = [
        (Fault::Error500Before, 500, "internal", None),
        (Fault::RateLimited, 429, "rate_limited", Some(1500)),
        (Fault::Unavailable, 503, "unavailable", None),
        (Fault::FloatShort, 402, "float_short", None),
        (Fault::DestinationRefused, 422, "destination_refused", None),
        (Fault::LimitExceeded, 422, "limit_exceeded", None),
    ];
    for (fault, status, code, retry_after_ms) in table {
        if faults.contains(&fault) {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Err(Problem { retry_after_ms, ..Problem::new(status, code, "as the script says") });
        }
    }
    Ok(())
}

async fn fetch(_service: Service, bank: web::Data<Bank>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let now = bank.now();
    let record = bank.book().fetch(&id, now)?;
    Ok(HttpResponse::Ok().json(view(&record)))
}

#[derive(Deserialize)]
struct ListQuery {
    key: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    cursor: Option<usize>,
    limit: Option<usize>,
}

async fn list(_service: Service, bank: web::Data<Bank>, query: web::Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let now = bank.now();
    let mut book = bank.book();
    let limit = query.limit.unwrap_or(100).clamp(1, 100);
    let wanted = |record: &Record| {
        query.key.as_ref().is_none_or(|key| *key == record.key)
            && query.from.is_none_or(|from| from <= record.created_at)
            && query.until.is_none_or(|until| record.created_at < until)
    };
    let places: Vec<(usize, String)> = book
        .payouts
        .iter()
        .enumerate()
        .skip(query.cursor.unwrap_or(0))
        .filter(|(_, record)| wanted(record))
        .map(|(place, record)| (place, record.id.clone()))
        .take(limit + 1)
        .collect();
    let next = places.get(limit).map(|(place, _)| place.to_string());
    let mut shown = Vec::new();
    for (_, id) in places.iter().take(limit) {
        // Asking by key is a poll like asking by id; walking the list is not.
        shown.push(view(&if query.key.is_some() { book.fetch(id, now)? } else { book.find(id)? }));
    }
    Ok(HttpResponse::Ok().json(json!({"payouts": shown, "next": next})))
}

async fn balance(_service: Service, bank: web::Data<Bank>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"balance": bank.book().balance()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokeniseBody {
    kind: MethodKind,
    number: String,
}

/// Turns a number into a token. Only the numbers of the documentation are taken, so that nobody tries a real card.
async fn tokenise(request: HttpRequest, bank: web::Data<Bank>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    if Caller::of(&request).is_none() {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "the key is missing or wrong"));
    }
    let given: TokeniseBody = read(&body)?;
    let digits: String = given.number.chars().filter(|c| !c.is_whitespace()).collect();
    let known = match given.kind {
        MethodKind::Card => by_card(&digits),
        MethodKind::Wallet => by_wallet(&digits),
        MethodKind::Sbp | MethodKind::YooMoney | MethodKind::PayPal | MethodKind::Iban | MethodKind::Account => None,
    };
    let known = known.ok_or_else(|| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "not_a_test_number",
            "only the documented test numbers are taken",
        )
    })?;
    let last4: String = digits.chars().skip(digits.len().saturating_sub(4)).collect();
    let token = format!("tok_{}", crate::base::id::KeyId::new().reference());
    let masked = format!("•••• {last4}");
    let answer = json!({"token": token, "kind": given.kind, "masked": masked});
    bank.book().add_destination(Destination { token, kind: given.kind, masked, code: known.code })?;
    Ok(HttpResponse::Created().insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")).json(answer))
}

pub(super) async fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"))
        .finish()
}
