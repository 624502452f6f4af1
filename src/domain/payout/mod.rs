//! A payout: one withdrawal of a shopper. Its states, the one function that moves it between them,
//! what may be requested, and when to ask the provider again.

pub mod bank_file;
pub mod destination;
pub mod money;
mod request;
mod schedule;
mod screen;
mod transition;
pub mod typed;

pub use request::{PayoutLimits, Plan, RequestFacts, RequestRefusal, check_request};
pub use schedule::{next_poll, next_watch};
pub use screen::{Hit, ReviewRule, ReviewRules, ReviewTopic, ScreenFacts, ScreenedOrder, screen};
pub use transition::transition;

use crate::base::Timestamp;
use crate::base::id::PayoutId;
use crate::domain::money::{Amount, MoneyError};
use crate::text_enum;

text_enum! {
    /// Where a payout stands.
    pub enum PayoutState {
        /// Reserved; not yet screened.
        Requested = "requested",
        /// Waits for an operator.
        Review = "review",
        /// May be sent.
        Approved = "approved",
        /// The intent is committed: it is being sent, or waits to be sent again with the same key.
        Submitting = "submitting",
        /// The provider has it.
        Submitted = "submitted",
        /// Nobody here knows whether the provider has it. Only asking the provider leads out.
        Unknown = "unknown",
        /// The provider moved the money.
        Paid = "paid",
        /// It will not be paid; the reserve went back.
        Failed = "failed",
        /// Called back by the shopper before it was sent; the reserve went back.
        Cancelled = "cancelled",
        /// Paid, and the money came back.
        Returned = "returned",
    }
}

impl PayoutState {
    /// The states that hold a reserve in `in_payout`.
    pub const OPEN: &'static [Self] =
        &[Self::Requested, Self::Review, Self::Approved, Self::Submitting, Self::Submitted, Self::Unknown];

    /// True while the reserve is held: `in_payout` of a shopper is the sum of these payouts.
    #[must_use]
    pub const fn holds_reserve(self) -> bool {
        match self {
            Self::Requested | Self::Review | Self::Approved | Self::Submitting | Self::Submitted | Self::Unknown => {
                true
            }
            Self::Paid | Self::Failed | Self::Cancelled | Self::Returned => false,
        }
    }

    /// True while the shopper may still call the payout back: nothing was sent.
    #[must_use]
    pub const fn can_cancel(self) -> bool {
        match self {
            Self::Requested | Self::Review | Self::Approved => true,
            Self::Submitting
            | Self::Submitted
            | Self::Unknown
            | Self::Paid
            | Self::Failed
            | Self::Cancelled
            | Self::Returned => false,
        }
    }
}

text_enum! {
    /// What kind of destination a payout method is.
    pub enum MethodKind {
        /// A bank card, known only by the provider's token.
        Card = "card",
        /// An electronic wallet, known only by the provider's token.
        Wallet = "wallet",
        /// A phone number and a bank in the Faster Payments System (SBP).
        Sbp = "sbp",
        /// A YooMoney wallet.
        YooMoney = "yoomoney",
        /// A PayPal account, known by its e-mail address.
        PayPal = "paypal",
        /// A bank account with an IBAN.
        Iban = "iban",
        /// A bank account in Russia: its number and the bank's BIK.
        Account = "account",
    }
}

/// What [`transition`] has to know about a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// The payout.
    pub id: PayoutId,
    /// Where it stands.
    pub state: PayoutState,
    /// What was reserved, the fee included.
    pub amount: Amount,
    /// The part of `amount` that stays with the house.
    pub fee: Amount,
    /// The provider's own reference, once it is known.
    pub provider_ref: Option<String>,
    /// How often the request was handed to the provider. All of them carry the same key.
    pub sends: u32,
    /// Until when the provider remembers the key, counted from the first send. After that the same key
    /// could start a second payment. Keep a margin for slow requests when setting it.
    pub key_until: Option<Timestamp>,
    /// Nobody knows what came of a send. Stays for good: an earlier send may land after a later one was refused. As
    /// long as it is false, every answered send is known to have created nothing.
    pub uncertain: bool,
    /// Why it failed, was cancelled or came back: the provider's code or a word of ours.
    pub reason: Option<String>,
}

impl Payout {
    /// A payout that was just reserved.
    #[must_use]
    pub const fn requested(id: PayoutId, amount: Amount, fee: Amount) -> Self {
        let state = PayoutState::Requested;
        Self { id, state, amount, fee, provider_ref: None, sends: 0, key_until: None, uncertain: false, reason: None }
    }

    /// What the provider is asked to send: the amount without the fee.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] when amount and fee are of two currencies.
    pub fn net(&self) -> Result<Amount, MoneyError> {
        self.amount.minus(self.fee)
    }
}

