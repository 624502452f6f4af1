//! The calls that make and read a payout.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, web};
use serde_json::json;

use super::KEY_WINDOW;
use super::wanted::Wanted;
use super::words::{Problem, failure, payout};
use crate::base::Timestamp;
use crate::base::id::KeyId;
use crate::base::secret::sha256_hex;
use crate::simulator::bank::Bank;
use crate::simulator::book::{Book, Order, Refused};
use crate::simulator::fault::Fault;
use crate::simulator::{mangle, webhooks};

/// A call with the merchant's key.
pub(super) struct Caller;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let given = request.headers().get("api-key").and_then(|value| value.to_str().ok());
        let bank = request.app_data::<web::Data<Bank>>();
        let good = bank.zip(given).is_some_and(|(bank, key)| bank.config.api_key.matches(key));
        let refused = || Problem::new(401, "IR_01", "API key not provided or invalid API key used");
        std::future::ready(if good { Ok(Self) } else { Err(refused()) })
    }
}

/// Whether an id was used so short a time ago that it cannot be used again.
fn taken(book: &Book, id: &str, now: Timestamp) -> bool {
    book.payouts.iter().any(|known| known.id == id && now.since(known.created_at) < KEY_WINDOW)
}

pub(super) async fn create(
    request: HttpRequest,
    _caller: Caller,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let (wanted, now) = (Wanted::read(&body)?, bank.now());
    let id = wanted.id().map_or_else(|| format!("sim_{}", KeyId::new().reference()), str::to_owned);
    let key = wanted.reference().map_or_else(|| id.clone(), str::to_owned);
    let (record, faults) = {
        let mut book = bank.book();
        let to = wanted.destination(&book)?;
        let mut faults = book.faults_of_call(&key, to.faults);
        if faults.contains(&Fault::DropBefore) {
            return Ok(mangle::hang_up(&request));
        }
        if faults.contains(&Fault::Unavailable) {
            return Ok(HttpResponse::ServiceUnavailable().body("<html>maintenance</html>"));
        }
        refusal(&faults)?;
        if taken(&book, &id, now) {
            return Err(Problem::duplicate(&id));
        }
        if !wanted.goes_by_itself() {
            // Nobody here confirms or fulfils it.
            faults.push(Fault::Stuck);
        }
        let failure = faults.iter().find_map(|fault| failure(*fault)).map(str::to_owned);
        let (amount, destination) = (wanted.amount(), wanted.sent.to_string());
        let (description, metadata) = wanted.into_texts();
        let (body, kept) = (sha256_hex(&body), faults.clone());
        let order = Order { id, key, body, amount, destination, description, metadata, faults: kept, failure };
        (book.create(order, now)?, faults)
    };
    if faults.contains(&Fault::HookBefore) {
        webhooks::deliver(&bank).await;
    }
    let mut strange = payout(&record);
    if let Some(fields) = strange.as_object_mut() {
        fields.insert("status".to_owned(), "handed_to_network".into());
        fields.insert("route".to_owned(), json!({"hops": [1, 2], "eta": null}));
        fields.remove("attempts");
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
        return Err(Problem::new(429, "HE_00", "Resource is busy. Please try again later."));
    }
    if faults.contains(&Fault::DestinationRefused) {
        return Err(Problem::invalid("payout_method_data"));
    }
    Ok(())
}

/// Only `force_sync` asks the connector: without it, what is known here is told.
pub(super) async fn fetch(
    _caller: Caller,
    bank: web::Data<Bank>,
    id: web::Path<String>,
    query: web::Query<HashMap<String, String>>,
) -> Result<HttpResponse, Problem> {
    let (now, synced) = (bank.now(), query.get("force_sync").is_some_and(|word| word == "true"));
    let found: Result<_, Refused> = if synced { bank.book().fetch(&id, now) } else { bank.book().find(&id) };
    Ok(HttpResponse::Ok().json(payout(&found?)))
}
