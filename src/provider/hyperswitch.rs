//! Hyperswitch payouts: one API before many rails. PayPal accounts, IBANs, and cards that are known there.
//!
//! `payout_id` is ours, made from our key: a second payout with it is refused, and then the first one is read. How long it is
//! remembered is not published, so nothing is sent again after [`KEY_WINDOW`]. Webhooks are signed, and known to carry a stale
//! state: they count as a hint, and the payout is read again, by way of its connector (`force_sync`).

mod wire;

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder, StatusCode};
use sha2::Sha512;

use self::wire::{ENTITY, ENTITY_TYPES, Filter, PAGE};
use super::client::{ClientError, HttpClient};
use super::endpoint::{Endpoint, NoAnswer};
use super::{
    Call, CallError, Entry, Found, Intent, Lookup, Outcome, Page, PayoutProvider, RejectClass, Way, WebhookCall,
    WebhookEvent, WebhookRefusal,
};
use crate::base::{Secret, Timestamp};
use crate::config::rails;
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::MethodKind;

/// The header that carries a webhook's signature: HMAC-SHA512 over the raw body, as hex.
const SIGNATURE_HEADER: &str = "X-Webhook-Signature-512";
/// A day, the shortest time that any provider publishes, less what slow requests and clocks that differ may take.
const KEY_WINDOW: TimeDelta = TimeDelta::hours(22);

/// A merchant at a Hyperswitch.
#[derive(Debug)]
pub struct Hyperswitch {
    settings: rails::Hyperswitch,
    api_key: HeaderValue,
    endpoint: Endpoint,
}

impl Hyperswitch {
    /// A client for the merchant.
    ///
    /// # Errors
    /// [`ClientError`] when its address is not a URL, or its key nothing that a header can carry.
    pub fn new(settings: rails::Hyperswitch, http: HttpClient) -> Result<Self, ClientError> {
        let endpoint = Endpoint::new(&settings.name, &settings.url, http)?;
        let mut api_key = HeaderValue::from_str(settings.api_key.expose())
            .map_err(|_secret| ClientError::Setup("api_key cannot stand in a header".to_owned()))?;
        api_key.set_sensitive(true);
        Ok(Self { settings, api_key, endpoint })
    }

