//! The key that signs the list (Ed25519, RFC 8032), and how a new key is vouched for by the one before it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::base::secret::sha256_hex;

/// What a signature of a list begins with, so that it can be taken for nothing else.
const LIST: &[u8] = b"kopilka-extension-list-v1\n";
/// What the word for a new key begins with.
const KEY: &[u8] = b"kopilka-extension-key-v1\n";

/// The length of a seed and of a public key, in bytes.
pub const KEY_BYTES: usize = 32;

/// A key that signs.
pub struct ListKey(Ed25519KeyPair);

impl std::fmt::Debug for ListKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ListKey({})", self.public())
    }
}

impl ListKey {
    /// The key of a seed of 32 random bytes; `None` for another length.
    #[must_use]
    pub fn from_seed(seed: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self)
    }

    /// Its public half, as base64url.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref())
    }

    /// Signs a list's bytes; base64url.
    #[must_use]
    pub fn sign_list(&self, payload: &[u8]) -> String {
        self.sign(LIST, payload)
    }

    /// Signs the key that comes after this one; base64url.
    #[must_use]
    pub fn vouch_for(&self, next: &Self) -> String {
        self.sign(KEY, next.0.public_key().as_ref())
    }

    fn sign(&self, context: &[u8], message: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.0.sign(&[context, message].concat()))
    }
}

/// How people compare a public key (base64url): the first sixteen bytes of its SHA-256, in groups of four hex digits.
#[must_use]
pub fn fingerprint(public: &str) -> String {
    let hash = sha256_hex(&URL_SAFE_NO_PAD.decode(public).unwrap_or_default());
    let digits: Vec<char> = hash.chars().take(32).collect();
    digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
