//! The calls of the API.

use std::collections::BTreeMap;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::KEY_WINDOW;
use super::seal::Seal;
use super::words::{self, Problem, faults_of};
use crate::base::Secret;
use crate::base::id::KeyId;
use crate::base::secret::sha256_hex;
use crate::domain::money::{Amount, Currency};
use crate::simulator::bank::Bank;
use crate::simulator::book::{Order, Record, Status};
use crate::simulator::fault::Fault;
use crate::simulator::{mangle, webhooks};

/// The only scope that is asked for.
const SCOPE: &str = "https://uri.paypal.com/payments/payouts";

/// What tokens are: made from the secret, so that they stay good when the simulator is started again.
fn token_of(bank: &Bank) -> String {
    format!("A21AA{}", sha256_hex(bank.config.api_key.expose().as_bytes()))
}

fn given<'a>(request: &'a HttpRequest, scheme: &str) -> Option<&'a str> {
    request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)
}

/// A call with a token.
pub(super) struct Caller;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let bank = request.app_data::<web::Data<Bank>>();
        let good =
            bank.zip(given(request, "Bearer ")).is_some_and(|(bank, text)| Secret::new(token_of(bank)).matches(text));
        let refused =
            || Problem::new(401, "AUTHENTICATION_FAILURE", "Authentication failed due to invalid credentials");
        std::future::ready(if good { Ok(Self) } else { Err(refused()) })
    }
}

pub(super) async fn token(request: HttpRequest, bank: web::Data<Bank>, body: String) -> HttpResponse {
    let credentials = || {
        let text = String::from_utf8(STANDARD.decode(given(&request, "Basic ")?).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some(id == bank.config.public_key && bank.config.api_key.matches(secret))
    };
    if credentials() != Some(true) {
        let error = json!({"error": "invalid_client", "error_description": "Client Authentication failed"});
        return HttpResponse::Unauthorized().json(error);
    }
    if body != "grant_type=client_credentials" {
        return HttpResponse::BadRequest().json(json!({"error": "unsupported_grant_type"}));
    }
    HttpResponse::Ok().json(json!({
        "scope": SCOPE, "access_token": token_of(&bank), "token_type": "Bearer", "app_id": "APP-SIMULATOR",
        "expires_in": 32_400, "nonce": KeyId::new(),
    }))
}

#[derive(Deserialize)]
struct Wanted {
    sender_batch_header: Header,
    items: Vec<Value>,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    sender_batch_id: String,
    #[serde(default)]
    email_subject: String,
}

#[derive(Deserialize)]
struct Item {
    recipient_type: Option<String>,
    receiver: String,
    amount: Money,
}

#[derive(Deserialize)]
struct Money {
    value: String,
    currency: Currency,
}

fn read(body: &[u8]) -> Result<(Header, Value, Item), Problem> {
    let wanted: Wanted = serde_json::from_slice(body).map_err(|cause| Problem::invalid("body", cause.to_string()))?;
    let header = wanted.sender_batch_header;
    if header.sender_batch_id.is_empty() || header.sender_batch_id.len() > 256 {
        return Err(Problem::invalid("sender_batch_header.sender_batch_id", "1 to 256 characters are needed"));
    }
    let [shown] = wanted.items.as_slice() else {
        return Err(Problem::invalid("items", "The simulator takes batches of one item"));
    };
    let item: Item =
        serde_json::from_value(shown.clone()).map_err(|cause| Problem::invalid("items[0]", cause.to_string()))?;
    if item.recipient_type.as_deref() != Some("EMAIL") || !item.receiver.contains('@') || item.receiver.len() > 127 {
        return Err(Problem::invalid("items[0].receiver", "The simulator pays to e-mail addresses"));
    }
    Ok((header, shown.clone(), item))
}

pub(super) async fn create(
    request: HttpRequest,
    _caller: Caller,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let (header, shown, item) = read(&body)?;
    let wrong = |cause: crate::domain::money::MoneyError| Problem::invalid("items[0].amount", cause.to_string());
    let amount = Amount::parse(&item.amount.value, item.amount.currency).map_err(wrong)?;
    let (key, now) = (header.sender_batch_id, bank.now());
    let (record, faults) = {
        let mut book = bank.book();
        let faults = book.faults_of_call(&key, &faults_of(&item.receiver));
        if faults.contains(&Fault::DropBefore) {
            return Ok(mangle::hang_up(&request));
        }
        refusal(&faults)?;
        if let Some(first) = book.of_key(&key, KEY_WINDOW, now) {
            return Err(Problem::duplicate(first));
        }
        let failure = faults.iter().find_map(|fault| words::failure(*fault));
        let order = Order {
            id: format!("B{}", KeyId::new().reference()),
            key,
            body: sha256_hex(&body),
            amount,
            destination: shown.to_string(),
            description: header.email_subject,
            metadata: BTreeMap::new(),
            faults: faults.clone(),
            failure,
        };
        (book.create(order, now)?, faults)
    };
    if faults.contains(&Fault::HookBefore) {
        webhooks::deliver(&bank).await;
    }
    let strange = words::created(&record, "QUEUED_FOR_REVIEW");
    let good = mangle::Good { status: StatusCode::CREATED, body: words::created(&record, "PENDING"), strange };
    Ok(mangle::answer(&request, &good, &faults, bank.config.stall))
}

/// The faults that create nothing.
fn refusal(faults: &[Fault]) -> Result<(), Problem> {
    let table = [
        (Fault::Error500Before, Problem::new(500, "INTERNAL_SERVER_ERROR", "An internal server error occurred")),
        (Fault::Unavailable, Problem::new(503, "SERVICE_UNAVAILABLE", "Service is temporarily unavailable")),
        (Fault::RateLimited, Problem::new(429, "RATE_LIMIT_REACHED", "Too many requests")),
        (Fault::FloatShort, Problem::new(422, "INSUFFICIENT_FUNDS", "Sender does not have sufficient funds")),
        (Fault::DestinationRefused, Problem::invalid("items[0].receiver", "The receiver cannot be paid")),
    ];
    table.into_iter().find(|(fault, _)| faults.contains(fault)).map_or(Ok(()), |(_, problem)| Err(problem))
}

pub(super) async fn batch(
    _caller: Caller,
    bank: web::Data<Bank>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let now = bank.now();
    let record = bank.book().fetch(&id, now)?;
    Ok(HttpResponse::Ok().json(words::batch(&record)))
}

fn by_item(bank: &Bank, id: &str) -> Result<Record, Problem> {
    let book = bank.book();
    let found = book.payouts.iter().find(|record| words::item_id(record) == id);
    found.cloned().ok_or_else(Problem::not_found)
}

pub(super) async fn item(
    _caller: Caller,
    bank: web::Data<Bank>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(words::item(&by_item(&bank, &id)?)))
}

/// Only what nobody claimed can be cancelled.
pub(super) async fn cancel(
    _caller: Caller,
    bank: web::Data<Bank>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (record, now) = (by_item(&bank, &id)?, bank.now());
    if words::item_word(&record) != "UNCLAIMED" {
        return Err(Problem::new(400, "ITEM_ALREADY_COMPLETED", "Only unclaimed items can be cancelled"));
    }
    let record = bank.book().set_status(&record.id, Status::Returned, Some("cancelled"), now)?;
    Ok(HttpResponse::Ok().json(words::item(&record)))
}

pub(super) async fn certificate(seal: web::Data<Seal>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-pem-file").body(seal.chain())
}

pub(super) async fn authority(seal: web::Data<Seal>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-pem-file").body(seal.authority.clone())
}
