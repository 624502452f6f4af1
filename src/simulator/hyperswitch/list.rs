//! The list, filtered: newest first, a page of at most twenty.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Caller;
use super::words::{self, Problem, payout};
use crate::base::Timestamp;
use crate::domain::money::Currency;
use crate::simulator::bank::Bank;
use crate::simulator::book::Record;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    payout_id: Option<String>,
    merchant_order_reference_id: Option<String>,
    profile_id: Option<String>,
    customer_id: Option<String>,
    #[serde(default = "ten")]
    limit: usize,
    #[serde(default)]
    offset: usize,
    connector: Option<Vec<String>>,
    currency: Currency,
    status: Option<Vec<String>>,
    payout_method: Option<Vec<String>>,
    entity_type: String,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
}

const fn ten() -> usize {
    10
}

impl Filter {
    fn fits(&self, record: &Record) -> bool {
        let shown = payout(record);
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| shown.get(name).is_some_and(|known| *known == **wanted))
        };
        let among = |wanted: &Option<Vec<String>>, name: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|one| shown.get(name).is_some_and(|known| *known == **one)))
        };
        is(&self.payout_id, "payout_id")
            && is(&self.merchant_order_reference_id, "merchant_order_reference_id")
            && is(&self.profile_id, "profile_id")
            && is(&self.customer_id, "customer_id")
            && among(&self.connector, "connector")
            && among(&self.status, "status")
            && among(&self.payout_method, "payout_type")
            && shown.get("entity_type").is_some_and(|known| *known == *self.entity_type)
            && record.amount.currency() == self.currency
            && self.start_time.is_none_or(|from| from <= record.created_at)
            && self.end_time.is_none_or(|until| record.created_at <= until)
    }
}

pub(super) async fn list(
    _caller: Caller,
    bank: web::Data<Bank>,
    body: web::Bytes,
) -> Result<HttpResponse, words::Problem> {
    let unreadable = |cause: serde_json::Error| Problem::unreadable(format!("Json deserialize error: {cause}"));
    let filter: Filter = serde_json::from_slice(&body).map_err(unreadable)?;
    if !(1..=20).contains(&filter.limit) {
        return Err(Problem::unreadable("limit should be in between 1 and 20"));
    }
    let book = bank.book();
    let found: Vec<&Record> = book.payouts.iter().rev().filter(|record| filter.fits(record)).collect();
    let page: Vec<Value> = found.iter().skip(filter.offset).take(filter.limit).map(|record| payout(record)).collect();
    Ok(HttpResponse::Ok().json(json!({"size": page.len(), "data": page, "total_count": found.len()})))
}
