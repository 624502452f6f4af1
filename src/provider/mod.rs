//! Payout rails: what every provider is asked for, in one trait; one file a provider. The only floor that calls
//! payout providers over the network. It decides nothing: what an answer means is `domain::payout::transition`'s.

pub mod client;
pub mod delivery;
pub mod sandbox;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::base::id::PayoutId;
use crate::base::{Secret, Timestamp};
use crate::domain::money::Amount;
use crate::domain::payout::{MethodKind, PayoutEvent};

/// What a call to a provider gives, later. Boxed, so that providers can be chosen by name at run time.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One payment that is wanted, as it was committed before the first call. The same intent always makes the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The payout; travels as metadata, so that an unknown can be searched for.
    pub payout: PayoutId,
    /// The idempotency key: made once, stored, the same on every send.
    pub key: String,
    /// What the receiver gets: the payout's amount without the fee.
    pub amount: Amount,
    /// What the destination is.
    pub kind: MethodKind,
    /// The provider's token of the destination. With our credentials it directs money.
    pub destination: Secret,
    /// What the receiver reads.
    pub description: String,
}

/// How a provider sees a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderStatus {
    /// Being worked on.
    Pending,
    /// The money was moved.
    Paid,
    /// It will not be moved; the provider's code.
    Failed(String),
    /// It was moved and came back; the provider's code.
    Returned(String),
    /// A word that we do not know. Treated as pending: providers add words.
    Unheard(String),
}

/// Why nothing was created, and so what may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectClass {
    /// For good: the reserve may go back.
    Definite,
    /// Send again with the same key, inside its window, not before `after` where the provider said one.
    RetrySameKey {
        /// The wait that the provider asked for.
        after: Option<TimeDelta>,
    },
    /// We are refused, not the shopper: credentials, permissions, float. A person repairs it; the same key is sent again.
    Ours,
}

/// What came of a create call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has it.
    Accepted {
        /// Its reference.
        provider_ref: String,
        /// Its state.
        status: ProviderStatus,
    },
    /// Nothing was created.
    Rejected {
        /// The provider's code, or `connect` when the request never left.
        code: String,
        /// For the operator; no secrets.
        detail: String,
        /// What may be done.
        class: RejectClass,
    },
    /// It may exist or not. A state, not an error: ask, never send under another key.
    Unknown {
        /// For the operator; no secrets.
        why: String,
    },
}

impl Outcome {
    /// What this means to the payout whose send number `send` it answers.
    #[must_use]
    pub fn event(&self, send: u32) -> PayoutEvent {
        match self {
            Self::Accepted { provider_ref, status } => status_event(provider_ref, status),
            Self::Rejected { code, class, .. } => match class {
                RejectClass::Definite => PayoutEvent::Rejected { send, code: code.clone() },
                RejectClass::RetrySameKey { .. } => PayoutEvent::TryAgain,
                RejectClass::Ours => PayoutEvent::Blocked { code: code.clone() },
            },
            Self::Unknown { .. } => PayoutEvent::Unknown,
        }
    }
}

fn status_event(provider_ref: &str, status: &ProviderStatus) -> PayoutEvent {
    let provider_ref = provider_ref.to_owned();
    match status {
        ProviderStatus::Pending | ProviderStatus::Unheard(_) => PayoutEvent::Accepted { provider_ref },
        ProviderStatus::Paid => PayoutEvent::Paid { provider_ref },
        ProviderStatus::Failed(code) => PayoutEvent::Failed { provider_ref: Some(provider_ref), code: code.clone() },
        ProviderStatus::Returned(code) => PayoutEvent::Returned { provider_ref, code: code.clone() },
    }
}

/// How to ask for one payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// By the provider's reference.
    ProviderRef(String),
    /// By our idempotency key, when no reference is known.
    Key(String),
}

/// A payout as the provider knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayout {
    /// The provider's reference.
    pub provider_ref: String,
    /// Our key, where the provider gives it back.
    pub key: Option<String>,
    /// What the receiver gets.
    pub amount: Amount,
    /// Its state.
    pub status: ProviderStatus,
    /// When the provider made it.
    pub created_at: Timestamp,
}

impl ProviderPayout {
    /// What this means to the payout.
    #[must_use]
    pub fn event(&self) -> PayoutEvent {
        status_event(&self.provider_ref, &self.status)
    }
}