/// What can happen to a payout. The provider's answer, its webhook and the poller all speak in these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutEvent {
    /// The request was checked against the limits.
    Screened {
        /// From [`Plan::needs_review`].
        needs_review: bool,
    },
    /// An operator let it go.
    Approve,
    /// An operator refused it before it was sent.
    Decline {
        /// For the shopper.
        reason: String,
    },
    /// The shopper called it back.
    Cancel,
    /// The request is about to leave, for the first time or again with the same key. To be committed first.
    Send {
        /// When the key ends if this is the first send; ignored otherwise.
        key_until: Timestamp,
    },
    /// The provider has it and works on it.
    Accepted {
        /// The provider's reference.
        provider_ref: String,
    },
    /// The provider has it, in a state that we do not know or that waits for somebody there.
    Unheard {
        /// The provider's reference.
        provider_ref: String,
    },
    /// The provider moved the money.
    Paid {
        /// The provider's reference.
        provider_ref: String,
    },
    /// The provider had it and says for good that it will not be paid.
    Failed {
        /// The provider's reference; `None` when a person says so without one.
        provider_ref: Option<String>,
        /// The provider's code.
        code: String,
    },
    /// The money came back after it was paid.
    Returned {
        /// The provider's reference.
        provider_ref: String,
        /// The provider's code.
        code: String,
    },
    /// The provider refused the request and created nothing.
    Rejected {
        /// Which send this answers ([`Payout::sends`] at that time).
        send: u32,
        /// The provider's code.
        code: String,
    },
    /// Nothing was created and the same key may be tried again: connection refused, 429.
    TryAgain,
    /// Nothing was created because of us: credentials, an empty float.
    Blocked {
        /// The provider's code.
        code: String,
    },
    /// No answer that says anything: time-out, reset, unreadable reply, 5xx.
    Unknown,
    /// Asked about our key, the provider says that it knows nothing.
    NotFound,
    /// The shopper is blocked: nothing may be sent now.
    Hold,
    /// The job that drives it failed too often and is not tried again.
    GivenUp,
}

/// What the ledger has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerMove {
    /// Nothing.
    None,
    /// The whole reserve back: `in_payout → available`.
    Release,
    /// `in_payout → bank` the amount without the fee, `in_payout → fees` the fee.
    Pay {
        /// The fee.
        fee: Amount,
    },
    /// `bank → available`: what had been sent, so the amount without the fee.
    Return {
        /// How much comes back.
        amount: Amount,
    },
    /// Learnt at once that it was paid and came back: [`LedgerMove::Pay`], then [`LedgerMove::Return`].
    PayThenReturn {
        /// The fee.
        fee: Amount,
        /// How much comes back.
        amount: Amount,
    },
}

text_enum! {
    /// Why a person has to look.
    pub enum PersonWhy {
        /// Waits for an operator's approval.
        Review = "review",
        /// Unknown to the provider, and its memory of the key is over: sending again could pay twice.
        KeyWindowClosed = "key_window_closed",
        /// The provider speaks of a payout that was never sent.
        NeverSent = "never_sent",
        /// The provider names a second reference for one payout.
        TwoReferences = "two_references",
        /// The provider has, or paid, what we had already given back.
        PaidAfterRelease = "paid_after_release",
        /// The provider says failed after it said paid; a return would be an event of its own.
        FailedAfterPaid = "failed_after_paid",
        /// The provider speaks of another amount than the one we asked for.
        OtherAmount = "other_amount",
        /// The provider has it in a state that we do not know, or that waits for somebody there.
        UnheardState = "unheard_state",
        /// The provider refuses us, not the shopper: credentials or float.
        OurSide = "our_side",
        /// The shopper was blocked before it was sent.
        ShopperBlocked = "shopper_blocked",
        /// The job that drives it failed too often and is not tried again.
        JobGivenUp = "job_given_up",
    }
}

/// What to do after the step is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing more.
    Nothing,
    /// Send it, with its one key.
    Submit,
    /// Ask the provider when [`next_poll`] says so.
    Poll,
    /// Call a person.
    Person(PersonWhy),
}

/// What an event does to a payout. Write all of it in one transaction, with the old state in the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The payout afterwards.
    pub after: Payout,
    /// What the ledger has to do.
    pub ledger: LedgerMove,
    /// What to do next.
    pub next: Next,
    /// True when nothing changed: a repeat, or news that came too late.
    pub noop: bool,
}

/// Why an operation on a payout was refused. The text is fit for outsiders. News from a provider is never refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not possible in this state.
    #[error("a payout that is {0} cannot be {1}")]
    NotNow(PayoutState, &'static str),
    /// Sending again could pay twice.
    #[error("the provider no longer remembers this payout's key: it must not be sent again")]
    KeyWindowClosed,
    /// Amount and fee of two currencies.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Refusal {
    /// A stable word for the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotNow(..) => "payout_not_now",
            Self::KeyWindowClosed => "payout_key_window_closed",
            Self::Money(_) => "payout_money",
        }
    }
}
