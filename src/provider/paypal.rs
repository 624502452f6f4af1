//! PayPal Payouts (v1): to an e-mail address. One withdrawal is one batch of one item.
//!
//! `sender_batch_id` is our key: for 30 days a second batch with it is refused with a link to the first. There is no way to
//! ask for a batch by it, so what became of a call without an answer is found out by sending it again. `SUCCESS` of a batch says
//! nothing about its item; money that nobody claims comes back after 30 days, and what was paid can be refunded or reversed.

mod access;
mod certificate;
mod wire;

use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder, StatusCode};

use self::access::Access;
use self::certificate::Certificates;
use super::client::{ClientError, HttpClient};
use super::endpoint::{Endpoint, NoAnswer};
use super::{
    Call, CallError, Entry, Found, Intent, Lookup, Outcome, Page, PayoutProvider, RejectClass, Way, WebhookCall,
    WebhookEvent, WebhookRefusal,
};
use crate::base::Timestamp;
use crate::config::rails;
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::MethodKind;

/// 30 days less what slow requests and clocks that differ may take.
const KEY_WINDOW: TimeDelta = TimeDelta::days(29);

/// A PayPal account.
#[derive(Debug)]
pub struct Paypal {
    settings: rails::Paypal,
    endpoint: Endpoint,
    access: Access,
    certificates: Certificates,
}

impl Paypal {
    /// A client for the account.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] when its address is not a URL.
    pub fn new(settings: rails::Paypal, http: HttpClient) -> Result<Self, ClientError> {
        let endpoint = Endpoint::new(&settings.name, &settings.url, http)?;
        let access = Access::new(settings.client_id.clone(), settings.client_secret.clone());
        let certificates = Certificates::new(settings.certificate_hosts.clone(), settings.certificate_roots.clone());
        Ok(Self { settings, endpoint, access, certificates })
    }