/// What came of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The provider knows it.
    Known(ProviderPayout),
    /// The provider says that it does not know it.
    NotFound,
    /// No answer that says anything.
    Unknown {
        /// For the operator; no secrets.
        why: String,
    },
}

impl Found {
    /// What this means to the payout.
    #[must_use]
    pub fn event(&self) -> PayoutEvent {
        match self {
            Self::Known(payout) => payout.event(),
            Self::NotFound => PayoutEvent::NotFound,
            Self::Unknown { .. } => PayoutEvent::Unknown,
        }
    }
}

/// One page of a provider's list, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The payouts.
    pub payouts: Vec<ProviderPayout>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

/// A call that moves no money did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{provider}: {why}")]
pub struct CallError {
    /// The provider's name.
    pub provider: String,
    /// For the operator; no secrets.
    pub why: String,
}

/// An inbound call that claims to come from a provider, exactly as received.
#[derive(Debug, Clone, Copy)]
pub struct WebhookCall<'a> {
    /// Names in any case, and values.
    pub headers: &'a [(String, String)],
    /// The body, not yet parsed.
    pub raw_body: &'a [u8],
    /// Who called; behind a trusted proxy, whom it forwarded for.
    pub peer_ip: IpAddr,
    /// When it came.
    pub received_at: Timestamp,
}

impl WebhookCall<'_> {
    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// An authentic call of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEvent {
    /// The provider's id of this message: the same one means a repeat.
    pub id: String,
    /// The payout as it was when the message was made.
    pub payout: ProviderPayout,
}

/// Why a webhook was not believed, or could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// No signature, a wrong one, or one too old: answer 401.
    #[error("the webhook is not authentic: {0}")]
    NotAuthentic(&'static str),
    /// Authentic, yet unreadable: keep it for an operator and answer 200, else it comes again for days.
    #[error("the webhook cannot be read: {0}")]
    Unreadable(String),
}

/// How a shopper's browser gets a token for a destination, past us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokenisation {
    /// Where the browser sends the number to.
    pub url: String,
    /// With which key; no secret.
    pub public_key: String,
    /// For which kinds of destinations.
    pub kinds: &'static [MethodKind],
}

/// What every payout provider is asked for. Nothing here retries or waits: that is the job's.
pub trait PayoutProvider: Send + Sync + fmt::Debug {
    /// The name in the configuration, in the ledger's `bank/{provider}` and in URLs.
    fn name(&self) -> &str;
    /// How long after the first send the same key is safe to send again; already shortened by a margin.
    fn key_window(&self) -> TimeDelta;
    /// How a browser gets a token.
    fn tokenisation(&self) -> Tokenisation;
    /// The bytes that [`PayoutProvider::create`] sends for this intent: always the same. They hold the destination's
    /// token; what is kept of them is kept sealed, or as a hash.
    ///
    /// # Errors
    /// [`CallError`] when this provider cannot carry the intent (its currency, its kind).
    fn request_bytes(&self, intent: &Intent) -> Result<Vec<u8>, CallError>;
    /// Sends the intent once. The intent, its key and the reserve are committed before this is called.
    fn create<'a>(&'a self, intent: &'a Intent) -> Call<'a, Outcome>;
    /// Asks for one payout.
    fn fetch<'a>(&'a self, lookup: &'a Lookup) -> Call<'a, Found>;
    /// The payouts made from `from` until before `until`; `cursor` from the page before.
    fn list<'a>(
        &'a self,
        from: Timestamp,
        until: Timestamp,
        cursor: Option<&'a str>,
    ) -> Call<'a, Result<Page, CallError>>;
    /// Checks and reads an inbound call.
    ///
    /// # Errors
    /// [`WebhookRefusal`].
    fn parse_webhook(&self, call: &WebhookCall<'_>) -> Result<WebhookEvent, WebhookRefusal>;
    /// Our money there.
    fn balance(&self) -> Call<'_, Result<Amount, CallError>>;
}

/// The configured providers, by name.
#[derive(Debug, Clone, Default)]
pub struct Providers(BTreeMap<String, Arc<dyn PayoutProvider>>);

impl Providers {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one under its own name; the one that had the name before is given back.
    pub fn add(&mut self, provider: Arc<dyn PayoutProvider>) -> Option<Arc<dyn PayoutProvider>> {
        self.0.insert(provider.name().to_owned(), provider)
    }

    /// The provider of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn PayoutProvider>> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn PayoutProvider>> {
        self.0.values()
    }
}
