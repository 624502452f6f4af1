//! Whether a webhook is PayPal's: RSA-SHA256 over its id, its time, our webhook's id and the CRC-32 of its body, with a
//! certificate whose address the webhook names. That address is the sender's word: it is only called on hosts of PayPal, and
//! the certificate has to be PayPal's by its names and by its chain.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use reqwest::{Method, StatusCode, Url};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use tokio::sync::Mutex;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::base::Timestamp;
use crate::provider::endpoint::Endpoint;
use crate::provider::{WebhookCall, WebhookRefusal};

/// How many certificates are kept.
const MOST_KEPT: usize = 4;
/// What a certificate of PayPal is for: its names end like this.
const NAMES: &str = ".paypal.com";

/// How old a signature may be.
const OLDEST: TimeDelta = TimeDelta::days(4);

/// A certificate and those that it is signed by.
type Chain = Vec<CertificateDer<'static>>;

/// The certificates that webhooks name.
#[derive(Debug)]
pub(super) struct Certificates {
    hosts: Vec<String>,
    roots: Option<PathBuf>,
    /// By address, each with its chain.
    kept: Mutex<Vec<(String, Chain)>>,
}

const fn no(why: &'static str) -> WebhookRefusal {
    WebhookRefusal::NotAuthentic(why)
}

impl Certificates {
    pub(super) fn new(hosts: Vec<String>, roots: Option<PathBuf>) -> Self {
        Self { hosts, roots, kept: Mutex::default() }
    }

    /// Checks a webhook.
    pub(super) async fn check(
        &self,
        endpoint: &Endpoint,
        webhook_id: &str,
        call: &WebhookCall<'_>,
    ) -> Result<(), WebhookRefusal> {
        let header = |name: &str| call.header(name).ok_or(no("a header of the signature is missing"));
        let (id, time) = (header("PAYPAL-TRANSMISSION-ID")?, header("PAYPAL-TRANSMISSION-TIME")?);
        let (signature, address) = (header("PAYPAL-TRANSMISSION-SIG")?, header("PAYPAL-CERT-URL")?);
        if header("PAYPAL-AUTH-ALGO")? != "SHA256withRSA" {
            return Err(no("the signature is made in another way"));
        }
        let signature = STANDARD.decode(signature).map_err(|_cause| no("the signature is not base64"))?;
        let url = self.allowed(address)?;
        let roots = self.anchors()?;
        let signed = format!("{id}|{time}|{webhook_id}|{}", crc32fast::hash(call.raw_body));
        let holds = |chain: &Chain| verify(chain, &roots, signed.as_bytes(), &signature, call.received_at);
        let known = self.known(address).await.is_some_and(|chain| holds(&chain).is_ok());
        if !known {
            // One that was kept may have been renewed. Only what proved a signature is kept.
            self.drop_known(address).await;
            let chain = fetch(endpoint, url).await?;
            holds(&chain)?;
            self.keep(address, chain).await;
        }
        in_time(time, call.received_at)
    }

    /// The address, if it may be called.
    fn allowed(&self, address: &str) -> Result<Url, WebhookRefusal> {
        let url = Url::parse(address).map_err(|_cause| no("the certificate's address is none"))?;
        let host = url.host_str().unwrap_or_default();
        let place = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        if !self.hosts.contains(&place) {
            return Err(no("the certificate is not on one of PayPal's hosts"));
        }
        Ok(url)
    }

    async fn known(&self, address: &str) -> Option<Chain> {
        let kept = self.kept.lock().await;
        kept.iter().find(|(known, _)| known == address).map(|(_, chain)| chain.clone())
    }

    async fn drop_known(&self, address: &str) {
        self.kept.lock().await.retain(|(known, _)| known != address);
    }

    async fn keep(&self, address: &str, chain: Chain) {
        let mut kept = self.kept.lock().await;
        kept.retain(|(known, _)| known != address);
        if kept.len() >= MOST_KEPT {
            kept.remove(0);
        }
        kept.push((address.to_owned(), chain));
    }

    /// Whom the chain may end with. Read each time: a file can be renewed.
    fn anchors(&self) -> Result<Vec<TrustAnchor<'static>>, WebhookRefusal> {
        let Some(path) = &self.roots else { return Ok(webpki_roots::TLS_SERVER_ROOTS.to_vec()) };
        let later = |cause: &dyn std::fmt::Display| {
            WebhookRefusal::Later(format!("the root certificates {} cannot be read: {cause}", path.display()))
        };
        let found = CertificateDer::pem_file_iter(path).map_err(|cause| later(&cause))?;
        let found: Vec<CertificateDer<'static>> = found.collect::<Result<_, _>>().map_err(|cause| later(&cause))?;
        let anchor = |root: &CertificateDer<'static>| Ok(anchor_from_trusted_cert(root)?.to_owned());
        found.iter().map(anchor).collect::<Result<_, webpki::Error>>().map_err(|cause| later(&cause))
    }
}

/// The certificate at an address and those that it is signed by.
async fn fetch(endpoint: &Endpoint, url: Url) -> Result<Chain, WebhookRefusal> {
    let later = |why: String| WebhookRefusal::Later(format!("the certificate cannot be read: {why}"));
    let request = endpoint.http().request(Method::GET, url).map_err(|cause| later(cause.to_string()))?;
    let body = match endpoint.send(request).await {
        Ok((StatusCode::OK, body)) => body,
        Ok((status, _)) => return Err(later(format!("answered {status}"))),
        Err(cause) => return Err(later(cause.why())),
    };
    CertificateDer::pem_slice_iter(&body).collect::<Result<_, _>>().map_err(|_cause| no("the certificate is not PEM"))
}

/// PayPal repeats a message for three days; what is older is somebody else's repetition.
fn in_time(sent: &str, now: Timestamp) -> Result<(), WebhookRefusal> {
    let sent = sent.parse::<Timestamp>().map_err(|_cause| no("the time of the signature cannot be read"))?;
    if now.since(sent) > OLDEST { Err(no("the signature is too old")) } else { Ok(()) }
}

fn verify(
    chain: &[CertificateDer<'static>],
    roots: &[TrustAnchor<'static>],
    signed: &[u8],
    signature: &[u8],
    now: Timestamp,
) -> Result<(), WebhookRefusal> {
    let (leaf, above) = chain.split_first().ok_or(no("there is no certificate"))?;
    let leaf = EndEntityCert::try_from(leaf).map_err(|_cause| no("the certificate cannot be read"))?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now.seconds()).unwrap_or(0)));
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, roots, above, now, KeyUsage::server_auth(), None, None)
        .map_err(|_cause| no("the certificate's chain does not hold"))?;
    let mut names = leaf.valid_dns_names();
    if !names.any(|name| name.ends_with(NAMES)) {
        return Err(no("the certificate is not PayPal's"));
    }
    leaf.verify_signature(RSA_PKCS1_2048_8192_SHA256, signed, signature).map_err(|_cause| no("the signature is wrong"))
}
