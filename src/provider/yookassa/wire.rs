//! What travels between us and YooKassa, as its API v3 describes it. Answers are read loosely: fields and words may be
//! added, and whatever cannot be understood is "unknown", never "failed".

use std::collections::BTreeMap;

use chrono::TimeDelta;
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use crate::base::Timestamp;
use crate::domain::money::Amount;
use crate::domain::payout::MethodKind;
use crate::domain::payout::typed::Destination;
use crate::provider::endpoint::Money;
use crate::provider::{
    Found, Intent, Outcome, Page, ProviderPayout, ProviderStatus, RejectClass, SbpBank, WebhookRefusal,
};

/// What our key is called in the metadata: by this name the search asks for it, and a register of payouts has it as a column
/// (the preset `yookassa` of statements).
pub(super) const KEY: &str = "withdrawal_id";
/// The longest description.
const LONGEST_DESCRIPTION: usize = 128;

#[derive(Serialize)]
struct Request<'a> {
    amount: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payout_destination_data: Option<To>,
    description: String,
    metadata: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum To {
    YooMoney { account_number: String },
    Sbp { phone: String, bank_id: String },
}

/// The body of a create call: always the same bytes for an intent.
pub(super) fn request(intent: &Intent) -> Result<Vec<u8>, String> {
    let kept = intent.destination.expose();
    let (payout_token, payout_destination_data) = match intent.kind {
        MethodKind::Card => (Some(kept), None),
        MethodKind::Sbp | MethodKind::YooMoney => (None, Some(to(kept)?)),
        MethodKind::Wallet | MethodKind::PayPal | MethodKind::Iban | MethodKind::Account => {
            return Err(format!("it does not pay to a {}", intent.kind));
        }
    };
    let request = Request {
        amount: Money::from(intent.amount),
        payout_token,
        payout_destination_data,
        description: intent.description.chars().take(LONGEST_DESCRIPTION).collect(),
        metadata: [(KEY, intent.key.clone()), ("payout_id", intent.payout.to_string())].into(),
    };
    serde_json::to_vec(&request).map_err(|cause| cause.to_string())
}

fn to(kept: &str) -> Result<To, String> {
    match Destination::open(kept)? {
        Destination::YooMoney { account } => Ok(To::YooMoney { account_number: account }),
        Destination::Sbp { phone, bank_id } => Ok(To::Sbp { phone, bank_id }),
        Destination::PayPal { .. } | Destination::Iban { .. } | Destination::Account { .. } => {
            Err("the destination is of another kind".to_owned())
        }
    }
}

#[derive(Deserialize)]
struct Payout {
    id: String,
    amount: Money,
    status: String,
    created_at: Timestamp,
    cancellation_details: Option<Cancellation>,
    #[serde(default)]
    metadata: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Deserialize)]
struct Cancellation {
    reason: String,
}

impl Payout {
    fn read(self) -> Result<ProviderPayout, String> {
        let reason = || self.cancellation_details.map_or_else(|| "none_given".to_owned(), |given| given.reason);
        let status = match self.status.as_str() {
            "pending" => ProviderStatus::Pending,
            "succeeded" => ProviderStatus::Paid,
            "canceled" => ProviderStatus::Failed(reason()),
            _ => ProviderStatus::Unheard(self.status),
        };
        Ok(ProviderPayout {
            provider_ref: self.id,
            key: self.metadata.and_then(|mut pairs| pairs.remove(KEY).flatten()),
            amount: self.amount.read().map_err(|cause| cause.to_string())?,
            status,
            created_at: self.created_at,
        })
    }
}

fn payout(body: &[u8]) -> Result<ProviderPayout, String> {
    let unreadable = |cause: &dyn std::fmt::Display| format!("the answer cannot be read: {cause}");
    serde_json::from_slice::<Payout>(body).map_err(|cause| unreadable(&cause))?.read().map_err(|why| unreadable(&why))
}

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// The published description refers an answer 500 to a body of another kind: only what is needed is asked for.
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    code: String,
    #[serde(default)]
    description: String,
    parameter: Option<String>,
    retry_after: Option<u32>,
}

fn problem(body: &[u8]) -> Option<Problem> {
    serde_json::from_slice::<Problem>(body).ok().filter(|problem| problem.kind == "error")
}

/// What an answer to a create call means.
pub(super) fn outcome(intent: &Intent, status: StatusCode, body: &[u8]) -> Outcome {
    if status == StatusCode::OK {
        return accepted(intent, body);
    }
    // 500 is documented as "the result is not known", 202 as "not finished".
    if !status.is_client_error() {
        return Outcome::Unknown { why: format!("answered {status}") };
    }
    // Something between us and YooKassa may have answered: only its own words count.
    let Some(problem) = problem(body) else {
        return Outcome::Unknown { why: format!("answered {status} without a readable code") };
    };
    match class(status, &problem) {
        Some(class) => {
            let parameter = problem.parameter.map(|name| format!(" ({name})")).unwrap_or_default();
            Outcome::Rejected { code: problem.code, detail: format!("{}{parameter}", problem.description), class }
        }
        None => Outcome::Unknown { why: format!("answered {status} {}", problem.code) },
    }
}