    fn call(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Result<RequestBuilder, NoAnswer> {
        Ok(self.endpoint.request(method, path, query)?.header("api-key", self.api_key.clone()))
    }

    async fn post(&self, path: &[&str], body: Vec<u8>) -> Result<(StatusCode, Vec<u8>), NoAnswer> {
        let request = self.call(Method::POST, path, &[])?.header("Content-Type", "application/json");
        self.endpoint.send(request.body(body)).await
    }

    async fn send_create(&self, intent: &Intent) -> Outcome {
        let body = match wire::request(&self.settings, intent) {
            Ok(body) => body,
            Err(detail) => {
                return Outcome::Rejected { code: "unsupported".to_owned(), detail, class: RejectClass::Definite };
            }
        };
        let (status, body) = match self.post(&["payouts", "create"], body).await {
            Ok(answer) => answer,
            Err(cause) => return cause.outcome(),
        };
        match wire::outcome(intent, (status, &body), &self.settings.declines) {
            wire::Answer::Outcome(outcome) => outcome,
            wire::Answer::Duplicate => self.first(intent).await,
            wire::Answer::Refused { code, detail } => {
                // A payout is written down there before its connector is called: a refusal that came later leaves one behind.
                match self.send_fetch(&Lookup::Key(intent.key.clone())).await {
                    Found::NotFound => Outcome::Rejected { code, detail, class: RejectClass::Definite },
                    found @ (Found::Known(_) | Found::CannotTell { .. } | Found::Unknown { .. }) => {
                        taken(intent, found)
                    }
                }
            }
        }
    }

    /// Our `payout_id` was used: what it names is ours if it has the amount.
    async fn first(&self, intent: &Intent) -> Outcome {
        taken(intent, self.look(&wire::payout_id(&intent.key)).await)
    }

    /// A payout by its id.
    async fn look(&self, id: &str) -> Found {
        let request = match self.call(Method::GET, &["payouts", id], &[("force_sync", "true")]) {
            Ok(request) => request,
            Err(cause) => return Found::Unknown { why: cause.why() },
        };
        match self.endpoint.send(request).await {
            Ok((StatusCode::OK, body)) => wire::one(id, &body, &self.settings.declines),
            Ok((StatusCode::NOT_FOUND, body)) => wire::absent(&body),
            Ok((status, _)) => Found::Unknown { why: format!("answered {status}") },
            Err(cause) => Found::Unknown { why: cause.why() },
        }
    }

    async fn send_fetch(&self, lookup: &Lookup) -> Found {
        match lookup {
            Lookup::ProviderRef(id) => self.look(id).await,
            Lookup::Key(key) => match self.look(&wire::payout_id(key)).await {
                Found::NotFound => self.by_reference(key).await,
                found @ (Found::Known(_) | Found::CannotTell { .. } | Found::Unknown { .. }) => found,
            },
        }
    }

    /// Was `payout_id` passed over, the payout has an id of theirs: sending again would pay twice. Our key stands in the
    /// reference as well, which the list can be asked for.
    async fn by_reference(&self, key: &str) -> Found {
        let mut found = Vec::new();
        for currency in &self.settings.currencies {
            let mut filter = Filter::new(&self.settings, *currency, ENTITY);
            // The list wants to know since when; ours can be of any time.
            (filter.merchant_order_reference_id, filter.start_time) = (Some(key), Some(Timestamp::EPOCH));
            match self.filtered(&filter).await {
                Ok(page) => found.extend(page.payouts),
                Err(error) => return Found::Unknown { why: error.why },
            }
        }
        match wire::only(key, found) {
            // A row of the list may be behind, and is of one attempt.
            Found::Known(payout) => self.look(&payout.provider_ref).await,
            other @ (Found::NotFound | Found::CannotTell { .. } | Found::Unknown { .. }) => other,
        }
    }

    /// The list by a filter. The description has one currency in it; the service's own source reads a list of them, so a refusal
    /// is answered with that.
    async fn filtered(&self, filter: &Filter<'_>) -> Result<wire::Listed, CallError> {
        let wrong = |why: String| self.endpoint.error(why);
        let mut answer = self.post(&["payouts", "list"], filter.bytes(false).map_err(wrong)?).await;
        if let Ok((StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY, _)) = answer {
            answer = self.post(&["payouts", "list"], filter.bytes(true).map_err(wrong)?).await;
        }
        match answer {
            Ok((StatusCode::OK, body)) => {
                wire::listed(&body, filter.entity_type, &self.settings.declines).map_err(wrong)
            }
            Ok((StatusCode::NOT_FOUND, body)) if wire::absent(&body) == Found::NotFound => Ok(wire::Listed::default()),
            Ok((status, _)) => Err(wrong(format!("answered {status} when asked for its list"))),
            Err(cause) => Err(wrong(cause.why())),
        }
    }

    /// One page; the cursor says of which currency and kind of receiver, and from where on.
    async fn page(&self, from: Timestamp, until: Timestamp, cursor: Option<&str>) -> Result<Page, CallError> {
        let (part, offset) = match cursor {
            None => (0, 0),
            Some(text) => wire::read_cursor(text).ok_or_else(|| self.endpoint.error("the cursor is none"))?,
        };
        let parts = self.settings.currencies.iter().flat_map(|currency| ENTITY_TYPES.map(|kind| (*currency, kind)));
        let mut parts = parts.skip(part);
        let Some((currency, entity)) = parts.next() else { return Ok(Page { payouts: Vec::new(), next: None }) };
        let mut filter = Filter::new(&self.settings, currency, entity);
        (filter.start_time, filter.end_time, filter.offset) = (Some(from), Some(until), offset);
        let listed = self.filtered(&filter).await?;
        // A total may be that of the page, and a page may be short because it was filtered afterwards: only an empty page, or a short one
        // that the total agrees with, is the end.
        let after = offset.saturating_add(PAGE);
        let short = u32::try_from(listed.read).is_ok_and(|read| read < PAGE);
        let more = listed.read > 0 && !(short && listed.total.is_none_or(|total| total <= u64::from(after)));
        let next =
            if more { Some(wire::cursor(part, after)) } else { parts.next().map(|_more| wire::cursor(part + 1, 0)) };
        // The end is theirs to include.
        let inside = |at: Timestamp| at == Timestamp::EPOCH || (from <= at && at < until);
        let payouts = listed.payouts.into_iter().filter(|payout| inside(payout.created_at)).collect();
        Ok(Page { payouts, next })
    }

    async fn read_event(&self, call: WebhookCall<'_>) -> Result<WebhookEvent, WebhookRefusal> {
        let given = call.header(SIGNATURE_HEADER).ok_or(WebhookRefusal::NotAuthentic("there is no signature"))?;
        if !signs(&self.settings.webhook_secret, call.raw_body, given) {
            return Err(WebhookRefusal::NotAuthentic("the signature is wrong"));
        }
        let wire::Event { id, payout } = wire::event(call.raw_body)?;
        match self.look(&payout).await {
            // The same message may come again, and tell by then of something new.
            Found::Known(payout) => WebhookEvent { id: format!("{id}:{}", payout.status.word()), payout }.keepable(),
            Found::NotFound => Err(WebhookRefusal::Unreadable("Hyperswitch does not know this payout".to_owned())),
            Found::CannotTell { why } | Found::Unknown { why } => Err(WebhookRefusal::Later(why)),
        }
    }
}

/// What was found under our `payout_id` in place of an answer to the call.
fn taken(intent: &Intent, found: Found) -> Outcome {
    match found {
        Found::Known(payout) if payout.amount == intent.amount => {
            Outcome::Accepted { provider_ref: payout.provider_ref, status: payout.status }
        }
        Found::Known(_) => Outcome::Unknown { why: "the payout with our payout_id has another amount".to_owned() },
        Found::NotFound => Outcome::Unknown { why: "the first payout with this payout_id cannot be found".to_owned() },
        Found::CannotTell { why } | Found::Unknown { why } => Outcome::Unknown { why },
    }
}

/// Whether this is the signature of a body, in a time that does not depend on where it differs.
fn signs(secret: &Secret, raw_body: &[u8], given: &str) -> bool {
    let Ok(given) = hex::decode(given.trim()) else { return false };
    let Ok(mut mac) = Hmac::<Sha512>::new_from_slice(secret.expose().as_bytes()) else { return false };
    mac.update(raw_body);
    mac.verify_slice(&given).is_ok()
}

impl PayoutProvider for Hyperswitch {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn key_window(&self) -> TimeDelta {
        KEY_WINDOW
    }

