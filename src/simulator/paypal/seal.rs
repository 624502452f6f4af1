//! The certificate that webhooks are signed with, and the authority that vouches for it: both are made at each start.

use std::fmt;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SigningKey as _,
};

use crate::base::Timestamp;
use crate::base::id::KeyId;
use crate::simulator::bank::BankError;

/// Everybody knows this key, and it protects nothing: it signs webhooks of the simulator, which only those believe who were told
/// to trust the simulator's own authority. It is here because what makes certificates cannot make keys for RSA.
const SIGNING_KEY: &str = include_str!("signing_key.pem");
/// Whom the certificate names.
const NAME: &str = "messageverificationcerts.simulator.paypal.com";

/// The authority, the certificate and its key.
pub(super) struct Seal {
    key: KeyPair,
    certificate: String,
    /// The authority's certificate (PEM): whoever trusts it believes the webhooks.
    pub(super) authority: String,
    address: SocketAddr,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

impl Seal {
    /// Makes them.
    pub(super) fn new(address: SocketAddr) -> Result<Self, BankError> {
        let failed = |cause: rcgen::Error| BankError::Certificate(cause.to_string());
        Self::make(address).map_err(failed)
    }

    fn make(address: SocketAddr) -> Result<Self, rcgen::Error> {
        let mut above = CertificateParams::default();
        above.distinguished_name.push(DnType::CommonName, "Authority of the PayPal simulator");
        above.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        above.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let above_key = KeyPair::generate()?;
        let authority = above.self_signed(&above_key)?.pem();
        let issuer = Issuer::new(above, above_key);
        let mut own = CertificateParams::new(vec![NAME.to_owned()])?;
        own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::from_pem(SIGNING_KEY)?;
        let certificate = own.signed_by(&key, &issuer)?.pem();
        Ok(Self { key, certificate, authority, address })
    }

    /// The certificate and those above it (PEM).
    pub(super) fn chain(&self) -> String {
        format!("{}{}", self.certificate, self.authority)
    }

    /// The headers of a webhook; `None` when it cannot be signed.
    pub(super) fn headers(&self, body: &[u8], webhook: &str, now: Timestamp) -> Option<Vec<(String, String)>> {
        let (id, crc) = (KeyId::new().to_string(), crc32fast::hash(body));
        let signature = self.key.sign(format!("{id}|{now}|{webhook}|{crc}").as_bytes()).ok()?;
        let table = [
            ("PAYPAL-TRANSMISSION-ID", id),
            ("PAYPAL-TRANSMISSION-TIME", now.to_string()),
            ("PAYPAL-TRANSMISSION-SIG", STANDARD.encode(signature)),
            ("PAYPAL-CERT-URL", format!("http://{}/v1/notifications/certs/CERT-SIMULATOR", self.address)),
            ("PAYPAL-AUTH-ALGO", "SHA256withRSA".to_owned()),
        ];
        Some(table.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }
}