/// `None` for what does not say that nothing was created: a key already used for another body, and new codes.
fn class(status: StatusCode, problem: &Problem) -> Option<RejectClass> {
    let about_key = |text: &str| text.to_ascii_lowercase().contains("idempotence");
    let after = problem.retry_after.map(|ms| TimeDelta::milliseconds(i64::from(ms)));
    match (status.as_u16(), problem.code.as_str()) {
        (400, _) if about_key(&problem.description) || problem.parameter.as_deref().is_some_and(about_key) => None,
        (400, "invalid_request") => Some(RejectClass::Definite),
        (401, "invalid_credentials") | (403, "forbidden") => Some(RejectClass::Ours),
        // The address of the API is wrong: nothing was created, and every payout would meet the same.
        (404, "not_found") | (405, "method_not_allowed") | (415, "unsupported_media_type") => Some(RejectClass::Ours),
        (429, "too_many_requests") => Some(RejectClass::RetrySameKey { after }),
        _ => None,
    }
}

fn accepted(intent: &Intent, body: &[u8]) -> Outcome {
    let payout = match payout(body) {
        Ok(payout) => payout,
        Err(why) => return Outcome::Unknown { why },
    };
    if payout.key.as_ref().is_some_and(|key| *key != intent.key) || payout.amount != intent.amount {
        return Outcome::Unknown { why: "the answer is about another payment".to_owned() };
    }
    Outcome::Accepted { provider_ref: payout.provider_ref, status: payout.status }
}

/// The answer to a look-up by reference.
pub(super) fn one(body: &[u8]) -> Found {
    match payout(body) {
        Ok(payout) => Found::Known(payout),
        Err(why) => Found::Unknown { why },
    }
}

/// The answer to a search by our key.
pub(super) fn only(key: &str, body: &[u8]) -> Found {
    let page = match page(body) {
        Ok(page) => page,
        Err(why) => return Found::Unknown { why },
    };
    // Were the filter not understood, the list would hold other payouts.
    let others = page.payouts.iter().filter(|payout| payout.key.as_deref() != Some(key)).count();
    let count = page.payouts.len();
    let mut found = page.payouts.into_iter();
    match (found.next(), others) {
        (_, 1..) => Found::Unknown { why: "the search brought payouts with another key".to_owned() },
        (None, 0) => Found::NotFound,
        (Some(payout), 0) if count == 1 => Found::Known(payout),
        (Some(_), 0) => Found::Unknown { why: format!("{count} payouts have this key") },
    }
}

/// A 404 counts only when YooKassa itself says it.
pub(super) fn absent(body: &[u8]) -> Found {
    match problem(body) {
        Some(problem) if problem.code == "not_found" => Found::NotFound,
        Some(_) | None => Found::Unknown { why: "answered 404 without saying what is missing".to_owned() },
    }
}

/// A page of the list or of a search.
pub(super) fn page(body: &[u8]) -> Result<Page, String> {
    let list = serde_json::from_slice::<List<Payout>>(body).map_err(|cause| cause.to_string())?;
    let payouts = list.items.into_iter().map(Payout::read).collect::<Result<_, _>>()?;
    Ok(Page { payouts, next: list.next_cursor })
}

/// The gateway's balance.
pub(super) fn balance(body: &[u8]) -> Result<Amount, String> {
    #[derive(Deserialize)]
    struct Me {
        payout_balance: Option<Money>,
    }
    let me = serde_json::from_slice::<Me>(body).map_err(|cause| cause.to_string())?;
    let balance = me.payout_balance.ok_or("these are the settings of a shop: payouts have a gateway of their own")?;
    balance.read().map_err(|cause| cause.to_string())
}

/// The banks, in the order of their names.
pub(super) fn banks(body: &[u8]) -> Result<Vec<SbpBank>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Bank {
        bank_id: String,
        name: String,
    }
    let list = serde_json::from_slice::<List<Bank>>(body)?;
    let mut banks: Vec<SbpBank> =
        list.items.into_iter().map(|bank| SbpBank { id: bank.bank_id, name: bank.name }).collect();
    banks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(banks)
}

/// The payout that a notification is about.
pub(super) fn notice(body: &[u8]) -> Result<String, WebhookRefusal> {
    #[derive(Deserialize)]
    struct Notice {
        event: String,
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        id: String,
    }
    let unreadable = |cause: String| WebhookRefusal::Unreadable(cause);
    let notice = serde_json::from_slice::<Notice>(body).map_err(|cause| unreadable(cause.to_string()))?;
    if !notice.event.starts_with("payout.") {
        return Err(WebhookRefusal::Unrelated(notice.event));
    }
    let id = notice.object.id;
    let plain = (1..=50).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain { Ok(id) } else { Err(unreadable("the payout's id is none".to_owned())) }
}
