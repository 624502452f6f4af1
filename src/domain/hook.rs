//! Outgoing webhooks by the Standard Webhooks specification 1.0.0: what can be told, how a message is signed, and what becomes
//! of it after a try.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::base::{Secret, Timestamp};
use crate::domain::conversion::State;
use crate::text_enum;

text_enum! {
    /// What can be told.
    pub enum EventKind {
        /// A shopper went to a store.
        ClickRecorded = "click.recorded",
        /// An order was reported and is not decided yet.
        ConversionReported = "conversion.reported",
        /// An order was confirmed.
        ConversionConfirmed = "conversion.confirmed",
        /// An order was declined.
        ConversionDeclined = "conversion.declined",
        /// A confirmed order was taken back.
        ConversionReversed = "conversion.reversed",
        /// An order is worth something else now, or is open again.
        ConversionChanged = "conversion.changed",
        /// The hold is over: the cashback can be withdrawn.
        ConversionAvailable = "conversion.available",
        /// A withdrawal was requested.
        PayoutRequested = "payout.requested",
        /// It was paid.
        PayoutPaid = "payout.paid",
        /// It failed, and the money is the shopper's again.
        PayoutFailed = "payout.failed",
        /// The shopper called it back.
        PayoutCancelled = "payout.cancelled",
        /// It came back after it had been paid.
        PayoutReturned = "payout.returned",
        /// A shopper claims a missing order.
        ClaimMade = "claim.made",
        /// A claim was answered.
        ClaimAnswered = "claim.answered",
        /// A partner's payment was booked.
        PartnerPaymentBooked = "partner_payment.booked",
        /// Asked for by hand, to try an endpoint out.
        HookTest = "webhook.test",
    }
}

impl EventKind {
    /// Whether an endpoint of a partner may be told: withdrawals are between the shopper and us.
    #[must_use]
    pub const fn for_partners(self) -> bool {
        match self {
            Self::PayoutRequested
            | Self::PayoutPaid
            | Self::PayoutFailed
            | Self::PayoutCancelled
            | Self::PayoutReturned => false,
            Self::ClickRecorded
            | Self::ConversionReported
            | Self::ConversionConfirmed
            | Self::ConversionDeclined
            | Self::ConversionReversed
            | Self::ConversionChanged
            | Self::ConversionAvailable
            | Self::ClaimMade
            | Self::ClaimAnswered
            | Self::PartnerPaymentBooked
            | Self::HookTest => true,
        }
    }

    /// Whether an endpoint can ask for it. A test is sent to whom it is asked for.
    #[must_use]
    pub const fn can_be_chosen(self) -> bool {
        !matches!(self, Self::HookTest)
    }

    /// What an order's change from one state to another is. `before` is `None` for one that was not known.
    #[must_use]
    pub const fn of_order(before: Option<State>, after: State) -> Self {
        match (before, after) {
            (None, State::Pending) => Self::ConversionReported,
            (None | Some(State::Pending | State::Declined | State::Reversed), State::Confirmed) => {
                Self::ConversionConfirmed
            }
            (None | Some(State::Pending | State::Confirmed | State::Reversed), State::Declined) => {
                Self::ConversionDeclined
            }
            (None | Some(State::Pending | State::Confirmed | State::Declined), State::Reversed) => {
                Self::ConversionReversed
            }
            (Some(_), State::Pending)
            | (Some(State::Confirmed), State::Confirmed)
            | (Some(State::Declined), State::Declined)
            | (Some(State::Reversed), State::Reversed) => Self::ConversionChanged,
        }
    }
}

text_enum! {
    /// Whether an endpoint is sent to.
    pub enum HookState {
        /// It is.
        On = "on",
        /// Somebody switched it off: messages wait.
        Off = "off",
        /// It was switched off because nothing got through for three days, or it said that it is gone.
        Failed = "failed",
    }
}

text_enum! {
    /// Where a message stands.
    pub enum MessageState {
        /// It is to be sent.
        Waiting = "waiting",
        /// The receiver took it.
        Delivered = "delivered",
        /// It was given up; it can be sent again by hand.
        Failed = "failed",
    }
}

