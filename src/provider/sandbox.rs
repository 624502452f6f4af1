//! The sandbox bank's client: a provider that is a process of our own, so that every way in which a payment can go
//! wrong can be tried. Its API is described in docs/SANDBOX.md.

mod wire;

use std::net::IpAddr;

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::client::{ClientError, HttpClient};
use super::endpoint::{Endpoint, NoAnswer};
use super::{
    Call, CallError, Entry, Found, Intent, Lookup, Outcome, Page, PayoutProvider, RejectClass, Way, WebhookCall,
    WebhookEvent, WebhookRefusal,
};
use crate::base::secret::constant_time_eq;
use crate::base::{Secret, Timestamp};
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::MethodKind;

/// The header that carries a webhook's signature: `t=<seconds since 1970>,v1=<hex>`.
pub const SIGNATURE_HEADER: &str = "Sandbox-Signature";
/// How far a signature's time may be from ours, in seconds.
const SIGNATURE_TOLERANCE: i64 = 300;
/// The bank remembers keys for 24 hours; the last two are left for slow requests and clocks that differ.
const KEY_WINDOW: TimeDelta = TimeDelta::hours(22);

/// How to reach a sandbox bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxSettings {
    /// The name of this provider in the ledger and in URLs.
    pub name: String,
    /// Where the bank listens, for example `http://127.0.0.1:8099/`.
    pub url: String,
    /// The bearer key for payouts.
    pub api_key: Secret,
    /// The secret that signs its webhooks.
    pub webhook_secret: Secret,
    /// The key that a browser turns numbers into tokens with; no secret.
    pub public_key: String,
    /// The addresses that its webhooks may come from; empty for any, since they are signed.
    #[serde(default)]
    pub webhook_peers: Vec<IpAddr>,
}

/// A sandbox bank.
#[derive(Debug, Clone)]
pub struct Sandbox {
    settings: SandboxSettings,
    endpoint: Endpoint,
}

impl Sandbox {
    /// A client for the bank at `settings.url`.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] when that is not a URL.
    pub fn new(settings: SandboxSettings, http: HttpClient) -> Result<Self, ClientError> {
        let endpoint = Endpoint::new(&settings.name, &settings.url, http)?;
        Ok(Self { settings, endpoint })
    }

