//! The token that calls carry: asked for once, kept until shortly before it ends.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::base::Secret;
use crate::provider::endpoint::{Endpoint, NoAnswer};
use crate::provider::{Outcome, RejectClass};

/// A token is not used in the last minute of its life.
const MARGIN: Duration = Duration::from_secs(60);

/// Why a call could not be begun. Nothing of a payout was sent.
#[derive(Debug)]
pub(super) enum Refused {
    /// The token could not be asked for, or the call not be made.
    Call(NoAnswer),
    /// Our id or secret is wrong, or the application may not pay out.
    Credentials(StatusCode),
    /// No token was given, and not for these reasons.
    Answer(String),
}

impl Refused {
    /// What it means for a create call.
    pub(super) fn outcome(self) -> Outcome {
        let class = match &self {
            Self::Credentials(_) | Self::Call(NoAnswer::Misconfigured(_)) => RejectClass::Ours,
            Self::Answer(_) | Self::Call(NoAnswer::NotSent(_) | NoAnswer::Lost(_)) => {
                RejectClass::RetrySameKey { after: None }
            }
        };
        Outcome::Rejected { code: "no_token".to_owned(), detail: self.why(), class }
    }

    /// For the operator.
    pub(super) fn why(self) -> String {
        match self {
            Self::Call(cause) => format!("no token: {}", cause.why()),
            Self::Credentials(status) => format!("no token: answered {status}; look at client_id and client_secret"),
            Self::Answer(why) => format!("no token: {why}"),
        }
    }
}

#[derive(Debug)]
struct Token {
    text: Secret,
    until: Instant,
}

/// The application's access.
#[derive(Debug)]
pub(super) struct Access {
    id: String,
    secret: Secret,
    token: Mutex<Option<Token>>,
}

impl Access {
    pub(super) fn new(id: String, secret: Secret) -> Self {
        Self { id, secret, token: Mutex::default() }
    }

    /// A token, from the last time if it is still good. Callers that come meanwhile wait for the same one.
    pub(super) async fn token(&self, endpoint: &Endpoint) -> Result<Secret, Refused> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.until) {
            return Ok(token.text.clone());
        }
        let fresh = self.ask(endpoint).await?;
        let text = fresh.text.clone();
        *kept = Some(fresh);
        Ok(text)
    }

    /// The token is no longer good.
    pub(super) async fn forget(&self) {
        *self.token.lock().await = None;
    }

    async fn ask(&self, endpoint: &Endpoint) -> Result<Token, Refused> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: Secret,
            expires_in: u32,
        }
        let request = endpoint.request(Method::POST, &["v1", "oauth2", "token"], &[]).map_err(Refused::Call)?;
        let request = request
            .basic_auth(&self.id, Some(self.secret.expose()))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        match endpoint.send(request).await.map_err(Refused::Call)? {
            (StatusCode::OK, body) => {
                let answer = serde_json::from_slice::<Answer>(&body)
                    .map_err(|cause| Refused::Answer(format!("the answer cannot be read: {:?}", cause.classify())))?;
                let life = Duration::from_secs(u64::from(answer.expires_in)).saturating_sub(MARGIN);
                Ok(Token { text: answer.access_token, until: Instant::now() + life })
            }
            (status @ (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), _) => {
                Err(Refused::Credentials(status))
            }
            (status, _) => Err(Refused::Answer(format!("answered {status}"))),
        }
    }
}
