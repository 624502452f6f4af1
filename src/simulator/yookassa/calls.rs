//! The calls of the API.

use std::collections::BTreeMap;
use std::collections::HashMap;

use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::KEY_WINDOW;
use super::words::{Behaviour, Problem, payout, reason};
use crate::base::Timestamp;
use crate::base::id::KeyId;
use crate::base::secret::sha256_hex;
use crate::domain::money::{Amount, Currency};
use crate::simulator::bank::Bank;
use crate::simulator::book::{Book, Order, Record};
use crate::simulator::fault::{Fault, by_code};
use crate::simulator::{mangle, webhooks};

/// Some banks of SBP: number, name, BIC.
const BANKS: [(&str, &str, &str); 3] = [
    ("100000000111", "Сбербанк", "044525225"),
    ("100000000004", "Т-Банк", "044525974"),
    ("100000000008", "Альфа-Банк", "044525593"),
];

/// A call with the gateway's id and key.
pub(super) struct Caller;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let given = || {
            let bank = request.app_data::<web::Data<Bank>>()?;
            let text = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
            let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
            let (gateway, key) = text.split_once(':')?;
            Some(gateway == bank.config.public_key && bank.config.api_key.matches(key))
        };
        let refused = || Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "Error in shopId or secret key");
        std::future::ready(if given() == Some(true) { Ok(Self) } else { Err(refused()) })
    }
}

#[derive(Deserialize)]
struct Money {
    value: String,
    currency: Currency,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    amount: Money,
    payout_token: Option<String>,
    payout_destination_data: Option<To>,
    description: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum To {
    YooMoney { account_number: String },
    Sbp { phone: String, bank_id: String },
}

impl Wanted {
    /// The amount: decimal text with a fraction.
    fn amount(&self) -> Result<Amount, Problem> {
        let wrong = || Problem::invalid("amount", "The amount must be decimal text with two digits after the point");
        let shaped = self.amount.value.split_once('.').is_some_and(|(_, fraction)| fraction.len() == 2);
        if !shaped {
            return Err(wrong());
        }
        Amount::parse(&self.amount.value, self.amount.currency).map_err(|_cause| wrong())
    }

    fn check(&self) -> Result<(), Problem> {
        if self.description.as_ref().is_some_and(|text| text.chars().count() > 128) {
            return Err(Problem::invalid("description", "The description is longer than 128 characters"));
        }
        let long = |(key, value): (&String, &String)| key.chars().count() > 32 || value.chars().count() > 512;
        if self.metadata.len() > 16 || self.metadata.iter().any(long) {
            return Err(Problem::invalid("metadata", "At most 16 keys of 32 characters with values of 512"));
        }
        Ok(())
    }

    /// How the destination is shown, and what it does.
    fn destination(&self, book: &Book) -> Result<(Value, Behaviour), Problem> {
        let data = |text: &str| Problem::invalid("payout_destination_data", text);
        let token = || Problem::invalid("payout_token", "There is no such token");
        match (&self.payout_token, &self.payout_destination_data) {
            (Some(text), None) => {
                let card = book.destination(text).ok_or_else(token)?;
                let last4: String = card.masked.chars().filter(char::is_ascii_digit).collect();
                let shown = json!({"first6": "220000", "last4": last4, "card_type": "Mir", "issuer_country": "RU"});
                let faults = by_code(card.code).map_or(&[][..], |known| known.faults);
                Ok((json!({"type": "bank_card", "card": shown}), Behaviour::of_faults(faults)))
            }
            (None, Some(To::YooMoney { account_number })) => {
                let does = Behaviour::of_wallet(account_number).ok_or_else(|| data("There is no such wallet"))?;
                Ok((json!({"type": "yoo_money", "account_number": account_number}), does))
            }
            (None, Some(To::Sbp { phone, bank_id })) => {
                let known = BANKS.iter().any(|(id, ..)| id == bank_id);
                let does = Behaviour::of_phone(phone).filter(|_does| known);
                let shown = json!({
                    "type": "sbp", "phone": phone, "bank_id": bank_id, "recipient_checked": false,
                    "sbp_operation_id": "1027088AE4CB48CB81287833347A8777",
                });
                Ok((shown, does.ok_or_else(|| data("There is no such phone or bank"))?))
            }
            (Some(_), Some(_)) | (None, None) => Err(data("Exactly one of the destinations must be given")),
        }
    }
}

/// The key of a create call.
fn key(request: &HttpRequest) -> Result<String, Problem> {
    let given = request.headers().get("Idempotence-Key").and_then(|value| value.to_str().ok()).unwrap_or("");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'.');
    if (1..=64).contains(&given.len()) && given.bytes().all(plain) {
        return Ok(given.to_owned());
    }
    Err(Problem::invalid("Idempotence-Key", "A key of 1 to 64 characters is needed"))
}