    /// Begins a call with a token that is still good.
    async fn call(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, access::Refused> {
        let token = self.access.token(&self.endpoint).await?;
        let request = self.endpoint.request(method, path, &[]).map_err(access::Refused::Call)?;
        Ok(request.bearer_auth(token.expose()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), NoAnswer> {
        let answer = self.endpoint.send(request).await;
        if let Ok((StatusCode::UNAUTHORIZED, _)) = answer {
            // The next call asks for a new one.
            self.access.forget().await;
        }
        answer
    }

    async fn send_create(&self, intent: &Intent) -> Outcome {
        let body = match wire::request(intent) {
            Ok(body) => body,
            Err(detail) => {
                return Outcome::Rejected { code: "unsupported".to_owned(), detail, class: RejectClass::Definite };
            }
        };
        let request = match self.call(Method::POST, &["v1", "payments", "payouts"]).await {
            Ok(request) => request.header("PayPal-Request-Id", &intent.key).header("Content-Type", "application/json"),
            Err(refused) => return refused.outcome(),
        };
        match self.send(request.body(body)).await {
            Ok((status, body)) => match wire::outcome(intent, status, &body) {
                wire::Answer::Outcome(outcome) => outcome,
                wire::Answer::Duplicate(batch) => self.original(intent, &batch).await,
            },
            Err(cause) => cause.outcome(),
        }
    }

    /// Our key was used: the batch that the refusal names is ours if it carries the key and the amount.
    async fn original(&self, intent: &Intent, batch: &str) -> Outcome {
        match self.send_fetch(&Lookup::ProviderRef(batch.to_owned())).await {
            Found::Known(payout) if payout.key.as_ref() == Some(&intent.key) && payout.amount == intent.amount => {
                Outcome::Accepted { provider_ref: payout.provider_ref, status: payout.status }
            }
            Found::Known(_) => Outcome::Unknown { why: "the first batch with this id is another payment".to_owned() },
            Found::NotFound => Outcome::Unknown { why: "the first batch with this id cannot be found".to_owned() },
            Found::CannotTell { why } | Found::Unknown { why } => Outcome::Unknown { why },
        }
    }

    async fn send_fetch(&self, lookup: &Lookup) -> Found {
        let Lookup::ProviderRef(batch) = lookup else {
            let why = "PayPal cannot be asked by our key: sending again with it tells".to_owned();
            return Found::CannotTell { why };
        };
        self.batch(batch).await.map_or_else(|found| found, |(status, body)| found(status, &body))
    }

    /// A batch as PayPal answers, or what it means that it did not.
    async fn batch(&self, batch: &str) -> Result<(StatusCode, Vec<u8>), Found> {
        let request = self.call(Method::GET, &["v1", "payments", "payouts", batch]).await;
        let request = request.map_err(|refused| Found::Unknown { why: refused.why() })?;
        self.send(request).await.map_err(|cause| Found::Unknown { why: cause.why() })
    }

    /// What is signed is no more than a CRC of the body, so the message is a hint, and the batch is read.
    async fn read_event(&self, call: WebhookCall<'_>) -> Result<WebhookEvent, WebhookRefusal> {
        self.certificates.check(&self.endpoint, &self.settings.webhook_id, &call).await?;
        let wire::Event { id, batch } = wire::event(call.raw_body)?;
        let read = match self.batch(&batch).await {
            Ok((StatusCode::OK, body)) if wire::has_many(&body) => {
                return Err(WebhookRefusal::Unrelated("a batch of several items".to_owned()));
            }
            Ok((status, body)) => found(status, &body),
            Err(found) => found,
        };
        match read {
            Found::Known(payout) => WebhookEvent { id, payout }.keepable(),
            Found::NotFound => Err(WebhookRefusal::Unreadable("PayPal does not know this batch".to_owned())),
            Found::CannotTell { why } | Found::Unknown { why } => Err(WebhookRefusal::Later(why)),
        }
    }
}

/// What an answer to a look-up of a batch means.
fn found(status: StatusCode, body: &[u8]) -> Found {
    match status {
        StatusCode::OK => wire::batch(body),
        StatusCode::NOT_FOUND => wire::absent(body),
        status => Found::Unknown { why: format!("answered {status}") },
    }
}

impl PayoutProvider for Paypal {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn key_window(&self) -> TimeDelta {
        KEY_WINDOW
    }

    fn ways(&self) -> Vec<Way> {
        vec![Way { kind: MethodKind::PayPal, entry: Entry::Typed }]
    }

    fn pays_in(&self, currency: Currency) -> bool {
        self.settings.currencies.contains(&currency)
    }

    fn request_bytes(&self, intent: &Intent) -> Result<Vec<u8>, CallError> {
        wire::request(intent).map_err(|why| self.endpoint.error(why))
    }

    fn create<'a>(&'a self, intent: &'a Intent) -> Call<'a, Outcome> {
        Box::pin(self.send_create(intent))
    }

    fn fetch<'a>(&'a self, lookup: &'a Lookup) -> Call<'a, Found> {
        Box::pin(self.send_fetch(lookup))
    }

    /// There is no list of batches.
    fn list<'a>(
        &'a self,
        _from: Timestamp,
        _until: Timestamp,
        _cursor: Option<&'a str>,
    ) -> Call<'a, Result<Page, CallError>> {
        Box::pin(std::future::ready(Err(self.endpoint.error("PayPal has no list of payouts"))))
    }

    fn has_list(&self) -> bool {
        false
    }

    fn read_webhook<'a>(&'a self, call: WebhookCall<'a>) -> Call<'a, Result<WebhookEvent, WebhookRefusal>> {
        Box::pin(self.read_event(call))
    }

    fn balance(&self) -> Call<'_, Result<Amount, CallError>> {
        Box::pin(std::future::ready(Err(self.endpoint.error("Payouts do not tell the balance"))))
    }
}
