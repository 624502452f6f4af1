//! Sends messages of outgoing webhooks: one POST, no redirect, no second try.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Method, Url};

use super::client::{ClientError, ClientSettings, HttpClient, describe};
use crate::domain::hook::Tried;

/// How long a receiver may take, in milliseconds.
const TIMEOUT_MS: u64 = 15_000;
/// How much of an answer is read, so that the receiver can finish writing it.
const READ: usize = 64 * 1024;

/// A message, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Where to.
    pub url: Url,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub seconds: i64,
    /// `webhook-signature`.
    pub signature: String,
    /// JSON.
    pub body: String,
}

/// The sender. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Delivery(HttpClient);

impl Delivery {
    /// Makes the sender; see [`ClientSettings::allow_private`].
    ///
    /// # Errors
    /// [`ClientError::Setup`].
    pub fn new(allow_private: bool) -> Result<Self, ClientError> {
        let settings = ClientSettings { timeout_ms: TIMEOUT_MS, allow_private, ..ClientSettings::default() };
        HttpClient::new(&settings).map(Self)
    }

    /// Whether this address may be sent to, as far as that can be told without resolving its name.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        self.0.request(Method::POST, url.clone()).map(drop).map_err(|error| error.to_string())
    }

    /// Sends once.
    pub async fn send(&self, message: &Signed) -> Tried {
        let request = match self.0.request(Method::POST, message.url.clone()) {
            Ok(request) => request,
            Err(error) => return Tried::NoAnswer(error.to_string()),
        };
        let request = request
            .header("content-type", "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", message.seconds)
            .header("webhook-signature", &message.signature)
            .body(message.body.clone());
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Tried::NoAnswer(describe(error)),
        };
        let status = answer.status().as_u16();
        let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = asked.and_then(|text| text.trim().parse::<i64>().ok());
        let mut read = 0_usize;
        // What it says beside its status is of no interest, and no longer waited for than a moment.
        let _late = tokio::time::timeout(Duration::from_secs(1), async {
            while let Ok(Some(chunk)) = answer.chunk().await {
                read = read.saturating_add(chunk.len());
                if read > READ {
                    break;
                }
            }
        })
        .await;
        Tried::Answered { status, retry_after }
    }
}
