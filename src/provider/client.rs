//! The one HTTP client for calls to the outside: time-outs, no redirects, no proxy from the environment, and no
//! addresses inside our own network unless the configuration says so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::{Deserialize, Serialize};

/// No answer is read beyond this.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// How calls to the outside behave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientSettings {
    /// How long a connection may take, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long a whole call may take, in milliseconds.
    pub timeout_ms: u64,
    /// Allows loopback and private addresses, and plain http: for the sandbox and tests.
    pub allow_private: bool,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self { connect_timeout_ms: 5_000, timeout_ms: 30_000, allow_private: false }
    }
}

/// A call was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// TLS or the client itself could not be set up.
    #[error("the HTTP client could not be made: {0}")]
    Setup(String),
    /// Not a URL that may be called.
    #[error("{0} may not be called: {1}")]
    Forbidden(String, &'static str),
}

/// The HTTP client. Cheap to clone; clones share its connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    inner: reqwest::Client,
    allow_private: bool,
}

impl HttpClient {
    /// Makes the client. The certificates that it trusts are the operating system's.
    ///
    /// # Errors
    /// [`ClientError::Setup`].
    pub fn new(settings: &ClientSettings) -> Result<Self, ClientError> {
        // The first to come installs it for the process; that another was faster is no error.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let allow_private = settings.allow_private;
        let inner = reqwest::Client::builder()
            .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
            .timeout(Duration::from_millis(settings.timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            // Whether to send again is decided where the payout's state is known, never here; and a connection that
            // the other side has just closed would turn a call into an unknown.
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .no_proxy()
            .user_agent(concat!("Kopilka/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Resolver { allow_private })
            .build()
            .map_err(|cause| ClientError::Setup(chain(&cause)))?;
        Ok(Self { inner, allow_private })
    }

    /// Begins a call to `url`.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for anything but https, and for literal addresses inside our network; names are
    /// checked after they are resolved.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, ClientError> {
        let shown = || format!("{}://{}", url.scheme(), url.host_str().unwrap_or(""));
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private => {}
            _ => return Err(ClientError::Forbidden(shown(), "only https is allowed")),
        }
        let literal = match url.host() {
            Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(url::Host::Domain(_)) => None,
            None => return Err(ClientError::Forbidden(shown(), "there is no host")),
        };
        if literal.is_some_and(|ip| !self.allow_private && !is_public(ip)) {
            return Err(ClientError::Forbidden(shown(), "the address is not public"));
        }
        Ok(self.inner.request(method, url))
    }
}

/// Reads an answer's body, at most 4 MiB of it.
///
/// # Errors
/// Text for the operator.
pub async fn read_body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|cause| chain(&cause.without_url()))? {
        if body.len().saturating_add(chunk.len()) > LARGEST_ANSWER {
            return Err("the answer is too long".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with its causes in one line, and without the URL, which may carry a secret.
#[must_use]
pub fn describe(error: reqwest::Error) -> String {
    chain(&error.without_url())
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Resolves names with the system's resolver and drops what is not public, so that a name cannot lead inside. The
/// addresses that pass are the ones connected to: there is no second look-up in between.
struct Resolver {
    allow_private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|addr| allow_private || is_public(addr.ip())).collect();
            if allowed.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            let addrs: Addrs = Box::new(allowed.into_iter());
            Ok(addrs)
        })
    }
}

/// Whether an address is one of the public internet: not loopback, private, link-local (where clouds keep their
/// metadata services), carrier-shared, multicast, reserved or for documentation; nor any of these dressed as IPv6.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (18..20).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let reserved = a == 0 || a >= 240;
    !(ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || shared
        || benchmark
        || protocol
        || reserved)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [first, second, ..] = ip.segments();
    // Only 2000::/3 is given out; inside it 2001::/23 (protocols, Teredo), 2001:db8::/32 (documentation) and 2002::/16
    // (6to4, which can wrap a private IPv4 address) are not ordinary hosts.
    (first & 0xe000) == 0x2000
        && !(first == 0x2001 && second < 0x0200)
        && !(first == 0x2001 && second == 0x0db8)
        && first != 0x2002
        && first != 0x3fff
}
