//! What Hyperswitch answers. It is read loosely: fields and words may be added, and whatever cannot be understood is
//! "unknown", never "failed".

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::{key_of, payout_id};
use crate::base::Timestamp;
use crate::domain::money::{Amount, Currency};
use crate::provider::{Found, Intent, Outcome, ProviderPayout, ProviderStatus, RejectClass, WebhookRefusal};

/// The longest id of a payout, in characters.
const LONGEST_ID: usize = 64;
/// The longest code of a connector that is kept, in characters.
const LONGEST_CODE: usize = 64;

#[derive(Deserialize)]
struct Payout {
    payout_id: String,
    #[serde(default)]
    merchant_order_reference_id: Option<String>,
    amount: i64,
    currency: Currency,
    status: String,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    attempts: Option<Vec<Attempt>>,
    #[serde(default)]
    entity_type: Option<String>,
}

#[derive(Deserialize)]
struct Attempt {
    status: String,
}

/// What may be kept of a word of theirs.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_CODE).collect()
}

/// The state in Hyperswitch's words. `requires_…` means that somebody has to act there, which ours never need: a person is told.
/// `failed` is also what it makes of a connector that did not answer in time, and of a cancelling that the connector refused: money may
/// have moved. So it counts with those of the connector's codes alone that the operator knows as refusals (`declines`).
fn status(word: &str, code: Option<&str>, declines: &[String]) -> ProviderStatus {
    let code = code.map(plain).filter(|code| !code.is_empty());
    match (word, code) {
        ("success", _) => ProviderStatus::Paid,
        ("initiated" | "pending", _) => ProviderStatus::Pending,
        ("failed", Some(code)) if declines.contains(&code) => ProviderStatus::Failed(code),
        ("failed", Some(code)) => ProviderStatus::Unheard(format!("failed, {code}")),
        ("failed", None) => ProviderStatus::Unheard("failed, without a code".to_owned()),
        // Before anything was handed to a connector.
        ("cancelled" | "expired" | "ineligible", code) => {
            ProviderStatus::Failed(code.unwrap_or_else(|| word.to_owned()))
        }
        ("reversed", _) => ProviderStatus::Returned(word.to_owned()),
        // requires_creation, requires_confirmation, requires_payout_method_data, requires_fulfillment,
        // requires_vendor_account_creation, and whatever is new.
        (other, _) => ProviderStatus::Unheard(plain(other)),
    }
}

impl Payout {
    /// A payout that failed is one whose attempts all failed: it may have been tried by several connectors.
    fn status(&self, declines: &[String]) -> ProviderStatus {
        let whole = status(&self.status, self.error_code.as_deref(), declines);
        let moves = |word: &str| !matches!(word, "failed" | "cancelled" | "expired" | "ineligible");
        let mut attempts = self.attempts.iter().flatten();
        match (&whole, attempts.find(|attempt| moves(&attempt.status))) {
            (ProviderStatus::Failed(_), Some(other)) => {
                ProviderStatus::Unheard(format!("{}, and an attempt is {}", plain(&self.status), plain(&other.status)))
            }
            (_, _) => whole,
        }
    }

    fn read(self, declines: &[String]) -> ProviderPayout {
        let key = key_of(&self.payout_id).or_else(|| self.merchant_order_reference_id.clone());
        let created_at = self.created.as_deref().and_then(|text| text.parse().ok()).unwrap_or(Timestamp::EPOCH);
        let (amount, status) = (Amount::new(self.amount, self.currency), self.status(declines));
        ProviderPayout { provider_ref: self.payout_id, key, amount, status, created_at }
    }
}

fn payout(body: &[u8], declines: &[String]) -> Result<ProviderPayout, String> {
    let payout = serde_json::from_slice::<Payout>(body);
    let payout = payout.map_err(|cause| format!("the answer cannot be read: {}", at(&cause)))?.read(declines);
    if is_id(&payout.provider_ref) { Ok(payout) } else { Err("the payout's id is none".to_owned()) }
}

