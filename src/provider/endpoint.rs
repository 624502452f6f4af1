//! A provider's API at one address: how calls to it are made, and what it means when no answer comes.

use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::{Deserialize, Serialize};

use super::client::{ClientError, HttpClient, describe, read_body};
use super::{CallError, Outcome, RejectClass};
use crate::domain::money::{Amount, Currency, MoneyError};

/// An API.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    provider: String,
    url: Url,
    http: HttpClient,
}

/// A call brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// We may not or cannot make it: a wrong address.
    Misconfigured(String),
    /// No connection: nothing was sent.
    NotSent(String),
    /// It was sent, and what came of it is not known.
    Lost(String),
}

impl NoAnswer {
    /// For the operator.
    pub(super) fn why(self) -> String {
        match self {
            Self::Misconfigured(why) | Self::NotSent(why) | Self::Lost(why) => why,
        }
    }

    /// What it means for a create call. Only a failed connect proves that nothing was sent; a time-out after it proves
    /// nothing.
    pub(super) fn outcome(self) -> Outcome {
        let refused = |code: &str, detail, class| Outcome::Rejected { code: code.to_owned(), detail, class };
        match self {
            Self::Misconfigured(why) => refused("misconfigured", why, RejectClass::Ours),
            Self::NotSent(why) => refused("connect", why, RejectClass::RetrySameKey { after: None }),
            Self::Lost(why) => Outcome::Unknown { why },
        }
    }
}

impl From<ClientError> for NoAnswer {
    fn from(error: ClientError) -> Self {
        Self::Misconfigured(error.to_string())
    }
}

impl Endpoint {
    /// The API at `url`.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] when that is not a URL.
    pub(super) fn new(provider: &str, url: &str, http: HttpClient) -> Result<Self, ClientError> {
        match Url::parse(url) {
            Ok(parsed) if !parsed.cannot_be_a_base() => Ok(Self { provider: provider.to_owned(), url: parsed, http }),
            Ok(_) | Err(_) => Err(ClientError::Forbidden(url.to_owned(), "it is not a URL")),
        }
    }

    /// The client, for calls to other addresses.
    pub(super) const fn http(&self) -> &HttpClient {
        &self.http
    }

    /// Begins a call to a path below the address.
    pub(super) fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, NoAnswer> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(self.http.request(method, url)?)
    }

    /// Makes a call, once.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), NoAnswer> {
        let response = match request.send().await {
            Ok(response) => response,
            Err(cause) if cause.is_connect() => return Err(NoAnswer::NotSent(describe(cause))),
            Err(cause) => return Err(NoAnswer::Lost(describe(cause))),
        };
        let status = response.status();
        let body = read_body(response).await.map_err(NoAnswer::Lost)?;
        Ok((status, body))
    }

    /// A call that moves no money did not succeed.
    pub(super) fn error(&self, why: impl Into<String>) -> CallError {
        CallError { provider: self.provider.clone(), why: why.into() }
    }
}

/// An amount as decimal text: `{"value": "1000.00", "currency": "RUB"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Money {
    pub(super) value: String,
    pub(super) currency: Currency,
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self { value: amount.major().to_string(), currency: amount.currency() }
    }
}

impl Money {
    /// The amount.
    pub(super) fn read(&self) -> Result<Amount, MoneyError> {
        Amount::parse(&self.value, self.currency)
    }
}

/// Whether a text of a provider can be kept: PostgreSQL keeps no NUL.
pub(super) fn keepable(text: &str) -> bool {
    !text.contains('\0')
}
