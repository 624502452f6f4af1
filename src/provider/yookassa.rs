//! YooKassa Payouts (API v3): cards by the widget's token, SBP, YooMoney wallets.
//!
//! A key is remembered for 24 hours; later the same key is a new payment. Our key is also written into the metadata,
//! which the search takes. Notifications are not signed: they count as a hint from the right address, and the payout
//! is read again.

mod wire;

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder, StatusCode};

use super::client::{ClientError, HttpClient};
use super::endpoint::{Endpoint, NoAnswer};
use super::{
    Call, CallError, Entry, Found, Intent, Lookup, Outcome, Page, PayoutProvider, RejectClass, SbpBank, Way,
    WebhookCall, WebhookEvent, WebhookRefusal,
};
use crate::base::Timestamp;
use crate::config::rails;
use crate::domain::money::{Amount, Currency};
use crate::domain::payout::MethodKind;

/// 24 hours less what slow requests and clocks that differ may take.
const KEY_WINDOW: TimeDelta = TimeDelta::hours(22);

/// A payout gateway.
#[derive(Debug)]
pub struct Yookassa {
    settings: rails::Yookassa,
    endpoint: Endpoint,
    /// The last list of banks that was read: shown when it cannot be read anew.
    banks: Mutex<Vec<SbpBank>>,
}

impl Yookassa {
    /// A client for the gateway.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] when its address is not a URL.
    pub fn new(settings: rails::Yookassa, http: HttpClient) -> Result<Self, ClientError> {
        let endpoint = Endpoint::new(&settings.name, &settings.url, http)?;
        Ok(Self { settings, endpoint, banks: Mutex::default() })
    }

    fn call(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Result<RequestBuilder, NoAnswer> {
        let request = self.endpoint.request(method, path, query)?;
        Ok(request.basic_auth(&self.settings.gateway, Some(self.settings.key.expose())))
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(StatusCode, Vec<u8>), NoAnswer> {
        self.endpoint.send(self.call(Method::GET, path, query)?).await
    }

    async fn get_ok(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<u8>, CallError> {
        match self.get(path, query).await {
            Ok((StatusCode::OK, body)) => Ok(body),
            Ok((status, _)) => Err(self.endpoint.error(format!("answered {status}"))),
            Err(cause) => Err(self.endpoint.error(cause.why())),
        }
    }

    async fn send_create(&self, intent: &Intent) -> Outcome {
        let body = match wire::request(intent) {
            Ok(body) => body,
            Err(detail) => {
                return Outcome::Rejected { code: "unsupported".to_owned(), detail, class: RejectClass::Definite };
            }
        };
        let request = match self.call(Method::POST, &["payouts"], &[]) {
            Ok(request) => request.header("Idempotence-Key", &intent.key).header("Content-Type", "application/json"),
            Err(cause) => return cause.outcome(),
        };
        match self.endpoint.send(request.body(body)).await {
            Ok((status, body)) => wire::outcome(intent, status, &body),
            Err(cause) => cause.outcome(),
        }
    }

    async fn send_fetch(&self, lookup: &Lookup) -> Found {
        let answer = match lookup {
            Lookup::ProviderRef(reference) => self.get(&["payouts", reference], &[]).await,
            Lookup::Key(key) => self.get(&["payouts", "search"], &[(&format!("metadata[{}]", wire::KEY), key)]).await,
        };
        match (answer, lookup) {
            (Ok((StatusCode::OK, body)), Lookup::ProviderRef(_)) => wire::one(&body),
            (Ok((StatusCode::OK, body)), Lookup::Key(key)) => wire::only(key, &body),
            (Ok((StatusCode::NOT_FOUND, body)), Lookup::ProviderRef(_)) => wire::absent(&body),
            // Not every gateway has the search. Sending again with the same key tells as much, inside its window.
            (
                Ok((status @ (StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED), _)),
                Lookup::Key(_),
            ) => Found::CannotTell { why: format!("the search answered {status}") },
            (Ok((status, _)), _) => Found::Unknown { why: format!("answered {status}") },
            (Err(cause), _) => Found::Unknown { why: cause.why() },
        }
    }

    async fn read_notice(&self, call: WebhookCall<'_>) -> Result<WebhookEvent, WebhookRefusal> {
        if !self.settings.networks.iter().any(|network| network.contains(&call.peer_ip)) {
            return Err(WebhookRefusal::NotAuthentic("the caller's address is not one of the provider's"));
        }
        let reference = wire::notice(call.raw_body)?;
        match self.send_fetch(&Lookup::ProviderRef(reference)).await {
            Found::Known(payout) => {
                let id = format!("{}:{}", payout.provider_ref, payout.status.word());
                WebhookEvent { id, payout }.keepable()
            }
            Found::NotFound => Err(WebhookRefusal::NotAuthentic("the provider does not know this payout")),
            Found::CannotTell { why } | Found::Unknown { why } => Err(WebhookRefusal::Later(why)),
        }
    }

    async fn read_banks(&self) -> Result<Vec<SbpBank>, CallError> {
        let kept = || self.banks.lock().unwrap_or_else(PoisonError::into_inner);
        let read = match self.get_ok(&["sbp_banks"], &[]).await {
            Ok(body) => wire::banks(&body).map_err(|cause| self.endpoint.error(cause.to_string())),
            Err(cause) => Err(cause),
        };
        match read {
            Ok(banks) => {
                kept().clone_from(&banks);
                Ok(banks)
            }
            Err(cause) => Some(kept().clone()).filter(|known| !known.is_empty()).ok_or(cause),
        }
    }
}

impl PayoutProvider for Yookassa {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn key_window(&self) -> TimeDelta {
        KEY_WINDOW
    }

    fn ways(&self) -> Vec<Way> {
        let entry = |kind| match kind {
            MethodKind::Card => {
                Some(Entry::Widget { script: self.settings.widget.clone(), account: self.settings.gateway.clone() })
            }
            MethodKind::Sbp | MethodKind::YooMoney => Some(Entry::Typed),
            MethodKind::Wallet | MethodKind::PayPal | MethodKind::Iban | MethodKind::Account => None,
        };
        let kinds = self.settings.kinds.iter();
        kinds.filter_map(|kind| Some(Way { kind: *kind, entry: entry(*kind)? })).collect()
    }

    fn pays_in(&self, currency: Currency) -> bool {
        currency == Currency::RUB
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

    fn list<'a>(
        &'a self,
        from: Timestamp,
        until: Timestamp,
        cursor: Option<&'a str>,
    ) -> Call<'a, Result<Page, CallError>> {
        Box::pin(async move {
            let (from, until) = (from.to_string(), until.to_string());
            let mut query = vec![("created_at.gte", from.as_str()), ("created_at.lt", &until), ("limit", "100")];
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let body = self.get_ok(&["payouts"], &query).await?;
            wire::page(&body).map_err(|why| self.endpoint.error(why))
        })
    }

    fn read_webhook<'a>(&'a self, call: WebhookCall<'a>) -> Call<'a, Result<WebhookEvent, WebhookRefusal>> {
        Box::pin(self.read_notice(call))
    }

    fn balance(&self) -> Call<'_, Result<Amount, CallError>> {
        Box::pin(async move {
            let body = self.get_ok(&["me"], &[]).await?;
            wire::balance(&body).map_err(|why| self.endpoint.error(why))
        })
    }

    fn banks(&self) -> Call<'_, Result<Vec<SbpBank>, CallError>> {
        Box::pin(self.read_banks())
    }
}
