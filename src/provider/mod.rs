//! Payout rails: what every provider is asked for, in one trait; one file a provider. The only floor that calls
//! payout providers over the network. It decides nothing: what an answer means is `domain::payout::transition`'s.

pub mod bank_file;
pub mod client;
pub mod delivery;
mod endpoint;
pub mod list;
pub mod paypal;
pub mod sandbox;
pub mod yookassa;

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::base::id::PayoutId;
use crate::base::{Secret, Timestamp};
use crate::domain::money::{Amount, Currency};
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
    /// The provider's token of the destination, or the destination as it was typed
    /// ([`crate::domain::payout::typed::Destination`]). With our credentials it directs money.
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

impl ProviderStatus {
    /// In one word and its code, for operators.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Pending => "pending".to_owned(),
            Self::Paid => "paid".to_owned(),
            Self::Failed(code) => format!("failed: {code}"),
            Self::Returned(code) => format!("returned: {code}"),
            Self::Unheard(word) => format!("unheard: {word}"),
        }
    }
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
    /// The provider has no way to ask like this. Only sending again with the same key tells, as long as that is safe.
    CannotTell {
        /// For the operator; no secrets.
        why: String,
    },
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
            Self::NotFound | Self::CannotTell { .. } => PayoutEvent::NotFound,
            Self::Unknown { .. } => PayoutEvent::Unknown,
        }
    }
}

/// One page of a provider's list, in the provider's order.
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

impl WebhookEvent {
    /// The event, unless the database could not keep its texts.
    ///
    /// # Errors
    /// [`WebhookRefusal::Unreadable`].
    pub(in crate::provider) fn keepable(self) -> Result<Self, WebhookRefusal> {
        let payout = &self.payout;
        let word = match &payout.status {
            ProviderStatus::Unheard(word) | ProviderStatus::Failed(word) | ProviderStatus::Returned(word) => word,
            ProviderStatus::Pending | ProviderStatus::Paid => "",
        };
        let texts = [Some(self.id.as_str()), payout.key.as_deref(), Some(payout.provider_ref.as_str()), Some(word)];
        if texts.into_iter().flatten().all(endpoint::keepable) {
            return Ok(self);
        }
        Err(WebhookRefusal::Unreadable("a text holds a NUL character (U+0000)".to_owned()))
    }
}

/// Why a webhook was not believed, or could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// No signature, a wrong one, or one too old; or from an address that is not the provider's: answer 401.
    #[error("the webhook is not authentic: {0}")]
    NotAuthentic(&'static str),
    /// Authentic, yet unreadable: keep it for an operator and answer 200, else it comes again for days.
    #[error("the webhook cannot be read: {0}")]
    Unreadable(String),
    /// Authentic, and about something else than one payout: answer 200 and forget it.
    #[error("the webhook is about {0}, which is not a payout")]
    Unrelated(String),
    /// It could not be checked now: answer 503, so that it comes again.
    #[error("the webhook cannot be checked now: {0}")]
    Later(String),
}

/// How a shopper names a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The shopper's browser sends the number to the provider, past us, and gets a token.
    Tokens {
        /// Where the browser sends the number to.
        url: String,
        /// With which key; no secret.
        public_key: String,
    },
    /// A form of the provider, in our page, gives a token.
    Widget {
        /// The address of its script.
        script: String,
        /// Our account there; no secret.
        account: String,
    },
    /// It is typed here, and kept sealed.
    Typed,
}

/// A kind of destination that a provider pays to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The kind.
    pub kind: MethodKind,
    /// How a shopper names one.
    pub entry: Entry,
}

/// Whose account a file's payouts are drawn on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debtor {
    /// Who holds it.
    pub name: String,
    /// Its number or IBAN.
    pub account: String,
    /// Its bank: a BIC, or a Russian BIK.
    pub bank: String,
}

/// A bank in SBP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbpBank {
    /// Twelve digits.
    pub id: String,
    /// As shoppers know it.
    pub name: String,
}

/// What every payout provider is asked for. Nothing here retries or waits: that is the job's.
pub trait PayoutProvider: Send + Sync + fmt::Debug {
    /// The name in the configuration, in the ledger's `bank/{provider}` and in URLs.
    fn name(&self) -> &str;
    /// How long after the first send the same key is safe to send again; already shortened by a margin.
    fn key_window(&self) -> TimeDelta;
    /// What it pays to.
    fn ways(&self) -> Vec<Way>;
    /// Whether it pays in this currency.
    fn pays_in(&self, currency: Currency) -> bool;
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
    /// Whether it has a list to ask for.
    fn has_list(&self) -> bool {
        true
    }
    /// Checks and reads an inbound call; where a message proves nothing by itself, by asking the provider.
    fn read_webhook<'a>(&'a self, call: WebhookCall<'a>) -> Call<'a, Result<WebhookEvent, WebhookRefusal>>;
    /// Our money there.
    fn balance(&self) -> Call<'_, Result<Amount, CallError>>;
    /// The account that files are drawn on, for a bank that is not called but gets files from an operator; else `None`.
    fn drawn_on(&self) -> Option<&Debtor> {
        None
    }
    /// The banks that SBP reaches, for providers that pay there; else none.
    fn banks(&self) -> Call<'_, Result<Vec<SbpBank>, CallError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// The configured providers, in the order of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Providers(Vec<Arc<dyn PayoutProvider>>);

impl Providers {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one under its own name; the one that had the name before is given back.
    pub fn add(&mut self, provider: Arc<dyn PayoutProvider>) -> Option<Arc<dyn PayoutProvider>> {
        match self.0.iter_mut().find(|known| known.name() == provider.name()) {
            Some(known) => Some(std::mem::replace(known, provider)),
            None => {
                self.0.push(provider);
                None
            }
        }
    }

    /// The provider of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn PayoutProvider>> {
        self.0.iter().find(|known| known.name() == name)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn PayoutProvider>> {
        self.0.iter()
    }

    /// Who pays to a destination in a currency. A token is worth something to the provider alone that gave it, `first`;
    /// what was typed here goes to `first` if it pays in the currency, else to the first that does.
    #[must_use]
    pub fn choose(&self, kind: MethodKind, currency: Currency, first: &str) -> Option<&Arc<dyn PayoutProvider>> {
        let fits = |provider: &&Arc<dyn PayoutProvider>| {
            let way = provider.ways().into_iter().find(|way| way.kind == kind);
            let may = way.is_some_and(|way| way.entry == Entry::Typed || provider.name() == first);
            may && provider.pays_in(currency)
        };
        self.get(first).filter(fits).or_else(|| self.0.iter().find(fits))
    }
}
