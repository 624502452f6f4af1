//! What tests and operators tell a simulated provider, the same for each: the script of faults, the clock, what becomes of a
//! payout, and the oracle. The sandbox bank has these calls below `/v1`, every provider below `/simulator`.

use std::collections::BTreeMap;
use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, dev, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bank::Bank;
use super::book::{Book, Refused, Status};
use super::fault::Fault;
use super::webhooks;
use crate::base::Secret;
use crate::domain::money::{Amount, MoneyError};

/// The calls, below `/simulator`.
pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.route("/simulator/payouts/{id}/{verb}", web::post().to(command))
        .route("/simulator/script", web::post().to(script))
        .route("/simulator/clock", web::post().to(clock))
        .route("/simulator/tick", web::post().to(tick))
        .route("/simulator/hooks", web::post().to(hooks))
        .route("/simulator/moved", web::get().to(moved));
}

/// An error answer.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) retry_after_ms: Option<u32>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after_ms: None }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
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
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
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

/// The body of a call.
pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|cause| Problem::bad(cause.to_string()))
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
    Ok(HttpResponse::Ok().json(bank.face.view(&bank.book(), &record)))
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

/// Takes the webhooks that wait, as they would be sent: for tests that deliver them themselves.
pub(super) async fn hooks(_service: Service, bank: web::Data<Bank>) -> HttpResponse {
    let taken = webhooks::take(&bank).into_iter();
    let shown: Vec<Value> = taken
        .map(|message| json!({"headers": message.headers, "body": String::from_utf8_lossy(&message.body)}))
        .collect();
    HttpResponse::Ok().json(shown)
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
