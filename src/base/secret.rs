//! Secrets: values that cannot be printed, random tokens, hashes of tokens, encryption at rest.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Text that must not reach a log. `Debug` and `Display` show `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// A fresh random secret of `bytes` bytes as base64url text.
    ///
    /// # Errors
    /// [`NoRandomness`] when the operating system has none.
    pub fn random(bytes: usize) -> Result<Self, NoRandomness> {
        random_bytes(bytes).map(|raw| Self(URL_SAFE_NO_PAD.encode(raw)))
    }

    /// The secret itself. Named so that each use stands out.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares in a time that does not depend on where the texts differ.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        constant_time_eq(self.0.as_bytes(), other.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

/// Random bytes from the operating system.
///
/// # Errors
/// [`NoRandomness`] when the operating system has none.
pub fn random_bytes(count: usize) -> Result<Vec<u8>, NoRandomness> {
    let mut raw = vec![0_u8; count];
    getrandom::fill(&mut raw).map_err(|_cause| NoRandomness)?;
    Ok(raw)
}

/// Equality in a time that does not depend on where the bytes differ.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    bool::from(a.ct_eq(b))
}

/// SHA-256 as lower-case hex: how high-entropy tokens are stored.
#[must_use]
pub fn sha256_hex(data: &[u8]) -> String {
    hex::encode(Sha256::digest(data))
}

/// The key that encrypts secrets at rest (ChaCha20-Poly1305, RFC 8439).
#[derive(Clone)]
pub struct MasterKey {
    cipher: ChaCha20Poly1305,
    fingerprints: Hmac<Sha256>,
    id: String,
    /// Keys that open what they sealed, and seal nothing any more.
    others: Vec<MasterKey>,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// A sealed value could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is not 32 bytes of hex.
    #[error("the master key must be 64 hexadecimal digits (32 bytes)")]
    BadKey,
    /// Sealed with another key.
    #[error("sealed with key {0}, which is not the one configured")]
    OtherKey(String),
    /// Changed since it was sealed, or moved to another place.
    #[error("the sealed value was changed or belongs elsewhere")]
    Broken,
    /// No random bytes for a nonce.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl MasterKey {
    /// Reads a key of 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`SealError::BadKey`] for anything else.
    pub fn from_hex(text: &str) -> Result<Self, SealError> {
        let raw = hex::decode(text.trim()).map_err(|_cause| SealError::BadKey)?;
        let key = Key::try_from(raw.as_slice()).map_err(|_cause| SealError::BadKey)?;
        let id = sha256_hex(&raw).chars().take(8).collect();
        let fingerprints = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&raw).map_err(|_cause| SealError::BadKey)?;
        Ok(Self { cipher: ChaCha20Poly1305::new(&key), fingerprints, id, others: Vec::new() })
    }

    /// The same key, beside others that open what they sealed.
    #[must_use]
    pub fn beside(self, others: Vec<Self>) -> Self {
        Self { others, ..self }
    }

    /// Names the key without telling it: the first eight hex digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A keyed hash of personal data, as 32 hex digits: equal values can be told to be equal, and no more.
    #[must_use]
    pub fn fingerprint(&self, context: &str, data: &str) -> String {
        let mut mac = self.fingerprints.clone();
        for part in [context, "\n", data] {
            mac.update(part.as_bytes());
        }
        let code = mac.finalize().into_bytes();
        let (half, _) = code.split_at(16);
        hex::encode(half)
    }

    /// Whether this is the hash that this key, or one beside it, makes.
    #[must_use]
    pub fn has_fingerprint(&self, context: &str, data: &str, given: &str) -> bool {
        let keys = std::iter::once(self).chain(&self.others);
        keys.fold(false, |found, key| {
            found | constant_time_eq(key.fingerprint(context, data).as_bytes(), given.as_bytes())
        })
    }

    /// Encrypts `plain`, bound to `context` (say `partner/{id}/secret`): it opens only there.
    /// The result is `key id . nonce . ciphertext`.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`]; encryption itself does not fail.
    pub fn seal(&self, context: &str, plain: &str) -> Result<String, SealError> {
        let nonce = random_bytes(12)?;
        let payload = Payload { msg: plain.as_bytes(), aad: context.as_bytes() };
        let bound = Nonce::try_from(nonce.as_slice()).map_err(|_cause| SealError::Broken)?;
        let sealed = self.cipher.encrypt(&bound, payload).map_err(|_cause| SealError::Broken)?;
        Ok(format!("{}.{}.{}", self.id, URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens what [`MasterKey::seal`] made with the same context.
    ///
    /// # Errors
    /// [`SealError::OtherKey`] when a key sealed it that is not known, [`SealError::Broken`] when it was altered.
    pub fn open(&self, context: &str, sealed: &str) -> Result<Secret, SealError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some(id), Some(nonce), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SealError::Broken);
        };
        if id != self.id {
            let other = self.others.iter().find(|key| key.id == id);
            return other.ok_or_else(|| SealError::OtherKey(id.to_owned()))?.open(context, sealed);
        }
        let nonce = URL_SAFE_NO_PAD.decode(nonce).map_err(|_cause| SealError::Broken)?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_cause| SealError::Broken)?;
        let nonce = Nonce::try_from(nonce.as_slice()).map_err(|_cause| SealError::Broken)?;
        let payload = Payload { msg: &body, aad: context.as_bytes() };
        let plain = self.cipher.decrypt(&nonce, payload).map_err(|_cause| SealError::Broken)?;
        String::from_utf8(plain).map(Secret).map_err(|_cause| SealError::Broken)
    }
}