    fn ways(&self) -> Vec<Way> {
        let entry = |kind| match kind {
            MethodKind::PayPal | MethodKind::Iban => Some(Entry::Typed),
            MethodKind::Card => self.settings.tokens.as_ref().map(|tokens| {
                let (url, public_key) = (tokens.url.clone(), tokens.key.clone());
                Entry::Tokens { url, public_key }
            }),
            MethodKind::Wallet | MethodKind::Sbp | MethodKind::YooMoney | MethodKind::Account => None,
        };
        let kinds = self.settings.kinds.iter();
        kinds.filter_map(|kind| Some(Way { kind: *kind, entry: entry(*kind)? })).collect()
    }

    fn pays_in(&self, currency: Currency) -> bool {
        self.settings.currencies.contains(&currency)
    }

    fn request_bytes(&self, intent: &Intent) -> Result<Vec<u8>, CallError> {
        wire::request(&self.settings, intent).map_err(|why| self.endpoint.error(why))
    }

    fn create<'a>(&'a self, intent: &'a Intent) -> Call<'a, Outcome> {
        Box::pin(self.send_create(intent))
    }

    fn fetch<'a>(&'a self, lookup: &'a Lookup) -> Call<'a, Found> {
        Box::pin(self.send_fetch(lookup))
    }

    fn list<'a>(
        &'a self,
        from: Timestamp,
        until: Timestamp,
        cursor: Option<&'a str>,
    ) -> Call<'a, Result<Page, CallError>> {
        Box::pin(self.page(from, until, cursor))
    }

    fn read_webhook<'a>(&'a self, call: WebhookCall<'a>) -> Call<'a, Result<WebhookEvent, WebhookRefusal>> {
        Box::pin(self.read_event(call))
    }

    fn balance(&self) -> Call<'_, Result<Amount, CallError>> {
        Box::pin(std::future::ready(Err(self.endpoint.error("Hyperswitch does not tell a balance: its connectors do"))))
    }
}
