//! The bank's HTTP API, as docs/SANDBOX.md describes it.

use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, dev, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bank::Bank;
use super::book::{Book, CreateRequest, Destination, Record, Refused, Status};
use super::fault::{Fault, by_card, by_wallet};
use super::{mangle, webhooks};
use crate::base::secret::sha256_hex;
use crate::base::{Secret, Timestamp};
use crate::domain::money::{Amount, MoneyError};
use crate::domain::payout::MethodKind;

/// An error answer.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after_ms: Option<u32>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after_ms: None }
    }

    fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut error = json!({"code": self.code, "message": self.message});
        if let (Some(wait), Some(fields)) = (self.retry_after_ms, error.as_object_mut()) {
            fields.insert("retry_after_ms".to_owned(), wait.into());
        }
        HttpResponse::build(self.status)
            .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
            .json(json!({"error": error}))
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let (status, code) = match &refused {
            Refused::KeyReused => (StatusCode::CONFLICT, "key_reused"),
            Refused::DestinationUnknown => (StatusCode::UNPROCESSABLE_ENTITY, "destination_unknown"),
            Refused::AmountInvalid => (StatusCode::UNPROCESSABLE_ENTITY, "amount_invalid"),
            Refused::FloatShort => (StatusCode::PAYMENT_REQUIRED, "float_short"),
            Refused::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Refused::NotNow(..) => (StatusCode::CONFLICT, "not_now"),
            Refused::Io(_) | Refused::Money(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Self::new(status, code, refused.to_string())
    }
}

/// Who calls: with the secret key, or with the one for browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    Service,
    Browser,
}

impl Caller {
    fn of(request: &HttpRequest) -> Option<Self> {
        let bank = request.app_data::<web::Data<Bank>>()?;
        let given = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        if bank.config.api_key.matches(given) {
            return Some(Self::Service);
        }
        Secret::new(bank.config.public_key.as_str()).matches(given).then_some(Self::Browser)
    }
}

/// A call with the secret key.
pub(super) struct Service;

impl FromRequest for Service {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        std::future::ready(match Caller::of(request) {
            Some(Caller::Service) => Ok(Self),
            Some(Caller::Browser) | None => {
                Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "the key is missing or wrong"))
            }
        })
    }
}

/// A payout as the API shows it.
pub(super) fn view(record: &Record) -> Value {
    json!({
        "id": record.id, "key": record.key, "status": record.status, "reason": record.reason, "amount": record.amount,
        "destination": record.destination, "description": record.description, "metadata": record.metadata,
        "created_at": record.created_at,
    })
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|cause| Problem::bad(cause.to_string()))
}

pub(super) async fn create(
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
        let faults = book.faults_of_call(key, &wanted);
        if faults.contains(&Fault::DropBefore) {
            return Ok(mangle::hang_up(&request));
        }
        refusal(&faults)?;
        let hash = sha256_hex(&body);
        match book.replay(key, &hash, now)? {
            Some(record) => (record, faults, false),
            None => {
                let id = format!("sbx_{}", crate::base::id::KeyId::new().reference());
                (book.create(id, key, hash, wanted, faults.clone(), now)?, faults, true)
            }
        }
    };
    if faults.contains(&Fault::HookBefore) {
        webhooks::deliver(&bank).await;
    }
    Ok(mangle::answer(&request, &record, &faults, new, bank.config.stall))
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

pub(super) async fn fetch(
    _service: Service,
    bank: web::Data<Bank>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let now = bank.now();
    let record = bank.book().fetch(&id, now)?;
    Ok(HttpResponse::Ok().json(view(&record)))
}

#[derive(Deserialize)]
pub(super) struct ListQuery {
    key: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    cursor: Option<usize>,
    limit: Option<usize>,
}