/// What secrets begin with.
const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret's key; the specification wants 24 to 64.
pub const KEY_BYTES: usize = 32;

/// A secret of this key, as receivers are given it.
#[must_use]
pub fn secret_of(key: &[u8]) -> Secret {
    Secret::new(format!("{SECRET_PREFIX}{}", STANDARD.encode(key)))
}

/// What is sent as `webhook-id`. It holds no dot, since dots part what is signed.
#[must_use]
pub fn message_id(reference: &str) -> String {
    format!("msg_{reference}")
}

/// A secret that signs nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a webhook secret: whsec_ and base64")]
pub struct BadSecret;

/// The header `webhook-signature`: one signature for each of `secrets`, the newest first.
///
/// # Errors
/// [`BadSecret`].
pub fn signature(secrets: &[Secret], id: &str, seconds: i64, body: &str) -> Result<String, BadSecret> {
    let one = |secret: &Secret| {
        let key = secret.expose().strip_prefix(SECRET_PREFIX).ok_or(BadSecret)?;
        let key = STANDARD.decode(key).map_err(|_cause| BadSecret)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_cause| BadSecret)?;
        for part in [id, ".", &seconds.to_string(), ".", body] {
            mac.update(part.as_bytes());
        }
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    Ok(secrets.iter().map(one).collect::<Result<Vec<_>, BadSecret>>()?.join(" "))
}

/// Seconds from a message's failed try to the next; 75.6 hours in all.
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// The longest that an endpoint is left alone after a try that did not reach it, in seconds.
const LONGEST_PAUSE: i64 = 600;
/// The longest wait that an endpoint may ask for, in seconds.
const LONGEST_ASKED: i64 = 3_600;

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// There was an answer.
    Answered {
        /// Its status.
        status: u16,
        /// Seconds that it asked us to wait.
        retry_after: Option<i64>,
    },
    /// There was none: no connection, no answer in time.
    NoAnswer(String),
}

/// What follows from a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Where the message stands.
    pub message: MessageState,
    /// When it is tried again, if it waits.
    pub next_at: Timestamp,
    /// Until when the endpoint is left alone.
    pub pause_until: Option<Timestamp>,
    /// The endpoint is to be switched off, for this reason.
    pub off: Option<&'static str>,
}

/// Why an endpoint was switched off that answered 410.
pub const GONE: &str = "gone";
/// Why an endpoint was switched off that nothing reached for three days.
pub const UNREACHED: &str = "unreached";

/// What follows from a message's try number `attempts` (from 1) at `now`. `failures` is how often in a row the endpoint has failed,
/// this time included; `reached` whether another message got through since this one was first tried.
#[must_use]
pub fn after(tried: &Tried, attempts: i64, failures: i64, reached: bool, now: Timestamp) -> After {
    let (status, asked) = match tried {
        Tried::Answered { status, retry_after } => (Some(*status), *retry_after),
        Tried::NoAnswer(_) => (None, None),
    };
    if status.is_some_and(|status| (200..300).contains(&status)) {
        return After { message: MessageState::Delivered, next_at: now, pause_until: None, off: None };
    }
    let asked = asked.map(|seconds| seconds.clamp(0, LONGEST_ASKED));
    // What the endpoint as a whole did not take would not take the next message either.
    let whole = status.is_none_or(|status| status == 429 || status >= 500);
    let doubled = 5_i64.saturating_mul(1_i64 << failures.saturating_sub(1).clamp(0, 10));
    let pause = whole.then(|| now.plus_seconds(asked.unwrap_or(doubled.min(LONGEST_PAUSE))));
    let gone = status == Some(410);
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    match WAITS.get(index).filter(|_| !gone) {
        Some(wait) => {
            let next_at = now.plus_seconds(asked.unwrap_or(0).max(*wait));
            After { message: MessageState::Waiting, next_at, pause_until: pause, off: None }
        }
        None => {
            let off = if gone { Some(GONE) } else { (!reached).then_some(UNREACHED) };
            After { message: MessageState::Failed, next_at: now, pause_until: pause, off }
        }
    }
}

/// How long a message may be under way before it is given up.
#[must_use]
pub fn patience() -> TimeDelta {
    TimeDelta::seconds(WAITS.iter().sum())
}
