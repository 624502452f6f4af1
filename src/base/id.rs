//! Identifiers: UUIDv7, made by the application, with a kind so that a store's id cannot be passed
//! where a click's is wanted.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::time::Timestamp;

/// An identifier of one kind of thing. `K` is a marker from [`kind`] and holds no data.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// One marker type for each kind of identifier.
pub mod kind {
    macro_rules! kinds { ($($name:ident),* $(,)?) => { $(
        #[doc = concat!("Marks the identifiers of a ", stringify!($name), ".")]
        #[derive(Debug)] pub enum $name {}
    )* } }
    kinds!(
        Partner,
        Store,
        Terms,
        Shopper,
        Operator,
        Click,
        Postback,
        Conversion,
        Transaction,
        Payout,
        Method,
        Claim,
        ClaimFile,
        Job,
        Token,
        Audit,
        Key,
        Statement,
        Adjustment,
        Person,
        Application,
        BenchReport,
        OrderChanges,
        Activation,
        Hook,
        HookMessage,
        HookNote,
        Case,
        PayoutFile,
    );
}

macro_rules! aliases { ($($alias:ident = $kind:ident),* $(,)?) => { $(
    #[doc = concat!("Identifier of a ", stringify!($kind), ".")]
    pub type $alias = Id<kind::$kind>;
)* } }
aliases!(
    PartnerId = Partner,
    StoreId = Store,
    TermsId = Terms,
    ShopperId = Shopper,
    OperatorId = Operator,
    ClickId = Click,
    PostbackId = Postback,
    ConversionId = Conversion,
    TransactionId = Transaction,
    PayoutId = Payout,
    MethodId = Method,
    ClaimId = Claim,
    ClaimFileId = ClaimFile,
    JobId = Job,
    TokenId = Token,
    AuditId = Audit,
    KeyId = Key,
    StatementId = Statement,
    AdjustmentId = Adjustment,
    PersonId = Person,
    ApplicationId = Application,
    BenchReportId = BenchReport,
    OrderChangesId = OrderChanges,
    ActivationId = Activation,
    HookId = Hook,
    HookMessageId = HookMessage,
    HookNoteId = HookNote,
    CaseId = Case,
    PayoutFileId = PayoutFile,
);

/// The text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier")]
pub struct BadId;

impl<K> Id<K> {
    /// A fresh identifier; ids made later sort later (RFC 9562, version 7).
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
    pub fn new() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }

    /// A fresh identifier that ends in the same byte as another one, so that both fall to the same share wherever the last
    /// byte decides. 66 random bits are left beside the time.
    #[must_use]
    pub fn ending_as<L>(other: &Id<L>) -> Self {
        let mut bytes = *Self::new().as_bytes();
        if let (Some(last), Some(wanted)) = (bytes.last_mut(), other.as_bytes().last()) {
            *last = *wanted;
        }
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// The smallest identifier that could be made at `time`, in whole milliseconds: all made before are smaller.
    #[must_use]
    pub fn first_at(time: Timestamp) -> Self {
        let millis = u128::try_from(time.micros().div_euclid(1000)).unwrap_or(0);
        // 48 bits of time, the version, 12 free bits, the variant, 62 free bits (RFC 9562, 5.7).
        Self::from_uuid(Uuid::from_u128((millis << 80) | (7 << 76) | (2 << 62)))
    }

    /// Wraps a UUID that is known to be of this kind.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The UUID inside.
    #[must_use]
    pub const fn uuid(&self) -> Uuid {
        self.0
    }

    /// The sixteen bytes of the UUID.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The form sent to partners: 26 characters of lower-case Crockford base32, since partners cut
    /// long sub-ids, change their case and reject punctuation.
    #[must_use]
    pub fn reference(&self) -> String {
        encode_reference(self.0.as_u128())
    }

    /// Reads [`Id::reference`] back, in either case.
    ///
    /// # Errors
    /// [`BadId`] when the text is not 26 characters of Crockford base32 that fit 128 bits.
    pub fn from_reference(text: &str) -> Result<Self, BadId> {
        decode_reference(text).map(|bits| Self::from_uuid(Uuid::from_u128(bits)))
    }
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode_reference(mut bits: u128) -> String {
    let mut out = [b'0'; 26];
    for slot in out.iter_mut().rev() {
        let index = usize::try_from(bits & 31).unwrap_or(0);
        *slot = ALPHABET.get(index).copied().unwrap_or(b'0');
        bits >>= 5;
    }
    // The alphabet is ASCII.
    String::from_utf8(out.to_vec()).unwrap_or_default()
}

fn decode_reference(text: &str) -> Result<u128, BadId> {
    if text.len() != 26 {
        return Err(BadId);
    }
    let mut bits: u128 = 0;
    for (position, byte) in text.bytes().enumerate() {
        let lower = byte.to_ascii_lowercase();
        let value = ALPHABET.iter().position(|c| *c == lower).ok_or(BadId)?;
        // 26 characters carry 130 bits: the first may only use its three low bits.
        if position == 0 && value > 7 {
            return Err(BadId);
        }
        bits = (bits << 5) | u128::try_from(value).map_err(|_too_big| BadId)?;
    }
    Ok(bits)
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K> Default for Id<K> {
    fn default() -> Self {
        Self::new()
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl<K> FromStr for Id<K> {
    type Err = BadId;
    /// Reads the hyphenated form, and the reference form too: people paste either.
    fn from_str(text: &str) -> Result<Self, BadId> {
        match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self::from_uuid(uuid)),
            Err(_not_hyphenated) => Self::from_reference(text),
        }
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
impl<K> utoipa::PartialSchema for Id<K> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <String as utoipa::PartialSchema>::schema()
    }
}
impl<K> utoipa::ToSchema for Id<K> {}