pub(super) async fn create(
    request: HttpRequest,
    _caller: Caller,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let key = key(&request)?;
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|cause| Problem::invalid("body", cause.to_string()))?;
    let (amount, now) = (wanted.amount()?, bank.now());
    wanted.check()?;
    let (record, faults) = {
        let mut book = bank.book();
        let (shown, does) = wanted.destination(&book)?;
        let faults = book.faults_of_call(&key, &does.faults);
        if faults.contains(&Fault::DropBefore) {
            return Ok(mangle::hang_up(&request));
        }
        if faults.contains(&Fault::Unavailable) {
            return Ok(HttpResponse::ServiceUnavailable().body("<html>maintenance</html>"));
        }
        refusal(&faults)?;
        let hash = sha256_hex(&body);
        match book.replay(&key, &hash, KEY_WINDOW, now)? {
            Some(record) => (record, faults),
            None => {
                let failure = does.reason.clone().or_else(|| faults.iter().find_map(|f| reason(*f)).map(str::to_owned));
                let (destination, description) = (shown.to_string(), wanted.description.unwrap_or_default());
                let (id, metadata) = (format!("po-{}", KeyId::new()), wanted.metadata);
                let kept = faults.clone();
                let order =
                    Order { id, key, body: hash, amount, destination, description, metadata, faults: kept, failure };
                (book.create(order, now)?, faults)
            }
        }
    };
    if faults.contains(&Fault::HookBefore) {
        webhooks::deliver(&bank).await;
    }
    let mut strange = payout(&record);
    if let Some(fields) = strange.as_object_mut() {
        fields.insert("status".to_owned(), "waiting_for_network".into());
        fields.insert("route".to_owned(), json!({"hops": [1, 2], "eta": null}));
    }
    let good = mangle::Good { status: StatusCode::OK, body: payout(&record), strange };
    Ok(mangle::answer(&request, &good, &faults, bank.config.stall))
}

/// The faults that create nothing.
fn refusal(faults: &[Fault]) -> Result<(), Problem> {
    if faults.contains(&Fault::Error500Before) {
        return Err(Problem::internal());
    }
    if faults.contains(&Fault::RateLimited) {
        return Err(Problem::too_many(1500));
    }
    if faults.contains(&Fault::DestinationRefused) {
        return Err(Problem::invalid("payout_destination_data", "The destination is refused"));
    }
    Ok(())
}

pub(super) async fn fetch(
    _caller: Caller,
    bank: web::Data<Bank>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let now = bank.now();
    let record = bank.book().fetch(&id, now)?;
    Ok(HttpResponse::Ok().json(payout(&record)))
}

fn time(query: &HashMap<String, String>, name: &str) -> Result<Option<Timestamp>, Problem> {
    let read = |text: &String| text.parse().map_err(|_cause| Problem::invalid("created_at", "This is no time"));
    query.get(name).map(read).transpose()
}

/// The payouts made between two times, newest first, a page of them.
fn listed(book: &Book, query: &HashMap<String, String>, own: impl Fn(&Record) -> bool) -> Result<Value, Problem> {
    let number = |name: &str| query.get(name).map(|text| text.parse::<usize>()).transpose();
    let wrong = |name: &'static str| move |_cause| Problem::invalid(name, "This is no number");
    let limit = number("limit").map_err(wrong("limit"))?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return Err(Problem::invalid("limit", "The limit is from 1 to 100"));
    }
    let before = number("cursor").map_err(wrong("cursor"))?.unwrap_or(book.payouts.len());
    let (from, until) = (time(query, "created_at.gte")?, time(query, "created_at.lt")?);
    let fits = |record: &Record| {
        own(record)
            && from.is_none_or(|from| from <= record.created_at)
            && until.is_none_or(|until| record.created_at < until)
    };
    let mut found = book.payouts.iter().enumerate().take(before).rev().filter(|(_, record)| fits(record));
    let page: Vec<(usize, &Record)> = found.by_ref().take(limit).collect();
    let items: Vec<Value> = page.iter().map(|(_, record)| payout(record)).collect();
    let mut list = json!({"type": "list", "items": items});
    if let (Some(_more), Some((last, _)), Some(fields)) = (found.next(), page.last(), list.as_object_mut()) {
        fields.insert("next_cursor".to_owned(), last.to_string().into());
    }
    Ok(list)
}

pub(super) async fn list(
    _caller: Caller,
    bank: web::Data<Bank>,
    query: web::Query<HashMap<String, String>>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(listed(&bank.book(), &query, |_record| true)?))
}

/// By one pair of the metadata, strictly, among the payouts of the last three months.
pub(super) async fn search(
    _caller: Caller,
    bank: web::Data<Bank>,
    query: web::Query<HashMap<String, String>>,
) -> Result<HttpResponse, Problem> {
    let pair = query.iter().find_map(|(name, value)| Some((name.strip_prefix("metadata[")?.strip_suffix(']')?, value)));
    let (name, value) = pair.ok_or_else(|| Problem::invalid("metadata", "One pair of the metadata is needed"))?;
    let now = bank.now();
    let mut book = bank.book();
    let fits = |record: &Record| {
        record.metadata.get(name) == Some(value) && now.since(record.created_at) < chrono::TimeDelta::days(90)
    };
    // Asking for a payout is what one that waits for it waits for.
    let ids: Vec<String> = book.payouts.iter().filter(|one| fits(one)).map(|one| one.id.clone()).collect();
    for id in ids {
        book.fetch(&id, now)?;
    }
    Ok(HttpResponse::Ok().json(listed(&book, &query, fits)?))
}

pub(super) async fn banks(_caller: Caller) -> HttpResponse {
    let items: Vec<Value> =
        BANKS.iter().map(|(id, name, bic)| json!({"bank_id": id, "name": name, "bic": bic})).collect();
    HttpResponse::Ok().json(json!({"type": "list", "items": items}))
}

pub(super) async fn me(_caller: Caller, bank: web::Data<Bank>) -> HttpResponse {
    let balance = bank.book().balance();
    HttpResponse::Ok().json(json!({
        "account_id": bank.config.public_key, "status": "enabled", "test": true, "name": "Simulated gateway",
        "payout_methods": ["bank_card", "sbp", "yoo_money"],
        "payout_balance": {"value": balance.major().to_string(), "currency": balance.currency()},
    }))
}
