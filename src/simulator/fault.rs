//! The scripted ways to misbehave, and the test destinations that choose them.

use crate::text_enum;

text_enum! {
    /// One way in which the bank misbehaves. The first group spoils the answer to a create call; the second refuses
    /// it; the third is what becomes of the payout; the fourth is what its webhooks do.
    pub enum Fault {
        /// Creates and pays, then drops the connection without an answer.
        DropAfter = "drop_after",
        /// Drops the connection without having created anything.
        DropBefore = "drop_before",
        /// Creates and pays, then answers 500.
        Error500After = "error_500_after",
        /// Answers 500 without having created anything.
        Error500Before = "error_500_before",
        /// Creates and pays, then answers 202 without a body.
        Accepted202 = "accepted_202",
        /// Creates and pays; the answer stops half-way.
        SlowBody = "slow_body",
        /// Creates and pays; the answer is cut JSON.
        TruncatedJson = "truncated_json",
        /// Creates; the answer has an unknown status word and fields that nobody announced.
        UnknownStatus = "unknown_status",
        /// Answers 429 with `retry_after_ms`; creates nothing.
        RateLimited = "rate_limited",
        /// Answers 503, documented as safe to repeat; creates nothing.
        Unavailable = "unavailable",

        /// Answers 402: our float is short.
        FloatShort = "float_short",
        /// Answers 422: the destination is refused.
        DestinationRefused = "destination_refused",
        /// Answers 422: beyond the destination's limit.
        LimitExceeded = "limit_exceeded",

        /// Pending until it was asked for three times, then paid.
        Pending3 = "pending_3",
        /// Pending until told otherwise.
        Stuck = "stuck",
        /// Accepted, then fails.
        FailRecipientNotFound = "fail_recipient_not_found",
        /// Accepted, then fails.
        FailLimitExceeded = "fail_limit_exceeded",
        /// Accepted, then fails.
        FailFraudSuspected = "fail_fraud_suspected",
        /// Accepted, then fails.
        FailGeneralDecline = "fail_general_decline",
        /// Accepted, then fails.
        FailIssuerUnavailable = "fail_issuer_unavailable",
        /// Paid, and returned one hour later.
        ReturnAfter1h = "return_after_1h",
        /// Taken from our account and claimed by nobody; returned 30 days later. For PayPal's simulator.
        Unclaimed = "unclaimed",

        /// Webhooks are delivered before the create call is answered.
        HookBefore = "hook_before",
        /// Each webhook comes twice.
        HookTwice = "hook_twice",
        /// Each webhook comes five times.
        HookFive = "hook_five",
        /// Webhooks come last first.
        HookReversed = "hook_reversed",
        /// A webhook with a forged signature claims that the payout failed.
        HookForged = "hook_forged",
        /// Webhooks come 23 hours late.
        HookLate = "hook_late",
        /// No webhooks.
        HookNone = "hook_none",
    }
}

impl Fault {
    /// The provider's code, for the faults that make a payout fail.
    #[must_use]
    pub fn failure(self) -> Option<&'static str> {
        self.as_str().strip_prefix("fail_")
    }

    /// True for a refusal that sending again does not cure.
    pub(super) const fn is_final_refusal(self) -> bool {
        matches!(self, Self::DestinationRefused | Self::LimitExceeded)
    }
}

/// A destination that always behaves in the same way.
#[derive(Debug, Clone, Copy)]
pub struct TestDestination {
    /// Two digits that make the numbers of the card and of the wallet.
    pub code: u8,
    /// What it does. Faults of the create call hit the first call with a key only, so that sending again helps.
    pub faults: &'static [Fault],
}

const fn test(code: u8, faults: &'static [Fault]) -> TestDestination {
    TestDestination { code, faults }
}