pub(super) async fn list(
    _service: Service,
    bank: web::Data<Bank>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
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

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CommandBody {
    reason: Option<String>,
}

pub(super) async fn command(
    _service: Service,
    bank: web::Data<Bank>,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let (id, verb) = path.into_inner();
    let given: CommandBody = if body.is_empty() { CommandBody::default() } else { read(&body)? };
    let (status, default) = match verb.as_str() {
        "pay" => (Status::Paid, None),
        "fail" => (Status::Failed, Some("general_decline")),
        "return" => (Status::Returned, Some("account_closed")),
        _ => return Err(Problem::bad("the commands are pay, fail and return")),
    };
    let now = bank.now();
    let record = bank.book().set_status(&id, status, given.reason.as_deref().or(default), now)?;
    Ok(HttpResponse::Ok().json(view(&record)))
}

pub(super) async fn balance(_service: Service, bank: web::Data<Bank>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"balance": bank.book().balance()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokeniseBody {
    kind: MethodKind,
    number: String,
}

/// Turns a number into a token. Only the numbers of the documentation are taken, so that nobody tries a real card.
pub(super) async fn tokenise(
    request: HttpRequest,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    if Caller::of(&request).is_none() {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "the key is missing or wrong"));
    }
    let given: TokeniseBody = read(&body)?;
    let digits: String = given.number.chars().filter(|c| !c.is_whitespace()).collect();
    let known = match given.kind {
        MethodKind::Card => by_card(&digits),
        MethodKind::Wallet => by_wallet(&digits),
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptBody {
    next: Vec<Fault>,
}

pub(super) async fn script(
    _service: Service,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let given: ScriptBody = read(&body)?;
    let mut book = bank.book();
    book.script.extend(given.next);
    Ok(HttpResponse::Ok().json(json!({"waiting": book.script})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    offset_seconds: i64,
}

pub(super) async fn clock(_service: Service, bank: web::Data<Bank>, body: web::Bytes) -> Result<HttpResponse, Problem> {
    let given: ClockBody = read(&body)?;
    if given.offset_seconds.unsigned_abs() > 100 * 366 * 86_400 {
        return Err(Problem::bad("the clock moves by at most a hundred years"));
    }
    bank.book().set_offset(given.offset_seconds)?;
    Ok(HttpResponse::Ok().json(json!({"now": bank.now()})))
}

pub(super) async fn tick(_service: Service, bank: web::Data<Bank>) -> HttpResponse {
    let delivered = bank.tick().await;
    let waiting = bank.book().hooks.len();
    HttpResponse::Ok().json(json!({"delivered": delivered, "waiting": waiting}))
}

/// The oracle: what moved, by key, from the record of movements alone.
pub(super) async fn moved(_service: Service, bank: web::Data<Bank>) -> Result<HttpResponse, Problem> {
    let answer = moved_by_key(&bank.book()).map_err(Refused::from)?;
    Ok(HttpResponse::Ok().json(answer))
}

fn moved_by_key(book: &Book) -> Result<Value, MoneyError> {
    let nothing = Amount::zero(book.balance().currency());
    let (mut out, mut back) = (nothing, nothing);
    let mut keys: BTreeMap<&str, (u32, Amount, u32, Amount)> = BTreeMap::new();
    for movement in &book.movements {
        let entry = keys.entry(&movement.key).or_insert((0, nothing, 0, nothing));
        if movement.back {
            back = back.plus(movement.amount)?;
            entry.2 += 1;
            entry.3 = entry.3.plus(movement.amount)?;
        } else {
            out = out.plus(movement.amount)?;
            entry.0 += 1;
            entry.1 = entry.1.plus(movement.amount)?;
        }
    }
    let keys: Vec<Value> = keys
        .into_iter()
        .map(|(key, (times, moved, returned_times, returned))| {
            json!({
                "key": key, "times": times, "moved": moved, "returned_times": returned_times, "returned": returned,
            })
        })
        .collect();
    Ok(json!({"moved": out, "returned": back, "keys": keys}))
}