    fn call(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Result<RequestBuilder, NoAnswer> {
        let request = self.endpoint.request(method, path, query)?;
        Ok(request.bearer_auth(self.settings.api_key.expose()))
    }

    async fn send_create(&self, intent: &Intent) -> Outcome {
        let body = match self.request_bytes(intent) {
            Ok(body) => body,
            Err(cause) => {
                let (code, class) = ("unsupported".to_owned(), RejectClass::Definite);
                return Outcome::Rejected { code, detail: cause.why, class };
            }
        };
        let request = match self.call(Method::POST, &["v1", "payouts"], &[]) {
            Ok(request) => request,
            Err(cause) => return cause.outcome(),
        };
        let request = request.header("Idempotency-Key", &intent.key).header("Content-Type", "application/json");
        match self.endpoint.send(request.body(body)).await {
            Ok((status, body)) => wire::outcome(intent, status, &body),
            Err(cause) => cause.outcome(),
        }
    }

    async fn send_fetch(&self, lookup: &Lookup) -> Found {
        let request = match lookup {
            Lookup::ProviderRef(reference) => self.call(Method::GET, &["v1", "payouts", reference], &[]),
            Lookup::Key(key) => self.call(Method::GET, &["v1", "payouts"], &[("key", key)]),
        };
        match self.get(request).await {
            Ok((StatusCode::OK, body)) => match lookup {
                Lookup::ProviderRef(_) => wire::one(&body),
                Lookup::Key(_) => wire::only(&body),
            },
            Ok((StatusCode::NOT_FOUND, body)) => wire::absent(&body),
            Ok((status, _)) => Found::Unknown { why: format!("answered {status}") },
            Err(cause) => Found::Unknown { why: cause.why() },
        }
    }

    async fn get(&self, request: Result<RequestBuilder, NoAnswer>) -> Result<(StatusCode, Vec<u8>), NoAnswer> {
        self.endpoint.send(request?).await
    }

    async fn get_ok(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<u8>, CallError> {
        match self.get(self.call(Method::GET, path, query)).await {
            Ok((StatusCode::OK, body)) => Ok(body),
            Ok((status, _)) => Err(self.endpoint.error(format!("answered {status}"))),
            Err(cause) => Err(self.endpoint.error(cause.why())),
        }
    }

    fn parse_webhook(&self, call: &WebhookCall<'_>) -> Result<WebhookEvent, WebhookRefusal> {
        let peers = &self.settings.webhook_peers;
        if !peers.is_empty() && !peers.contains(&call.peer_ip) {
            return Err(WebhookRefusal::NotAuthentic("the caller's address is not one of the provider's"));
        }
        let header = call.header(SIGNATURE_HEADER).ok_or(WebhookRefusal::NotAuthentic("there is no signature"))?;
        let at = signed_at(header).ok_or(WebhookRefusal::NotAuthentic("the signature has no time"))?;
        let expected = sign(&self.settings.webhook_secret, at, call.raw_body);
        if !constant_time_eq(expected.as_bytes(), header.as_bytes()) {
            return Err(WebhookRefusal::NotAuthentic("the signature is wrong"));
        }
        if call.received_at.seconds().abs_diff(at) > SIGNATURE_TOLERANCE.unsigned_abs() {
            return Err(WebhookRefusal::NotAuthentic("the signature is too old"));
        }
        let event = wire::webhook(call.raw_body).map_err(|cause| WebhookRefusal::Unreadable(cause.to_string()))?;
        event.keepable()
    }
}

impl PayoutProvider for Sandbox {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn key_window(&self) -> TimeDelta {
        KEY_WINDOW
    }

    fn ways(&self) -> Vec<Way> {
        let url = format!("{}/v1/destinations", self.settings.url.trim_end_matches('/'));
        let entry = Entry::Tokens { url, public_key: self.settings.public_key.clone() };
        [MethodKind::Card, MethodKind::Wallet].map(|kind| Way { kind, entry: entry.clone() }).to_vec()
    }

    /// The account's currency is known to the bank alone, which refuses every other.
    fn pays_in(&self, _currency: Currency) -> bool {
        true
    }

    fn request_bytes(&self, intent: &Intent) -> Result<Vec<u8>, CallError> {
        wire::request(intent).map_err(|cause| self.endpoint.error(cause.to_string()))
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
        Box::pin(async move {
            let (from, until) = (from.to_string(), until.to_string());
            let mut query = vec![("from", from.as_str()), ("until", until.as_str())];
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let body = self.get_ok(&["v1", "payouts"], &query).await?;
            wire::page(&body).map_err(|cause| self.endpoint.error(cause.to_string()))
        })
    }

    fn read_webhook<'a>(&'a self, call: WebhookCall<'a>) -> Call<'a, Result<WebhookEvent, WebhookRefusal>> {
        Box::pin(std::future::ready(self.parse_webhook(&call)))
    }

    fn balance(&self) -> Call<'_, Result<Amount, CallError>> {
        Box::pin(async move {
            let body = self.get_ok(&["v1", "balance"], &[]).await?;
            wire::balance(&body).map_err(|cause| self.endpoint.error(cause.to_string()))
        })
    }
}

/// The signature header for a webhook: HMAC-SHA256 over the time, a dot and the raw body.
#[must_use]
pub fn sign(secret: &Secret, at: i64, raw_body: &[u8]) -> String {
    // HMAC takes keys of any length, so this never fails; an empty signature would match nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return String::new() };
    mac.update(at.to_string().as_bytes());
    mac.update(b".");
    mac.update(raw_body);
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

fn signed_at(header: &str) -> Option<i64> {
    header.strip_prefix("t=")?.split_once(',')?.0.parse().ok()
}