/// All of them; docs/SANDBOX.md lists the numbers.
pub const TEST_DESTINATIONS: &[TestDestination] = &[
    test(0, &[]),
    test(1, &[Fault::DropAfter]),
    test(2, &[Fault::DropBefore]),
    test(3, &[Fault::Error500After]),
    test(4, &[Fault::Error500Before]),
    test(5, &[Fault::Accepted202]),
    test(6, &[Fault::SlowBody]),
    test(7, &[Fault::TruncatedJson]),
    test(8, &[Fault::UnknownStatus]),
    test(9, &[Fault::RateLimited]),
    test(10, &[Fault::Unavailable]),
    test(11, &[Fault::FloatShort]),
    test(12, &[Fault::DestinationRefused]),
    test(13, &[Fault::LimitExceeded]),
    test(20, &[Fault::Pending3]),
    test(21, &[Fault::Stuck]),
    test(22, &[Fault::FailRecipientNotFound]),
    test(23, &[Fault::FailLimitExceeded]),
    test(24, &[Fault::FailFraudSuspected]),
    test(25, &[Fault::FailGeneralDecline]),
    test(26, &[Fault::FailIssuerUnavailable]),
    test(27, &[Fault::ReturnAfter1h]),
    test(30, &[Fault::HookBefore]),
    test(31, &[Fault::HookTwice]),
    test(32, &[Fault::HookFive]),
    test(33, &[Fault::HookReversed]),
    test(34, &[Fault::Stuck, Fault::HookForged]),
    test(35, &[Fault::HookLate]),
    test(36, &[Fault::HookNone]),
    test(40, &[Fault::DropAfter, Fault::HookBefore]),
    test(41, &[Fault::DropAfter, Fault::FailGeneralDecline]),
];

/// The 16 digits of the test card with this code; the last is the check digit (ISO/IEC 7812).
#[must_use]
pub fn card_number(code: u8) -> String {
    let body = format!("2200000000000{code:02}");
    let check = (10 - luhn_sum(&body, 1) % 10) % 10;
    format!("{body}{check}")
}

/// The 14 digits of the test wallet with this code.
#[must_use]
pub fn wallet_number(code: u8) -> String {
    format!("410000000000{code:02}")
}

/// The 11 digits of the test phone with this code.
#[must_use]
pub fn phone_number(code: u8) -> String {
    format!("790000000{code:02}")
}

/// The test account with this code: an IBAN of ISO 13616, whose check digits are right.
#[must_use]
pub fn iban_number(code: u8) -> String {
    let account = format!("5001051700000000{code:02}");
    // The country stands behind it as numbers (D is 13, E is 14), and nothing yet for the check digits.
    let digits = format!("{account}131400");
    let rest = digits.chars().filter_map(|c| c.to_digit(10)).fold(0, |rest, digit| (rest * 10 + digit) % 97);
    format!("DE{:02}{account}", 98 - rest)
}

/// The sum of the Luhn formula; `shift` is how many digits are missing at the right end.
fn luhn_sum(digits: &str, shift: usize) -> u32 {
    let values = digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    values.map(|(place, digit)| if (place + shift) % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }).sum()
}

/// The test destination that has this card number.
pub(super) fn by_card(number: &str) -> Option<&'static TestDestination> {
    TEST_DESTINATIONS.iter().find(|known| card_number(known.code) == number)
}

/// The test destination that has this wallet number.
pub(super) fn by_wallet(number: &str) -> Option<&'static TestDestination> {
    TEST_DESTINATIONS.iter().find(|known| wallet_number(known.code) == number)
}

/// The test destination that has this phone number.
pub(super) fn by_phone(number: &str) -> Option<&'static TestDestination> {
    TEST_DESTINATIONS.iter().find(|known| phone_number(known.code) == number)
}

/// The test destination that has this IBAN.
pub(super) fn by_iban(number: &str) -> Option<&'static TestDestination> {
    TEST_DESTINATIONS.iter().find(|known| iban_number(known.code) == number)
}

/// The test destination that has this e-mail address.
pub(super) fn by_email(address: &str) -> Option<&'static TestDestination> {
    by_code(address.strip_prefix("sandbox+")?.strip_suffix("@example.com")?.parse().ok()?)
}

/// The test destination with this code.
pub(super) fn by_code(code: u8) -> Option<&'static TestDestination> {
    TEST_DESTINATIONS.iter().find(|known| known.code == code)
}