/// Where something cannot be read, without what stands there.
fn at(cause: &serde_json::Error) -> String {
    format!("{:?} at {}:{}", cause.classify(), cause.line(), cause.column())
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain)
}

/// An error, in the shape that the description has or in the one that the service itself writes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Wrapped { error: Problem },
    Plain(Problem),
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    message: String,
}

fn problem(body: &[u8]) -> Option<Problem> {
    match serde_json::from_slice::<Told>(body).ok()? {
        Told::Wrapped { error } | Told::Plain(error) => Some(error),
    }
}

/// What an answer to a create call means.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::provider::hyperswitch) enum Answer {
    /// This.
    Outcome(Outcome),
    /// Our `payout_id` was used before.
    Duplicate,
    /// It was refused; for good, once nothing is found under our `payout_id`.
    Refused {
        /// Hyperswitch's code.
        code: String,
        /// For the operator.
        detail: String,
    },
}

/// What an answer to a create call means.
pub(in crate::provider::hyperswitch) fn outcome(
    intent: &Intent,
    (status, body): (StatusCode, &[u8]),
    declines: &[String],
) -> Answer {
    if status == StatusCode::OK {
        return Answer::Outcome(accepted(intent, body, declines));
    }
    let unknown = |why: String| Answer::Outcome(Outcome::Unknown { why });
    if !status.is_client_error() {
        return unknown(format!("answered {status}"));
    }
    // Something between us and Hyperswitch may have answered: only its own words count.
    let Some(problem) = problem(body) else {
        return unknown(format!("answered {status} without a readable code"));
    };
    if problem.code == "HE_01" {
        return Answer::Duplicate;
    }
    let (code, detail) = (plain(&problem.code).to_lowercase(), plain(&problem.message));
    match class(status, &problem) {
        Some(RejectClass::Definite) => Answer::Refused { code, detail },
        Some(class) => Answer::Outcome(Outcome::Rejected { code, detail, class }),
        None => unknown(format!("answered {status} {}", plain(&problem.code))),
    }
}

/// `None` for what does not say that nothing was created: `CE_…` is what a connector said, after there was a payout.
fn class(status: StatusCode, problem: &Problem) -> Option<RejectClass> {
    let message = problem.message.to_ascii_lowercase();
    // What is the same in every request of ours is not the shopper's fault.
    let ours = ["payout_id", "connector", "profile", "merchant", "customer"].iter().any(|word| message.contains(word));
    match (status.as_u16(), problem.code.as_str()) {
        (401 | 403 | 404 | 405, _) => Some(RejectClass::Ours),
        (429, _) => Some(RejectClass::RetrySameKey { after: None }),
        (400 | 422, "IR_04" | "IR_05" | "IR_06" | "IR_07") if ours => Some(RejectClass::Ours),
        (400 | 422, "IR_04" | "IR_05" | "IR_06" | "IR_07") => Some(RejectClass::Definite),
        _ => None,
    }
}

fn accepted(intent: &Intent, body: &[u8], declines: &[String]) -> Outcome {
    let ProviderPayout { provider_ref, amount, status, .. } = match payout(body, declines) {
        Ok(payout) => payout,
        Err(why) => return Outcome::Unknown { why },
    };
    if provider_ref != payout_id(&intent.key) {
        // It exists, and asking by our id would not find it.
        let status = ProviderStatus::Unheard("made under an id of its own".to_owned());
        return Outcome::Accepted { provider_ref, status };
    }
    if amount == intent.amount {
        return Outcome::Accepted { provider_ref, status };
    }
    Outcome::Unknown { why: "the answer has another amount".to_owned() }
}

/// The answer to a look-up by id.
pub(in crate::provider::hyperswitch) fn one(id: &str, body: &[u8], declines: &[String]) -> Found {
    match payout(body, declines) {
        Ok(payout) if payout.provider_ref == id => Found::Known(payout),
        Ok(_) => Found::Unknown { why: "the answer is about another payout".to_owned() },
        Err(why) => Found::Unknown { why },
    }
}

/// A 404 counts only when Hyperswitch itself says that it is the payout that is missing: keys and merchants have the same code.
pub(in crate::provider::hyperswitch) fn absent(body: &[u8]) -> Found {
    match problem(body) {
        Some(problem)
            if problem.code == "HE_02" && problem.message.to_ascii_lowercase().starts_with("payout does not exist") =>
        {
            Found::NotFound
        }
        Some(_) | None => Found::Unknown { why: "answered 404 without saying that the payout is missing".to_owned() },
    }
}

/// A page of the list.
#[derive(Debug, Default)]
pub(in crate::provider::hyperswitch) struct Listed {
    /// The payouts.
    pub(in crate::provider::hyperswitch) payouts: Vec<ProviderPayout>,
    /// How many rows it had, with those that were not asked for.
    pub(in crate::provider::hyperswitch) read: usize,
    /// How many there are on all pages.
    pub(in crate::provider::hyperswitch) total: Option<u64>,
}

/// The answer to a question for the list.
pub(in crate::provider::hyperswitch) fn listed(
    body: &[u8],
    entity: &str,
    declines: &[String],
) -> Result<Listed, String> {
    #[derive(Deserialize)]
    struct List {
        data: Vec<Payout>,
        #[serde(default)]
        total_count: Option<u64>,
    }
    let list =
        serde_json::from_slice::<List>(body).map_err(|cause| format!("the list cannot be read: {}", at(&cause)))?;
    let read = list.data.len();
    // Some versions of the service pass the kind of receiver over: then each kind would bring the same payouts again.
    let asked = |payout: &Payout| payout.entity_type.as_deref().is_none_or(|kind| kind == entity);
    let payouts = list.data.into_iter().filter(asked).map(|payout| payout.read(declines)).collect();
    Ok(Listed { payouts, read, total: list.total_count })
}

/// What the list has for our reference.
pub(in crate::provider::hyperswitch) fn only(key: &str, found: Vec<ProviderPayout>) -> Found {
    // Were the filter not understood, the list would hold other payouts.
    if found.iter().any(|payout| payout.key.as_deref() != Some(key)) {
        return Found::Unknown { why: "the list brought payouts with another reference".to_owned() };
    }
    let count = found.len();
    match found.into_iter().next() {
        None => Found::NotFound,
        Some(payout) if count == 1 => Found::Known(payout),
        Some(_) => Found::Unknown { why: format!("{count} payouts have this reference") },
    }
}

/// What a webhook tells: that something is new with a payout.
#[derive(Debug)]
pub(in crate::provider::hyperswitch) struct Event {
    /// The event.
    pub(in crate::provider::hyperswitch) id: String,
    /// The payout.
    pub(in crate::provider::hyperswitch) payout: String,
}

/// A webhook's body. What it says of a state is not read: the payout is.
pub(in crate::provider::hyperswitch) fn event(body: &[u8]) -> Result<Event, WebhookRefusal> {
    #[derive(Deserialize)]
    struct Body {
        event_id: String,
        event_type: String,
        content: Content,
    }
    #[derive(Deserialize)]
    struct Content {
        #[serde(rename = "type")]
        kind: String,
        object: Value,
    }
    let unreadable = |cause: String| WebhookRefusal::Unreadable(cause);
    let body: Body = serde_json::from_slice(body).map_err(|cause| unreadable(at(&cause)))?;
    if body.content.kind != "payout_details" {
        return Err(WebhookRefusal::Unrelated(plain(&body.event_type)));
    }
    let payout = body.content.object.get("payout_id").and_then(Value::as_str).filter(|id| is_id(id));
    let payout = payout.ok_or_else(|| unreadable("the payout's id is none".to_owned()))?.to_owned();
    Ok(Event { id: body.event_id, payout })
}
